//! Which passwords people may choose: long enough, not too long to hash, and none that everybody tries first.

use crate::emails::Email;

/// The shortest password, in characters.
pub const MIN: usize = 8;
/// The longest, in characters. A limit only so that nobody makes the server hash megabytes.
pub const MAX: usize = 1024;

/// The passwords that guessing begins with, folded, one a line.
const COMMON: &str = include_str!("common.txt");

/// A password nobody may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Its length is wrong.
    #[error("a password has {MIN} to {MAX} characters; this one has {0}")]
    Length(usize),
    /// It is one of those that are tried first.
    #[error("this password is one of the first that are guessed")]
    Common,
    /// It is the person's own address, or a part of it.
    #[error("a password is not made of the email address")]
    OwnAddress,
}

/// Whether somebody may choose this password. There are no rules about kinds of characters: length is what counts.
pub fn check(password: &str, email: &Email) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if !(MIN..=MAX).contains(&length) {
        return Err(WeakPassword::Length(length));
    }
    let folded = password.trim().to_lowercase();
    let mut characters = folded.chars();
    let first = characters.next();
    if COMMON.lines().any(|common| common == folded) || characters.all(|next| Some(next) == first) {
        return Err(WeakPassword::Common);
    }
    let address = email.folded();
    if folded == address || address.split('@').any(|part| part == folded) {
        return Err(WeakPassword::OwnAddress);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_and_nothing_else_is_asked_for() {
        let email = Email::parse("annabelle@promptly.example").expect("an address");
        let long = "äö".repeat(512);
        for good in ["correct horse", "ffff ffg", "日本語のパスワード", long.as_str()] {
            assert_eq!(check(good, &email), Ok(()), "{good}");
        }
        for (bad, refused) in [
            ("", WeakPassword::Length(0)),
            ("7 signs", WeakPassword::Length(7)),
            ("Password1", WeakPassword::Common),
            (" qwertyuiop ", WeakPassword::Common),
            ("mmmmmmmmmmmm", WeakPassword::Common),
            ("Annabelle", WeakPassword::OwnAddress),
            ("annabelle@promptly.example", WeakPassword::OwnAddress),
        ] {
            assert_eq!(check(bad, &email), Err(refused), "{bad}");
        }
        assert_eq!(check(&"ä".repeat(1025), &email), Err(WeakPassword::Length(1025)));
    }
}
