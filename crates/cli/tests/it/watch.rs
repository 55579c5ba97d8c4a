//! `watch`: what an application would get, and from where.

use serde_json::Value;

use crate::served::Served;

fn lines(text: &str) -> Vec<Value> {
    // Each value is printed over several lines.
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.map(|value| value.expect("JSON")).collect()
}

#[test]
fn an_application_goes_on_without_its_server_also_after_a_start() {
    let mut served = Served::with(&[("prompts/greeting.txt", "Hi {{ name }}")]);
    served.stdout(&["push", "--alias", "production"]);
    let watch = ["watch", "greeting@production", "--cache", "cache", "--for", "200ms", "--json"];
    let before = lines(&served.stdout(&watch));
    let last = before.last().expect("a line");
    assert_eq!(
        (&last["version"], &last["source"], &last["state"]),
        (&"1.0.0".into(), &"memory".into(), &"current".into())
    );
    assert_eq!(last["failed"], 0);
    assert!(last["asked"].as_u64() > Some(1), "{last}");
    served.stop();
    let after = lines(&served.stdout(&watch));
    let last = after.last().expect("a line");
    assert_eq!(
        (&last["version"], &last["source"], &last["state"]),
        (&"1.0.0".into(), &"file".into(), &"stale".into())
    );
    assert_eq!(last["failed"], 0);
}

#[test]
fn questions_without_an_answer_are_counted_and_told() {
    let served = Served::with(&[("prompts/greeting.txt", "Hi {{ name }}")]);
    served.stdout(&["push", "--alias", "production"]);
    let out = served.sandbox.output(&["watch", "nobody@production", "--for", "50ms", "--every", "20ms"]);
    assert_eq!(out.status.code(), Some(1));
    let (said, told) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(said.contains("prompt_not_found"), "{said}");
    assert!(told.contains("questions had no answer"), "{told}");
}
