//! Two workspaces with everything in them that an address can name, and those who call.

use std::collections::HashMap;

use promptsync_api::keys::CreateKey;
use promptsync_core::access::Role;
use promptsync_testing::{Caller, TestApp, a_key};
use serde_json::{Value, json};

/// Where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// In the callers' workspace, in the project `acme_shop`.
    Own,
    /// In the callers' workspace, in the project `acme_side`.
    Sibling,
    /// In the other workspace, in the project `abroad`.
    Other,
    /// Nowhere.
    Missing,
}

/// What somebody was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing: they have no key.
    Nothing,
    /// A role in the whole workspace.
    Everywhere(Role),
    /// A role in `acme_shop`.
    InProject(Role),
    /// A role for the alias `staging` of `acme_shop`, which no address of the matrix names.
    ForStaging(Role),
    /// A role in the module `elsewhere` of `acme_shop`, in which no address of the matrix names anything.
    ForModule(Role),
    /// A person with a role in the whole of the other workspace.
    Abroad(Role),
}

/// Somebody who calls.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) given: Given,
    pub(super) caller: Caller,
}

/// Everything.
pub(super) struct Scene {
    pub(super) people: Vec<Person>,
    values: HashMap<(&'static str, Place), String>,
}

/// The value of an address that nothing has.
const NOWHERE: &str = "01JNOWHERE";

/// Values that mean something in every project.
const GENERAL: [(&str, &str); 2] = [("version", "1.0.0"), ("reference", "latest")];

impl Scene {
    /// Builds it.
    pub(super) async fn new(app: &TestApp) -> Self {
        let olga = app.set_up().await;
        let mia = app.invite(&olga, "mia@example.com", "admin").await;
        let zoe = app.invite(&olga, "zoe@example.com", "viewer").await;
        app.workspace("acme").await;
        let key = async |wanted: CreateKey| app.nobody().with_key(&app.key_in(Some("acme"), wanted).await);
        let admin = key(a_key("admin")).await;
        let mut scene = Self { people: Vec::new(), values: HashMap::new() };
        for (place, caller, project, name) in [
            (Place::Own, &admin, "acme_shop", "acme"),
            (Place::Sibling, &admin, "acme_side", "acme_side"),
            (Place::Other, &olga.caller, "abroad", "abroad"),
        ] {
            scene.fill(place, caller, project, name).await;
        }
        // Zoe is a member of acme alone, Mia of the other workspace alone.
        made(&admin.post("/api/members", json!({ "email": "zoe@example.com" })).await);
        let left = olga.caller.delete(&format!("/api/members/{}", zoe.id())).await;
        assert_eq!(left.status, 204, "{}", left.text());
        for (place, user) in [(Place::Own, zoe.id()), (Place::Sibling, zoe.id()), (Place::Other, olga.id())] {
            scene.set("user", place, user);
        }
        let workspace = async |caller: &Caller| caller.get("/api/whoami").await.json()["workspace"].clone();
        let (home, abroad) = (workspace(&admin).await, workspace(&mia.caller).await);
        for (place, id) in [(Place::Own, &home), (Place::Sibling, &home), (Place::Other, &abroad)] {
            scene.set("workspace", place, text(id));
        }
        let shop = || CreateKey { project: Some("acme_shop".into()), ..a_key("editor") };
        let staging = CreateKey { environment: Some("staging".into()), role: "viewer".into(), ..shop() };
        let module = CreateKey { module: Some("elsewhere".into()), ..shop() };
        scene.people = vec![
            Person { name: "nobody", given: Given::Nothing, caller: app.nobody() },
            Person { name: "service key", given: Given::InProject(Role::Editor), caller: key(shop()).await },
            Person {
                name: "wrong-environment key",
                given: Given::ForStaging(Role::Viewer),
                caller: key(staging).await,
            },
            Person {
                name: "wrong-module key",
                given: Given::ForModule(Role::Editor),
                caller: key(module).await,
            },
            Person {
                name: "member of another workspace",
                given: Given::Abroad(Role::Admin),
                caller: mia.caller,
            },
        ];
        for role in Role::ALL {
            let caller = key(a_key(role.as_str())).await;
            scene.people.push(Person { name: role.as_str(), given: Given::Everywhere(role), caller });
        }
        scene
    }

    /// Fills a project, and makes what its workspace holds.
    async fn fill(&mut self, place: Place, caller: &Caller, project: &str, name: &str) {
        if caller.get(&format!("/api/projects/{project}")).await.status == 404 {
            made(&caller.post("/api/projects", json!({ "name": project })).await);
        }
        // What staging points at was pushed before, so it does not hold what the addresses name.
        for (file, alias) in [("old", "staging".to_owned()), ("greeting", format!("{name}_dev"))] {
            let file =
                json!({ "path": format!("{name}_{file}.txt"), "content": format!("{file} of {name}") });
            let push = json!({ "files": [file], "alias": alias });
            let pushed = caller.post(&format!("/api/projects/{project}/push"), push).await;
            assert_eq!(pushed.status, 200, "{}", pushed.text());
        }
        let prompt =
            caller.get(&format!("/api/prompts/{name}_greeting/latest?project={project}")).await.json();
        self.set("project", place, project.to_owned());
        self.set("name", place, format!("{name}_greeting"));
        self.set("alias", place, format!("{name}_dev"));
        self.set("version_or_alias", place, format!("{name}_dev"));
        self.set("digest", place, text(&prompt["digest"]));
        let team = made(&caller.post("/api/teams", json!({ "name": format!("{name}_team") })).await);
        let role = json!({ "name": format!("{name}_role"), "permissions": ["read"] });
        let role = made(&caller.post("/api/roles", role).await);
        let key = made(
            &caller.post("/api/keys", json!({ "name": name, "role": "viewer", "project": project })).await,
        );
        let binding = json!({ "role": "viewer", "team": team["name"], "project": project });
        let binding = made(&caller.post("/api/bindings", binding).await);
        let invited = json!({ "email": format!("{name}@example.com"), "role": "viewer" });
        let invitation = made(&caller.post("/api/invitations", invited).await);
        self.set("team", place, text(&team["name"]));
        self.set("role", place, text(&role["name"]));
        self.set("keys", place, text(&key["id"]));
        self.set("bindings", place, text(&binding["id"]));
        self.set("invitations", place, text(&invitation["id"]));
    }

    fn set(&mut self, parameter: &'static str, place: Place, value: String) {
        self.values.insert((parameter, place), value);
    }

    /// What a parameter of a path is filled with, and where that thing is; none when it is known nowhere or everywhere.
    pub(super) fn value(&self, path: &str, parameter: &'static str, place: Place) -> (String, Option<Place>) {
        let general = GENERAL.iter().find(|(name, _)| *name == parameter);
        if let (Some((_, value)), Place::Own) = (general, place) {
            return ((*value).to_owned(), None);
        }
        let noun = path.split('/').nth(2).unwrap_or_default();
        let known = match parameter {
            "id" => self
                .values
                .iter()
                .find(|((name, at), _)| *name == noun && *at == place)
                .map(|(_, value)| value),
            _ => self.values.get(&(parameter, place)),
        };
        match known {
            Some(value) => (value.clone(), Some(place)),
            None if place == Place::Own => (NOWHERE.to_owned(), None),
            None => (NOWHERE.to_owned(), Some(Place::Missing)),
        }
    }
}

fn made(reply: &promptsync_testing::Reply) -> Value {
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text());
    reply.json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
