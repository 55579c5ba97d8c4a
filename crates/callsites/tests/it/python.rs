use promptsync_callsites::Language::Python;

use crate::{said, shown};

const HEAD: &str = "from promptsync import PromptManager\npm = PromptManager(\"shop\")\n";

#[test]
fn each_way_to_ask_and_fill_is_a_call() {
    for (source, expected) in [
        (r#"pm.get("support@production")"#, "support@production"),
        (r#"pm.get("support", "v1")"#, "support@v1"),
        (r#"pm.get('support', version_or_alias='stable', tags={"a": "b"})"#, "support@stable"),
        (r#"pm.get(name="support", alias="stable")"#, "support@stable"),
        (r#"pm.get_prompt("support", version_or_alias="stable").format(a=1)"#, "support@stable (a)"),
        (r#"pm.get_prompt("support", "v1").render({"a": 1, "b": 2})"#, "support@v1 (a, b)"),
        (r#"pm.get("support").render(a=1, b=[pm])"#, "support (a, b)"),
        (r#"pm.get("support").format()"#, "support ()"),
        (r#"pm.get("support").format(a=1, **more)"#, "support (a, …)"),
        (r#"pm.get("support").render(values)"#, "support (…)"),
        (r#"pm.get("support").render({"a": 1, **more})"#, "support (a, …)"),
        (r#"pm.get("support").render({name: 1})"#, "support (…)"),
        (r#"pm.get("support").render(dict(a=1))"#, "support (a)"),
        (r#"pm.get("support").render(variables={"a": 1})"#, "support (a)"),
        (r#"pm.get(("support")).format(a=(1))"#, "support (a)"),
        (r#"pm.render("support", {"a": 1})"#, "support (a)"),
        (r#"pm.render("support@v2", a=1)"#, "support@v2 (a)"),
        (r#"pm.render("support", {"a": 1}, version_or_alias="stable", tags={})"#, "support@stable (a)"),
        (r#"pm.render("support", variables)"#, "support (…)"),
        (r#"pm.render("support", "stable", {"a": 1})"#, "support@stable (a)"),
        (r#"pm.get("support", alias)"#, "support"),
        ("pm.get(\n    # the one for support\n    'support',\n).format(\n    a=1,\n)", "support (a)"),
        (r#"(await pm.get("support")).format(a=1)"#, "support (a)"),
        (r#"text = await pm.get("support", alias="x")"#, "support@x"),
        (r#"print(f"{pm.get('support').format(a=1)}")"#, "support (a)"),
        (r#"PromptManager.create().get("support")"#, "support"),
        (r#"PromptManager("shop").get("support")"#, "support"),
        (r#"pm.get(r"support")"#, "support"),
        ("p = pm.get('support')\np.format(a=1)", "support (a)"),
        ("p: Prompt = pm.get('support')\np.format(a=1)", "support (a)"),
        ("if p := pm.get('support'):\n    p.format(a=1)", "support (a)"),
        ("q = p = pm.get('support')\nq.format(a=1)", "support (a)"),
        ("NAME = 'support'\npm.get(NAME)", "support"),
        ("NAME: str = 'support'\ndef f():\n    pm.get(NAME)", "support"),
        ("with PromptManager() as other:\n    other.get('support')", "support"),
        (
            "async def f():\n    async with PromptManager() as other:\n        await other.get('support')",
            "support",
        ),
        ("other = given or PromptManager()\nother.get('support')", "support"),
        ("other = PromptManager() if x else None\nother.get('support')", "support"),
        ("async def f(x):\n    return (await pm.get_prompt('support')).format(**x)", "support (…)"),
        ("unknown.get_prompt('support').format(a=1)", "support (a)"),
    ] {
        assert_eq!(said(Python, &format!("{HEAD}{source}\n")), [expected], "{source}");
    }
}

#[test]
fn what_only_looks_like_a_call_is_none() {
    for source in [
        "# pm.get('support')",
        "text = \"pm.get('support')\"",
        "\"\"\"\npm.get('support')\n\"\"\"",
        "{}.get('support')",
        "settings = {'a': 1}\nsettings.get('support')",
        "requests.get('http://example.com')",
        "pm.cache.get('support')",
        "pm.list().get('support')",
        "pm.get(f'support_{kind}')",
        "pm.get('support_' + kind)",
        "pm.get(name)",
        "pm.get()",
        "pm.get('sup\\x70ort')",
        "pm = {}\npm.get('support')",
        "import pm\npm.get('support')",
        "def f(pm):\n    pm.get('support')",
        "def f(pm=None):\n    pm.get('support')",
        "for pm in managers:\n    pm.get('support')",
        "a, pm = both\npm.get('support')",
        "managers: dict[str, PromptManager] = {}\nmanagers.get('support')",
        "managers: list[PromptManager]\nmanagers.get('support')",
        "'{a}'.format(a=1)",
        "template.render('support', {'a': 1})",
        "def get(x): ...\nget('support')",
        "get_prompt('support')",
        "PromptManager.get",
        "NAME = 'a'\nNAME = 'b'\ndef f():\n    pm.get(NAME)",
    ] {
        assert_eq!(said(Python, &format!("{HEAD}{source}\n")), [""; 0], "{source}");
    }
}

#[test]
fn a_client_is_known_by_its_import() {
    for (source, is_call) in [
        ("import promptsync\npromptsync.get('x')", true),
        ("import promptsync as ps\nps.get('x')", true),
        ("import promptsync\nps = promptsync.PromptManager()\nps.get('x')", true),
        ("import promptsync.testing\npromptsync.testing.FakePromptManager().get('x')", true),
        ("from promptsync.testing import FakePromptManager\nFakePromptManager({}).get('x')", true),
        ("from promptsync import get\nget('x')", true),
        ("from promptsync import *\nPromptManager().get('x')", true),
        ("from promptsync import PromptManager as Prompts\nPrompts().get('x')", true),
        ("from prompt_manager import PromptManager\nPromptManager().get('x')", true),
        ("from promptsync import AsyncPromptManager\nAsyncPromptManager().get('x')", true),
        ("def f():\n    import promptsync\n    promptsync.get('x')", true),
        ("from promptsync import Settings\nSettings().get('x')", false),
        ("from promptsync_other import PromptManager\nPromptManager().get('x')", false),
        ("from .prompts import PromptManager\nPromptManager().get('x')", false),
        ("from elsewhere import pm\npm.get_prompt('x')", false),
        ("import promptsync\nfrom elsewhere import pm\npm.get_prompt('x')", true),
        ("import promptsync\nfrom elsewhere import pm\npm.get('x')", false),
        ("pm.get_prompt('x')", false),
        ("promptsync.get('x')", false),
    ] {
        assert_eq!(!said(Python, source).is_empty(), is_call, "{source}");
    }
}

#[test]
fn a_client_is_known_by_its_annotation() {
    for (annotation, is_call) in [
        ("PromptManager", true),
        ("'PromptManager'", true),
        ("Optional[PromptManager]", true),
        ("PromptManager | None", true),
        ("typing.Optional['PromptManager']", true),
        ("Annotated[PromptManager, Depends(prompts)]", true),
        ("promptsync.PromptManager", true),
        ("dict[str, PromptManager]", false),
        ("Mapping", false),
        ("Callable[[], PromptManager]", false),
    ] {
        let head = "import promptsync\nfrom promptsync import PromptManager\n";
        for body in [
            format!("def f(x: {annotation}):\n    x.get('a')\n"),
            format!("def f(x: {annotation} = make()):\n    x.get('a')\n"),
            format!("x: {annotation} = make()\nx.get('a')\n"),
            format!("class A:\n    x: {annotation}\n    def f(self):\n        self.x.get('a')\n"),
            format!(
                "class A:\n    def __init__(self):\n        self.x: {annotation} = None\n    def f(self):\n        self.x.get('a')\n"
            ),
        ] {
            assert_eq!(!said(Python, &format!("{head}{body}")).is_empty(), is_call, "{body}");
        }
    }
}

#[test]
fn members_are_followed_through_the_methods_of_their_class() {
    let source = "\
from promptsync import PromptManager

class Bot:
    NAME = 'welcome'

    def __init__(self, prompts: PromptManager):
        self.prompts = prompts
        self.p = None

    async def start(self):
        self.p = await self.prompts.get('support')
        return self.prompts.get(self.NAME)

    def answer(self, issue):
        return self.p.format(issue=issue)

class Other:
    def answer(self):
        return self.p.format(tone='x')
";
    assert_eq!(shown(Python, source), ["11:41 support -> 15:23 (issue)", "12:33 welcome"]);
}

#[test]
fn in_its_own_function_a_name_is_what_it_was_last_bound_to() {
    let source = "\
import promptsync
p = promptsync.get('one')
p.format(a=1)
p = promptsync.get('two')
p.format(b=1)

def f():
    p.format(c=1)

def g(p):
    p.format(d=1)
";
    assert_eq!(shown(Python, source), ["2:20 one -> 3:3 (a)", "4:20 two -> 5:3 (b)"]);
}

#[test]
fn every_place_that_fills_an_answer_is_a_call() {
    let source = "import promptsync\np = promptsync.get('x')\np.format(a=1)\np.render(b=1)\n";
    assert_eq!(shown(Python, source), ["2:20 x -> 3:3 (a)", "2:20 x -> 4:3 (b)"]);
}

#[test]
fn columns_count_characters_and_lines_may_end_as_they_like() {
    let source = "\u{feff}import promptsync\r\n'äöü'; promptsync.get('x').format(ä=1)\r\n";
    assert_eq!(shown(Python, source), ["2:23 x -> 2:28 (ä)"]);
}

#[test]
fn broken_source_is_read_as_far_as_it_can_be() {
    let source = "import promptsync\npromptsync.get('one').format(a=1)\ndef broken(:\n    x = (\n\npromptsync.get('two')\n";
    assert!(said(Python, source).contains(&"one (a)".to_owned()));
}
