//! Which documents lie within which part of a project.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    digest::Digest, ids::ProjectId, names::ModulePath, publish::Dependency, time::Clock as _,
};
use promptsync_store::{
    aliases::Expected,
    documents::{self, DocumentText},
    prompts, versions,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{a_document, alias_name, number, prompt_name},
};

db_test! {
    async fn a_document_lies_where_a_version_has_or_includes_it(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let (own, included) = (a_document("own"), a_document("included"));
        let [own_digest, included_digest] = [&own, &included].map(|text| Digest::of(text.as_bytes()));
        let texts = [
            DocumentText { digest: &own_digest, canonical: &own },
            DocumentText { digest: &included_digest, canonical: &included },
        ];
        documents::insert_all(&mut tx, &sample.workspace, &texts, sample.clock.now()).await.unwrap();
        let module = |path: &str| ModulePath::parse(path).unwrap();
        let mut footer = sample.a_prompt("footer", "1.0.0");
        footer.module = module("shared");
        let mut mail = sample.a_prompt("mail", "1.0.0");
        mail.module = module("support/email");
        prompts::put_all(&mut tx, &[footer.clone(), mail.clone()]).await.unwrap();
        let pinned = Dependency { version: number("1.0.0"), digest: included_digest.clone() };
        let mut version = sample.a_version(&mail.id, "1.0.0", &own_digest);
        version.dependencies = BTreeMap::from([(prompt_name("footer"), pinned)]);
        let base = sample.a_version(&footer.id, "1.0.0", &included_digest);
        versions::insert_all(&mut tx, &[base, version]).await.unwrap();
        sample.commit(tx, "push").await.unwrap();
        sample.set_alias(db, "production", Expected::Absent, &[("mail", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "empty", Expected::Absent, &[]).await.unwrap();

        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let (shop, other, unknown) = (&sample.project, ProjectId::new("other"), Digest::of(b"x"));
        for (project, digest, expected) in
            [(shop, &own_digest, true), (shop, &included_digest, true), (shop, &unknown, false), (&other, &own_digest, false)]
        {
            assert_eq!(documents::is_in_project(&mut tx, project, digest).await.unwrap(), expected);
        }
        let wanted = [own_digest.clone(), included_digest.clone(), unknown.clone()];
        let found = documents::which_in_project(&mut tx, shop, &wanted).await.unwrap();
        assert_eq!(found, BTreeSet::from([own_digest.clone(), included_digest.clone()]));
        assert!(documents::which_in_project(&mut tx, &other, &wanted).await.unwrap().is_empty());
        for (path, has_own, has_included) in [
            ("", true, true),
            ("support", true, true),
            ("support/email", true, true),
            ("shared", false, true),
            ("sup", false, false),
            ("support/email/deep", false, false),
        ] {
            let path = module(path);
            let found = documents::is_in_module(&mut tx, shop, &path, &own_digest).await.unwrap();
            assert_eq!(found, has_own, "{path}");
            let found = documents::is_in_module(&mut tx, shop, &path, &included_digest).await.unwrap();
            assert_eq!(found, has_included, "{path}");
            assert!(!documents::is_in_module(&mut tx, &other, &path, &own_digest).await.unwrap());
        }
        for (alias, expected) in [("production", true), ("empty", false), ("PRODUCTION", false), ("none", false)] {
            for digest in [&own_digest, &included_digest] {
                let found = documents::is_behind_alias(&mut tx, shop, &alias_name(alias), digest).await.unwrap();
                assert_eq!(found, expected, "{alias}");
            }
            let found = documents::is_behind_alias(&mut tx, shop, &alias_name(alias), &unknown).await.unwrap();
            assert!(!found, "{alias}");
        }
    }
}
