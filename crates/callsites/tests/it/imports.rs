//! What is known of a name that comes from another file.

use promptsync_callsites::{Language, Survey};

use crate::{said, said_among};

const PYTHON: &str = "from promptsync import PromptManager\npm = PromptManager()\nNAME = 'support'\n";
const SCRIPT: &str = "import { PromptSync } from 'promptsync';\nexport const pm = new PromptSync();\n";

/// Whether the last of some files has a call, and no other.
fn is_call(files: &[(&str, &str)]) -> bool {
    let said = said_among(files);
    let (last, _) = files.last().expect("a file");
    assert!(said.iter().all(|line| line.starts_with(&format!("{last}: "))), "{said:?}");
    !said.is_empty()
}

#[test]
fn a_python_client_is_known_where_it_is_imported() {
    for (source, expected) in [
        ("from app.llm import pm\npm.get('x')", true),
        ("from .llm import pm\npm.get('x')", true),
        ("from .llm import pm as prompts\nprompts.get('x')", true),
        ("from .llm import (\n    # the client\n    other,\n    pm,\n)\npm.get('x')", true),
        ("from .llm import other, \\\n    pm\npm.get('x')", true),
        ("from .llm import *\npm.get('x')", true),
        ("from . import llm\nllm.pm.get('x')", true),
        ("from app import llm\nllm.pm.get_prompt('x')", true),
        ("from app import (\n    llm as prompts\n)\nprompts.pm.get('x')", true),
        ("import app.llm\napp.llm.pm.get('x')", true),
        ("import app.llm as llm\nllm.pm.get('x')", true),
        ("import llm\nllm.pm.get('x')", true),
        ("from .llm import PromptManager\nPromptManager().get('x')", true),
        ("from .llm import PromptManager\ndef f(pm: PromptManager):\n    pm.get('x')", true),
        ("from . import llm\ndef f(pm: llm.PromptManager):\n    pm.get('x')", true),
        ("def f():\n    from .llm import pm\n    pm.get('x')", true),
        (
            "try:\n    from .llm import pm\nexcept ImportError:\n    pm = None\ndef f():\n    pm.get('x')",
            true,
        ),
        (
            "from .llm import pm\nclass A:\n    def __init__(self):\n        self.pm = pm\n    def f(self):\n        self.pm.get('x')",
            true,
        ),
        ("from .llm import pm, NAME\npm.get(NAME)", true),
        ("from .llm import other\nother.get('x')", false),
        ("from .llm import pm\npm.cache.get('x')", false),
        ("from .llm import pm\npm = {}\npm.get('x')", false),
        ("from .llm import pm\ndef f(pm):\n    pm.get('x')", false),
        ("from .llm import pm\nunknown.get_prompt('x')", false),
        ("from ..llm import pm\npm.get('x')", false),
        ("from app.llm.pm import pm\npm.get('x')", false),
        ("from other.llm import pm\npm.get('x')", false),
        ("import llm\nllm.get('x')", false),
        ("from . import llm\nllm.get('x')", false),
        ("# from .llm import pm\npm.get('x')", false),
        ("pm.get('x')", false),
    ] {
        assert_eq!(is_call(&[("app/llm.py", PYTHON), ("app/support.py", source)]), expected, "{source}");
    }
}

