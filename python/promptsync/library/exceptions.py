"""The exceptions of the library, as one tree.

Texts and contexts name prompts, versions, schemas and variables, never the value of a variable.

>>> error = PromptNotFoundError("greeting", "1.0.0")
>>> error.message
"Prompt 'greeting' not found (version: 1.0.0)"
>>> isinstance(error, PromptManagerError), error.context["prompt_id"]
(True, 'greeting')
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class PromptManagerError(Exception):
    """Anything that goes wrong; ``context`` has the particulars.

    >>> str(PromptManagerError("cannot", prompt_id="a"))
    "cannot (prompt_id='a')"
    """

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __str__(self) -> str:
        if not self.context:
            return self.message
        particulars = ", ".join(f"{name}={value!r}" for name, value in self.context.items())
        return f"{self.message} ({particulars})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses have signatures of their own, so the usual way of pickling, calling the class, does not work.
        return (_restore, (type(self), self.args, self.__dict__, self.__cause__))


def _restore(
    kind: type[PromptManagerError], args: tuple[Any, ...], state: dict[str, Any], cause: BaseException | None
) -> PromptManagerError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    error.__cause__ = cause
    return error


class PromptError(PromptManagerError):
    """A prompt cannot be used."""


class PromptNotFoundError(PromptError):
    """There is no such prompt, or not in this version."""

    def __init__(self, prompt_id: str, version: str | None = None) -> None:
        which = f" (version: {version})" if version else ""
        super().__init__(f"Prompt '{prompt_id}' not found{which}", prompt_id=prompt_id, version=version)


class PromptValidationError(PromptError):
    """A prompt is not as it has to be; ``errors`` lists what is wrong."""

    def __init__(self, message: str, errors: list[dict[str, Any]] | None = None) -> None:
        self.errors: list[dict[str, Any]] = errors or []
        super().__init__(message, errors=self.errors)


class TemplateError(PromptManagerError):
    """A template cannot be used."""


class TemplateRenderError(TemplateError):
    """A template cannot be rendered with these variables; the context has their names only.

    >>> TemplateRenderError("Hi {{a}}", {"secret": "hunter2"}, ValueError("no a")).context["variables"]
    ['secret']
    """

    def __init__(self, template: str, variables: Iterable[str], cause: Exception) -> None:
        names = sorted(str(name) for name in variables)
        super().__init__(
            f"Failed to render template: {cause}", template=shortened(template), variables=names, cause=str(cause)
        )
        self.__cause__ = cause


def shortened(template: str) -> str:
    """Give a template as an error shows it: long enough to be recognised, short enough for a log.

    >>> len(shortened("x" * 5000))
    1001
    """
    return template if len(template) <= 1000 else f"{template[:1000]}…"


class TemplateSyntaxError(TemplateError):
    """A template does not follow its language."""


class VersionError(PromptManagerError):
    """Something is wrong with a version."""


class VersionNotFoundError(VersionError):
    """The prompt has no such version."""

    def __init__(self, prompt_id: str, version: str) -> None:
        super().__init__(
            f"Version '{version}' not found for prompt '{prompt_id}'", prompt_id=prompt_id, version=version
        )


class VersionConflictError(VersionError):
    """Two versions want the same number."""


class StorageError(PromptManagerError):
    """A storage failed."""


class StorageReadError(StorageError):
    """A storage has something that cannot be read."""


class StorageWriteError(StorageError):
    """A storage cannot write or delete."""


class PluginError(PromptManagerError):
    """A plugin failed."""


class PluginNotFoundError(PluginError):
    """No plugin of that name is registered."""

    def __init__(self, plugin_name: str) -> None:
        super().__init__(f"Plugin '{plugin_name}' not found", plugin_name=plugin_name)


class PluginLoadError(PluginError):
    """A plugin cannot be imported or made."""


class PluginValidationError(PluginError):
    """A plugin is not as it has to be."""


class SchemaError(PromptManagerError):
    """A schema cannot be used."""


class SchemaValidationError(SchemaError):
    """Data, or the schema itself, is not as it has to be."""


class SchemaParseError(SchemaError):
    """A file is not YAML, or empty."""


class IntegrationError(PromptManagerError):
    """An integration failed."""


class IntegrationNotAvailableError(IntegrationError):
    """An integration needs a package that is not installed; the message says what to install."""

    def __init__(self, integration_name: str, extra: str | None = None) -> None:
        extra = extra or integration_name
        super().__init__(
            f"Integration '{integration_name}' is not available. Install it with: pip install 'promptsync[{extra}]'",
            integration_name=integration_name,
            extra=extra,
        )


class ConversionError(IntegrationError):
    """A prompt has no equal in the form that a framework wants."""

    def __init__(
        self,
        message: str,
        prompt_id: str | None = None,
        framework: str | None = None,
        cause: Exception | None = None,
    ) -> None:
        reason = None if cause is None else str(cause)
        super().__init__(message, prompt_id=prompt_id, framework=framework, cause=reason)
        self.__cause__ = cause


class IncompatibleFormatError(IntegrationError):
    """A framework has no form for prompts of this format."""

    def __init__(self, prompt_format: str, framework: str, supported_formats: list[str] | None = None) -> None:
        # A member of an enumeration is shown by its value: `chat`, not `PromptFormat.CHAT`.
        shown = str(getattr(prompt_format, "value", prompt_format))
        message = f"Prompt format '{shown}' is incompatible with framework '{framework}'"
        if supported_formats:
            names = ", ".join(str(getattr(name, "value", name)) for name in supported_formats)
            message = f"{message}. Supported formats: {names}"
        super().__init__(message, prompt_format=shown, framework=framework, supported_formats=supported_formats)


class ObservabilityError(PromptManagerError):
    """An observer failed."""


class TelemetryError(ObservabilityError):
    """Telemetry cannot be sent."""


class TracingError(ObservabilityError):
    """A trace cannot be kept."""
