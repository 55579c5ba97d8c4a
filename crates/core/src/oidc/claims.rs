//! The claims of an ID token whose signature is right.

use serde_json::{Map, Value};

use super::shown;
use crate::time::Timestamp;

/// Seconds by which the provider's clock may differ from ours.
const LEEWAY: i64 = 60;
/// Seconds after which a token was not issued for this sign-in, whatever it says of its own life.
const OLDEST: i64 = 600;
/// Bytes of a subject: OpenID Connect allows 255.
const MAX_SUBJECT: usize = 255;
/// Groups of one person that are looked at.
const MAX_GROUPS: usize = 2000;

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The configured issuer, letter by letter.
    pub issuer: &'a str,
    /// Who the token is for: us.
    pub client: &'a str,
    /// What ties it to the question this browser was sent away with.
    pub nonce: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// How an ID token deviates from what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Deviation {
    /// A claim is missing or has the wrong type.
    #[error("its ID token has no `{0}` of the right type")]
    Missing(&'static str),
    /// It was issued by somebody else.
    #[error("its ID token names another issuer")]
    Issuer,
    /// It is for somebody else, or for others too without saying who asked for it.
    #[error("its ID token is for another application")]
    Audience,
    /// It was asked for by somebody else.
    #[error("its ID token was given to another application")]
    Party,
    /// It belongs to another sign-in.
    #[error("its ID token belongs to another sign-in")]
    Nonce,
    /// It is not valid any more.
    #[error("its ID token has expired")]
    Expired,
    /// It was issued in the future or is not valid yet: one of the two clocks is wrong.
    #[error("its ID token is from the future; one of the two clocks is wrong")]
    Future,
    /// It was issued long before this sign-in.
    #[error("its ID token was issued long ago")]
    Old,
    /// The access token beside it is another one.
    #[error("its access token does not belong to its ID token")]
    AccessToken,
    /// The facts about the person are those of another.
    #[error("it described another person than the one who signed in")]
    Subject,
}

/// What a provider says about somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who it is to this issuer: never empty, never given to another.
    pub subject: String,
    /// An address.
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's; nothing when it does not say.
    pub email_verified: Option<bool>,
    /// What to call the person.
    pub name: Option<String>,
    /// The groups the person is in; nothing when the claim is absent.
    pub groups: Option<Vec<String>>,
}

/// Checks the claims of an ID token.
pub fn check(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<(), Deviation> {
    if text(claims, "iss")? != expected.issuer {
        return Err(Deviation::Issuer);
    }
    audience(claims, expected.client)?;
    let subject = text(claims, "sub")?;
    if subject.is_empty() || subject.len() > MAX_SUBJECT || subject.chars().any(char::is_control) {
        return Err(Deviation::Missing("sub"));
    }
    let now = expected.now.timestamp();
    let (expires, issued) = (seconds(claims, "exp")?, seconds(claims, "iat")?);
    if expires.saturating_add(LEEWAY) <= now {
        return Err(Deviation::Expired);
    }
    let begins = if claims.contains_key("nbf") { seconds(claims, "nbf")? } else { issued };
    if issued.max(begins) > now.saturating_add(LEEWAY) {
        return Err(Deviation::Future);
    }
    if issued.saturating_add(OLDEST) < now {
        return Err(Deviation::Old);
    }
    if text(claims, "nonce")? != expected.nonce || expected.nonce.is_empty() {
        return Err(Deviation::Nonce);
    }
    Ok(())
}

/// Reads what the claims say about the person. `group_claim` names the claim with the groups.
pub fn person(claims: &Map<String, Value>, group_claim: &str) -> Result<Person, Deviation> {
    let shown = |name| claims.get(name).and_then(Value::as_str).and_then(shown);
    Ok(Person {
        subject: text(claims, "sub")?.to_owned(),
        email: shown("email").filter(|email| is_address(email)),
        email_verified: claims.get("email_verified").map(|value| *value == Value::Bool(true)),
        name: shown("name").or_else(|| shown("preferred_username")),
        groups: claims.get(group_claim).map(groups),
    })
}

/// Checks that the userinfo answer is about the person of the ID token, as it must be before anything of it is used.
pub fn same_subject(token: &Map<String, Value>, userinfo: &Map<String, Value>) -> Result<(), Deviation> {
    if text(token, "sub")? == text(userinfo, "sub").map_err(|_| Deviation::Subject)? {
        Ok(())
    } else {
        Err(Deviation::Subject)
    }
}

/// Checks `at_hash`, the left half of the access token's hash, where the token has one. `encoded_half` is ours.
pub fn half_hash_matches(claims: &Map<String, Value>, encoded_half: &str) -> Result<(), Deviation> {
    match claims.get("at_hash") {
        None => Ok(()),
        Some(Value::String(given)) if given == encoded_half => Ok(()),
        Some(_) => Err(Deviation::AccessToken),
    }
}

/// One audience, ours; with several, `azp` must say that the token was given to us.
fn audience(claims: &Map<String, Value>, client: &str) -> Result<(), Deviation> {
    let several = match claims.get("aud") {
        Some(Value::String(one)) if one == client => false,
        Some(Value::Array(all)) if all.iter().any(|one| one.as_str() == Some(client)) => all.len() > 1,
        Some(Value::String(_) | Value::Array(_)) => return Err(Deviation::Audience),
        _ => return Err(Deviation::Missing("aud")),
    };
    match claims.get("azp") {
        None if several => Err(Deviation::Audience),
        None => Ok(()),
        Some(party) if party.as_str() == Some(client) => Ok(()),
        Some(_) => Err(Deviation::Party),
    }
}

/// Group names: a list of texts, or one text. What is neither names no group.
fn groups(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) if !one.is_empty() => vec![one.clone()],
        Value::Array(all) => {
            all.iter().take(MAX_GROUPS).filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.chars().any(char::is_whitespace)
    })
}

