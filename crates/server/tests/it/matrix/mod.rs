//! Every route, called by everybody, with every id in its address swapped for one of somebody else.
//!
//! What is expected follows from a table, `policy.txt`: a route without a row fails. The table says what permission is
//! asked for and of what; who has which is said here once more, in other words than in `core::access`.

mod policy;
mod scene;

use hyper::Method;
use promptsync_core::access::{Permission, Role};
use promptsync_server::openapi;
use promptsync_testing::{Reply, TestApp, db_test};

use policy::{Row, Subject, rows};
use scene::{Given, Person, Place, Scene};

/// What routes cannot do without in their query.
const QUERIES: [(&str, &str); 1] = [("/diff", "from=latest")];

/// Cases on one database; there are two.
const AT_LEAST: usize = 2_500;

/// How a request must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// 401.
    Unauthenticated,
    /// 404, whatever the project holds.
    NoProject,
    /// 403.
    Denied,
    /// It reaches the handler, which finds everything it was asked for.
    Found,
    /// It reaches the handler, which finds something missing.
    Missing,
    /// It reaches the handler.
    Reached,
}

/// An address, and where the things are that it names.
struct Address {
    target: String,
    project: Place,
    /// Things that are somewhere, by the name of their parameter.
    things: Vec<(&'static str, Place)>,
    is_known: bool,
}

/// Fills a row's path; one parameter may be swapped.
fn address(scene: &Scene, row: &Row, swapped: Option<(&str, Place)>) -> Address {
    let mut filled =
        Address { target: row.path.to_owned(), project: Place::Own, things: Vec::new(), is_known: true };
    let place_of = |parameter: &str| match swapped {
        Some((name, place)) if name == parameter => place,
        _ => Place::Own,
    };
    for parameter in row.parameters() {
        let (value, place) = scene.value(row.path, parameter, place_of(parameter));
        filled.target = filled.target.replace(&format!("{{{parameter}}}"), &value);
        match (parameter, place) {
            ("project", place) => filled.project = place.unwrap_or(Place::Missing),
            (_, Some(place)) => filled.things.push((parameter, place)),
            ("version" | "reference", None) => {}
            (_, None) => filled.is_known = false,
        }
    }
    if row.subject.is_in_project() && !row.path.contains("{project}") {
        let (value, place) = scene.value(row.path, "project", place_of("project"));
        filled.project = place.unwrap_or(Place::Missing);
        filled.target = format!("{}?project={value}", filled.target);
    }
    if let Some((_, query)) = QUERIES.iter().find(|(end, _)| row.path.ends_with(end)) {
        filled.target = format!("{}?{query}", filled.target);
    }
    filled
}

fn expected(row: &Row, person: &Person, address: &Address) -> Expected {
    let Some(permission) = row.permission else { return Expected::Reached };
    let (is_abroad, sees): (bool, &[Place]) = match person.given {
        Given::Nothing => return Expected::Unauthenticated,
        Given::Everywhere(_) => (false, &[Place::Own, Place::Sibling]),
        Given::InProject(_) | Given::ForStaging(_) | Given::ForModule(_) => (false, &[Place::Own]),
        Given::Abroad(_) => (true, &[Place::Other]),
    };
    if row.subject.is_in_project() && !sees.contains(&address.project) {
        return Expected::NoProject;
    }
    if !is_allowed(row.subject, permission, person.given) {
        return Expected::Denied;
    }
    if !address.is_known || row.names_new {
        return Expected::Reached;
    }
    let is_there = |(parameter, place): &(&str, Place)| match (*parameter, row.subject.is_in_project()) {
        (_, true) => *place == address.project,
        ("digest", false) => {
            sees.contains(place) && !matches!(person.given, Given::ForStaging(_) | Given::ForModule(_))
        }
        (_, false) => match place {
            Place::Own | Place::Sibling => !is_abroad,
            Place::Other => is_abroad,
            Place::Missing => false,
        },
    };
    if address.things.iter().all(is_there) { Expected::Found } else { Expected::Missing }
}

fn is_allowed(subject: Subject, permission: Permission, given: Given) -> bool {
    match (given, subject) {
        (_, Subject::Public) => true,
        (Given::Nothing, _) | (_, Subject::Server) => false,
        (_, Subject::Known) => true,
        (Given::Abroad(_), Subject::Myself) => true,
        (_, Subject::Myself) => false,
        (Given::Everywhere(role) | Given::Abroad(role), _) => role.allows(permission),
        (Given::InProject(_), Subject::Workspace) => false,
        (Given::InProject(role), _) => role.allows(permission),
        (Given::ForStaging(role), Subject::Anywhere | Subject::Inside) => role.allows(permission),
        (Given::ForStaging(_), _) => false,
        (Given::ForModule(role), Subject::Anywhere | Subject::Parts | Subject::Inside | Subject::Within) => {
            role.allows(permission)
        }
        (Given::ForModule(_), _) => false,
    }
}

/// What is wrong with an answer.
fn wrong(
    row: &Row,
    person: &Person,
    (expected, target): (Expected, &str),
    reply: &Reply,
) -> Option<&'static str> {
    let (outcome, ok) = (reply.outcome(), (200..300).contains(&reply.status));
    let reads = matches!(row.method, "GET" | "DELETE");
    if reply.status >= 500 {
        return Some("the server failed");
    }
    let shows = ok && !target.contains("acme") && reply.text().contains("acme");
    if shows && matches!(person.given, Given::Abroad(_)) {
        return Some("another workspace shows through");
    }
    let good = match expected {
        Expected::Unauthenticated => outcome == "401 unauthenticated",
        Expected::NoProject => outcome == "404 project_not_found",
        Expected::Denied => outcome == "403 insufficient_scope",
        Expected::Reached => row.permission.is_none() || !matches!(reply.status, 401 | 403),
        // A body without what the route needs is answered before the route looks closer; what was deleted is gone.
        Expected::Found => match row.method {
            "GET" => matches!(reply.status, 200 | 422),
            _ => !matches!(reply.status, 401 | 403),
        },
        Expected::Missing if reads => reply.status == 404,
        Expected::Missing => !ok && !matches!(reply.status, 401 | 403),
    };
    (!good).then_some("another answer was expected")
}