#[test]
fn a_script_client_is_known_where_it_is_imported() {
    let whole = format!(
        "{SCRIPT}export default pm;\nconst inner = new PromptSync();\nexport {{ inner as outer }};\nconst outer = 1;\n"
    );
    for (source, expected) in [
        ("import { pm } from './llm'; pm.get('x');", true),
        ("import { pm } from \"./llm.js\"; pm.get('x');", true),
        ("import { pm } from './llm.ts'; pm.get('x');", true),
        ("import { pm as prompts } from '../src/llm.js'; prompts.get('x');", true),
        ("import prompts from './llm'; prompts.get('x');", true),
        ("import { default as prompts } from './llm'; prompts.get('x');", true),
        ("import prompts, { pm } from './llm'; prompts.get('x');", true),
        ("import * as llm from './llm'; llm.pm.get('x');", true),
        ("import * as llm from './llm'; llm.default.get('x');", true),
        ("import { outer } from './llm'; outer.get('x');", true),
        ("const { pm } = require('./llm'); pm.get('x');", true),
        ("const llm = require('./llm'); llm.pm.get('x');", true),
        ("import llm = require('./llm'); llm.pm.get('x');", true),
        ("import type { PromptSync } from './llm'; function f(p: PromptSync) { p.get('x'); }", true),
        ("import { pm } from './llm';\nclass A { private p = pm; f() { this.p.get('x'); } }", true),
        ("import { other } from './llm'; other.get('x');", false),
        ("import { pm } from 'llm'; pm.get('x');", false),
        ("import { pm } from '@/llm'; pm.get('x');", false),
        ("import { pm } from '../llm'; pm.get('x');", false),
        ("import { pm } from './llm'; function f(pm) { pm.get('x'); }", false),
        ("import { pm } from './llm'; unknown.getPrompt('x');", false),
        ("import llm from './llm'; llm.pm.get('x');", false),
        ("pm.get('x');", false),
    ] {
        for end in ["ts", "tsx"] {
            let path = format!("src/support.{end}");
            assert_eq!(is_call(&[("src/llm.ts", &whole), (&path, source)]), expected, "{source}");
        }
    }
}

#[test]
fn a_script_module_is_found_by_its_usual_endings() {
    for (path, module, expected) in [
        ("src/llm.ts", "./llm", true),
        ("src/llm.tsx", "./llm", true),
        ("src/llm.mts", "./llm.mjs", true),
        ("src/llm.cts", "./llm.cjs", true),
        ("src/llm.js", "./llm", true),
        ("src/llm.jsx", "./llm", true),
        ("src/llm.tsx", "./llm.jsx", true),
        ("src/llm/index.ts", "./llm", true),
        ("src/llm/index.js", "./llm/", true),
        ("src/llm/index.mjs", "./llm/index.mjs", true),
        ("src/index.ts", ".", true),
        ("index.ts", "..", true),
        ("llm.ts", "../llm", true),
        ("src/llm.py", "./llm", false),
        ("src/llm.ts", "./LLM", false),
        ("src/llm.ts", "./llm.mjs", false),
    ] {
        let source = format!("import {{ pm }} from '{module}'; pm.get('x');");
        assert_eq!(is_call(&[(path, SCRIPT), ("src/app.ts", &source)]), expected, "{path} {module}");
    }
}

#[test]
fn the_nearest_python_module_is_meant() {
    const OTHER: &str = "pm = {}\n";
    for (files, importer, expected) in [
        (vec![("app/llm.py", PYTHON), ("app/llm.pyi", PYTHON)], "app/a.py", true),
        (vec![("app/llm/__init__.py", PYTHON)], "app/a.py", true),
        (vec![("src/app/llm.py", PYTHON)], "scripts/a.py", true),
        (vec![("src/app/llm.py", PYTHON), ("old/app/llm.py", OTHER)], "src/a.py", true),
        (vec![("src/app/llm.py", PYTHON), ("old/app/llm.py", OTHER)], "old/a.py", false),
        (vec![("src/app/llm.py", PYTHON), ("old/app/llm.py", OTHER)], "scripts/a.py", false),
        (vec![("src/app/llm.py", PYTHON), ("old/app/llm.py", PYTHON)], "scripts/a.py", true),
        (vec![("one/x/app/llm.py", OTHER), ("one/y/app/llm.py", PYTHON)], "one/y/z/a.py", true),
        (vec![("/srv/app/llm.py", PYTHON)], "/srv/app/a.py", true),
        (vec![("../app/llm.py", PYTHON)], "../app/a.py", true),
        (vec![("app/other_llm.py", PYTHON)], "app/a.py", false),
        (vec![("map/llm.py", PYTHON)], "app/a.py", false),
    ] {
        let source = "from app.llm import pm\npm.get('x')\n";
        let all = [files.as_slice(), &[(importer, source)]].concat();
        assert_eq!(is_call(&all), expected, "{all:?}");
    }
}

