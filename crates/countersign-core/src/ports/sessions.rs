//! The port of sessions.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{
    error::StoreError, identity::Subject, secret::SessionId, session::Session, time::Timestamp,
};

/// Keeps sessions.
///
/// # Contract
/// - `insert` only inserts: `Conflict` if the id exists. It writes the session and whatever index
///   finds it by subject in one atomic step.
/// - `find` gives back what was written, field for field.
/// - `replace` succeeds only if the stored version is `session.version - 1`. On another version
///   *and on a missing row* it is `Conflict`, never an insert: a session that was signed out cannot
///   rise again.
/// - Every session whose `insert` returned before `remove_all` of its subject began is dead when
///   `remove_all` returns.
/// - `remove`, `remove_all` and `purge` may be repeated.
/// - The store does not judge time; `purge` removes only sessions that ended before the instant.
/// - A store whose records carry an end of their own (a time to live that the backend minds, at
///   least until the session ends) may leave the removal to it; its `purge` says 0.
/// - `at_hand` gives what `find` would give at that moment, or `None`.
/// - A store that is full says [`StoreError::Full`] and drops nothing.
/// - Dropping a future may lose the answer, never the guarantee: a session may exist unheard of,
///   not half-written.
#[async_trait]
pub trait SessionStore: Debug + Send + Sync + 'static {
    /// Writes a new session.
    ///
    /// # Errors
    /// `Conflict`, `Full`, `Unavailable`.
    async fn insert(&self, session: &Session) -> Result<(), StoreError>;

    /// Reads a session.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError>;

    /// Reads a session that the store has in this process's memory, where nothing need be waited for.
    /// `None` says nothing about the session: [`find`](Self::find) is asked then.
    ///
    /// Boxed, because it is handed on through many hands.
    fn at_hand(&self, _id: &SessionId) -> Option<Box<Session>> {
        None
    }

    /// Writes the next version of a session: compare-and-swap on `version`.
    ///
    /// # Errors
    /// `Conflict`, `Unavailable`.
    async fn replace(&self, session: &Session) -> Result<(), StoreError>;

    /// Removes a session; says whether it was there.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError>;

    /// The sessions of a subject, in no particular order.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError>;

    /// Removes all sessions of a subject; says how many there were.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError>;

    /// Removes sessions that ended before `before`; says how many there were.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Whether other processes see the same. A store in its process's memory says no, and an engine
    /// of several nodes refuses it.
    fn is_shared(&self) -> bool {
        true
    }
}
