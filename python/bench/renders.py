"""Getting a prompt and filling it, beside what else does that."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import engines
from cases import CASES, CHAT, CHAT_VALUES, LARGE, LISTED, in_braces
from measure import Contender, Pace, figure, in_turns

_MICROSECONDS = 1e-3


def texts(pace: Pace) -> None:
    """Texts of four sizes, by every contender."""
    with TemporaryDirectory() as folder:
        manager = engines.promptsync(Path(folder))
        for case in CASES:
            told(case.name, engines.contenders(manager, case), pace)
        manager.close()


def large_values(pace: Pace) -> None:
    """Values of 50 KB: what a render copies."""
    with TemporaryDirectory() as folder:
        for case in (LARGE, LISTED):
            (Path(folder) / f"{case.name}.txt").write_text(case.template)
        manager = engines.promptsync(Path(folder))
        for case, name in ((LARGE, "50 KB in five variables"), (LISTED, "50 KB in a list of fifty")):
            able = [engines.ours(manager)[0](case), engines.floor(case), engines.jinja2(case), engines.minijinja(case)]
            engines.require_equal(able)
            told(name, able, pace)
        manager.close()


def chat(pace: Pace) -> None:
    """Four messages, as OpenAI's client takes them."""
    with TemporaryDirectory() as folder:
        lines = [f"  - {{role: {role}, content: {content!r}}}" for role, content in CHAT]
        (Path(folder) / "chat.yaml").write_text("messages:\n" + "\n".join(lines) + "\n")
        manager = engines.promptsync(Path(folder))
        prompt = manager.get_prompt("chat", "stable")
        able = [_ours(prompt), _jinja2(), _langchain()]
        engines.require_equal(able)
        told("chat to OpenAI", able, pace)
        manager.close()


def told(name: str, able: list[Contender], pace: Pace) -> None:
    """Measures these in turns, and prints each one's time and how it compares with ours."""
    measured = in_turns(able, pace)
    for contender in able:
        figure(f"{name}: {contender.name}", measured.nanoseconds(contender.name), "µs", scale=_MICROSECONDS)
    for contender in able[1:]:
        if contender.name in ("floor", "str.format", "promptsync get"):
            continue
        figure(f"{name}: {contender.name}", measured.ratio(contender.name, able[0].name), "×", "promptsync")
    for control in ("floor", "str.format"):
        if any(contender.name == control for contender in able):
            figure(f"{name}: promptsync", measured.ratio("promptsync", control), "×", control)


def _ours(prompt: Any) -> Contender:
    return Contender("promptsync", "prompt.format(**values).to_openai()", {"prompt": prompt, "values": CHAT_VALUES})


def _jinja2() -> Contender:
    """A compiled template a message."""
    from jinja2 import Environment

    environment = Environment(autoescape=False)
    templates = [(role, environment.from_string(content)) for role, content in CHAT]
    statement = "[{'role': role, 'content': template.render(**values)} for role, template in templates]"
    return Contender("jinja2", statement, {"templates": templates, "values": CHAT_VALUES})


def _langchain() -> Contender:
    """LangChain's chat template, and its own conversion."""
    from langchain_core.messages import convert_to_openai_messages
    from langchain_core.prompts import ChatPromptTemplate

    prompt = ChatPromptTemplate.from_messages([(role, in_braces(content)) for role, content in CHAT])
    names = {"convert": convert_to_openai_messages, "prompt": prompt, "values": CHAT_VALUES}
    return Contender("langchain", "convert(prompt.format_messages(**values))", names)
