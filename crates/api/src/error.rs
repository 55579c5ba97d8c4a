//! The table of error codes: code, status, title. The documentation, the SDKs and the dashboard are made from it.

use promptsync_core::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An `application/problem+json` body (RFC 9457).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// A link to the code's documentation: `https://promptsync.dev/errors/{code}`.
    #[serde(rename = "type")]
    pub link: String,
    /// The code's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What is wrong here, as a sentence.
    pub detail: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The request's id, to find it in the server's log.
    pub trace_id: String,
    /// Every single problem, with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// A title for people.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $status:literal $title:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: ErrorCode = ErrorCode { code: $code, status: $status, title: $title };
        )*

        /// Every code, in the order of the documentation.
        pub const ALL: &[ErrorCode] = &[$($name),*];
    };
}

codes! {
    BAD_REQUEST "bad_request" 400 "The request cannot be read";
    JSON_SYNTAX "json_syntax" 400 "The body is not valid JSON";
    JSON_DUPLICATE_KEY "json_duplicate_key" 400 "A JSON object names a key twice";
    JSON_DEPTH "json_depth" 400 "The JSON is nested too deep";
    CONTROL_CHARACTER_IN_JSON "json_control_character" 400 "The JSON holds a control character";
    DUPLICATE_PARAMETER "duplicate_parameter" 400 "A query parameter is given twice";
    BAD_PATH "bad_path" 400 "The path holds characters that are not allowed";
    BAD_CURSOR "bad_cursor" 400 "The cursor is not one this server gave";
    KEY_IN_QUERY "key_in_query" 400 "API keys are not accepted in the query string";
    PROJECT_REQUIRED "project_required" 400 "The request does not say which project";
    BAD_CODE "bad_code" 400 "The link or code is not valid";
    CODE_EXPIRED "code_expired" 400 "The link or code is too old";
    AUTHORIZATION_PENDING "authorization_pending" 400 "Nobody has entered the code yet";
    SLOW_DOWN "slow_down" 400 "The device asks too often";
    ACCESS_DENIED "access_denied" 400 "Somebody refused the device";
    UNAUTHENTICATED "unauthenticated" 401 "An API key or a session is needed";
    WRONG_CREDENTIALS "wrong_credentials" 401 "The address or the password is wrong";
    SESSION_ENDED "session_ended" 401 "The session has ended";
    INSUFFICIENT_SCOPE "insufficient_scope" 403 "The key's role does not allow this";
    SIGN_IN_OFF "sign_in_off" 403 "Nobody signs in this way here";
    USER_INACTIVE "user_inactive" 403 "The account is switched off";
    NOT_A_MEMBER "not_a_member" 403 "The person is not a member of the workspace";
    NOT_INVITED "not_invited" 403 "Nobody has invited the person";
    CROSS_SITE "cross_site" 403 "The request comes from a foreign page";
    SECRET_NOT_ALLOWED "secret_not_allowed" 403 "The project may not use this secret";
    OIDC_STATE "oidc_state" 403 "The sign-in was not started here, or is too old";
    OIDC_DENIED "oidc_denied" 403 "The identity provider did not sign the person in";
    OIDC_REFUSED "oidc_refused" 403 "The identity provider's answer is not believed";
    EMAIL_UNVERIFIED "email_unverified" 403 "The identity provider does not vouch for the address";
    NOT_FOUND "not_found" 404 "Nothing is here";
    PROJECT_NOT_FOUND "project_not_found" 404 "No such project";
    PROMPT_NOT_FOUND "prompt_not_found" 404 "No such prompt";
    VERSION_NOT_FOUND "version_not_found" 404 "No such version";
    ALIAS_NOT_FOUND "alias_not_found" 404 "No such alias";
    CANARY_NOT_FOUND "canary_not_found" 404 "The alias divides no traffic";
    RELEASE_NOT_FOUND "release_not_found" 404 "No such release";
    DOCUMENT_NOT_FOUND "document_not_found" 404 "No such document";
    KEY_NOT_FOUND "key_not_found" 404 "No such key";
    CHECKPOINT_NOT_FOUND "checkpoint_not_found" 404 "No checkpoint was signed yet";
    ENTRY_NOT_FOUND "entry_not_found" 404 "The audit log has no such entry";
    SESSION_NOT_FOUND "session_not_found" 404 "No such session";
    INVITATION_NOT_FOUND "invitation_not_found" 404 "No such invitation";
    USER_NOT_FOUND "user_not_found" 404 "No such person";
    ENVIRONMENT_NOT_FOUND "environment_not_found" 404 "No such environment";
    CONNECTOR_NOT_FOUND "connector_not_found" 404 "No such connector";
    SECRET_NOT_FOUND "secret_not_found" 404 "The project has no such pattern";
    WORKSPACE_NOT_FOUND "workspace_not_found" 404 "No such workspace";
    MEMBER_NOT_FOUND "member_not_found" 404 "No such member";
    TEAM_NOT_FOUND "team_not_found" 404 "No such team";
    ROLE_NOT_FOUND "role_not_found" 404 "No such role";
    BINDING_NOT_FOUND "binding_not_found" 404 "No such binding";
    NO_MATCH "no_match" 404 "No version matches the range";
    METHOD_NOT_ALLOWED "method_not_allowed" 405 "The method is not allowed here";
    TIMEOUT "timeout" 408 "The request took too long to arrive";
    VERSION_EXISTS "version_exists" 409 "The version exists with other content";
    NAME_EXISTS "name_exists" 409 "The name is taken";
    REENTER_SECRET "reenter_secret" 409 "The credential must be given again";
    IN_USE "in_use" 409 "Something still points here";
    LAST_ADMIN "last_admin" 409 "Nobody would be left to administer the workspace";
    NOT_PUBLISHABLE "not_publishable" 409 "The version cannot be served";
    VERSION_LOCKED "version_locked" 409 "The version is locked";
    NOT_LOCKED "not_locked" 409 "The alias takes locked versions only";
    CONFLICT "conflict" 409 "Somebody else changed this at the same moment";
    EMAIL_IN_USE "email_in_use" 409 "Somebody else has this address here";
    IDENTITY_IN_USE "identity_in_use" 409 "The account at the provider belongs to somebody else here";
    SET_UP_DONE "set_up_done" 409 "The server has been set up already";
    STALE "stale" 412 "The object changed since it was read";
    TOO_LARGE "too_large" 413 "The request is too large";
    TEMPLATE_TOO_LARGE "template_too_large" 413 "The template is too large";
    FILE_TOO_LARGE "file_too_large" 413 "The file is too large";
    DOCUMENT_TOO_LARGE "document_too_large" 413 "The document is too large";
    URI_TOO_LONG "uri_too_long" 414 "The address is too long";
    UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" 415 "The body's type is not supported";
    NOT_AT_EDGE "not_at_edge" 421 "An edge does not answer this";
    INVALID "invalid" 422 "Some fields are not valid";
    UNKNOWN_FIELD "unknown_field" 422 "A field is not known";
    MISSING_FIELD "missing_field" 422 "A field is missing";
    NAME "name" 422 "The name is not allowed";
    SEMVER "semver" 422 "The version is not a semantic version";
    REFERENCE "reference" 422 "The text names no version";
    BAD_COMMIT "bad_commit" 422 "The text is not a git commit";
    BAD_LIMIT "bad_limit" 422 "The page size is not valid";
    OLDER_VERSION "older_version" 422 "The version is older than the newest one";
    UNDERSTATED_BUMP "understated_bump" 422 "The version understates the change";
    EMAIL "email" 422 "The text is not an email address";
    WEAK_PASSWORD "weak_password" 422 "The password is easy to guess";
    IDEMPOTENCY_MISMATCH "idempotency_mismatch" 422 "The Idempotency-Key was used for another request";
    PUSH_REFUSED "push_refused" 422 "Nothing was pushed";
    TOO_MANY_FILES "too_many_files" 422 "The push has too many files";
    NAME_CASE_CONFLICT "name_case_conflict" 422 "Two names differ only in case";
    NOT_UTF8 "not_utf8" 422 "The file is not UTF-8";
    CONTROL_CHARACTER "control_character" 422 "The text holds a control character";
    EMPTY_PROMPT "empty_prompt" 422 "The prompt is empty";
    YAML_SYNTAX "yaml_syntax" 422 "The YAML cannot be read";
    YAML_DEPTH "yaml_depth" 422 "The YAML is nested too deep";
    YAML_TOO_COMPLEX "yaml_too_complex" 422 "The YAML expands to too much";
    YAML_RECURSIVE "yaml_recursive" 422 "The YAML refers to itself";
    YAML_TAG_FORBIDDEN "yaml_tag_forbidden" 422 "YAML tags are not allowed";
    YAML_DUPLICATE_KEY "yaml_duplicate_key" 422 "The YAML names a key twice";
    NUMBER_OUT_OF_RANGE "number_out_of_range" 422 "A number is out of range";
    WRONG_TYPE "wrong_type" 422 "A field has the wrong type";
    UNSUPPORTED_FILE "unsupported_file" 422 "The file's form is not known";
    LOCK_FILE "lock_file" 422 "The lock file cannot be read";
    INVALID_ROLE "invalid_role" 422 "The role is not known";
    EMPTY_MESSAGES "empty_messages" 422 "The conversation has no messages";
    TOO_MANY_MESSAGES "too_many_messages" 422 "The conversation has too many messages";
    TOO_MANY_VARIANTS "too_many_variants" 422 "The prompt has too many variants";
    TOO_MANY_TAGS "too_many_tags" 422 "The variant has too many tags";
    AMBIGUOUS_VARIANT "ambiguous_variant" 422 "Two variants match equally well";
    INVALID_DEFAULT "invalid_default" 422 "The default does not fit the variable's type";
    TEMPLATE_SYNTAX "template_syntax" 422 "The template cannot be read";
    EXPRESSION_TOO_COMPLEX "expression_too_complex" 422 "The expression is too complex";
    NESTING_LIMIT "nesting_limit" 422 "The template is nested too deep";
    FORBIDDEN_FILTER "forbidden_filter" 422 "The filter is not available";
    UNKNOWN_FUNCTION "unknown_function" 422 "The function is not available";
    UNKNOWN_HELPER "unknown_helper" 422 "The helper is not available";
    INCLUDE_NOT_DECLARED "include_not_declared" 422 "The include is not declared";
    PARTIAL_NOT_DECLARED "partial_not_declared" 422 "The partial is not declared";
    DYNAMIC_INCLUDE_FORBIDDEN "dynamic_include_forbidden" 422 "The name of an include cannot be computed";
    DYNAMIC_PARTIAL_FORBIDDEN "dynamic_partial_forbidden" 422 "The name of a partial cannot be computed";
    BACKEND_NOT_ALLOWED "backend_not_allowed" 422 "The server's operator does not allow this kind of connector";
    SECRET_REF "secret_ref" 422 "The text names no secret";
    DYNAMIC_SECRET_FORBIDDEN "dynamic_secret_forbidden" 422 "The reference of a secret cannot be computed";
    PARTIAL_CYCLE "partial_cycle" 422 "Partials include each other";
    PARTIAL_EXPANSION_LIMIT "partial_expansion_limit" 422 "Partials expand too often";
    DEPENDENCY_NOT_FOUND "dependency_not_found" 422 "A dependency is not in the project";
    UNUSED_DEPENDENCY "unused_dependency" 422 "A declared dependency is never included";
    DEPENDENCY_CONFLICT "dependency_conflict" 422 "Dependencies cannot be used together";
    DEPENDENCY_CYCLE "dependency_cycle" 422 "Dependencies form a cycle";
    DEPENDENCY_DEPTH "dependency_depth" 422 "Dependencies are nested too deep";
    TOO_MANY_DEPENDENCIES "too_many_dependencies" 422 "The prompt has too many dependencies";
    WRONG_ENGINE "wrong_engine" 422 "The template is written in the other language";
    MISSING_VARIABLE "missing_variable" 422 "A variable is missing";
    TYPE_MISMATCH "type_mismatch" 422 "A variable has the wrong type";
    BAD_HISTORY "bad_history" 422 "A message history is not valid";
    VARIABLES_TOO_LARGE "variables_too_large" 422 "The variables are too large";
    TEMPLATE_UNDEFINED "template_undefined" 422 "The template uses something undefined";
    TEMPLATE_OPERATION "template_operation" 422 "An operation of the template failed";
    ARGUMENT_OUT_OF_RANGE "argument_out_of_range" 422 "An argument is out of range";
    RANGE_TOO_LARGE "range_too_large" 422 "A range is too large";
    RECURSION_LIMIT "recursion_limit" 422 "The template recurses too deep";
    RENDER_LIMIT "render_limit" 422 "The render exceeds a limit";
    SPLIT "split" 422 "Traffic cannot be divided so";
    URL_REFUSED "url_refused" 422 "The server does not call this URL";
    PRECONDITION_REQUIRED "precondition_required" 428 "If-Match is needed";
    RATE_LIMITED "rate_limited" 429 "Too many tries";
    HEADERS_TOO_LARGE "headers_too_large" 431 "The headers are too large";
    INTERNAL "internal" 500 "The server failed";
    UPSTREAM_LIMIT "upstream_limit" 502 "Another server's answer is too long or too slow";
    UPSTREAM_UNTRUE "upstream_untrue" 502 "Another server's answer is not believed";
    UPSTREAM_UNREACHABLE "upstream_unreachable" 502 "Another server cannot be reached";
    OVERLOADED "overloaded" 503 "The server has too much to do";
    UNAVAILABLE "unavailable" 503 "The server cannot do this now";
    SECRET_UNAVAILABLE "secret_unavailable" 503 "A secret cannot be read now";
    OIDC_UNAVAILABLE "oidc_unavailable" 503 "The identity provider cannot be reached";
    STORAGE_FULL "storage_full" 507 "The storage is full";
}

/// The row of a code; [`INTERNAL`] for a code that is not in the table, which a test excludes.
pub fn find(code: &str) -> ErrorCode {
    ALL.iter().copied().find(|row| row.code == code).unwrap_or(INTERNAL)
}
