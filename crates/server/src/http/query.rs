//! The query string: every parameter known, given once, and never a key.

use std::collections::BTreeMap;

use promptsync_api::error::{BAD_LIMIT, DUPLICATE_PARAMETER, INVALID, KEY_IN_QUERY, UNKNOWN_FIELD};
use promptsync_core::problem::Problem;

use super::error::ApiError;

/// The page size when none is asked for, and the largest.
pub(crate) const PAGE: u32 = 50;
const MAX_PAGE: u32 = 200;

/// One parameter of a route, for parsing and for the documentation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    /// Whether it may be given more than once.
    pub(crate) repeated: bool,
}

/// A parameter that is given at most once.
pub(crate) const fn one(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, repeated: false }
}

/// A parameter that may be given more than once.
pub(crate) const fn many(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, repeated: true }
}

/// `?project=`, which every route understands whose path does not name the project.
pub(crate) const PROJECT: Parameter =
    one("project", "The project, when neither the path nor the key names it.");
/// `?limit=`
pub(crate) const LIMIT: Parameter = one("limit", "Items on a page: 1 to 200, 50 when absent.");
/// `?cursor=`
pub(crate) const CURSOR: Parameter = one("cursor", "`next_cursor` of the page before.");

/// The parameters of a request, checked against those the route knows.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, Vec<String>>);

impl Parameters {
    /// Reads a query string.
    pub(crate) fn read(query: &str, known: &[Parameter]) -> Result<Self, ApiError> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
                let names: Vec<_> = known.iter().map(|parameter| parameter.name).collect();
                let advice = match names.as_slice() {
                    [] => "this address takes no parameters".to_owned(),
                    names => format!("known here: {}", names.join(", ")),
                };
                let name: String = name.chars().take(80).collect();
                return Err(ApiError::new(
                    UNKNOWN_FIELD,
                    format!("unknown query parameter `{}`", name.escape_debug()),
                )
                .hint(advice));
            };
            let values = found.entry(name.into_owned()).or_default();
            if !parameter.repeated && !values.is_empty() {
                let detail = format!("`{}` is given more than once", parameter.name);
                return Err(ApiError::new(DUPLICATE_PARAMETER, detail));
            }
            values.push(value.into_owned());
        }
        Ok(Self(found))
    }

    /// A parameter's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }

    /// The alias, which has to be named.
    pub(crate) fn alias(&self) -> Result<String, ApiError> {
        self.get("alias").map(str::to_owned).ok_or_else(|| invalid("alias", "name the alias"))
    }

    /// All values of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    /// A yes-or-no parameter.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(name, "expected `true` or `false`")),
        }
    }

    /// The page size; more than the largest means the largest.
    pub(crate) fn limit(&self) -> Result<u32, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(PAGE) };
        let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(limit @ 1..) => Ok(limit.min(MAX_PAGE)),
            Err(_) if all_digits => Ok(MAX_PAGE),
            _ => Err(ApiError::new(BAD_LIMIT, format!("`limit` is a number from 1 to {MAX_PAGE}"))),
        }
    }
}

/// Refuses a query that carries a key, whoever sends it.
pub(crate) fn refuse_keys(query: &str) -> Result<(), ApiError> {
    let names_key = |name: &str| matches!(name, "key" | "api_key" | "apikey" | "token" | "access_token");
    if form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| names_key(&name) || value.starts_with("ps_"))
    {
        return Err(ApiError::new(KEY_IN_QUERY, "a key in an address ends up in logs and histories")
            .hint("send it as Authorization: Bearer …, and revoke this one"));
    }
    Ok(())
}

/// A parameter whose value does not fit.
pub(crate) fn invalid(name: &str, message: &str) -> ApiError {
    ApiError::many(
        INVALID,
        format!("`{name}`: {message}"),
        vec![Problem::new("invalid", message).at_path(name)],
    )
}

#[cfg(test)]
mod tests {
    use super::{CURSOR, LIMIT, Parameters, many};

    #[test]
    fn parameters_are_known_and_single_unless_said_otherwise() {
        let known = [LIMIT, CURSOR, many("tag", "")];
        for (query, code) in [("limit=1&limit=2", "duplicate_parameter"), ("pages=1", "unknown_field")] {
            let error = format!("{:?}", Parameters::read(query, &known).expect_err(query));
            assert!(error.contains(code), "{query}: {error}");
        }
        let read = Parameters::read("tag=a%3Ab&tag=c", &known).expect("known parameters");
        assert_eq!(read.all("tag").collect::<Vec<_>>(), ["a:b", "c"]);
    }

    #[test]
    fn a_key_in_the_query_is_refused() {
        for bad in ["api_key=x", "tag=ps_abc", "a=b&key=1"] {
            assert!(super::refuse_keys(bad).is_err(), "{bad}");
        }
        assert!(super::refuse_keys("tag=keys&limit=3").is_ok());
    }

    #[test]
    fn a_page_has_at_least_one_and_at_most_200_items() {
        let limit =
            |text: &str| Parameters::read(&format!("limit={text}"), &[LIMIT]).expect("known").limit().ok();
        assert_eq!(limit("1"), Some(1));
        assert_eq!(limit("201"), Some(200));
        assert_eq!(limit("1000000000"), Some(200));
        assert_eq!(limit("99999999999999999999"), Some(200));
        for bad in ["0", "-1", "abc", "", "1.5", "+5x"] {
            assert_eq!(limit(bad), None, "{bad}");
        }
    }
}
