"""The exceptions, as programs print and catch them."""

from __future__ import annotations

import pickle

import pytest

from promptsync.library import exceptions
from promptsync.library.exceptions import (
    ConversionError,
    IncompatibleFormatError,
    IntegrationNotAvailableError,
    PluginNotFoundError,
    PromptManagerError,
    PromptNotFoundError,
    PromptValidationError,
    SchemaParseError,
    TemplateRenderError,
    VersionNotFoundError,
)
from promptsync.library.models import PromptFormat

MESSAGES: list[tuple[PromptManagerError, str]] = [
    (PromptManagerError("m"), "m"),
    (PromptManagerError("m", a=1, b="x"), "m (a=1, b='x')"),
    (PromptNotFoundError("p"), "Prompt 'p' not found (prompt_id='p', version=None)"),
    (
        PromptNotFoundError("p", "1.0.0"),
        "Prompt 'p' not found (version: 1.0.0) (prompt_id='p', version='1.0.0')",
    ),
    (PromptValidationError("m"), "m (errors=[])"),
    (VersionNotFoundError("p", "1.0.0"), "Version '1.0.0' not found for prompt 'p' (prompt_id='p', version='1.0.0')"),
    (PluginNotFoundError("n"), "Plugin 'n' not found (plugin_name='n')"),
    (ConversionError("m"), "m (prompt_id=None, framework=None, cause=None)"),
    (
        ConversionError("m", prompt_id="p", framework="f", cause=ValueError("c")),
        "m (prompt_id='p', framework='f', cause='c')",
    ),
    (
        IncompatibleFormatError(PromptFormat.CHAT, "anthropic", ["a", "b"]),
        "Prompt format 'chat' is incompatible with framework 'anthropic'. Supported formats: a, b "
        "(prompt_format='chat', framework='anthropic', supported_formats=['a', 'b'])",
    ),
    (
        TemplateRenderError("{{x}}", {"y": "hunter2"}, LookupError("Could not find variable 'x'")),
        "Failed to render template: Could not find variable 'x' "
        "(template='{{x}}', variables=['y'], cause=\"Could not find variable 'x'\")",
    ),
]


@pytest.mark.parametrize(("error", "text"), MESSAGES, ids=lambda item: type(item).__name__)
def test_an_error_says_this(error: PromptManagerError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize("error", [item[0] for item in MESSAGES], ids=lambda item: type(item).__name__)
def test_an_error_travels_between_processes(error: PromptManagerError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.context) == (type(error), str(error), error.context)
    assert str(copy.__cause__) == str(error.__cause__)


def test_a_missing_integration_says_what_to_install() -> None:
    assert "pip install 'promptsync[langchain]'" in str(IntegrationNotAvailableError("langchain"))


def test_every_exception_is_in_the_tree() -> None:
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) == 27
    assert all(issubclass(kind, PromptManagerError) for kind in kinds)
    assert issubclass(SchemaParseError, exceptions.SchemaError)
