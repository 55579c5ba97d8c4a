//! From a key that is known to the keys before and after it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PrivateKey, PublicKey, Signature, Signed, SigningError, SigningKeyId, Statement};
use crate::time::Timestamp;

/// How far the clocks of two servers may differ: so much longer is a key believed after it was replaced.
pub(super) const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// That a workspace signs with this key from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyStatement {
    /// The workspace's id.
    pub workspace: String,
    /// Its place among the workspace's keys, from 1.
    pub sequence: i64,
    /// The key.
    pub key: PublicKey,
    /// The key before it.
    pub previous: Option<PublicKey>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key of a workspace, and why it is believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyLink {
    /// The key.
    pub statement: KeyStatement,
    /// By the key before: whoever knows that one believes this one. By itself for the first.
    pub signature: Signature,
    /// By the key itself: it is owned, and whoever knows it believes the one before.
    pub proof: Signature,
}

/// A key that a reader knows, and how many there were then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The key.
    pub key: PublicKey,
    /// Its place among the workspace's keys, when that is known too.
    pub sequence: Option<i64>,
}

/// The keys of a workspace that a reader believes.
#[derive(Clone, Debug)]
pub struct KeyRing {
    workspace: String,
    keys: BTreeMap<SigningKeyId, RingKey>,
    newest: Pin,
}

#[derive(Clone, Debug)]
struct RingKey {
    key: PublicKey,
    replaced_at: Option<Timestamp>,
}

impl Statement for KeyStatement {
    const KIND: &'static str = "key";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.created_at
    }
}

impl KeyLink {
    /// The first key of a workspace.
    pub fn first(workspace: &str, key: &PrivateKey, now: Timestamp) -> Self {
        Self::link(workspace, 1, key, None, now)
    }

    /// The key after this one, which `own` is the private half of.
    #[must_use]
    pub fn next(&self, own: &PrivateKey, key: &PrivateKey, now: Timestamp) -> Self {
        Self::link(&self.statement.workspace, self.statement.sequence + 1, key, Some(own), now)
    }

    fn link(
        workspace: &str,
        sequence: i64,
        key: &PrivateKey,
        previous: Option<&PrivateKey>,
        now: Timestamp,
    ) -> Self {
        let statement = KeyStatement {
            workspace: workspace.to_owned(),
            sequence,
            key: key.public(),
            previous: previous.map(PrivateKey::public),
            created_at: now,
        };
        let signature = previous.unwrap_or(key).signature(&statement);
        let proof = key.signature(&statement);
        Self { statement, signature, proof }
    }
}

impl KeyRing {
    /// The keys of a workspace, oldest first, as somebody believes them who knows one of them.
    ///
    /// # Errors
    /// When a link does not hold, or the known key is not among them.
    pub fn new(links: &[KeyLink], pin: &Pin) -> Result<Self, SigningError> {
        let ring = Self::unpinned(links)?;
        if links.iter().any(|link| link.statement.key == pin.key) {
            return Ok(ring);
        }
        Err(match pin.sequence {
            Some(known) if ring.newest.sequence.is_some_and(|newest| newest < known) => {
                SigningError::ChainRolledBack { known, found: ring.newest.sequence.unwrap_or_default() }
            }
            _ => SigningError::NotPinned { pinned: pin.key.id(), newest: ring.newest.key.id() },
        })
    }

    /// The same for somebody who knows none yet and trusts on first use.
    ///
    /// # Errors
    /// When a link does not hold.
    pub fn unpinned(links: &[KeyLink]) -> Result<Self, SigningError> {
        let broken = |sequence| move |_| SigningError::ChainBroken { sequence };
        let mut before: Option<&KeyStatement> = None;
        for (sequence, link) in (1..).zip(links) {
            let KeyLink { statement, signature, proof } = link;
            let fits = statement.sequence == sequence
                && statement.previous.as_ref() == before.map(|before| &before.key)
                && before.is_none_or(|before| before.workspace == statement.workspace);
            if !fits {
                return Err(SigningError::ChainBroken { sequence });
            }
            let signer = statement.previous.as_ref().unwrap_or(&statement.key);
            signer.verify(statement, signature).map_err(broken(sequence))?;
            statement.key.verify(statement, proof).map_err(broken(sequence))?;
            before = Some(statement);
        }
        let newest = before.ok_or(SigningError::ChainBroken { sequence: 1 })?;
        let replaced = links.iter().skip(1).map(|next| Some(next.statement.created_at)).chain([None]);
        let keys = links.iter().map(|link| link.statement.key.clone()).zip(replaced);
        Ok(Self {
            workspace: newest.workspace.clone(),
            keys: keys.map(|(key, replaced_at)| (key.id(), RingKey { key, replaced_at })).collect(),
            newest: Pin { key: newest.key.clone(), sequence: Some(newest.sequence) },
        })
    }

    /// The workspace all of them belong to.
    pub fn workspace(&self) -> &str {
        &self.workspace
    }

    /// The key that signs now: what to pin.
    pub fn newest(&self) -> &Pin {
        &self.newest
    }

    /// Whether a key of the ring signed this, while it was in use, for this workspace.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify<S: Statement>(&self, signed: &Signed<S>) -> Result<(), SigningError> {
        let Signed { statement, signature } = signed;
        let unknown = || SigningError::UnknownKey { key: signature.key.clone() };
        let RingKey { key, replaced_at } = self.keys.get(&signature.key).ok_or_else(unknown)?;
        key.verify(statement, signature)?;
        if statement.workspace() != self.workspace {
            return Err(SigningError::subject("workspace", &self.workspace, statement.workspace()));
        }
        match replaced_at {
            Some(at) if statement.signed_at() > *at + CLOCKS => {
                Err(SigningError::KeyReplaced { key: signature.key.clone(), at: *at })
            }
            _ => Ok(()),
        }
    }
}
