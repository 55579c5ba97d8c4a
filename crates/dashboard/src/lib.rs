//! Embeds the built dashboard in the binary, or a placeholder page when it was not built.
