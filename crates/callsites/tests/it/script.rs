use promptsync_callsites::Language::{Tsx, TypeScript};

use crate::{said, shown};

const HEAD: &str =
    "import { PromptSync } from \"promptsync\";\nconst client = new PromptSync({ project: \"shop\" });\n";

#[test]
fn each_way_to_ask_and_fill_is_a_call() {
    for (source, expected) in [
        (r#"await client.get("support@production");"#, "support@production"),
        (r#"client.getPrompt("support", { alias: "stable" });"#, "support@stable"),
        (r"client.getPrompt('support', { version: `1.2.0`, tags: {} });", "support@1.2.0"),
        (r#"client.get("support", "v1");"#, "support@v1"),
        (r#"client?.get("support");"#, "support"),
        (r#"client.get<Values>("support");"#, "support"),
        (r#"(await client.get("support")).format({ a: 1, ...rest });"#, "support (a, …)"),
        (r#"client.get("support").render({ a, "b": 1, c() {} });"#, "support (a, b, c)"),
        (r#"client.get("support").render({ [a]: 1 });"#, "support (…)"),
        (r#"client.get("support").render(values);"#, "support (…)"),
        (r#"client.get("support").render();"#, "support ()"),
        (r#"client.get("support").render(...all);"#, "support (…)"),
        (r#"client.render("support", { a: 1 });"#, "support (a)"),
        (r#"client.render("support", { a: 1 }, { alias: "stable" });"#, "support (a)"),
        ("const p = await client.get(\"support\");\np.format({ a: 1 });", "support (a)"),
        (
            "const p = await client.get(\"support\");\nfunction f() { return p.format({ a: 1 }); }",
            "support (a)",
        ),
        ("const p = await client.get(\"support\");\nconst f = () => p!.format({ a: 1 });", "support (a)"),
        ("let p;\np = await client.get(\"support\");\np.format({});", "support ()"),
        ("const NAME = \"support\";\nclient.get(NAME);", "support"),
        ("const other = given ?? new PromptSync();\nother.get(\"support\");", "support"),
        ("function f(x: PromptSync | undefined) { x!.get(\"support\"); }", "support"),
        (
            "const f = async (x: Readonly<PromptSync>) => (await x.get(\"support\")).format({ a: 1 });",
            "support (a)",
        ),
        (
            "class A { constructor(private readonly p: PromptSync) {}\n f() { this.p.get(\"support\"); } }",
            "support",
        ),
        ("class A { #p = new PromptSync();\n f() { this.#p.get(\"support\"); } }", "support"),
        ("class A { p: PromptSync;\n f() { this.p.get(\"support\"); } }", "support"),
        ("const x = await PromptSync.connect({});\nx.get(\"support\");", "support"),
        ("elsewhere().getPrompt(\"support\");", "support"),
    ] {
        let source = format!("{HEAD}{source}\n");
        assert_eq!(said(TypeScript, &source), [expected], "{source}");
        assert_eq!(said(Tsx, &source), [expected], "{source}");
    }
}

#[test]
fn what_only_looks_like_a_call_is_none() {
    for source in [
        "// client.get('support')",
        "/* client.get('support') */",
        "const text = \"client.get('support')\";",
        "const text = `client.get('support')`;",
        "new Map().get('support');",
        "axios.get('http://example.com');",
        "client.cache.get('support');",
        "client.get(`support_${kind}`);",
        "client.get('a' + b);",
        "client.get(name);",
        "function f(client) { client.get('support'); }",
        "const f = client => client.get('support');",
        "const all: Map<string, PromptSync> = new Map();\nall.get('support');",
        "template.render('support', { a: 1 });",
        "{ let client = other; client.get('support'); }",
    ] {
        let source = format!("{HEAD}{source}\n");
        assert_eq!(said(TypeScript, &source), [""; 0], "{source}");
        assert_eq!(said(Tsx, &source), [""; 0], "{source}");
    }
}

#[test]
fn a_client_is_known_by_its_import() {
    for (source, is_call) in [
        ("import { PromptSync } from 'promptsync'; new PromptSync().get('x');", true),
        ("import { PromptSync as P } from '@promptsync/client'; new P().get('x');", true),
        ("import { createClient } from 'promptsync'; createClient().get('x');", true),
        ("import * as ps from 'promptsync'; new ps.PromptSync().get('x');", true),
        ("import ps from 'promptsync'; ps.get('x');", true),
        ("const { PromptSync } = require('promptsync'); new PromptSync().get('x');", true),
        ("const ps = require('promptsync/node'); new ps.PromptSync().get('x');", true),
        ("import type { PromptSync } from 'promptsync'; function f(p: PromptSync) { p.get('x'); }", true),
        ("import { PromptSync } from './promptsync'; new PromptSync().get('x');", false),
        ("import { PromptSync } from 'promptsync-like'; new PromptSync().get('x');", false),
        ("import { Cache } from 'promptsync'; new Cache().get('x');", false),
        ("client.getPrompt('x');", false),
    ] {
        assert_eq!(!said(Tsx, source).is_empty(), is_call, "{source}");
    }
}

#[test]
fn elements_and_places_in_them_are_read() {
    let source = format!(
        "{HEAD}export const A = () => <p title=\"ä\">{{client.get(\"x\").format({{ a: 1 }})}}</p>;\n"
    );
    assert_eq!(shown(Tsx, &source), ["3:49 x -> 3:54 (a)"]);
}
