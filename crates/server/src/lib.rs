//! The PromptSync server: router, routes, use cases.
