//! Who gets in: the one function that decides every way of signing in.
//!
//! Password, provider, set-up, invitation, password reset, refresh and device code all end in [`decide`], so a rule
//! such as "no passwords here" holds for each of them. It says who enters which workspace, or refuses with a value.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{UserId, WorkspaceId},
    time::Timestamp,
};

/// How somebody proved who they are. Kept with their session, because rules can change while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A password that this server checked.
    Password,
    /// An identity provider.
    Provider,
}

/// What the server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// People may have passwords here.
    pub passwords: bool,
    /// An identity provider is set up.
    pub provider: bool,
    /// Whoever the provider knows becomes a user at the first sign-in.
    pub provision: bool,
}

/// Somebody this server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Whether they may sign in at all.
    pub active: bool,
    /// The workspaces they are a member of, in the order they joined.
    pub workspaces: Vec<WorkspaceId>,
}

/// A one-time code as the server finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Where it leads.
    pub workspace: WorkspaceId,
    /// The only person who may use it; anybody who can prove its address when absent.
    pub person: Option<UserId>,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Whether it was used or withdrawn.
    pub spent: bool,
}

/// A way in, with what was found out about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    /// The set-up link: makes the first user.
    SetUp {
        /// How that user will sign in.
        by: Proof,
        /// Whether the link's token is right.
        genuine: bool,
        /// Whether the server has a user already.
        done: bool,
        /// The first workspace.
        home: &'a WorkspaceId,
    },
    /// Address and password.
    Password {
        /// Whether the password is that of the person.
        matches: bool,
    },
    /// An identity of the provider. The person is who it is linked to.
    Provider {
        /// Where somebody who is new begins.
        home: &'a WorkspaceId,
    },
    /// An invitation. The person is who has the invited address already, or who is signed in at the provider.
    Invitation {
        /// How it is accepted.
        by: Proof,
        /// The invitation, when the token names one.
        code: Option<&'a Code>,
        /// Whether the person proved to be that person. Somebody new has nothing to prove.
        matches: bool,
    },
    /// A new password with a code that an admin handed out.
    Reset {
        /// The code, when the token names one.
        code: Option<&'a Code>,
    },
    /// A refresh token, or an access token that is still good.
    Session {
        /// How the session was opened.
        by: Proof,
        /// Whether it was revoked.
        revoked: bool,
        /// When it ends, for lack of use or for good.
        ends_at: Timestamp,
    },
    /// A device whose code somebody entered who is signed in.
    Device {
        /// How that somebody had signed in.
        by: Proof,
        /// The workspace they were in.
        workspace: &'a WorkspaceId,
        /// What they decided; nothing yet when absent.
        approved: Option<bool>,
        /// When the code stops working.
        expires_at: Timestamp,
    },
}

/// Somebody at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// How they come.
    pub way: Way<'a>,
    /// Who they are, when the server knows them.
    pub person: Option<&'a Person>,
    /// The workspace they want; their first when absent.
    pub wanted: Option<&'a WorkspaceId>,
    /// When.
    pub now: Timestamp,
}

/// Who comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who it is.
    pub who: Who,
    /// The workspace they come into.
    pub workspace: WorkspaceId,
    /// How they proved who they are.
    pub by: Proof,
}

/// Who comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody known.
    Known(UserId),
    /// Somebody who becomes a user by this.
    New,
    /// The first user, who operates the server.
    Operator,
}

/// Why somebody does not come in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server does not take this proof.
    #[error("{}", match .0 {
        Proof::Password => "nobody signs in with a password here: sign in with your organisation's account",
        Proof::Provider => "no identity provider is set up here: sign in with a password",
    })]
    ProofOff(Proof),
    /// The server was set up before.
    #[error("this server has been set up already")]
    SetUpDone,
    /// Unknown person or wrong password: nobody learns which.
    #[error("the email address or the password is wrong")]
    WrongCredentials,
    /// A code that never was, was used, or belongs to somebody else: nobody learns which.
    #[error("this link is not valid: it was used already, withdrawn, or cut short")]
    BadCode,
    /// A code that is too old.
    #[error("this link worked until {} UTC", .0.format("%Y-%m-%d %H:%M"))]
    CodeExpired(Timestamp),
    /// The provider vouches for them, but nobody invited them.
    #[error("nobody has invited you here yet")]
    NotInvited,
    /// The person was switched off.
    #[error("this account is switched off")]
    Inactive,
    /// The person is in no workspace, or not in the one they want.
    #[error("you are not a member of this workspace")]
    NotAMember(Option<WorkspaceId>),
    /// The session is over.
    #[error("this session has ended: sign in again")]
    SessionEnded,
    /// Nobody has entered the device's code yet.
    #[error("nobody has entered the code yet")]
    Pending,
    /// Somebody entered the device's code and said no.
    #[error("the request was refused")]
    Denied,
}