/// Swaps of every parameter, one at a time.
fn swaps(row: &Row) -> Vec<Option<(&'static str, Place)>> {
    let mut parameters = row.parameters();
    if row.subject.is_in_project() && !parameters.contains(&"project") {
        parameters.push("project");
    }
    let places = [Place::Sibling, Place::Other, Place::Missing];
    let swapped = parameters.into_iter().flat_map(|name| places.map(|place| Some((name, place))));
    std::iter::once(None).chain(swapped).collect()
}

#[test]
fn every_route_has_its_row_and_every_row_its_route() {
    let document = openapi::document();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let permission = operation["x-permission"].as_str().unwrap_or("-");
            routes.push(format!("{} {path} {permission}", method.to_uppercase()));
        }
    }
    let known: Vec<String> = rows()
        .iter()
        .map(|row| format!("{} {} {}", row.method, row.path, row.permission.map_or("-", Permission::as_str)))
        .collect();
    let missing: Vec<_> = routes.iter().filter(|route| !known.contains(route)).collect();
    let stale: Vec<_> = known.iter().filter(|row| !routes.contains(row)).collect();
    assert!(missing.is_empty() && stale.is_empty(), "policy.txt lacks {missing:#?}\nand has {stale:#?}");
    assert_eq!(known.len(), routes.len(), "a row stands twice");
}

db_test! {
    async fn everybody_gets_what_the_policy_says_whatever_they_ask_for(db: &Db) {
        let app = TestApp::on(db).await;
        let scene = Scene::new(&app).await;
        let (mut cases, mut failures) = (0, Vec::new());
        for row in rows() {
            for swapped in swaps(&row) {
                let address = address(&scene, &row, swapped);
                for person in &scene.people {
                    let body = if matches!(row.method, "POST" | "PUT") { "{}" } else { "" };
                    let method = Method::from_bytes(row.method.as_bytes()).expect("a method");
                    let reply = person.caller.send(method, &address.target, body.into()).await;
                    let expected = expected(&row, person, &address);
                    cases += 1;
                    if let Some(wrong) = wrong(&row, person, (expected, &address.target), &reply) {
                        failures.push(format!(
                            "{} {} as {}: {wrong}: {expected:?}, got {}",
                            row.method, address.target, person.name, reply.outcome(),
                        ));
                    }
                }
            }
        }
        eprintln!("rel-matrix: {cases} cases, {} callers, {} routes", scene.people.len(), rows().len());
        assert!(failures.is_empty(), "{} of {cases}:\n{}", failures.len(), failures.join("\n"));
        assert!(cases >= AT_LEAST, "{cases}");
        assert!(Role::ALL.iter().all(|role| scene.people.iter().any(|person| person.name == role.as_str())));
    }
}
