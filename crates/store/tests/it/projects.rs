use promptsync_core::{
    ids::{Ids as _, ProjectId, WorkspaceId},
    names::{ModulePath, ProjectName},
    time::Clock as _,
};
use promptsync_store::{PageRequest, StoreError, meta, modules, projects, prompts};
use promptsync_testing::{Sample, db_test, sample::prompt_name};

db_test! {
    async fn a_project_is_found_in_its_own_workspace_alone(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("greeting", "1.0.0"), ("farewell", "1.0.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let name = ProjectName::parse("shop").unwrap();
        let found = projects::by_name(&mut tx, &sample.workspace, &name).await.unwrap().unwrap();
        assert_eq!((&found.id, found.prompt_count), (&sample.project, 2));
        assert_eq!(projects::by_id(&mut tx, &sample.workspace, &found.id).await.unwrap(), Some(found));
        let other = WorkspaceId::new(sample.ids.next());
        assert_eq!(projects::by_name(&mut tx, &other, &name).await.unwrap(), None);
        assert_eq!(projects::by_id(&mut tx, &other, &sample.project).await.unwrap(), None);
        assert_eq!(projects::names(&mut tx, &sample.workspace).await.unwrap(), [(sample.project.clone(), name)]);
        assert_eq!(projects::names(&mut tx, &other).await.unwrap(), []);
    }

    async fn two_projects_of_a_workspace_differ_by_more_than_case(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let twin = sample.a_project(ProjectId::new(sample.ids.next()), "SHOP");
        let answer = projects::insert(&mut tx, &twin).await;
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
    }

    async fn projects_come_by_name_in_pages(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        for name in ["Zoo", "bakery", "shop-2"] {
            let project = sample.a_project(ProjectId::new(sample.ids.next()), name);
            projects::insert(&mut tx, &project).await.unwrap();
        }
        sample.commit(tx, "project.create").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let first = projects::list(&mut tx, &sample.workspace, &PageRequest::first(3)).await.unwrap();
        let rest = PageRequest { after: first.next.clone(), limit: 3 };
        let second = projects::list(&mut tx, &sample.workspace, &rest).await.unwrap();
        let names: Vec<_> = first.items.iter().chain(&second.items).map(|project| project.name.as_str()).collect();
        assert_eq!(names, ["bakery", "shop", "shop-2", "Zoo"]);
        assert_eq!(second.next, None);
    }

    async fn modules_hold_the_prompts_directly_in_them(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let support = ModulePath::parse("support").unwrap();
        let paths = [support.clone(), ModulePath::parse("support/email").unwrap(), ModulePath::parse("").unwrap()];
        let mut tx = db.begin_system_write().await.unwrap();
        modules::insert_all(&mut tx, &sample.project, &paths).await.unwrap();
        modules::insert_all(&mut tx, &sample.project, &paths[..1]).await.unwrap();
        let mut rows: Vec<_> = ["b", "a", "c"].map(|name| sample.a_prompt(name, "1.0.0")).into();
        rows[0].module = support.clone();
        rows[1].module = support.clone();
        prompts::put_all(&mut tx, &rows).await.unwrap();
        sample.commit(tx, "prompt.publish").await.unwrap();

        let mut tx = db.begin_system_read().await.unwrap();
        let found = modules::list(&mut tx, &sample.project).await.unwrap();
        let counts: Vec<_> = found.iter().map(|module| (module.path.as_str(), module.prompt_count)).collect();
        assert_eq!(counts, [("", 1), ("support", 2), ("support/email", 0)]);
        let first = prompts::list_module(&mut tx, &sample.project, &support, &PageRequest::first(1)).await.unwrap();
        assert_eq!(first.items[0].name, prompt_name("a"));
        let rest = PageRequest { after: first.next, limit: 1 };
        let second = prompts::list_module(&mut tx, &sample.project, &support, &rest).await.unwrap();
        assert_eq!((second.items[0].name.as_str(), second.next), ("b", None));
    }

    async fn a_fact_about_the_installation_is_kept_until_it_is_replaced(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        assert_eq!(meta::get(&mut tx, "pepper").await.unwrap(), None);
        meta::set(&mut tx, "pepper", "first").await.unwrap();
        meta::set(&mut tx, "pepper", "second").await.unwrap();
        sample.commit(tx, "server.install").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        assert_eq!(meta::get(&mut tx, "pepper").await.unwrap().as_deref(), Some("second"));
        assert!(sample.clock.now() < chrono::DateTime::<chrono::Utc>::MAX_UTC);
    }
}