#[test]
fn a_relative_python_import_goes_up_from_its_folder() {
    for (path, importer, module, expected) in [
        ("llm.py", "a.py", ".llm", true),
        ("llm.py", "app/a.py", "..llm", true),
        ("../llm.py", "a.py", "..llm", true),
        ("app/x/llm.py", "app/y/a.py", "..x.llm", true),
        ("app/__init__.py", "app/a.py", ".", true),
        ("__init__.py", "a.py", ".", true),
        ("app/llm/__init__.py", "app/llm/a.py", "..llm", true),
        ("/llm.py", "/a.py", "..llm", false),
        ("app/llm.py", "a.py", ".llm", false),
    ] {
        let source = format!("from {module} import pm\npm.get('x')\n");
        assert_eq!(is_call(&[(path, PYTHON), (importer, &source)]), expected, "{path} {importer} {module}");
    }
}

#[test]
fn a_client_is_known_through_files_that_pass_it_on() {
    for files in [
        vec![
            ("app/core/llm.py", PYTHON),
            ("app/core/__init__.py", "from .llm import pm"),
            ("app/__init__.py", "from app.core import pm as prompts"),
            ("app/routes/a.py", "from .. import prompts\nprompts.get('x')"),
        ],
        vec![
            ("app/llm.py", PYTHON),
            ("app/__init__.py", "from . import llm"),
            ("main.py", "import app\napp.llm.pm.get('x')"),
        ],
        vec![
            ("app/llm.py", PYTHON),
            ("app/all.py", "from .llm import *"),
            ("app/__init__.py", "from .all import *"),
            ("main.py", "from app import pm\npm.get('x')"),
        ],
        // The package and its module import each other.
        vec![
            ("app/__init__.py", "from .routes import router\nfrom .llm import pm\n"),
            ("app/llm.py", PYTHON),
            ("app/routes.py", "from app import pm\npm.get('x')"),
        ],
        vec![
            ("src/llm.ts", SCRIPT),
            ("src/lib/index.ts", "export { pm as prompts } from '../llm';"),
            ("src/app.ts", "import { prompts } from './lib'; prompts.get('x');"),
        ],
        vec![
            ("src/llm.ts", SCRIPT),
            ("src/index.ts", "export * from './llm';\nexport * from './other';"),
            ("src/other.ts", "export const x = 1;"),
            ("web/app.ts", "import { pm } from '../src'; pm.get('x');"),
        ],
        vec![
            ("src/llm.ts", SCRIPT),
            ("src/index.ts", "export * as llm from './llm';"),
            ("src/x.ts", "import { llm } from '.'; llm.pm.get('x');"),
        ],
        vec![
            ("src/llm.ts", SCRIPT),
            ("src/index.ts", "import { pm } from './llm'; export default pm;"),
            ("src/x.ts", "import prompts from './index.js'; prompts.get('x');"),
        ],
        vec![
            ("llm.js", "const { PromptSync } = require('promptsync'); exports.prompts = new PromptSync();"),
            ("x.js", "const { prompts } = require('./llm'); prompts.get('x');"),
        ],
    ] {
        let files: Vec<(&str, &str)> = files;
        let said = said_among(&files);
        assert!(said.len() == 1 && said[0].ends_with(": x"), "{files:?} {said:?}");
    }
}

