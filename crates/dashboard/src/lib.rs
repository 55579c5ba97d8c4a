//! The pages people see before the dashboard: signing in, the first user, the code of a device, an invitation.
//!
//! Plain HTML with one script and one style sheet, and nothing inline, so that the policy can forbid everything else.

/// Signing in.
pub const SIGN_IN: &str = include_str!("sign_in.html");
/// The first user.
pub const SET_UP: &str = include_str!("set_up.html");
/// Entering the code that a device shows.
pub const DEVICE: &str = include_str!("device.html");
/// Accepting an invitation, or setting a new password.
pub const INVITATION: &str = include_str!("invitation.html");
/// What went wrong, with places for title, detail, hint, code and trace.
pub const PROBLEM: &str = include_str!("problem.html");
/// What the pages do.
pub const SCRIPT: &str = include_str!("pages.js");
/// How the pages look.
pub const STYLE: &str = include_str!("pages.css");

/// What the pages may load and do: their own script and style, requests to their own server, and no text becomes code.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_page_is_inline_and_every_field_has_a_label() {
        for (name, page) in [
            ("sign_in", SIGN_IN),
            ("set_up", SET_UP),
            ("device", DEVICE),
            ("invitation", INVITATION),
            ("problem", PROBLEM),
        ] {
            for inline in [
                "<style",
                " style=",
                "<script>",
                " onclick=",
                " onsubmit=",
                "javascript:",
                "http://",
                "https://",
            ] {
                assert!(!page.contains(inline), "{name}: {inline}");
            }
            for field in page.split("<input ").skip(1) {
                let id =
                    field.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                assert!(page.contains(&format!("<label for=\"{id}\"")), "{name}: {id} has no label");
            }
            assert!(page.contains("<html lang=\"en\""), "{name}");
        }
    }

    #[test]
    fn no_text_of_the_address_is_gone_to() {
        assert!(SCRIPT.contains("const NEXT = { device: \"/device\" };"));
        for taken in [
            "location.replace(wanted",
            "location.href = wanted",
            "location.assign(wanted",
            "location.search)",
        ] {
            let times = SCRIPT.matches(taken).count();
            assert!(times == 0 || taken == "location.search)", "{taken}");
        }
        // Read in two places: whether a page is asked for, and which of the known ones.
        assert_eq!(SCRIPT.matches("URLSearchParams(location.search)").count(), 2);
    }

    #[test]
    fn the_script_makes_no_code_from_text() {
        for sink in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
        {
            assert!(!SCRIPT.contains(sink), "{sink}");
        }
    }
}