/// Decides.
pub fn decide(rules: &Rules, attempt: &Attempt<'_>) -> Result<Entry, Refusal> {
    match attempt.way {
        Way::SetUp { by, genuine, done, home } => {
            refuse_if(done, || Refusal::SetUpDone)?;
            refuse_if(!genuine, || Refusal::BadCode)?;
            allowed(*rules, by)?;
            Ok(Entry { who: Who::Operator, workspace: home.clone(), by })
        }
        Way::Password { matches } => {
            allowed(*rules, Proof::Password)?;
            let person = attempt.person.filter(|_| matches).ok_or(Refusal::WrongCredentials)?;
            enter(attempt, person, Proof::Password)
        }
        Way::Provider { home } => {
            allowed(*rules, Proof::Provider)?;
            match attempt.person {
                Some(person) => enter(attempt, person, Proof::Provider),
                None if rules.provision => Ok(new_in(home, Proof::Provider)),
                None => Err(Refusal::NotInvited),
            }
        }
        Way::Invitation { by, code, matches } => {
            allowed(*rules, by)?;
            let code = usable(code, attempt.now)?;
            let Some(person) = attempt.person else {
                return Ok(new_in(&code.workspace, by));
            };
            refuse_if(!matches, || Refusal::WrongCredentials)?;
            refuse_if(code.person.as_ref().is_some_and(|id| *id != person.id), || Refusal::BadCode)?;
            active(person)?;
            Ok(Entry { who: Who::Known(person.id.clone()), workspace: code.workspace.clone(), by })
        }
        Way::Reset { code } => {
            allowed(*rules, Proof::Password)?;
            let code = usable(code, attempt.now)?;
            let person = attempt.person.filter(|person| code.person.as_ref() == Some(&person.id));
            enter(attempt, person.ok_or(Refusal::BadCode)?, Proof::Password)
        }
        Way::Session { by, revoked, ends_at } => {
            refuse_if(revoked || ends_at <= attempt.now, || Refusal::SessionEnded)?;
            allowed(*rules, by)?;
            enter(attempt, attempt.person.ok_or(Refusal::SessionEnded)?, by)
        }
        Way::Device { by, workspace, approved, expires_at } => {
            refuse_if(expires_at <= attempt.now, || Refusal::CodeExpired(expires_at))?;
            refuse_if(approved == Some(false), || Refusal::Denied)?;
            let person = attempt.person.filter(|_| approved == Some(true)).ok_or(Refusal::Pending)?;
            allowed(*rules, by)?;
            enter(&Attempt { wanted: Some(workspace), ..*attempt }, person, by)
        }
    }
}

/// Somebody known comes into the workspace they want, or into their first.
fn enter(attempt: &Attempt<'_>, person: &Person, by: Proof) -> Result<Entry, Refusal> {
    active(person)?;
    let workspace = match attempt.wanted {
        Some(wanted) => person.workspaces.iter().find(|own| *own == wanted),
        None => person.workspaces.first(),
    };
    let workspace = workspace.ok_or_else(|| Refusal::NotAMember(attempt.wanted.cloned()))?.clone();
    Ok(Entry { who: Who::Known(person.id.clone()), workspace, by })
}

fn new_in(workspace: &WorkspaceId, by: Proof) -> Entry {
    Entry { who: Who::New, workspace: workspace.clone(), by }
}

fn allowed(rules: Rules, by: Proof) -> Result<(), Refusal> {
    let on = match by {
        Proof::Password => rules.passwords,
        Proof::Provider => rules.provider,
    };
    refuse_if(!on, || Refusal::ProofOff(by))
}

fn active(person: &Person) -> Result<(), Refusal> {
    refuse_if(!person.active, || Refusal::Inactive)
}

fn usable(code: Option<&Code>, now: Timestamp) -> Result<&Code, Refusal> {
    let code = code.filter(|code| !code.spent).ok_or(Refusal::BadCode)?;
    refuse_if(code.expires_at <= now, || Refusal::CodeExpired(code.expires_at))?;
    Ok(code)
}