/// Whether there is a call where something is used, beside its definition and in a file that imports it.
fn assert_calls((definition, name): (&str, &str), made: &str, expected: bool) {
    let source = format!("{definition}{made}\n");
    assert_eq!(!said(Language::Python, &source).is_empty(), expected, "{source}");
    let importing = format!("from app.llm import {name}\n{made}\n");
    let files = [("app/llm.py", definition), ("app/a.py", importing.as_str())];
    assert_eq!(is_call(&files), expected, "{source}");
}

#[test]
fn a_class_that_derives_from_a_client_is_a_type_of_clients() {
    let base = "from promptsync import PromptManager\n";
    for (class, expected) in [
        ("class Prompts(PromptManager):\n    pass", true),
        ("class Prompts(Mixin, PromptManager):\n    pass", true),
        ("class Base(PromptManager): ...\nclass Prompts(Base): ...", true),
        ("class Prompts(PromptManager):\n    def welcome(self): ...", true),
        ("class Prompts(PromptManager):\n    def get(self, key): ...", false),
        ("class Prompts(PromptManager):\n    @traced\n    def get_prompt(self, key): ...", false),
        ("class Prompts(list[PromptManager]): ...", false),
        ("class Prompts(metaclass=PromptManager): ...", false),
        ("class Prompts: ...", false),
    ] {
        let definition = format!("{base}{class}\n");
        for made in ["Prompts().get('x')", "def f(p: Prompts):\n    p.get('x')", "p = Prompts()\np.get('x')"]
        {
            assert_calls((&definition, "Prompts"), made, expected);
        }
        let other = format!("{definition}Prompts.names().get('x')\n");
        assert_eq!(said(Language::Python, &other), [""; 0]);
    }
    for (class, expected) in [
        ("export class Prompts extends PromptSync {}", true),
        ("export class Prompts extends PromptSync<Names> { welcome() {} }", true),
        ("export abstract class Prompts extends PromptSync {}", true),
        ("export const Prompts = class extends PromptSync {};", true),
        ("export class Prompts extends PromptSync { get(key) {} }", false),
        ("export class Prompts implements PromptSync {}", false),
        ("export class Prompts extends mixed(PromptSync) {}", false),
    ] {
        let definition = format!("import {{ PromptSync }} from 'promptsync';\n{class}\n");
        for made in ["new Prompts().get('x');", "function f(p: Prompts) { p.get('x'); }"] {
            let source = format!("{definition}{made}\n");
            assert_eq!(!said(Language::TypeScript, &source).is_empty(), expected, "{source}");
            let importing = format!("import {{ Prompts }} from './llm';\n{made}\n");
            assert_eq!(is_call(&[("llm.ts", &definition), ("a.ts", &importing)]), expected, "{source}");
        }
    }
    let default = "import { PromptSync } from 'promptsync';\nexport default class extends PromptSync {}";
    assert!(is_call(&[("llm.ts", default), ("a.ts", "import P from './llm'; new P().get('x');")]));
}

