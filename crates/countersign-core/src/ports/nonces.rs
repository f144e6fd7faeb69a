//! The port of one-time records.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{error::StoreError, time::Timestamp};

/// Keeps one-time records: challenges, authorization codes, anything that is taken once.
///
/// It is a list of what was issued, never of what was used: lost data means "sign again", not
/// "replay accepted".
///
/// # Contract
/// - `issue` fails with [`StoreError::Conflict`] if any record stands under the key; it never
///   overwrites.
/// - `consume` is atomic: of any number of concurrent callers, in any number of processes, exactly
///   one gets the record; afterwards there is none.
/// - `consume` gives back what was issued, byte for byte, also if it is past `expires_at` and
///   still there.
/// - The store does not judge time: it keeps a record at least until `expires_at`, and what is
///   expired the engine judges by its own clock.
/// - A store that is full says [`StoreError::Full`] and drops nothing.
/// - `purge` removes only records that expired before the given instant; it may be repeated.
/// - A store whose records carry an end of their own (a time to live that the backend minds, at
///   least until `expires_at`) may leave the removal to it; its `purge` says 0. Another list of
///   what expires when would cost a second write for each record, only to be counted.
/// - Dropping a future may lose the answer, never the guarantee: a record may be burnt, not
///   doubled.
#[async_trait]
pub trait NonceStore: Debug + Send + Sync + 'static {
    /// Puts a record down.
    ///
    /// # Errors
    /// `Conflict`, `Full`, `Unavailable`.
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError>;

    /// Takes the record under `key` away, if there is one.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError>;

    /// Removes what expired before `before`; says how many records that were.
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

/// A record that is taken once.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTime {
    /// A digest in base64url, 43 characters: never a value that a client chose.
    pub key: String,
    /// What the engine wants to know again. Opaque to the store.
    pub payload: Vec<u8>,
    /// Until when the store must keep it.
    pub expires_at: Timestamp,
}

impl Debug for OneTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTime")
            .field("key", &self.key)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .field("expires_at", &self.expires_at)
            .finish()
    }
}
