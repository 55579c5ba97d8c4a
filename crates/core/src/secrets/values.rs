//! Values of secrets, kept out of everything that is printed, and wiped when they are no longer needed.

use std::{collections::BTreeMap, fmt, sync::Arc};

use zeroize::Zeroizing;

use super::SecretRef;

/// What stands in a text in place of a secret's value.
pub const MASK: &str = "••••••";

/// The value of a secret. It is not printed by `Debug`, cannot be serialised, and its memory is wiped.
#[derive(Clone)]
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// Keeps a value.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself: to be put into a rendered text or a request to its owner, and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What a render puts in place of references: values that the side that renders looked up, or masks.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Option<Arc<BTreeMap<SecretRef, SecretValue>>>);

impl Secrets {
    /// A mask in place of every secret: for previews, and for whoever may not see values.
    pub fn masked() -> Self {
        Self(None)
    }

    /// These values, and an error for every other reference.
    pub fn resolved(values: BTreeMap<SecretRef, SecretValue>) -> Self {
        Self(Some(Arc::new(values)))
    }

    /// What stands in the text for a reference; nothing when it was not looked up.
    pub(crate) fn find(&self, reference: &str) -> Option<&str> {
        let Some(values) = &self.0 else { return Some(MASK) };
        let reference = SecretRef::parse(reference).ok()?;
        values.get(&reference).map(SecretValue::expose)
    }

    /// A text with masks where a value stands in it: the last guard of an error's words.
    pub(crate) fn cover(&self, text: &str) -> Option<String> {
        let values = self.0.as_ref()?.values().map(SecretValue::expose);
        let mut covered: Option<String> = None;
        for value in values.filter(|value| !value.is_empty()) {
            let words = covered.as_deref().unwrap_or(text);
            if words.contains(value) {
                covered = Some(words.replace(value, MASK));
            }
        }
        covered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_printed() {
        let reference = SecretRef::parse("a#k").expect("a reference");
        let value = SecretValue::new("hunter2".into());
        let secrets = Secrets::resolved([(reference, value)].into());
        assert!(!format!("{secrets:?}").contains("hunter2"));
        assert_eq!(secrets.cover("no hunter2 here").as_deref(), Some("no •••••• here"));
        assert_eq!(secrets.cover("nothing"), None);
    }

    #[test]
    fn without_values_every_secret_is_a_mask() {
        assert_eq!(Secrets::masked().find("a#k"), Some(MASK));
        assert_eq!(Secrets::resolved(BTreeMap::new()).find("a#k"), None);
    }
}
