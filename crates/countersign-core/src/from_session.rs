//! What a handler may ask for in place of the session: an account, a role, a recent signature.

use std::time::Duration;

use serde_json::Value;

use crate::{
    caip::AccountId,
    error::{Code, Error},
    identity::{Identity, Subject},
    session::Session,
    time::Timestamp,
};

/// A view of a live session, for guards: who has no such view is refused.
///
/// Chains bring one for their accounts, this crate those for parts of a session, and an application
/// its own:
///
/// ```
/// use countersign_core::{Error, FromSession, Session, Timestamp};
///
/// /// Somebody whose session says `"roles": ["admin"]`.
/// struct Admin(Session);
///
/// impl FromSession for Admin {
///     fn from_session(session: Session, _now: Timestamp) -> Result<Self, Error> {
///         session.require_role("admin")?;
///         Ok(Self(session))
///     }
/// }
/// ```
///
/// # Contract
/// - It looks at the session and the time, and at nothing else.
/// - The error is what the client is told; `not_admitted` where no more is to be said.
pub trait FromSession: Sized {
    /// The view of `session`, as things stand at `now`.
    ///
    /// # Errors
    /// `not_admitted`, unless the view knows better.
    fn from_session(session: Session, now: Timestamp) -> Result<Self, Error>;
}

impl FromSession for Session {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Ok(session)
    }
}

impl FromSession for Identity {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Ok(session.identity)
    }
}

impl FromSession for Subject {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Ok(session.identity.subject)
    }
}

impl FromSession for AccountId {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Ok(session.identity.account)
    }
}

/// Two views at once.
impl<A: FromSession, B: FromSession> FromSession for (A, B) {
    fn from_session(session: Session, now: Timestamp) -> Result<Self, Error> {
        Ok((
            A::from_session(session.clone(), now)?,
            B::from_session(session, now)?,
        ))
    }
}

/// A view of a session whose wallet signed at most so many seconds ago: for what a session alone
/// should not allow. Who is refused (`session_required`) signs in again, which makes a new session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent<const SECONDS: u64, T = Session>(pub T);

impl<const SECONDS: u64, T: FromSession> FromSession for Recent<SECONDS, T> {
    fn from_session(session: Session, now: Timestamp) -> Result<Self, Error> {
        session.require_recent(now, Duration::from_secs(SECONDS))?;
        T::from_session(session, now).map(Self)
    }
}

/// What views ask of a session.
impl Session {
    /// Whether the application gave it this role: one of `data["roles"]`, a list of names (RFC 9068
    /// section 2.2.3.1). [`Attach`](crate::Attach) is where they come from.
    pub fn has_role(&self, role: &str) -> bool {
        words(self.data.get("roles")).any(|word| word == role)
    }

    /// Whether the application gave it this scope: a word of `data["scope"]` (RFC 6749 section 3.3).
    pub fn has_scope(&self, scope: &str) -> bool {
        words(self.data.get("scope")).any(|word| word == scope)
    }

    /// [`has_role`](Self::has_role), or an error.
    ///
    /// # Errors
    /// `not_admitted`.
    pub fn require_role(&self, role: &str) -> Result<(), Error> {
        admitted(self.has_role(role))
    }

    /// [`has_scope`](Self::has_scope), or an error.
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
