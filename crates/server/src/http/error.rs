//! The one place where a failure becomes an answer: `application/problem+json` from the table of error codes.

use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{
        ACCEPT, ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
    },
};
use promptsync_api::error::{self, ErrorBody, ErrorCode};
use promptsync_core::problem::Problem;

use super::{Reason, answer::AnswerBody};

/// A request that cannot be answered as asked.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Failure>);

#[derive(Debug)]
struct Failure {
    row: ErrorCode,
    detail: String,
    hint: Option<String>,
    problems: Vec<Problem>,
    retry_after: Option<u64>,
    allow: Option<String>,
    /// Whether a person sees it in a browser.
    page: bool,
    /// What really happened; logged for 5xx, never sent.
    source: Option<Reason>,
}

impl ApiError {
    /// A failure with its row of the table and a sentence about this case.
    pub(crate) fn new(row: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Failure {
            row,
            detail: detail.into(),
            hint: None,
            problems: Vec::new(),
            retry_after: None,
            allow: None,
            page: false,
            source: None,
        }))
    }

    /// A failure of the server. The cause goes to the log, the caller gets a general sentence.
    pub(crate) fn internal(source: impl Into<Reason>) -> Self {
        Self::caused(error::INTERNAL, source)
    }

    /// A failure of the server of a known kind: no space left, the database is away.
    pub(crate) fn caused(row: ErrorCode, source: impl Into<Reason>) -> Self {
        let detail = match row.status {
            503 => "The server cannot reach what it needs. Try again shortly.",
            507 => "The storage is full: nothing was changed.",
            _ => "Something failed inside the server. Its log has the details under this trace_id.",
        };
        let mut error = Self::new(row, detail);
        error.0.source = Some(source.into());
        error
    }

    /// The one problem of a request, which gives the answer its code.
    pub(crate) fn of(problem: Problem) -> Self {
        let row = error::find(&problem.code);
        let mut error = Self::new(row, problem.message.clone());
        error.0.hint.clone_from(&problem.hint);
        if problem.path.is_some() || problem.line.is_some() || problem.file.is_some() {
            error.0.problems = vec![problem];
        }
        error
    }

    /// Many problems under one roof.
    pub(crate) fn many(row: ErrorCode, detail: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self::new(row, detail).problems(problems)
    }

    /// The sentence about this case.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Its code.
    pub(crate) fn code(&self) -> &'static str {
        self.0.row.code
    }

    /// Whether the database, or something else that is needed, is away.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.0.row == error::UNAVAILABLE
    }

    /// Its status.
    pub(crate) fn status(&self) -> u16 {
        self.0.row.status
    }

    /// The same failure with every single problem.
    pub(crate) fn problems(mut self, problems: Vec<Problem>) -> Self {
        self.0.problems = problems;
        self
    }

    /// The same failure with advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same failure, to be tried again after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same failure with the methods that are allowed.
    pub(crate) fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// The same failure as a page, when the request came from a browser that shows one.
    pub(crate) fn shown_to(mut self, headers: &HeaderMap) -> Self {
        let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.0.page = accepted.split(',').any(|kind| kind.trim().starts_with("text/html"));
        self
    }

    /// When it has this code and its problems are why: the first problem's own code and words, with all problems.
    pub(crate) fn unwrap_problems(mut self, from: ErrorCode, place: impl Fn(Problem) -> Problem) -> Self {
        if self.0.row != from {
            return self;
        }
        self.0.problems = std::mem::take(&mut self.0.problems).into_iter().map(place).collect();
        if let Some(first) = self.0.problems.first() {
            let (row, detail, hint) = (error::find(&first.code), first.message.clone(), first.hint.clone());
            (self.0.row, self.0.detail, self.0.hint) = (row, detail, hint);
        }
        self
    }

    /// The same failure under another code, when it has the first.
    pub(crate) fn recode(mut self, from: ErrorCode, to: ErrorCode) -> Self {
        if self.0.row == from {
            self.0.row = to;
        }
        self
    }

    /// The answer. Failures of the server are logged here and nowhere else.
    pub(crate) fn into_response(self, request_id: &str) -> Response<AnswerBody> {
        let Failure { row, detail, hint, problems: errors, retry_after, allow, page, source } = *self.0;
        if row.status >= 500 {
            let cause = source.as_deref().map(chain).unwrap_or_default();
            tracing::error!(request_id, code = row.code, cause, "the request failed");
        }
        let body = ErrorBody {
            link: format!("https://promptsync.dev/errors/{}", row.code),
            title: row.title.into(),
            status: row.status,
            code: row.code.into(),
            detail,
            hint,
            trace_id: request_id.into(),
            errors,
        };
        let bytes =
            if page { problem_page(&body).into() } else { serde_json::to_vec(&body).unwrap_or_default() };
        let mut response = Response::new(Bytes::from(bytes).into());
        *response.status_mut() =
            StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if page {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(promptsync_dashboard::POLICY));
        } else {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        }
        if row.status == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(methods) = allow.and_then(|methods| methods.parse().ok()) {
            headers.insert(ALLOW, methods);
        }
        response
    }
}

/// The failure as a page. Every text is escaped, although all of them are ours.
fn problem_page(body: &ErrorBody) -> String {
    let texts = [
        ("{title}", body.title.as_str()),
        ("{detail}", body.detail.as_str()),
        ("{hint}", body.hint.as_deref().unwrap_or_default()),
        ("{code}", body.code.as_str()),
        ("{trace_id}", body.trace_id.as_str()),
    ];
    texts.into_iter().fold(promptsync_dashboard::PROBLEM.to_owned(), |page, (place, text)| {
        // No text may name a place that is filled later.
        let text =
            text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('{', "&#123;");
        page.replace(place, &text)
    })
}

/// A failure with all its causes, for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
