//! Canaries as people set, watch and end them.

use insta::assert_snapshot;

use crate::served::Served;

/// `production` on release 1.0.0, and release 1.0.1 in which the greeting differs.
fn shop() -> Served {
    let shop = Served::with(&[("prompts/greeting.txt", "Hi {{ name }}"), ("prompts/farewell.txt", "Bye")]);
    shop.stdout(&["push", "--alias", "production"]);
    shop.sandbox.write("prompts/greeting.txt", "Hello {{ name }}");
    shop.stdout(&["push", "--alias", "dev"]);
    shop
}

#[test]
fn a_canary_goes_from_a_tenth_to_everybody() {
    let shop = shop();
    let set = ["canary", "set", "--alias", "production", "--version", "v1.0.1", "--percentage", "10"];
    assert_snapshot!(shop.run(&set), @r"
    exit: 0
    --- stdout
    production: 10% 1.0.1, 90% 1.0.0
      greeting
    ");
    assert_snapshot!(shop.run(&["canary", "list"]), @"
    exit: 0
    --- stdout
    production	-	90% 1.0.0	10% 1.0.1	0	1
    ");
    assert_snapshot!(shop.run(&["alias", "show", "production"]).split("revision").next().unwrap_or_default(), @r"
    exit: 0
    --- stdout
    production stands on 1.0.0
      farewell 1.0.0
      greeting 1.0.0
    production: 10% 1.0.1, 90% 1.0.0
      greeting
    --- stderr
    ");
    assert!(shop.run(&["alias", "list"]).contains("production\t1.0.0, 10% 1.0.1\t2\t"));

    let render =
        |unit: &str| shop.stdout(&["render", "greeting@production", "--unit", unit, "--var", "name=Ada"]);
    // Each unit is in the tenth or is not; the salt is another in every run.
    let first = |text: &str| (0..300).find(|unit| render(&format!("user-{unit}")) == text);
    let (one, other) =
        (first("Hello Ada").expect("a unit of the canary"), first("Hi Ada").expect("one beside it"));
    assert_eq!(render(&format!("user-{other}")), "Hi Ada");
    assert_eq!(render(&format!("user-{one}")), "Hello Ada");
    let unit = format!("user-{one}");
    assert_eq!(shop.stdout(&["get", "greeting@production", "--unit", &unit]), "Hello {{ name }}");
    let diff = shop.stdout(&["diff", "greeting", "production", "1.0.0", "--unit", &unit]);
    assert!(diff.starts_with("--- greeting 1.0.1 (production)\n+++ greeting 1.0.0\n"), "{diff}");
    let nobody = shop.run(&["get", "greeting@production"]);
    assert!(nobody.contains("production divides the traffic of greeting: 1.0."), "{nobody}");
    assert!(nobody.contains("--unit"), "{nobody}");

    let wider = ["canary", "set", "--alias", "production", "--arm", "v1.0.1=33.33%"];
    assert_snapshot!(shop.run(&wider), @r"
    exit: 0
    --- stdout
    production: 33.33% 1.0.1, 66.67% 1.0.0
      greeting
    ");
    assert_eq!(render(&unit), "Hello Ada");
    assert_snapshot!(shop.run(&["canary", "promote", "--alias", "production", "--reason", "no complaints"]), @r"
    exit: 0
    --- stdout
    production stands on 1.0.1
      greeting 1.0.0 → 1.0.1
    --- stderr
    production does not divide its traffic any more.
    ");
    assert_snapshot!(shop.run(&["canary", "list"]), @r"
    exit: 0
    --- stderr
    No traffic is divided.
    ");
    assert_snapshot!(shop.run(&["canary", "promote", "--alias", "production"]), @r"
    exit: 3
    --- stderr
    error: `production` does not divide its traffic
    ");
}

#[test]
fn one_prompt_has_a_canary_with_units_by_hand_and_it_is_aborted() {
    let shop = shop();
    let set = [
        "canary",
        "set",
        "--alias",
        "production",
        "--prompt",
        "greeting",
        "--version",
        "v1",
        "--percentage",
        "0",
        "--override",
        "a=b@example.com=v1.0.1",
    ];
    assert_snapshot!(shop.run(&set), @r"
    exit: 0
    --- stdout
    production greeting: 0% 1.0.1, 100% 1.0.0
    --- stderr
    1 unit by hand
    ");
    let get = ["get", "greeting@production", "--unit", "a=b@example.com"];
    assert_eq!(shop.stdout(&get), "Hello {{ name }}");
    assert_eq!(shop.stdout(&["get", "greeting@production", "--unit", "somebody"]), "Hi {{ name }}");
    let json = shop.stdout(&["canary", "list", "--alias", "production", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&list[0]["prompt"], &list[0]["overrides"]), (&"greeting".into(), &1.into()), "{json}");
    assert_snapshot!(shop.run(&["canary", "abort", "--alias", "production", "--reason", "wrong tone"]), @r"
    exit: 0
    --- stdout
    production stands on 1.0.0
    --- stderr
    production does not divide its traffic any more.
    ");
    assert_eq!(shop.stdout(&get), "Hi {{ name }}");
}

#[test]
fn what_cannot_be_divided_is_refused_with_a_reason() {
    let shop = shop();
    let set = |rest: &[&str]| {
        let args: Vec<&str> = ["canary", "set", "--alias"].iter().chain(rest).copied().collect();
        shop.run(&args)
    };
    assert_snapshot!(set(&["production", "--version", "v1.0.1", "--percentage", "101"]), @r"
    exit: 1
    --- stderr
    error: 101 is no percentage
      hint: percentages go from 0 to 100 and have two decimals at most
    ");
    assert_snapshot!(set(&["production", "--version", "v1.0.0", "--percentage", "10"]), @r"
    exit: 1
    --- stderr
    error: this is what the alias serves already
      hint: name a version that the alias does not point at
    ");
    let missing = set(&["nowhere", "--version", "v1.0.1", "--percentage", "10"]);
    assert!(missing.starts_with("exit: 3\n--- stderr\nerror: no alias is named `nowhere`"), "{missing}");
    for usage in [
        &["production"][..],
        &["production", "--version", "v1.0.1"],
        &["production", "--percentage", "10"],
        &["production", "--arm", "v1.0.1"],
        &["production", "--arm", "v1.0.1=10", "--version", "v1.0.1", "--percentage", "10"],
    ] {
        assert!(set(usage).starts_with("exit: 2\n"), "{usage:?}");
    }
}
