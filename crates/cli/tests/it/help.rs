use crate::Sandbox;

/// Every command, so that a new one without an example is found.
fn commands(sandbox: &Sandbox, path: &[&str]) -> Vec<Vec<String>> {
    let mut args = path.to_vec();
    args.push("-h");
    let out = sandbox.output(&args);
    let help = String::from_utf8(out.stdout).expect("help is text");
    let listed =
        help.split("Commands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let mut found = Vec::new();
    for name in
        listed.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
    {
        let inner: Vec<&str> = path.iter().copied().chain([name]).collect();
        let below = commands(sandbox, &inner);
        if below.is_empty() {
            found.push(inner.iter().map(|part| (*part).to_owned()).collect());
        }
        found.extend(below);
    }
    found
}

#[test]
fn every_command_that_takes_arguments_of_its_own_shows_an_example() {
    let sandbox = Sandbox::new();
    let all = commands(&sandbox, &[]);
    assert!(all.len() >= 25, "{all:?}");
    for command in all {
        let args: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let out = sandbox.output(&args);
        let help = String::from_utf8(out.stdout).expect("help is text");
        let own = help.split("Global options:").next().unwrap_or_default();
        let plain = !own.contains("Arguments:") && own.matches(" --").count() <= 1;
        assert!(out.status.success() && (plain || help.contains("Example")), "{command:?}\n{help}");
    }
}

#[test]
fn completions_know_the_commands() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let out = sandbox.output(&["completions", shell]);
        let script = String::from_utf8(out.stdout).expect("a script is text");
        assert!(out.status.success() && script.contains("rollback"), "{shell}");
    }
}

#[test]
fn the_reference_in_the_documentation_is_the_programs_own() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
    let written = std::fs::read_to_string(path).expect("the reference exists");
    let same = written.trim_end() == promptsync_cli::reference().trim_end();
    assert!(same, "docs/reference/cli.md is out of date: run `cargo xtask gen`");
}
