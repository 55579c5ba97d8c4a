//! Embeds the built dashboard in the binary, or a placeholder page when it was not built.

/// The page people see first.
pub const SIGN_IN: &str = include_str!("sign_in.html");

/// What that page may load: its own styles, nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'sha256-nrP7BHWJjEIqcuPd2LbNIeydMqWDuPLC7xYYHAQShCc='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
