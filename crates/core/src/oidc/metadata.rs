//! What a provider says about itself in its discovery document.

use serde_json::{Map, Value};

/// Bytes of an address in the document.
const MAX_URL: usize = 2048;

/// Where a provider is reached and what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where browsers are sent.
    pub authorization_endpoint: String,
    /// Where codes are exchanged.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where it tells more about somebody.
    pub userinfo_endpoint: Option<String>,
    /// Whether it names itself in its answers to browsers (RFC 9207).
    pub names_issuer: bool,
    /// Whether the client secret travels in the form, because the provider does not take it in the header.
    pub secret_in_form: bool,
    /// The algorithms it signs ID tokens with; nothing when it does not say.
    pub algorithms: Option<Vec<String>>,
}

/// A discovery document that is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It is that of another issuer: ASVS 10.5.3.
    #[error(
        "the discovery document is that of `{found}`; the configured issuer is `{expected}`, and the two must be equal letter by letter"
    )]
    Issuer {
        /// What is configured.
        expected: String,
        /// What the document says.
        found: String,
    },
    /// An address is missing or not one we would use.
    #[error("the discovery document has no usable `{0}`")]
    Address(&'static str),
    /// It cannot do what we need.
    #[error("the provider does not support {0}")]
    Unsupported(&'static str),
}

/// Why a text cannot be an issuer; nothing when it can.
pub fn issuer_rule(issuer: &str) -> Option<&'static str> {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|host| {
        issuer.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    if !local && !issuer.starts_with("https://") {
        Some("must begin with https://")
    } else if !is_address(issuer, local) || issuer.contains('?') {
        Some("must be an address without query and fragment")
    } else {
        None
    }
}

impl Metadata {
    /// Where the document of an issuer lies.
    pub fn location(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads the document of this issuer.
    pub fn read(issuer: &str, document: &Map<String, Value>) -> Result<Self, MetadataError> {
        let found = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if found != issuer {
            let found = found.chars().filter(|c| !c.is_control()).take(200).collect();
            return Err(MetadataError::Issuer { expected: issuer.to_owned(), found });
        }
        // Plain http only for a provider that is itself reached so, which `issuer_rule` keeps to this machine.
        let plain = issuer.starts_with("http://");
        let address = |name: &'static str| {
            let text = document.get(name).and_then(Value::as_str).filter(|text| is_address(text, plain));
            text.map(str::to_owned).ok_or(MetadataError::Address(name))
        };
        let lacks = |name, value| listed(document, name).is_some_and(|list| !list.contains(&value));
        if lacks("response_types_supported", "code") {
            return Err(MetadataError::Unsupported("the authorization code flow"));
        }
        if lacks("code_challenge_methods_supported", "S256") {
            return Err(MetadataError::Unsupported("PKCE with S256"));
        }
        let posts =
            |list: Vec<&str>| !list.contains(&"client_secret_basic") && list.contains(&"client_secret_post");
        Ok(Self {
            authorization_endpoint: address("authorization_endpoint")?,
            token_endpoint: address("token_endpoint")?,
            jwks_uri: address("jwks_uri")?,
            userinfo_endpoint: match document.get("userinfo_endpoint") {
                Some(_) => Some(address("userinfo_endpoint")?),
                None => None,
            },
            names_issuer: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            secret_in_form: listed(document, "token_endpoint_auth_methods_supported").is_some_and(posts),
            algorithms: listed(document, "id_token_signing_alg_values_supported")
                .map(|list| list.into_iter().map(str::to_owned).collect()),
        })
    }
}

fn listed<'d>(document: &'d Map<String, Value>, name: &str) -> Option<Vec<&'d str>> {
    Some(document.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// Whether a browser or a client can be sent to a text: an absolute address without user, fragment or tricks.
fn is_address(text: &str, plain: bool) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://").filter(|_| plain));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let clean = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '#' | '"' | '<' | '>');
        text.len() <= MAX_URL && !host.is_empty() && !host.contains('@') && text.chars().all(clean)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/tenant";

    fn read(change: &Value) -> Result<Metadata, MetadataError> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://tokens.example/token",
            "jwks_uri": "https://keys.example/keys",
        });
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        Metadata::read(ISSUER, document.as_object().unwrap())
    }

    #[test]
    fn only_the_document_of_the_configured_issuer_is_used() {
        assert!(read(&json!({})).is_ok());
        for other in
            [json!("https://id.example/tenant/"), json!("https://evil.example"), json!(null), json!([ISSUER])]
        {
            let error = read(&json!({"issuer": other})).unwrap_err();
            assert!(matches!(error, MetadataError::Issuer { .. }), "{other}");
        }
    }

    #[test]
    fn addresses_that_lead_elsewhere_than_they_seem_are_not_used() {
        let bad = [
            "",
            "http://id.example/token",
            "javascript:alert(1)",
            "//id.example/token",
            "https://",
            "https:///token",
            "https://user@evil.example/",
            "https://id.example/#x",
            "https://id.example\\@evil.example/",
            "https://id.example/a b",
            "https://id.example/\"><script>",
            "ftp://id.example/",
            "/token",
        ];
        for address in bad {
            for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
                let expected = Err(MetadataError::Address(name));
                assert_eq!(read(&json!({ name: address })), expected, "{name} {address}");
            }
        }
    }

    #[test]
    fn a_provider_without_code_flow_or_s256_is_refused() {
        let unsupported = |change| matches!(read(&change), Err(MetadataError::Unsupported(_)));
        assert!(unsupported(json!({"response_types_supported": ["id_token"]})));
        assert!(unsupported(json!({"code_challenge_methods_supported": ["plain"]})));
        assert!(read(&json!({"response_types_supported": ["code"]})).is_ok());
    }

    #[test]
    fn the_secret_travels_in_the_form_only_when_the_header_is_not_taken() {
        let in_form = |methods| {
            read(&json!({"token_endpoint_auth_methods_supported": methods})).unwrap().secret_in_form
        };
        assert!(in_form(json!(["client_secret_post"])));
        assert!(!in_form(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!in_form(json!(["private_key_jwt"])));
        assert!(!read(&json!({})).unwrap().secret_in_form);
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for good in
            [ISSUER, "https://id.example", "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1"]
        {
            assert_eq!(issuer_rule(good), None, "{good}");
        }
        for bad in [
            "",
            "id.example",
            "http://id.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example",
            "https://id.example/?x",
            "https://id.example/#x",
            "https://a@b",
            "https://",
        ] {
            assert!(issuer_rule(bad).is_some(), "{bad}");
        }
    }
}
