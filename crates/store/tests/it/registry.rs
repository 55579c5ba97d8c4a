use promptsync_core::{
    digest::Digest, documents::Body, ids::VersionId, publish::Dependency, time::Clock as _,
};
use promptsync_store::{
    documents::{self, DocumentText},
    prompts,
    registry::{self, Found, Touched},
    versions,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{a_document, manifest, number, prompt_name},
};

use crate::raw;

db_test! {
    async fn a_push_reads_the_past_of_what_it_touches_and_of_what_that_depends_on(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("pushed", "1.0.0"), ("base", "1.0.0"), ("unrelated", "1.0.0")]).await.unwrap();
        let base = Digest::of(a_document("base 1.0.0").as_bytes());

        // `layer` depends on `base`; the push depends on `layer`.
        let canonical = a_document("layer");
        let layer = Digest::of(canonical.as_bytes());
        let prompt = sample.a_prompt("layer", "1.0.0");
        let mut version = sample.a_version(&prompt.id, "1.0.0", &layer);
        let fixed = Dependency { version: number("1.0.0"), digest: base.clone() };
        version.dependencies.insert(prompt_name("base"), fixed);
        let mut tx = db.begin_system_write().await.unwrap();
        let document = DocumentText { digest: &layer, canonical: &canonical };
        documents::insert_all(&mut tx, &sample.workspace, &[document], sample.clock.now()).await.unwrap();
        prompts::put_all(&mut tx, &[prompt]).await.unwrap();
        versions::insert_all(&mut tx, &[version]).await.unwrap();
        sample.release(&mut tx, "1.0.0", &[]).await.unwrap();
        sample.release(&mut tx, "1.1.0", &[("pushed", "1.0.0"), ("base", "1.0.0")]).await.unwrap();
        sample.commit(tx, "prompt.publish").await.unwrap();

        let mut tx = db.begin_system_read().await.unwrap();
        let touched = Touched {
            next: ["pushed", "new"].map(prompt_name).into(),
            dependencies: ["layer", "missing"].map(prompt_name).into(),
            release: Some(number("1.0.0")),
            ..Touched::default()
        };
        let Found { registry: found, newest, prompts } =
            registry::load(&mut tx, &sample.workspace, &sample.project, &touched).await.unwrap();
        let past: Vec<_> = found.prompts.keys().map(promptsync_core::names::PromptName::as_str).collect();
        assert_eq!(past, ["base", "layer", "pushed"]);
        assert_eq!(found.documents.len(), 2);
        assert_eq!(found.documents[&base].body, Body::Text("base 1.0.0".into()));
        assert!(found.documents.contains_key(&layer));
        let names: Vec<_> = found.names.iter().map(promptsync_core::names::PromptName::as_str).collect();
        assert_eq!(names, ["base", "layer", "pushed", "unrelated"]);
        let release = found.release.unwrap();
        assert_eq!((release.version, release.prompt_count), (number("1.1.0"), 2));
        assert_eq!(release.entries, manifest(&[("pushed", "1.0.0")]));
        assert_eq!(newest.unwrap().version, number("1.1.0"));
        assert!(found.has_wanted_release);
        assert_eq!(prompts.keys().map(ToString::to_string).collect::<Vec<_>>(), ["pushed"]);
    }

    async fn of_a_pushed_prompt_only_the_highest_versions_are_read_unless_it_asks_for_a_number(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let versions = [("a", "1.0.0"), ("a", "1.9.0"), ("a", "1.10.0"), ("a", "2.0.0"), ("b", "1.0.0"), ("Other", "1.0.0")];
        sample.publish(db, &versions).await.unwrap();
        let newest = "SELECT versions.id FROM versions WHERE version = '2.0.0'";
        let newest = VersionId::new(raw::strings(db, newest).await.remove(0));
        let mut tx = db.begin_system_write().await.unwrap();
        versions::archive(&mut tx, &newest, sample.clock.now()).await.unwrap();
        sample.commit(tx, "version.archive").await.unwrap();

        let mut tx = db.begin_system_read().await.unwrap();
        let next = Touched { next: ["a", "other"].map(prompt_name).into(), ..Touched::default() };
        let numbered = Touched { numbered: [prompt_name("a")].into(), ..Touched::default() };
        for (touched, numbers) in [(next, &["1.10.0", "2.0.0"][..]), (numbered, &["1.0.0", "1.9.0", "1.10.0", "2.0.0"])] {
            let found = registry::load(&mut tx, &sample.workspace, &sample.project, &touched).await.unwrap().registry;
            let past: Vec<_> = found.prompts[&prompt_name("a")].iter().map(|past| past.version.to_string()).collect();
            assert_eq!(past, numbers);
            assert!(found.prompts[&prompt_name("a")].last().unwrap().archived);
            // Names are known whatever their case, those of no concern are not.
            let names: Vec<_> = found.names.iter().map(ToString::to_string).collect();
            assert_eq!(names, if numbers.len() == 2 { vec!["Other", "a"] } else { vec!["a"] });
        }
    }

    async fn an_empty_project_has_an_empty_registry(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let touched = Touched { next: [prompt_name("new")].into(), ..Touched::default() };
        let Found { registry: found, newest, prompts } =
            registry::load(&mut tx, &sample.workspace, &sample.project, &touched).await.unwrap();
        assert!(found.prompts.is_empty() && found.documents.is_empty() && found.names.is_empty());
        assert!(found.release.is_none() && newest.is_none() && prompts.is_empty() && !found.has_wanted_release);
    }
}