fn text<'c>(claims: &'c Map<String, Value>, name: &'static str) -> Result<&'c str, Deviation> {
    claims.get(name).and_then(Value::as_str).ok_or(Deviation::Missing(name))
}

/// A time in seconds. RFC 7519 allows fractions; text is not a time.
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<i64, Deviation> {
    let number = claims.get(name).and_then(Value::as_number).ok_or(Deviation::Missing(name))?;
    let whole = number.as_i64().or_else(|| number.as_f64().and_then(floor));
    whole.filter(|seconds| *seconds >= 0).ok_or(Deviation::Missing(name))
}

/// The whole seconds of a fraction, for the ten thousand years in which every number below fits exactly.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn floor(seconds: f64) -> Option<i64> {
    (0.0..=253_402_300_799.0).contains(&seconds).then_some(seconds.floor() as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn expected() -> Expected<'static> {
        let now = Timestamp::from_timestamp(NOW, 0).unwrap();
        Expected { issuer: "https://id.example", client: "promptsync", nonce: "n-1", now }
    }

    fn claims(change: &Value) -> Map<String, Value> {
        let mut claims = json!({
            "iss": "https://id.example", "sub": "248289", "aud": "promptsync", "nonce": "n-1",
            "exp": NOW + 300, "iat": NOW,
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        claims
    }

    #[test]
    fn only_a_token_that_was_made_for_this_sign_in_is_believed() {
        use Deviation::{Audience, Expired, Future, Issuer, Missing, Nonce, Old, Party};
        let good = [
            json!({}),
            json!({"aud": ["promptsync"]}),
            json!({"aud": ["promptsync", "other"], "azp": "promptsync"}),
            json!({"exp": NOW - 59}),
            json!({"iat": NOW + 60}),
            json!({"iat": 1_789_999_999.5}),
            json!({"nbf": NOW}),
        ];
        for change in good {
            assert_eq!(check(&claims(&change), expected()), Ok(()), "{change}");
        }
        let bad = [
            (json!({"iss": null}), Missing("iss")),
            (json!({"iss": ["https://id.example"]}), Missing("iss")),
            (json!({"iss": "https://id.example/"}), Issuer),
            (json!({"iss": "https://evil.example"}), Issuer),
            (json!({"aud": null}), Missing("aud")),
            (json!({"aud": {"promptsync": true}}), Missing("aud")),
            (json!({"aud": "other"}), Audience),
            (json!({"aud": "promptsync "}), Audience),
            (json!({"aud": []}), Audience),
            (json!({"aud": ["promptsync", "other"]}), Audience),
            (json!({"aud": ["promptsync", "other"], "azp": "other"}), Party),
            (json!({"azp": "other"}), Party),
            (json!({"azp": 7}), Party),
            (json!({"sub": null}), Missing("sub")),
            (json!({"sub": ""}), Missing("sub")),
            (json!({"sub": 7}), Missing("sub")),
            (json!({"sub": "a\u{0}b"}), Missing("sub")),
            (json!({"sub": "s".repeat(256)}), Missing("sub")),
            (json!({"exp": null}), Missing("exp")),
            (json!({"exp": (NOW + 300).to_string()}), Missing("exp")),
            (json!({"exp": [NOW + 300]}), Missing("exp")),
            (json!({"exp": 1e300}), Missing("exp")),
            (json!({"exp": -1}), Missing("exp")),
            (json!({"exp": NOW - 61}), Expired),
            (json!({"exp": NOW - 60}), Expired),
            (json!({"iat": null}), Missing("iat")),
            (json!({"iat": "now"}), Missing("iat")),
            (json!({"iat": NOW + 61}), Future),
            (json!({"iat": NOW - 601}), Old),
            (json!({"nbf": NOW + 61}), Future),
            (json!({"nbf": "later"}), Missing("nbf")),
            (json!({"nonce": null}), Missing("nonce")),
            (json!({"nonce": ""}), Nonce),
            (json!({"nonce": "n-2"}), Nonce),
        ];
        for (change, deviation) in bad {
            assert_eq!(check(&claims(&change), expected()), Err(deviation), "{change}");
        }
        let without_nonce = Expected { nonce: "", ..expected() };
        assert_eq!(check(&claims(&json!({"nonce": ""})), without_nonce), Err(Nonce));
    }

    #[test]
    fn an_address_counts_as_verified_only_when_the_provider_says_true() {
        for (said, verified) in [
            (json!(null), None),
            (json!(true), Some(true)),
            (json!(false), Some(false)),
            (json!("true"), Some(false)),
        ] {
            let person =
                person(&claims(&json!({"email": "ann@x.example", "email_verified": said})), "groups");
            assert_eq!(person.unwrap().email_verified, verified);
        }
    }

    #[test]
    fn what_is_said_about_a_person_is_read_or_left_out_never_repaired() {
        let told = person(
            &claims(&json!({
                "email": "ann@x.example", "name": " Ann ", "roles": ["platform", 7, null, "writers"],
            })),
            "roles",
        )
        .unwrap();
        assert_eq!((told.email.as_deref(), told.name.as_deref()), (Some("ann@x.example"), Some("Ann")));
        assert_eq!(told.groups.unwrap(), ["platform", "writers"]);
        for email in ["", "ann", "@x", "a@b@c", "a b@c", "a\u{7}@c", &format!("{}@c", "a".repeat(400))] {
            assert_eq!(person(&claims(&json!({"email": email})), "groups").unwrap().email, None, "{email}");
        }
        let groups = |value| person(&claims(&json!({"groups": value})), "groups").unwrap().groups;
        assert_eq!(groups(json!(null)), None);
        assert_eq!(groups(json!("one")), Some(vec!["one".to_owned()]));
        for nothing in [json!(""), json!({"admin": true}), json!(true), json!([]), json!([["admin"]])] {
            assert_eq!(groups(nothing.clone()), Some(vec![]), "{nothing}");
        }
    }

    #[test]
    fn facts_about_another_person_and_another_access_token_are_refused() {
        let (token, other) = (claims(&json!({})), claims(&json!({"sub": "1"})));
        assert_eq!(same_subject(&token, &token), Ok(()));
        assert_eq!(same_subject(&token, &other), Err(Deviation::Subject));
        assert_eq!(same_subject(&token, &Map::new()), Err(Deviation::Subject));
        assert_eq!(half_hash_matches(&token, "abc"), Ok(()));
        assert_eq!(half_hash_matches(&claims(&json!({"at_hash": "abc"})), "abc"), Ok(()));
        for wrong in [json!("abd"), json!(""), json!(7)] {
            let claims = claims(&json!({"at_hash": wrong}));
            assert_eq!(half_hash_matches(&claims, "abc"), Err(Deviation::AccessToken));
        }
    }
}
