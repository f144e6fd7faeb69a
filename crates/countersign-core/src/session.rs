//! A signed-in session: plain data that a store keeps.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
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
    /// What its holder allowed another application, if it is that application's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// What must go on being true on the chain, if anything must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// What the application keeps with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, serde_json::Value>,
}

impl Session {
    /// Whether it still counts at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.idle_until && now < self.expires_at
    }

    /// The name that people know the account by, if a plug found one ([`NAME`](Self::NAME)). It is
    /// for display: the account is who it is.
    pub fn name(&self) -> Option<&str> {
        self.data.get(Self::NAME)?.as_str()
    }

    /// The avatar that goes with the name: the text of a URI, which its holder chose. Nothing here
    /// ever fetches it.
    pub fn avatar(&self) -> Option<&str> {
        self.data.get(Self::AVATAR)?.as_str()
    }

    /// The key in `data` of the account's name, such as `alice.eth`.
    pub const NAME: &str = "account_name";

    /// The key in `data` of the account's avatar.
    pub const AVATAR: &str = "account_avatar";
}

/// What must go on being true for a session to go on: a contract's word, which its owners can take
/// back. The engine asks again at every refresh, and as often as
/// [`recheck_every`](crate::EngineBuilder::recheck_every) says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What the verifier needs to ask again. Only the verifier reads it.
    pub evidence: String,
    /// When the chain last agreed.
    pub confirmed_at: Timestamp,
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing")
            .field("evidence", &format_args!("{} bytes", self.evidence.len()))
            .field("confirmed_at", &self.confirmed_at)
            .finish()
    }
}

/// What somebody allowed an application (RFC 6749). A session with a grant belongs to that client: its
/// tokens are refused wherever the holder's own are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The `client_id`.
    pub client: String,
    /// The scopes that were allowed.
    pub scopes: Vec<String>,
    /// Whether the client may have new tokens for a refresh token.
    pub refreshable: bool,
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