fn refuse_if(wrong: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if wrong { Err(refusal()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use Proof::{Password, Provider};
    use chrono::TimeDelta;

    use super::*;

    const BOTH: Rules = Rules { passwords: true, provider: true, provision: false };
    const PROVIDER_ONLY: Rules = Rules { passwords: false, ..BOTH };
    const PASSWORDS_ONLY: Rules = Rules { provider: false, ..BOTH };
    const PROVISION: Rules = Rules { provision: true, ..BOTH };

    fn now() -> Timestamp {
        Timestamp::from_timestamp(1_793_534_400, 0).expect("a moment")
    }

    fn workspace(id: &str) -> WorkspaceId {
        WorkspaceId::new(id)
    }

    fn person(workspaces: &[&str]) -> Person {
        let workspaces = workspaces.iter().map(|id| workspace(id)).collect();
        Person { id: UserId::new("ann"), active: true, workspaces }
    }

    fn code(person: Option<&str>) -> Code {
        let person = person.map(UserId::new);
        Code { workspace: workspace("w2"), person, expires_at: now() + TimeDelta::minutes(1), spent: false }
    }

    /// Who enters where, as short text; or the refusal.
    fn outcome(rules: Rules, way: Way<'_>, person: Option<&Person>, wanted: Option<&str>) -> String {
        let wanted = wanted.map(workspace);
        let attempt = Attempt { way, person, wanted: wanted.as_ref(), now: now() };
        match decide(&rules, &attempt) {
            Ok(Entry { who, workspace, .. }) => match who {
                Who::Known(id) => format!("{id} in {workspace}"),
                Who::New => format!("new in {workspace}"),
                Who::Operator => format!("operator in {workspace}"),
            },
            Err(refusal) => format!("{refusal:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn without_passwords_no_way_in_takes_one() {
        let (home, ann) = (workspace("w1"), person(&["w1"]));
        let (reset, invitation) = (code(Some("ann")), code(None));
        let ways = [
            Way::SetUp { by: Password, genuine: true, done: false, home: &home },
            Way::Password { matches: true },
            Way::Invitation { by: Password, code: Some(&invitation), matches: true },
            Way::Reset { code: Some(&reset) },
            Way::Session { by: Password, revoked: false, ends_at: now() + TimeDelta::hours(1) },
            Way::Device {
                by: Password,
                workspace: &home,
                approved: Some(true),
                expires_at: now() + TimeDelta::hours(1),
            },
        ];
        for way in ways {
            assert_eq!(outcome(PROVIDER_ONLY, way, Some(&ann), None), "ProofOff", "{way:?}");
            assert_ne!(outcome(BOTH, way, Some(&person(&["w1", "w2"])), None), "ProofOff", "{way:?}");
        }
    }

    #[test]
    fn nobody_who_is_switched_off_or_a_stranger_to_the_workspace_comes_in() {
        let home = workspace("w1");
        let later = now() + TimeDelta::hours(1);
        let off = Person { active: false, ..person(&["w1", "w2"]) };
        let reset = code(Some("ann"));
        let ways = [
            Way::Password { matches: true },
            Way::Provider { home: &home },
            Way::Reset { code: Some(&reset) },
            Way::Session { by: Provider, revoked: false, ends_at: later },
            Way::Device { by: Provider, workspace: &home, approved: Some(true), expires_at: later },
        ];
        for way in ways {
            assert_eq!(outcome(BOTH, way, Some(&off), None), "Inactive", "{way:?}");
            assert_eq!(outcome(BOTH, way, Some(&person(&[])), None), "NotAMember", "{way:?}");
            assert_eq!(outcome(BOTH, way, Some(&person(&["w1"])), None), "ann in w1", "{way:?}");
        }
        let invitation = code(None);
        let way = Way::Invitation { by: Password, code: Some(&invitation), matches: true };
        assert_eq!(outcome(BOTH, way, Some(&off), None), "Inactive");
    }

    #[test]
    fn the_password_decides_and_a_wrong_one_looks_like_an_unknown_person() {
        let ann = person(&["w1", "w2"]);
        let (right, wrong) = (Way::Password { matches: true }, Way::Password { matches: false });
        assert_eq!(outcome(PASSWORDS_ONLY, right, Some(&ann), None), "ann in w1");
        assert_eq!(outcome(BOTH, right, Some(&ann), Some("w2")), "ann in w2");
        assert_eq!(outcome(BOTH, right, Some(&ann), Some("w3")), "NotAMember");
        assert_eq!(outcome(BOTH, wrong, Some(&ann), None), "WrongCredentials");
        assert_eq!(outcome(BOTH, right, None, None), "WrongCredentials");
        let off = Person { active: false, ..ann };
        assert_eq!(outcome(BOTH, wrong, Some(&off), None), "WrongCredentials");
    }

    #[test]
    fn set_up_needs_its_token_and_happens_once() {
        let home = workspace("w1");
        let way = |genuine, done| Way::SetUp { by: Password, genuine, done, home: &home };
        assert_eq!(outcome(BOTH, way(true, false), None, None), "operator in w1");
        assert_eq!(outcome(BOTH, way(false, false), None, None), "BadCode");
        for genuine in [true, false] {
            assert_eq!(outcome(BOTH, way(genuine, true), None, None), "SetUpDone");
        }
    }

    #[test]
    fn a_provider_lets_in_who_is_linked_and_others_only_where_it_may_make_users() {
        let (home, ann) = (workspace("w1"), person(&["w1"]));
        let way = Way::Provider { home: &home };
        for (rules, known, expected) in [
            (BOTH, true, "ann in w1"),
            (BOTH, false, "NotInvited"),
            (PROVISION, false, "new in w1"),
            (PASSWORDS_ONLY, true, "ProofOff"),
            (PASSWORDS_ONLY, false, "ProofOff"),
        ] {
            assert_eq!(outcome(rules, way, known.then_some(&ann), None), expected, "{rules:?} {known}");
        }
    }

    #[test]
    fn a_code_works_once_in_its_time_for_its_person() {
        let (ann, bob) = (person(&["w1"]), Person { id: UserId::new("bob"), ..person(&["w1"]) });
        let good = code(Some("ann"));
        let spent = Code { spent: true, ..good.clone() };
        let old = Code { expires_at: now(), ..good.clone() };
        let reset = |code| Way::Reset { code };
        for (code, person, expected) in [
            (Some(&good), Some(&ann), "ann in w1"),
            (Some(&good), Some(&bob), "BadCode"),
            (Some(&good), None, "BadCode"),
            (Some(&spent), Some(&ann), "BadCode"),
            (Some(&old), Some(&ann), "CodeExpired"),
            (None, Some(&ann), "BadCode"),
            (Some(&code(None)), Some(&ann), "BadCode"),
        ] {
            assert_eq!(outcome(BOTH, reset(code), person, None), expected, "{code:?} {person:?}");
        }
    }

    #[test]
    fn an_invitation_gives_nobody_the_account_of_another() {
        let (ann, invitation) = (person(&["w1"]), code(None));
        let way = |matches| Way::Invitation { by: Password, code: Some(&invitation), matches };
        assert_eq!(outcome(BOTH, way(false), None, None), "new in w2");
        assert_eq!(outcome(BOTH, way(true), Some(&ann), None), "ann in w2");
        assert_eq!(outcome(BOTH, way(false), Some(&ann), None), "WrongCredentials");
    }

    #[test]
    fn a_session_lasts_until_it_ends_or_is_revoked() {
        let ann = person(&["w1"]);
        let session = |revoked, seconds| Way::Session {
            by: Password,
            revoked,
            ends_at: now() + TimeDelta::seconds(seconds),
        };
        for (way, expected) in [
            (session(false, 1), "ann in w1"),
            (session(false, 0), "SessionEnded"),
            (session(true, 1), "SessionEnded"),
        ] {
            assert_eq!(outcome(BOTH, way, Some(&ann), None), expected, "{way:?}");
        }
        assert_eq!(outcome(BOTH, session(false, 1), None, None), "SessionEnded");
    }

    #[test]
    fn a_device_waits_for_the_one_decision() {
        let (home, ann) = (workspace("w1"), person(&["w1"]));
        let device = |approved, seconds| Way::Device {
            by: Password,
            workspace: &home,
            approved,
            expires_at: now() + TimeDelta::seconds(seconds),
        };
        for (way, expected) in [
            (device(Some(true), 1), "ann in w1"),
            (device(None, 1), "Pending"),
            (device(Some(false), 1), "Denied"),
            (device(Some(true), 0), "CodeExpired"),
            (device(None, 0), "CodeExpired"),
        ] {
            assert_eq!(outcome(BOTH, way, Some(&ann), None), expected, "{way:?}");
        }
    }
}
