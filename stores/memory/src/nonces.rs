//! One-time records in memory.

use std::collections::{HashMap, hash_map::Entry};

use countersign_core::{NonceStore, OneTime, StoreError, Timestamp, async_trait};

use crate::shards::{Shards, shrink};

/// Keeps one-time records in this process. A record is taken by one removal under one lock.
///
/// ```
/// use countersign_store_memory::MemoryNonces;
///
/// let small = MemoryNonces::with_capacity(10_000);
/// assert!(small.is_empty());
/// ```
#[derive(Debug)]
pub struct MemoryNonces(Shards<HashMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    payload: Vec<u8>,
    expires_at: Timestamp,
}

impl MemoryNonces {
    /// Holds at most `capacity` records, expired ones included until they are purged.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Shards::new(capacity))
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.0.entries()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemoryNonces {
    /// A quarter of a million records.
    fn default() -> Self {
        Self::with_capacity(250_000)
    }
}

#[async_trait]
impl NonceStore for MemoryNonces {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        let mut piece = self.0.of(record.key.as_bytes());
        match piece.entry(record.key.clone()) {
            Entry::Occupied(_) => Err(StoreError::Conflict),
            Entry::Vacant(place) => {
                self.0.reserve()?;
                place.insert(Kept {
                    payload: record.payload.clone(),
                    expires_at: record.expires_at,
                });
                Ok(())
            }
        }
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        let taken = self.0.of(key.as_bytes()).remove_entry(key);
        Ok(taken.map(|(key, kept)| {
            self.0.release(1);
            OneTime {
                key,
                payload: kept.payload,
                expires_at: kept.expires_at,
            }
        }))
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        for mut piece in self.0.all() {
            let entries = piece.len();
            piece.retain(|_, kept| kept.expires_at >= before);
            purged += entries - piece.len();
            self.0.release(entries - piece.len());
            shrink(&mut piece);
        }
        Ok(purged as u64)
    }

    fn is_shared(&self) -> bool {
        false
    }
}
