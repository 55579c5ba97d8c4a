use promptsync_core::{digest::Digest, documents::Body, publish::Dependency, time::Clock as _};
use promptsync_store::{
    documents::{self, DocumentText},
    prompts, registry, versions,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{a_document, manifest, number, prompt_name},
};

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
        let pushed = [prompt_name("pushed"), prompt_name("new")];
        let depends = [prompt_name("layer"), prompt_name("missing")];
        let found = registry::load(&mut tx, &sample.workspace, &sample.project, &pushed, &depends).await.unwrap();
        let past: Vec<_> = found.prompts.keys().map(promptsync_core::names::PromptName::as_str).collect();
        assert_eq!(past, ["base", "layer", "pushed"]);
        assert_eq!(found.documents.len(), 2);
        assert_eq!(found.documents[&base].body, Body::Text("base 1.0.0".into()));
        assert!(found.documents.contains_key(&layer));
        let names: Vec<_> = found.names.iter().map(promptsync_core::names::PromptName::as_str).collect();
        assert_eq!(names, ["base", "layer", "pushed", "unrelated"]);
        let newest = manifest(&[("pushed", "1.0.0"), ("base", "1.0.0")]);
        assert_eq!(found.release, Some((number("1.1.0"), newest)));
        assert_eq!(found.releases, [number("1.0.0"), number("1.1.0")]);
    }

    async fn an_empty_project_has_an_empty_registry(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let pushed = [prompt_name("new")];
        let found = registry::load(&mut tx, &sample.workspace, &sample.project, &pushed, &[]).await.unwrap();
        assert!(found.prompts.is_empty() && found.documents.is_empty() && found.names.is_empty());
        assert!(found.release.is_none() && found.releases.is_empty());
    }
}
