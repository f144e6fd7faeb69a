//! The port of what stays until somebody removes it: clients, consents.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::StoreError;

/// Keeps named entries, each of a kind.
///
/// # Contract
/// - `insert` only inserts: [`StoreError::Conflict`] if the kind has an entry of that name; of any
///   number of concurrent callers exactly one inserts.
/// - `put` writes whether there is an entry or not.
/// - `find` and `list` give back what was written, byte for byte. `list` is in the order of names.
/// - Kinds do not touch each other; names are told apart byte for byte.
/// - `remove` may be repeated; it says whether there was something.
/// - Nothing here expires.
#[async_trait]
pub trait Registry: Debug + Send + Sync + 'static {
    /// Writes a new entry.
    ///
    /// # Errors
    /// `Conflict`, `Full`, `Unavailable`.
    async fn insert(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Writes an entry.
    ///
    /// # Errors
    /// `Full`, `Unavailable`.
    async fn put(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Reads an entry.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn find(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// All entries of a kind, with their names.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn list(&self, kind: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError>;

    /// Removes an entry; says whether there was one.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn remove(&self, kind: &str, name: &str) -> Result<bool, StoreError>;
}