#[test]
fn a_function_that_gives_a_client_is_followed() {
    let head = "from promptsync import PromptManager\n_pm = PromptManager()\n";
    for (function, expected) in [
        ("def get_pm() -> PromptManager: ...", true),
        ("def get_pm() -> 'PromptManager | None': ...", true),
        ("@cache\ndef get_pm():\n    return PromptManager()", true),
        ("def get_pm():\n    return _pm", true),
        ("def get_pm():\n    def inner():\n        return 1\n    return _pm", true),
        ("get_pm = lambda: _pm", true),
        ("async def get_pm() -> PromptManager: ...", true),
        ("def get_pm():\n    if x:\n        return None\n    return _pm", false),
        ("def get_pm() -> Prompt:\n    return _pm.get(name)", false),
        ("def get_pm() -> dict[str, PromptManager]: ...", false),
        ("def get_pm(): ...", false),
        ("class A:\n    def get_pm(self) -> PromptManager: ...", false),
    ] {
        let definition = format!("{head}{function}\n");
        for made in ["get_pm().get('x')", "def f():\n    pm = get_pm()\n    pm.get('x')"] {
            assert_calls((&definition, "get_pm"), made, expected);
        }
    }
    for (function, expected) in [
        ("export function getPm(): PromptSync { return make(); }", true),
        ("export async function getPm(): Promise<PromptSync> { return make(); }", true),
        ("export function getPm() { return new PromptSync(); }", true),
        ("export const getPm = () => new PromptSync();", true),
        ("export const getPm = (): PromptSync => make();", true),
        ("export const getPm = function () { return new PromptSync(); };", true),
        ("export function getPm() { if (x) return null; return new PromptSync(); }", false),
        ("export function getPm(): Map<string, PromptSync> { return make(); }", false),
        ("export function getPm(pm: PromptSync) {}", false),
    ] {
        let definition = format!("import {{ PromptSync }} from 'promptsync';\n{function}\n");
        let importing = "import * as llm from './llm'; (await llm.getPm()).get('x');";
        assert_eq!(is_call(&[("llm.ts", &definition), ("a.ts", importing)]), expected, "{function}");
        let source = format!("{definition}(await getPm()).get('x');");
        assert_eq!(!said(Language::TypeScript, &source).is_empty(), expected, "{source}");
    }
}

#[test]
fn what_a_file_says_of_a_name_itself_hides_what_it_has_from_others() {
    for (own, expected) in [
        ("from .llm import *", true),
        ("from .llm import *\npm = traced(pm)", false),
        ("from .llm import *\nfrom elsewhere import pm", false),
        ("from .llm import pm\nif x:\n    pm = None", true),
        ("from .llm import pm\nif x:\n    pm = {}", false),
        ("from .llm import pm\ndef pm(): ...", false),
    ] {
        let source = "from app import pm\npm.get('x')\n";
        let files = [("app/__init__.py", own), ("app/llm.py", PYTHON), ("main.py", source)];
        assert_eq!(is_call(&files), expected, "{own}");
    }
}

#[test]
fn of_many_files_that_pass_everything_on_the_one_with_a_client_counts() {
    let paths: Vec<String> = (0..200).map(|n| format!("src/a{n}.ts")).collect();
    let all: String = (0..200).map(|n| format!("export * from './a{n}';\n")).collect();
    let mut files: Vec<_> = paths.iter().map(|path| (path.as_str(), "export const x = 1;")).collect();
    files[150].1 = SCRIPT;
    files.extend([("src/index.ts", all.as_str()), ("b.ts", "import { pm } from './src'; pm.get('x');")]);
    assert!(is_call(&files));
}

#[test]
fn in_a_file_that_imports_promptsync_the_distinctive_name_counts_on_what_is_imported_too() {
    for (source, expected) in [
        ("from app import llm\nllm.get_prompt('x')", true),
        ("from app import llm\nllm.get('x')", false),
        ("from app.llm import settings\nsettings.get_prompt('x')", true),
    ] {
        let source = format!("import promptsync\n{source}\n");
        assert_eq!(is_call(&[("app/llm.py", PYTHON), ("app/a.py", &source)]), expected, "{source}");
    }
}

#[test]
fn only_files_that_lead_to_promptsync_are_wanted() {
    let mut survey = Survey::default();
    for (path, text) in [
        ("app/llm.py", PYTHON),
        ("app/support.py", "from .llm import pm"),
        ("app/main.py", "from app import support"),
        ("app/settings.py", "import os"),
        ("web/app.ts", "import { x } from './x';"),
        ("web/x.ts", "export const x = 1;"),
    ] {
        survey.add(path, Language::of(path).unwrap(), text);
    }
    let application = survey.application();
    for (path, expected) in [
        ("app/llm.py", true),
        ("app/support.py", true),
        ("app/main.py", true),
        ("app/settings.py", false),
        ("web/app.ts", false),
        ("web/x.ts", false),
        ("elsewhere.py", false),
    ] {
        assert_eq!(application.wants(path), expected, "{path}");
    }
}
