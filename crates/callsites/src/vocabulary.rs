//! The words of PromptSync's libraries that a call is known by.

/// Prefixes of client types that change nothing about how one asks.
const PREFIXES: [&str; 3] = ["Async", "Blocking", "Fake"];

/// Types whose objects answer questions for prompts.
const CLIENTS: [&str; 6] =
    ["PromptManager", "PromptSync", "PromptSyncClient", "PromptClient", "Client", "Blocking"];

/// Names a client's call goes by when it asks for a prompt.
const ASKING: [&str; 3] = ["get", "get_prompt", "getPrompt"];

/// Names of calls that fill a prompt.
const FILLING: [&str; 3] = ["format", "render", "render_with"];

/// Calls that say more about a question, or ask it.
const SPECIFYING: [&str; 7] = ["cached", "deadline", "fetch", "model", "tag", "tags", "unit"];

/// Calls that give what is inside of a result.
const UNWRAPPING: [&str; 9] =
    ["clone", "context", "expect", "map_err", "ok", "ok_or", "ok_or_else", "unwrap", "with_context"];

/// Calls that give the same mapping or text in another type.
const CONVERTING: [&str; 9] =
    ["as_object", "as_str", "clone", "expect", "into", "ok_or", "to_owned", "to_string", "unwrap"];

/// Calls after which a builder is a client.
const STARTING: [&str; 5] = ["build", "connect", "open", "start", "start_blocking"];

/// Names under which an alias or version is passed.
const REFERENCES: [&str; 4] = ["alias", "reference", "version", "version_or_alias"];

/// Names under which a prompt's name is passed.
const NAMES: [&str; 3] = ["name", "prompt", "prompt_name"];

/// Names of a render call of the client that are not variables of the prompt.
const OPTIONS: [&str; 6] = ["deadline", "model", "strict", "tags", "timeout", "unit"];

/// Whether a type of the package is a client's.
pub(crate) fn is_client(name: &str) -> bool {
    let bare = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    CLIENTS.contains(&name) || CLIENTS.contains(&bare)
}

/// The client types that importing everything brings.
pub(crate) fn clients() -> impl Iterator<Item = &'static str> {
    ["PromptManager", "AsyncPromptManager", "FakePromptManager", "PromptSync", "AsyncPromptSync"].into_iter()
}

/// Whether a function of the package makes a client.
pub(crate) fn makes_client(name: &str) -> bool {
    matches!(name, "createClient" | "create_client")
}

pub(crate) fn asks(name: &str) -> bool {
    ASKING.contains(&name)
}

/// Whether only PromptSync's clients have a call of this name.
pub(crate) fn asks_distinctively(name: &str) -> bool {
    matches!(name, "get_prompt" | "getPrompt")
}

pub(crate) fn fills(name: &str) -> bool {
    FILLING.contains(&name)
}

pub(crate) fn specifies(name: &str) -> bool {
    SPECIFYING.contains(&name)
}

pub(crate) fn unwraps(name: &str) -> bool {
    UNWRAPPING.contains(&name)
}

pub(crate) fn converts(name: &str) -> bool {
    CONVERTING.contains(&name)
}

pub(crate) fn starts(name: &str) -> bool {
    STARTING.contains(&name)
}

pub(crate) fn is_reference(name: &str) -> bool {
    REFERENCES.contains(&name)
}

pub(crate) fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

pub(crate) fn is_option(name: &str) -> bool {
    OPTIONS.contains(&name) || is_reference(name)
}
