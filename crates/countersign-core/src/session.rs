//! A signed-in session: plain data that a store keeps.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::{Code, Error},
    identity::Identity,
    secret::{RefreshSeed, SessionId},
    time::Timestamp,
};

/// A signed-in session.
///
/// A store keeps it under `id`; the token that the client holds is not in it and cannot be
/// computed from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The digest of the token.
    pub id: SessionId,
    /// Who signed in.
    pub identity: Identity,
    /// How the client carries the token.
    pub kind: SessionKind,
    /// Counts the writes; a store replaces only the version before.
    pub version: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to a tenth of the idle time.
    pub last_seen: Timestamp,
    /// When it ends for want of use.
    pub idle_until: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// How far its refresh tokens have come, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshState>,
    /// What the application keeps with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, Value>,
}

impl Session {
    /// Whether it still counts at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.idle_until && now < self.expires_at
    }

    /// Whether the application gave it this role: one of `data["roles"]`, a list of names (RFC 9068
    /// section 2.2.3.1). [`Attach`](crate::Attach) is where they come from.
    pub fn has_role(&self, role: &str) -> bool {
        words(self.data.get("roles")).any(|word| word == role)
    }

    /// Whether the application gave it this scope: a word of `data["scope"]` (RFC 6749 section 3.3).
    pub fn has_scope(&self, scope: &str) -> bool {
        words(self.data.get("scope")).any(|word| word == scope)
    }

    /// The same as an error, for handlers and [`FromSession`](crate::FromSession).
    ///
    /// # Errors
    /// `not_admitted`.
    pub fn require_role(&self, role: &str) -> Result<(), Error> {
        admitted(self.has_role(role))
    }

    /// As [`require_role`](Self::require_role), for a scope.
    ///
    /// # Errors
    /// `not_admitted`.
    pub fn require_scope(&self, scope: &str) -> Result<(), Error> {
        admitted(self.has_scope(scope))
    }

    /// Whether the wallet signed no longer ago than `within`.
    ///
    /// # Errors
    /// `session_required`: the client is to sign in again, which makes a new session.
    pub fn require_recent(&self, now: Timestamp, within: Duration) -> Result<(), Error> {
        if now.since(self.identity.authenticated_at) <= within {
            Ok(())
        } else {
            Err(Code::SessionRequired.into())
        }
    }
}

/// The words of a text, or the texts of a list.
fn words(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let (text, list) = match value {
        Some(Value::String(text)) => (text.as_str(), &[][..]),
        Some(Value::Array(list)) => ("", &list[..]),
        _ => ("", &[][..]),
    };
    let listed = list.iter().filter_map(Value::as_str);
    text.split_ascii_whitespace().chain(listed)
}

fn admitted(is: bool) -> Result<(), Error> {
    if is {
        Ok(())
    } else {
        Err(Code::NotAdmitted.into())
    }
}

/// Where a session's chain of refresh tokens stands. Without the engine's key nobody makes a token
/// out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshState {
    /// What all tokens of the chain are derived from.
    pub seed: RefreshSeed,
    /// The number of the one token that is good.
    pub count: u32,
    /// When the one before it was used.
    pub rotated_at: Timestamp,
}

/// How the client carries a session's token. One kind is never accepted as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// In a cookie: for browsers. Bound to the browser that asked for the challenge.
    Cookie,
    /// As a bearer token: for programs.
    Token,
}
