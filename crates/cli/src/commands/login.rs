//! `login`: in the browser of any device, with a password, with an invitation, or with a key.

use std::{io::Read as _, time::Duration};

use promptsync_api::{
    devices::AskForToken,
    sign_in::{
        AcceptInvitation, LinkPurpose, LinkQuestion, Login as Request, ResetPassword, SessionKind, SetUp,
        SignedIn,
    },
};
use promptsync_client::{Client, ClientError};

use crate::{
    Context,
    args::Login,
    credentials::{SignIn, tell},
    error::{CliError, Kind, Result},
    printer::clean_line,
    registry::{Registry, session},
};

/// What is added to the pause between two questions when the server asks for it (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);

pub(super) fn run(args: &Login, context: &Context) -> Result {
    let registry = Registry::without_key(&context.settings)?;
    let client = &registry.client;
    if client.is_exposed() {
        context.printer.warn(format!("the sign-in travels unencrypted to {}; use https", client.url()));
    }
    if args.with_token {
        return with_key(&registry, context);
    }
    let client_name = Some(format!("promptsync {} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS));
    let signed_in = if args.password_stdin {
        let password = from_stdin("password")?;
        with_password(args, &registry, password, client_name)?
    } else {
        in_a_browser(&registry, context, client_name)?
    };
    let place = context.settings.credentials.save(client, &session(&signed_in)?)?;
    tell(&place, &context.printer);
    let (user, workspace) = (clean_line(&signed_in.user.name), clean_line(&signed_in.workspace.name));
    context.printer.line(format!("{user} is signed in to {} in the workspace {workspace}.", client.url()))
}

/// Keeps an API key that the server knows.
fn with_key(registry: &Registry, context: &Context) -> Result {
    let key = from_stdin("key")?;
    let known = Client::new(registry.client.url(), Some(&key))?;
    let caller = registry.wait(known.whoami())?;
    let place = context.settings.credentials.save(&registry.client, &SignIn::Key { key })?;
    tell(&place, &context.printer);
    context.printer.line(format!("The key {} opens {}.", clean_line(&caller.name), known.url()))
}

fn with_password(
    args: &Login,
    registry: &Registry,
    password: String,
    client: Option<String>,
) -> Result<SignedIn> {
    let (server, name, kind) = (&registry.client, args.name.clone(), SessionKind::Cli);
    match (&args.set_up, &args.invitation, &args.email) {
        (Some(token), _, Some(email)) => {
            let (token, email) = (Some(token.clone()), email.clone());
            registry.wait(server.set_up(&SetUp { token, email, name, password, kind, client }))
        }
        (_, Some(token), _) => {
            let token = Some(token.clone());
            let link = registry.wait(server.link(&LinkQuestion { token: token.clone() }))?;
            match link.purpose {
                LinkPurpose::Reset => {
                    let request = ResetPassword { token, email: link.email, password, kind, client };
                    registry.wait(server.reset_password(&request))
                }
                LinkPurpose::Invitation => {
                    let request = AcceptInvitation { token, name, password, kind, client };
                    registry.wait(server.accept_invitation(&request))
                }
            }
        }
        (_, _, Some(email)) => {
            let (email, workspace) = (email.clone(), args.workspace.clone());
            registry.wait(server.sign_in(&Request { email, password, workspace, kind, client }))
        }
        _ => Err(CliError::usage("usage", "--password-stdin needs --email or --invitation")),
    }
}

/// Shows a code, and asks the server until somebody has entered it.
fn in_a_browser(registry: &Registry, context: &Context, client: Option<String>) -> Result<SignedIn> {
    let codes = registry.wait(registry.client.start_device())?;
    let (page, code) = (clean_line(&codes.verification_uri), clean_line(&codes.user_code));
    // Needed to go on, so it is shown whatever notes are asked for.
    let shown = format!("Open {page} in a browser and enter the code {code}");
    if context.printer.json || context.printer.quiet {
        context.printer.always(&shown);
    } else {
        context.printer.note(shown);
    }
    let mut pause = Duration::from_secs(codes.interval.clamp(1, 60));
    let question = AskForToken { device_code: codes.device_code, client };
    loop {
        std::thread::sleep(pause);
        match registry.try_wait(registry.client.ask_for_token(&question)) {
            Ok(signed_in) => return Ok(signed_in),
            Err(error) => match error.code() {
                Some("authorization_pending") => {}
                Some("slow_down") => pause += SLOWER,
                Some("access_denied") => {
                    return Err(CliError::new(Kind::Auth, "access_denied", "the request was refused"));
                }
                Some("code_expired") => {
                    return Err(CliError::new(Kind::Auth, "code_expired", "nobody entered the code in time")
                        .hint("run `promptsync login` again"));
                }
                // The network may be away for a moment; the code's own time ends the wait.
                None if !matches!(error, ClientError::Unreadable { .. }) => pause += SLOWER,
                _ => return Err(error.into()),
            },
        }
    }
}

/// A secret from standard input, without the line's end.
fn from_stdin(what: &str) -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(8192)
        .read_to_string(&mut text)
        .map_err(|error| CliError::usage("io", format!("cannot read the {what}: {error}")))?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err(CliError::usage("usage", format!("standard input holds no {what}")).hint(format!(
            "pass it with a pipe or `< file`; a {what} on the command line would be seen by others"
        )));
    }
    Ok(text.to_owned())
}
