"""What can go wrong, as exceptions.

Every exception of the SDK is a :class:`PromptSyncError` with a stable ``code``, the same word as in the server's table of
error codes, and with a ``hint`` when it is known what to do. No exception carries the value of a variable.

>>> from promptsync.errors import MissingVariableError, PromptSyncError
>>> error = MissingVariableError("the variable `name` is missing", code="missing_variable", names=("name",))
>>> isinstance(error, PromptSyncError), error.code, error.names
(True, 'missing_variable', ('name',))
"""

from __future__ import annotations


class PromptSyncError(Exception):
    """Anything the SDK refuses or cannot do."""

    def __init__(self, message: str, *, code: str = "error", hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigurationError(PromptSyncError):
    """A setting cannot be used, or one is missing."""


class MissingExtraError(PromptSyncError, ImportError):
    """A feature needs a package that is not installed; the message says what to install."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs a package that is not installed",
            code="missing_extra",
            hint=f"pip install 'promptsync[{extra}]'",
        )
        self.extra = extra


class PromptNotAvailableError(PromptSyncError):
    """No source has the prompt, or none had it within the deadline."""


class DeadlineExceededError(PromptNotAvailableError, TimeoutError):
    """The time that the caller gave was over before anything was there."""


class ClosedError(PromptSyncError):
    """The manager was closed."""


class IntegrityError(PromptSyncError):
    """Something is not what the workspace signed; ``code`` says which kind of attack or damage it looks like."""


class ValidationError(PromptSyncError):
    """A file, a name or a value is not as it has to be; ``path`` is the field, ``file`` and ``line`` the place."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "invalid",
        hint: str | None = None,
        path: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.path = path
        self.file = file
        self.line = line


class TemplateError(PromptSyncError):
    """A template does not follow its language, or fails with these values."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "template_syntax",
        hint: str | None = None,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.path = path
        self.line = line
        self.column = column


class MissingVariableError(TemplateError, KeyError):
    """Variables that the prompt needs were not passed; ``names`` are all of them."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "missing_variable",
        hint: str | None = None,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, code=code, hint=hint, path=path, line=line, column=column)
        self.names = names


class ConversionError(PromptSyncError, ValueError):
    """A rendered prompt has no equal in the form that was asked for, for example two system messages."""


class APIError(PromptSyncError):
    """The server refused, cannot be reached, or does not answer as it should."""


class APIConnectionError(APIError, ConnectionError):
    """The server cannot be reached."""


class APITimeoutError(APIConnectionError, TimeoutError):
    """The server did not answer in time."""


class APIStatusError(APIError):
    """The server answered with an error; ``status_code`` and ``request_id`` name it."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "error",
        hint: str | None = None,
        status_code: int,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status_code = status_code
        self.request_id = request_id


class BadRequestError(APIStatusError):
    """400: the server cannot read the request."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong, or was revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError, PromptNotAvailableError, LookupError):
    """404: there is no such prompt, version or alias. Also without a server, when what is held says so."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "not_found",
        hint: str | None = None,
        status_code: int = 404,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint, status_code=status_code, request_id=request_id)


class ConflictError(APIStatusError):
    """409 or 412: somebody else was faster."""


class UnprocessableEntityError(APIStatusError):
    """422: the content of the request is refused."""


class RateLimitError(APIStatusError):
    """429: too many requests."""


class InternalServerError(APIStatusError):
    """500 and above: the server failed."""
