"""The prompt itself, one version of it as it is kept, and a file of several."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from promptsync._awaitable import Text
from promptsync.library.models import (
    AwaitableModel,
    ChatPromptTemplate,
    PromptFormat,
    PromptMetadata,
    PromptStatus,
    PromptTemplate,
    Role,
    repeated,
)
from promptsync.library.times import utc_now
from promptsync.library.version_numbers import Level, check_version, next_version

if TYPE_CHECKING:
    from typing_extensions import Self

    from promptsync.library.schema_loader import SchemaLoader

# What a copy may share.
_UNCHANGING = (str, int, float, bool, type(None), datetime, UUID, PromptFormat, PromptStatus, Role)

VersionNumber = Annotated[str, AfterValidator(check_version)]


class Prompt(AwaitableModel):
    """A prompt in one version.

    >>> prompt = Prompt(id="hi", format="text", template={"content": "Hi {{name}}", "variables": ["name"]})
    >>> prompt.version, prompt.bump_version("minor"), prompt.version
    ('1.0.0', '1.1.0', '1.1.0')
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", validate_assignment=True)

    id: str = Field(min_length=1, max_length=255)
    version: VersionNumber = "1.0.0"
    uid: UUID = Field(default_factory=uuid4)
    format: PromptFormat
    template: PromptTemplate | None = None
    chat_template: ChatPromptTemplate | None = None
    status: PromptStatus = PromptStatus.DRAFT
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)
    metadata: PromptMetadata = Field(default_factory=PromptMetadata)
    input_schema: str | None = None
    output_schema: str | None = None

    _schema_loader: SchemaLoader | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check_format(self) -> Self:
        name = self.format.name
        wanted, other = "template", "chat_template"
        if self.format is PromptFormat.CHAT:
            wanted, other = other, wanted
        if getattr(self, wanted) is None:
            raise ValueError(f"{name} format requires {wanted}")
        if getattr(self, other) is not None:
            raise ValueError(f"{name} format cannot have {other}")
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        # Rules over several fields are checked after the assignment; when they fail, the old value comes back.
        before = vars(self).get(name)
        try:
            super().__setattr__(name, value)
        except ValueError:
            if name in type(self).model_fields:
                vars(self)[name] = before
            raise

    def __eq__(self, other: object) -> bool:
        # By the fields alone: whose loader it uses is no part of a prompt.
        if not isinstance(other, Prompt):
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        return id(self)

    def __getstate__(self) -> dict[Any, Any]:
        # The loader is a service that the manager lends; it does not travel with the data.
        state = super().__getstate__()
        return {**state, "__pydantic_private__": {"_schema_loader": None}}

    def with_loader(self, loader: SchemaLoader) -> Self:
        """Let ``render`` of this object use a schema loader."""
        self._schema_loader = loader
        return self

    def bump_version(self, level: Level = "patch") -> str:
        """Raise the version of this object by one step and give the new number."""
        self.version = next_version(self.version, level)
        self.updated_at = utc_now()
        return self.version

    def get_variables(self) -> list[str]:
        """Give the variables that the prompt declares."""
        declared = self.template or self.chat_template
        return list(declared.variables) if declared else []

    def render(
        self,
        variables: Mapping[str, Any],
        *,
        validate_input: bool = True,
        inject_schemas: bool = True,
        schema_loader: SchemaLoader | None = None,
    ) -> Text:
        """Render the prompt; with ``inject_schemas`` the text ends with the form that the answer has to have.

        The schemas are those of ``schema_loader``, else of the manager that gave the prompt. An input schema that is
        not loaded is a ``ValueError``; an output schema that is not loaded adds nothing.
        """
        from promptsync.library import rendering

        loader = schema_loader or self._schema_loader
        if validate_input:
            variables = rendering.checked_variables(self, variables, loader)
        text = rendering.rendered_text(self, variables)
        schema = loader.get_schema(self.output_schema) if inject_schemas and loader and self.output_schema else None
        return Text(text if schema is None else rendering.with_schema(text, schema))


def copied(prompt: Prompt) -> Prompt:
    """Give a copy that shares nothing which can change, except the schema loader.

    >>> first = Prompt(id="hi", format="text", template={"content": "Hi"})
    >>> second = copied(first)
    >>> second.metadata.tags.append("changed")
    >>> first.metadata.tags
    []
    """
    # As `model_copy(deep=True)`, whose bookkeeping makes it ten times slower, and each read of a prompt is a copy.
    copy: Prompt = _copied(prompt)
    return copy


def _copied(value: Any) -> Any:
    if isinstance(value, BaseModel):
        copy = value.model_copy()
        parts = (vars(copy), copy.__pydantic_extra__ or {})
        for part in parts:
            part.update({name: _copied(item) for name, item in part.items()})
        return copy
    kind = cast("type[object]", type(value))
    if kind is list:
        return [_copied(item) for item in value]
    if kind is dict:
        return {name: _copied(item) for name, item in value.items()}
    return value if kind in _UNCHANGING else deepcopy(value)


def checksum_of(prompt: Prompt) -> str:
    """Give the SHA-256 of what a prompt says; when it was written, and under which number, does not count.

    >>> one = Prompt(id="hi", format="text", template={"content": "Hi"})
    >>> two = Prompt(id="hi", format="text", template={"content": "Hi"}, version="2.0.0")
    >>> checksum_of(one) == checksum_of(two)
    True
    """
    content = prompt.model_dump(mode="json", exclude={"uid", "version", "created_at", "updated_at"})
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class PromptVersion(AwaitableModel):
    """One version of a prompt, as the version store keeps it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    prompt: Prompt
    version: VersionNumber
    created_at: datetime = Field(default_factory=utc_now)
    created_by: str | None = None
    changelog: str | None = None
    parent_version: str | None = None
    checksum: str | None = None


def _some_and_unique(prompts: list[Prompt]) -> list[Prompt]:
    if not prompts:
        raise ValueError("A file must contain at least one prompt")
    twice = repeated([prompt.id for prompt in prompts])
    if twice:
        raise ValueError(f"Prompt ids must be unique within a file; twice: {', '.join(twice)}")
    return prompts


class PromptSchema(AwaitableModel):
    """A file of prompts."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    prompts: Annotated[list[Prompt], AfterValidator(_some_and_unique)]
    version: str = "1.0.0"
    metadata: dict[str, Any] = Field(default_factory=dict)
