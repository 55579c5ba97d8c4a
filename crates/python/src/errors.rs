//! Errors as the exceptions of `promptsync.errors`.

use promptsync_client::{ClientError, sdk::SdkError};
use promptsync_core::{
    problem::Problem,
    render::RenderError,
    template::{TemplateError, TemplateFault},
};
use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyModule},
};

/// An exception of a class of `promptsync.errors`, with these fields.
fn raise(py: Python<'_>, class: &str, message: &str, fields: &Bound<'_, PyDict>) -> PyErr {
    let made = PyModule::import(py, "promptsync.errors")
        .and_then(|errors| errors.getattr(class))
        .and_then(|class| class.call((message,), Some(fields)));
    made.map_or_else(|error| error, PyErr::from_value)
}

fn fields<'py>(py: Python<'py>, code: &str, hint: Option<&str>) -> Bound<'py, PyDict> {
    let fields = PyDict::new(py);
    // A dictionary takes texts under texts; it fails only without memory.
    let _ = fields.set_item("code", code);
    if let Some(hint) = hint {
        let _ = fields.set_item("hint", hint);
    }
    fields
}

fn simple(py: Python<'_>, class: &str, error: &SdkError) -> PyErr {
    raise(py, class, &error.to_string(), &fields(py, error.code(), error.hint().as_deref()))
}

/// What the SDK says.
pub(crate) fn sdk(py: Python<'_>, error: &SdkError) -> PyErr {
    match error {
        SdkError::Setting { .. } | SdkError::File { .. } => simple(py, "ConfigurationError", error),
        SdkError::Name { problem } => invalid(py, problem),
        SdkError::NotFound(_) => simple(py, "NotFoundError", error),
        SdkError::Deadline { .. } => simple(py, "DeadlineExceededError", error),
        SdkError::Unavailable { cause } => {
            let failure = simple(py, "PromptNotAvailableError", error);
            failure.set_cause(py, Some(sdk(py, cause)));
            failure
        }
        SdkError::Server(failure) => server(py, error, failure),
        SdkError::Untrue(_) | SdkError::Bundle(_) => simple(py, "IntegrityError", error),
        SdkError::Unusable { problems } => match problems.first() {
            Some(problem) => invalid(py, problem),
            None => simple(py, "ValidationError", error),
        },
        SdkError::Closed => simple(py, "ClosedError", error),
        _ => simple(py, "PromptSyncError", error),
    }
}

fn server(py: Python<'_>, error: &SdkError, failure: &ClientError) -> PyErr {
    match failure {
        ClientError::Refused { body } => {
            let class = match body.status {
                400 => "BadRequestError",
                401 => "AuthenticationError",
                403 => "PermissionDeniedError",
                404 => "NotFoundError",
                409 | 412 => "ConflictError",
                422 => "UnprocessableEntityError",
                429 => "RateLimitError",
                500.. => "InternalServerError",
                _ => "APIStatusError",
            };
            let fields = fields(py, error.code(), error.hint().as_deref());
            let _ = fields.set_item("status_code", body.status);
            let _ = fields.set_item("request_id", &body.trace_id);
            raise(py, class, &error.to_string(), &fields)
        }
        ClientError::Unreachable { .. } => simple(py, "APIConnectionError", error),
        ClientError::Timeout { .. } => simple(py, "APITimeoutError", error),
        ClientError::TooLarge { .. } => simple(py, "IntegrityError", error),
        ClientError::BadUrl { .. } | ClientError::BadKey => simple(py, "ConfigurationError", error),
        _ => simple(py, "APIError", error),
    }
}

/// Something written by a person that cannot be used.
pub(crate) fn invalid(py: Python<'_>, problem: &Problem) -> PyErr {
    let fields = fields(py, &problem.code, problem.hint.as_deref());
    let _ = fields.set_item("path", &problem.path);
    let _ = fields.set_item("file", &problem.file);
    let _ = fields.set_item("line", problem.line);
    raise(py, "ValidationError", &placed(problem), &fields)
}

/// A setting that cannot be used.
pub(crate) fn configuration(py: Python<'_>, problem: &Problem) -> PyErr {
    raise(py, "ConfigurationError", &placed(problem), &fields(py, &problem.code, problem.hint.as_deref()))
}

fn placed(problem: &Problem) -> String {
    match (&problem.file, problem.line) {
        (Some(file), Some(line)) => format!("{file}, line {line}: {}", problem.message),
        (Some(file), None) => format!("{file}: {}", problem.message),
        (None, _) => problem.message.clone(),
    }
}

/// A variable whose value cannot be used.
pub(crate) fn value(py: Python<'_>, name: &str, what: &str) -> PyErr {
    let fields = fields(py, "type_mismatch", None);
    let _ = fields.set_item("path", format!("variables.{name}"));
    raise(py, "ValidationError", &format!("the value of `{name}` {what}"), &fields)
}

/// What is wrong with a caller's values, or fails with them. Missing variables are told all at once.
pub(crate) fn render(py: Python<'_>, first: &RenderError, all: impl FnOnce() -> Vec<RenderError>) -> PyErr {
    if let RenderError::Missing { .. } = first {
        let missing: Vec<RenderError> =
            all().into_iter().filter(|error| matches!(error, RenderError::Missing { .. })).collect();
        return missing_variables(py, first, &missing);
    }
    if let RenderError::Template { path, error } = first {
        return template_at(py, error, Some(path));
    }
    invalid(py, &Problem::from(first))
}

fn missing_variables(py: Python<'_>, first: &RenderError, missing: &[RenderError]) -> PyErr {
    let name_of = |error: &RenderError| match error {
        RenderError::Missing { name, .. } => Some(name.clone()),
        _ => None,
    };
    let names: Vec<String> = missing.iter().filter_map(name_of).collect();
    let problem = Problem::from(first);
    let fields = fields(py, first.code(), problem.hint.as_deref());
    let _ = fields.set_item("path", &problem.path);
    let _ = fields.set_item("line", problem.line);
    let message = match names.as_slice() {
        [] | [_] => problem.message,
        names => format!("the variables `{}` are missing", names.join("`, `")),
    };
    let _ = pyo3::types::PyTuple::new(py, names).map(|names| fields.set_item("names", names));
    raise(py, "MissingVariableError", &message, &fields)
}

/// A template that cannot be compiled, or fails.
pub(crate) fn template(py: Python<'_>, error: &TemplateError) -> PyErr {
    template_at(py, error, None)
}

fn template_at(py: Python<'_>, error: &TemplateError, path: Option<&str>) -> PyErr {
    let problem = Problem::from(error);
    let fields = fields(py, &problem.code, problem.hint.as_deref());
    let _ = fields.set_item("path", path);
    let _ = fields.set_item("line", problem.line);
    let _ = fields.set_item("column", problem.column);
    let class = match &error.fault {
        TemplateFault::MissingVariable { path, .. } => {
            let _ = fields.set_item("names", (path,));
            "MissingVariableError"
        }
        _ => "TemplateError",
    };
    raise(py, class, &problem.message, &fields)
}

/// `promptsync._values.plain`: what a value of Python's own library is for a template.
pub(crate) fn plain(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    PLAIN.import(py, "promptsync._values", "plain")
}
