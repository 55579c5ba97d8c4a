//! What the browser brings back from the provider.

/// The parameters of the callback, as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Callback<'a> {
    /// Exchanged for the ID token.
    pub code: Option<&'a str>,
    /// Ties the answer to the question this browser was sent away with.
    pub state: Option<&'a str>,
    /// The issuer that answers (RFC 9207).
    pub issuer: Option<&'a str>,
    /// The provider's error, `access_denied` for example. Never shown: anybody can write into it.
    pub error: Option<&'a str>,
}

/// Why a callback is refused before anything is asked of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No state, or that of another browser.
    #[error("this sign-in was not started in this browser")]
    State,
    /// Another issuer answers than the one that was asked: a mix-up.
    #[error("another identity provider answered than the one that was asked")]
    Issuer,
    /// The provider did not sign the person in.
    #[error("the identity provider did not sign you in")]
    Denied,
    /// Neither a code nor an error.
    #[error("the identity provider's answer has no code")]
    NoCode,
}

/// Gives the code of a callback that answers our question. `state` is the one this browser was sent away with;
/// `names_issuer` says that the provider promised to name itself.
pub fn returned<'a>(
    callback: Callback<'a>,
    state: &str,
    issuer: &str,
    names_issuer: bool,
) -> Result<&'a str, Refusal> {
    // The state first: what a stranger's link says about errors does not matter.
    if callback.state.is_none_or(|given| given.is_empty() || given != state) {
        return Err(Refusal::State);
    }
    match callback.issuer {
        Some(given) if given != issuer => return Err(Refusal::Issuer),
        None if names_issuer => return Err(Refusal::Issuer),
        _ => {}
    }
    if callback.error.is_some() {
        return Err(Refusal::Denied);
    }
    callback.code.filter(|code| !code.is_empty()).ok_or(Refusal::NoCode)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    #[test]
    fn a_code_is_taken_only_with_our_state_from_our_issuer() {
        let right = Callback { code: Some("c"), state: Some("s"), issuer: Some(ISSUER), error: None };
        assert_eq!(returned(right, "s", ISSUER, true), Ok("c"));
        assert_eq!(returned(Callback { issuer: None, ..right }, "s", ISSUER, false), Ok("c"));
        let table = [
            (Callback { state: None, ..right }, Refusal::State),
            (Callback { state: Some(""), ..right }, Refusal::State),
            (Callback { state: Some("t"), ..right }, Refusal::State),
            (Callback { state: Some("t"), error: Some("access_denied"), ..right }, Refusal::State),
            (Callback { issuer: None, ..right }, Refusal::Issuer),
            (Callback { issuer: Some(""), ..right }, Refusal::Issuer),
            (Callback { issuer: Some("https://id.example/"), ..right }, Refusal::Issuer),
            (Callback { issuer: Some("https://evil.example"), ..right }, Refusal::Issuer),
            (Callback { error: Some("<script>"), ..right }, Refusal::Denied),
            (Callback { error: Some(""), ..right }, Refusal::Denied),
            (Callback { code: None, ..right }, Refusal::NoCode),
            (Callback { code: Some(""), ..right }, Refusal::NoCode),
        ];
        for (callback, refusal) in table {
            assert_eq!(returned(callback, "s", ISSUER, true), Err(refusal), "{callback:?}");
        }
        let mixed_up = Callback { issuer: Some("https://evil.example"), ..right };
        assert_eq!(returned(mixed_up, "s", ISSUER, false), Err(Refusal::Issuer));
        let empty = Callback { state: Some(""), ..right };
        assert_eq!(returned(empty, "", ISSUER, false), Err(Refusal::State), "an empty state is none");
    }
}
