//! Email addresses: what people are known by when they sign in with a password.

/// The longest address that mail can be sent to.
const MAX: usize = 254;
/// The longest part before the `@`.
const MAX_LOCAL: usize = 64;

/// An address as somebody wrote it, without the spaces around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// A text that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an email address looks like ann@example.com: ASCII characters, one @, no spaces, at most 254")]
pub struct EmailError;

impl Email {
    /// Reads an address. Only ASCII: two addresses that look alike are then the same.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let plain = |b: u8| b.is_ascii_graphic() && !b"@\"'<>(),:;\\[]`".contains(&b);
        let good = text.len() <= MAX
            && (1..=MAX_LOCAL).contains(&local.len())
            && local.bytes().all(plain)
            && !domain.is_empty()
            && domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
            && domain.split('.').all(|label| !label.is_empty());
        if good { Ok(Self(text.to_owned())) } else { Err(EmailError) }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_the_same_person() {
        for text in ["ann@example.com", " Ann@Example.COM", "ANN@EXAMPLE.COM  "] {
            assert_eq!(Email::parse(text).map(|email| email.folded()), Ok("ann@example.com".to_owned()));
        }
        assert!(Email::parse("ann.b+c@x").is_ok());
    }

    #[test]
    fn what_could_be_mistaken_is_no_address() {
        let long = format!("{}@x", "a".repeat(65));
        for bad in [
            "",
            "@",
            "ann",
            "ann@",
            "@x",
            "a@b@c",
            "a b@x",
            "a@x y",
            "ann@exämple.com",
            "аnn@x.com",
            "a\u{0}@x",
            "a\n@x",
            "<a>@x",
            "a@x..y",
            "a@.x",
            "\"a\"@x",
            long.as_str(),
        ] {
            assert_eq!(Email::parse(bad), Err(EmailError), "{bad:?}");
        }
    }
}
