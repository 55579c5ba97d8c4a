use promptsync_core::{
    connectors::ConnectorKind,
    ids::{ConnectorId, Ids as _, WorkspaceId},
    names::ConnectorName,
    secrets::{SecretPattern, SecretValue},
    time::Clock as _,
};
use promptsync_store::{
    StoreError,
    connectors::{self, Connector},
    project_secrets::{self, ProjectSecret},
};
use promptsync_testing::{Sample, db_test};
use serde_json::json;

fn a_connector(sample: &Sample, name: &str) -> Connector {
    Connector {
        id: ConnectorId::new(sample.ids.next()),
        workspace: sample.workspace.clone(),
        name: ConnectorName::parse(name).unwrap(),
        kind: ConnectorKind::Vault,
        url: "https://vault.example.com".into(),
        settings: json!({"mount": "secret"}).as_object().cloned().unwrap(),
        has_credential: false,
        created_at: sample.clock.now(),
        updated_at: sample.clock.now(),
    }
}

fn allowed(connector: &Connector, pattern: &str, sample: &Sample) -> ProjectSecret {
    ProjectSecret {
        pattern: SecretPattern::parse(pattern).unwrap(),
        connector: connector.id.clone(),
        connector_name: connector.name.clone(),
        created_at: sample.clock.now(),
    }
}

db_test! {
    async fn a_connector_is_found_by_name_in_its_workspace(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut vault = a_connector(&sample, "vault");
        let other = a_connector(&sample, "Another");
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        connectors::insert(&mut tx, &vault).await.unwrap();
        connectors::insert(&mut tx, &other).await.unwrap();
        vault.url = "https://vault.example.org".into();
        vault.settings = json!({}).as_object().cloned().unwrap();
        assert!(connectors::update(&mut tx, &vault).await.unwrap());
        assert!(!connectors::update(&mut tx, &a_connector(&sample, "nobody")).await.unwrap());
        sample.commit(tx, "connector.set").await.unwrap();

        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(connectors::by_name(&mut tx, &sample.workspace, &vault.name).await.unwrap(), Some(vault.clone()));
        assert_eq!(connectors::by_name(&mut tx, &WorkspaceId::new("other"), &vault.name).await.unwrap(), None);
        assert_eq!(connectors::list(&mut tx, &sample.workspace).await.unwrap(), [other, vault]);
    }

    async fn a_name_is_given_once_whatever_its_case(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        connectors::insert(&mut tx, &a_connector(&sample, "vault")).await.unwrap();
        let answer = connectors::insert(&mut tx, &a_connector(&sample, "VAULT")).await;
        assert!(matches!(answer, Err(StoreError::Unique(_))), "{answer:?}");
    }

    async fn a_credential_comes_back_as_it_was_given_and_stands_nowhere_else(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let (vault, bare) = (a_connector(&sample, "vault"), a_connector(&sample, "bare"));
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        connectors::insert(&mut tx, &vault).await.unwrap();
        connectors::insert(&mut tx, &bare).await.unwrap();
        let token = SecretValue::new("hvs.canary".into());
        connectors::set_credential(&mut tx, &sample.workspace, &vault.id, &token).await.unwrap();
        sample.commit(tx, "connector.set").await.unwrap();

        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let found = connectors::credential(&mut tx, &sample.workspace, &vault.id).await.unwrap();
        assert_eq!(found.as_ref().map(SecretValue::expose), Some("hvs.canary"));
        assert!(connectors::credential(&mut tx, &sample.workspace, &bare.id).await.unwrap().is_none());
        assert!(connectors::credential(&mut tx, &WorkspaceId::new("other"), &vault.id).await.unwrap().is_none());
        let listed = connectors::list(&mut tx, &sample.workspace).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.has_credential).collect::<Vec<_>>(), [false, true]);
        assert!(!format!("{listed:?} {found:?}").contains("canary"));
    }

    async fn a_pattern_has_one_connector_and_a_connector_in_use_stays(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let (one, two) = (a_connector(&sample, "one"), a_connector(&sample, "two"));
        let (workspace, project) = (&sample.workspace, &sample.project);
        let mut tx = db.begin_write(workspace).await.unwrap();
        connectors::insert(&mut tx, &one).await.unwrap();
        connectors::insert(&mut tx, &two).await.unwrap();
        project_secrets::set(&mut tx, workspace, project, &allowed(&one, "a/**", &sample)).await.unwrap();
        project_secrets::set(&mut tx, workspace, project, &allowed(&two, "a/**", &sample)).await.unwrap();
        project_secrets::set(&mut tx, workspace, project, &allowed(&one, "b#k", &sample)).await.unwrap();
        let listed = project_secrets::list(&mut tx, workspace, project).await.unwrap();
        assert_eq!(listed, [allowed(&two, "a/**", &sample), allowed(&one, "b#k", &sample)]);
        assert!(project_secrets::list(&mut tx, &WorkspaceId::new("other"), project).await.unwrap().is_empty());
        assert_eq!(project_secrets::count_of_connector(&mut tx, workspace, &one.id).await.unwrap(), 1);

        let pattern = SecretPattern::parse("b#k").unwrap();
        assert!(project_secrets::delete(&mut tx, workspace, project, &pattern).await.unwrap());
        assert!(!project_secrets::delete(&mut tx, workspace, project, &pattern).await.unwrap());
        assert!(connectors::delete(&mut tx, workspace, &one.id).await.unwrap());
        assert!(!connectors::delete(&mut tx, &WorkspaceId::new("other"), &two.id).await.unwrap());
        assert!(connectors::delete(&mut tx, workspace, &two.id).await.is_err(), "a pattern leads to it");
    }
}
