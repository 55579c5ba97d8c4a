"""The contenders: a function each, from a case to the statement a program would write.

A contender that cannot say what a case says gives ``None``.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import stub
from cases import CASES, Case
from measure import Contender, run


def promptsync(folder: Path) -> Any:
    """Our manager, over a folder with the prompts of all cases."""
    from promptsync import PromptManager

    for case in CASES:
        (folder / f"{case.name}.txt").write_text(case.template)
    return PromptManager(project_id="bench", prompt_dir=folder)


def ours(manager: Any) -> list[Callable[[Case], Contender]]:
    """The two ways to ask our manager."""

    def get_prompt(case: Case) -> Contender:
        statement = f"manager.get_prompt({case.name!r}, 'stable').format(**values)"
        return Contender("promptsync", statement, {"manager": manager, "values": case.values})

    def get(case: Case) -> Contender:
        statement = f"manager.get('{case.name}@stable').format(**values)"
        return Contender("promptsync get", statement, {"manager": manager, "values": case.values})

    return [get_prompt, get]


def floor(case: Case) -> Contender:
    """PyO3 and minijinja with nothing between them."""
    from promptsync_floor import Manager, Prompt

    manager = Manager()
    manager.put(case.name, "stable", Prompt(case.template))
    statement = f"manager.get_prompt({case.name!r}, 'stable').format(**values)"
    return Contender("floor", statement, {"manager": manager, "values": case.values})


def str_format(case: Case) -> Contender | None:
    """A dictionary of texts for ``str.format``: it knows variables alone."""
    if not case.is_plain:
        return None
    prompts = {(case.name, "stable"): case.braces}
    statement = f"prompts[{case.name!r}, 'stable'].format(**values)"
    return Contender("str.format", statement, {"prompts": prompts, "values": case.values})


def jinja2(case: Case) -> Contender:
    """Templates that Jinja2 compiled once, behind a cache of ``functools``."""
    from jinja2 import Environment, Template

    environment = Environment(autoescape=False)

    @functools.cache
    def get(name: str, alias: str) -> Template:
        return environment.from_string(case.template)

    statement = f"get({case.name!r}, 'stable').render(**values)"
    return Contender("jinja2", statement, {"get": get, "values": case.values})


def minijinja(case: Case) -> Contender:
    """The package that brings minijinja to Python."""
    from minijinja import Environment

    environment = Environment(templates={case.name: case.template})
    statement = f"environment.render_template({case.name!r}, **values)"
    return Contender("minijinja", statement, {"environment": environment, "values": case.values})


def langchain(case: Case) -> Contender | None:
    """LangChain's template in its usual form, which knows variables alone."""
    if not case.is_plain:
        return None
    from langchain_core.prompts import PromptTemplate

    prompt = PromptTemplate.from_template(case.braces)
    return Contender("langchain", "prompt.format(**values)", {"prompt": prompt, "values": case.values})


def langfuse(case: Case) -> Contender | None:
    """Langfuse's client with a prompt that is in its cache; its templates know no conditions and no loops."""
    if not case.is_plain:
        return None
    from langfuse import Langfuse

    text = case.template.replace("{{ ", "{{").replace(" }}", "}}")
    with stub.serving({case.name: text}) as address:
        client = Langfuse(public_key=f"pk-{case.name}", secret_key="sk", host=address, tracing_enabled=False)
        client.get_prompt(case.name, cache_ttl_seconds=86_400)
    statement = f"client.get_prompt({case.name!r}, cache_ttl_seconds=86_400).compile(**values)"
    return Contender("langfuse", statement, {"client": client, "values": case.values})


def prompt_manager(case: Case) -> Contender | None:
    """``agentic-prompt-manager``, inside a running loop. A call with 50 KB takes seconds: it is left out there."""
    if len(case.template) > 10_000:
        return None
    import structlog
    from prompt_manager import Prompt, PromptManager, PromptRegistry
    from prompt_manager.storage import InMemoryStorage

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    manager = PromptManager(registry=PromptRegistry(storage=InMemoryStorage()))
    prompt = {"id": case.name, "format": "text", "status": "active", "template": {"content": case.handlebars}}
    run(manager.create_prompt(Prompt.model_validate(prompt)))
    statement = f"await manager.render({case.name!r}, values)"
    return Contender("agentic-prompt-manager", statement, {"manager": manager, "values": case.values})


def pybars(case: Case) -> Contender:
    """Handlebars in Python, compiled once."""
    from pybars import Compiler  # type: ignore[import-untyped]

    template = Compiler().compile(case.handlebars)
    return Contender("pybars4", "template(values)", {"template": template, "values": case.values})


PEERS: tuple[Callable[[Case], Contender | None], ...] = (
    floor,
    str_format,
    jinja2,
    minijinja,
    langchain,
    langfuse,
    prompt_manager,
    pybars,
)


def contenders(manager: Any, case: Case) -> list[Contender]:
    """All that can say what the case says, ours first; each gives the same text."""
    found = [make(case) for make in (*ours(manager), *PEERS)]
    able = [contender for contender in found if contender is not None]
    require_equal(able)
    return able


def require_equal(able: list[Contender]) -> None:
    """Fails unless every contender gives what the first one gives."""
    expected = able[0].value()
    for contender in able[1:]:
        given = contender.value()
        if given != expected:
            raise AssertionError(f"{contender.name} gives\n{given!r}\nand {able[0].name}\n{expected!r}")
