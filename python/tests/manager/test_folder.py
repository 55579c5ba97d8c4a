"""A folder of prompt files is enough: no server, no settings."""

from __future__ import annotations

import pytest

from promptsync import PromptManager
from promptsync.errors import (
    ConfigurationError,
    MissingVariableError,
    NotFoundError,
    PromptSyncError,
    TemplateError,
    ValidationError,
)

SUPPORT = """\
variables:
  customer_name: string
  issue: string
content: "Dear {{ customer_name }}, about {{ issue }}."
variants:
  - tags: {locale: de}
    content: "Guten Tag {{ customer_name }}, es geht um {{ issue }}."
"""


def test_the_promised_snippet_runs_on_a_folder(write, capsys):
    write("prompts/customer_support.yaml", SUPPORT)
    pm = PromptManager(
        project_id=None,
        cache_dir="./prompt_cache",
        refresh_interval=300,
        respect_canary=True,
        cache_strategy={
            "memory_ttl": 300,
            "file_ttl": 3600,
            "refresh_strategy": "background",
            "max_cache_size": "100MB",
        },
    )
    p = pm.get_prompt(
        "customer_support",
        version_or_alias="stable",
        fallback_to_local=True,
        tags={"locale": "en", "tone": "formal"},
    )
    text = p.format(customer_name="John", issue="password reset")
    meta = pm.create_tracking_metadata(prompt_id=p.id, context={"customer_id": "12345"})
    pm.report_metrics(prompt_id=p.id, metrics={"success": True, "latency_ms": 250})
    print(pm.diff("customer_support", "v1", "v2").changes)
    pm.close()
    assert text == "Dear John, about password reset."
    assert (p.source, p.is_stale, p.version) == ("folder", True, None)
    assert meta["prompt_name"] == "customer_support"
    assert meta["context"] == {"customer_id": "12345"}
    assert capsys.readouterr().out == "[]\n"


def test_tags_choose_a_variant(write, manager):
    write("prompts/support.yaml", SUPPORT)
    german = manager().get_prompt("support", tags={"locale": "de"})
    assert german.format(customer_name="Ann", issue="X") == "Guten Tag Ann, es geht um X."


def test_a_chat_gives_messages(write, manager):
    write("prompts/chat.yaml", "messages:\n- {role: system, content: Be kind.}\n- {role: user, content: '{{ q }}'}\n")
    messages = manager().get("chat").format(q="Why?")
    assert messages == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Why?"}]
    assert messages.to_openai() == list(messages)


def test_every_missing_variable_is_named_at_once(write, manager):
    write("prompts/support.yaml", SUPPORT)
    with pytest.raises(MissingVariableError) as failure:
        manager().get("support").format()
    assert failure.value.names == ("customer_name", "issue")
    assert failure.value.code == "missing_variable"


def test_no_error_shows_a_value(write, manager):
    write("prompts/support.yaml", SUPPORT)
    prompt = manager().get("support")
    for values in [{"customer_name": 4711, "issue": "x"}, {"customer_name": {1, 4711}, "issue": "x"}, {"issue": "4711"}]:
        with pytest.raises(PromptSyncError) as failure:
            prompt.format(**values)
        assert "4711" not in str(failure.value)
        assert "customer_name" in str(failure.value)


def test_values_of_the_standard_library_have_their_obvious_form(write, manager):
    import datetime
    import decimal
    import uuid
    from dataclasses import dataclass

    @dataclass
    class Order:
        number: int

    write("prompts/mail.txt", "{{ day }} {{ price }} {{ id }} {{ order.number }} {{ pair[1] }}")
    text = manager().get("mail").format(
        day=datetime.date(2026, 11, 22),
        price=decimal.Decimal("1.50"),
        id=uuid.UUID(int=7),
        order=Order(12),
        pair=(1, 2),
    )
    assert text == "2026-11-22 1.50 00000000-0000-0000-0000-000000000007 12 2"


def test_what_refers_to_itself_is_refused(write, manager):
    write("prompts/mail.txt", "{{ x }}")
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ValidationError, match="deeper"):
        manager().get("mail").format(x=loop)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, b"bytes", object()])
def test_a_value_without_a_form_is_refused_by_its_name(write, manager, value):
    write("prompts/mail.txt", "{{ x }}")
    with pytest.raises(ValidationError, match="`x`") as failure:
        manager().get("mail").format(x=value)
    assert failure.value.path == "variables.x"


def test_an_unknown_prompt_is_not_found_and_a_spelling_is_offered(write, manager):
    write("prompts/support.yaml", SUPPORT)
    with pytest.raises(PromptSyncError):
        manager().get("suport")


@pytest.mark.parametrize("name", ["../secret", "a/b", "..", "", "a\0b", "/etc/passwd", "x" * 5000])
def test_no_name_leads_out_of_the_folder(write, manager, name):
    write("prompts/support.yaml", SUPPORT)
    write("secret.txt", "secret")
    with pytest.raises(ValidationError):
        manager().get_prompt(name)


def test_a_broken_file_is_named_with_its_line(write, manager):
    write("prompts/bad.txt", "fine\n{% if %}")
    with pytest.raises(PromptSyncError) as failure:
        manager().get("bad").format()
    assert isinstance(failure.value, (TemplateError, ValidationError))
    assert failure.value.line == 2


@pytest.mark.parametrize(
    "strategy",
    [{"max_cache_size": "much"}, {"memory_ttl": 0}, {"refresh_strategy": "blocking"}, {"ttl": 1}],
)
def test_a_cache_strategy_that_means_nothing_is_refused(strategy):
    with pytest.raises(ConfigurationError):
        PromptManager(cache_strategy=strategy)


def test_a_file_is_no_answer_without_fallback_to_local(write, manager):
    write("prompts/support.yaml", SUPPORT)
    with pytest.raises(PromptSyncError):
        manager().get_prompt("support", fallback_to_local=False)


def test_an_exact_version_is_not_taken_from_a_file(write, manager):
    write("prompts/support.yaml", SUPPORT)
    with pytest.raises(PromptSyncError):
        manager().get("support@1.2.0")
    assert not isinstance(NotFoundError, ConfigurationError)


def test_asking_again_gives_the_same_object(write, manager):
    write("prompts/support.yaml", SUPPORT)
    pm = manager()
    assert pm.get("support") is pm.get("support")
