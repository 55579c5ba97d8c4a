//! Running applications: what their code passes to prompts, against what the prompts ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compatibility::Offered,
    names::{PromptName, nearest},
};

/// The variables that code passes, by prompt.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// Everything for which calls with these variables fail, as sentences. Variables that a prompt does not ask for harm
/// nobody.
pub fn misfits(uses: &Uses, offered: &BTreeMap<PromptName, Offered>) -> Vec<String> {
    let mut found = Vec::new();
    for (prompt, passed) in uses {
        let offer = PromptName::parse(prompt).ok().and_then(|name| offered.get(&name));
        let Some(offer) = offer else {
            let near = nearest(prompt, offered.keys().map(PromptName::as_str));
            let hint = near.map(|near| format!("; `{near}` is")).unwrap_or_default();
            found.push(format!("`{}` is not offered{hint}", prompt.escape_debug()));
            continue;
        };
        let required = offer.interface.variables.iter().filter(|(_, variable)| variable.required);
        for (name, _) in required.filter(|(name, _)| !passed.contains(*name)) {
            let near = nearest(name, passed.iter().map(String::as_str));
            let hint = near.map(|near| format!("; it passes `{near}`")).unwrap_or_default();
            found.push(format!(
                "{prompt} {} needs `{name}`, which the code does not pass{hint}",
                offer.version
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{digest::Digest, interface::Interface, versions::VersionNumber};

    fn offered(variables: &[(&str, bool)]) -> BTreeMap<PromptName, Offered> {
        let interface = Interface::asking(variables);
        let offer = Offered { version: VersionNumber::new(2, 0, 0), digest: Digest::of(b""), interface };
        BTreeMap::from([(PromptName::parse("greeting").unwrap(), offer)])
    }

    fn uses(prompt: &str, passed: &[&str]) -> Uses {
        Uses::from([(prompt.to_owned(), passed.iter().map(|name| (*name).to_owned()).collect())])
    }

    #[test]
    fn code_fits_when_it_passes_what_is_required() {
        let offer = offered(&[("name", true), ("tone", false)]);
        for passed in [&["name"][..], &["name", "tone"], &["name", "other"]] {
            assert_eq!(misfits(&uses("greeting", passed), &offer), Vec::<String>::new(), "{passed:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let offer = offered(&[("customer", true)]);
        for (prompt, passed, said) in [
            ("greeting", &[][..], "greeting 2.0.0 needs `customer`, which the code does not pass"),
            (
                "greeting",
                &["custmer"],
                "greeting 2.0.0 needs `customer`, which the code does not pass; it passes `custmer`",
            ),
            ("greting", &[], "`greting` is not offered; `greeting` is"),
            ("a b", &[], "`a b` is not offered"),
        ] {
            assert_eq!(misfits(&uses(prompt, passed), &offer), [said]);
        }
    }
}
