//! What a handler may ask for in place of the session: an account, a role, a recent signature.

use std::time::Duration;

use crate::{
    caip::AccountId,
    error::Error,
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
