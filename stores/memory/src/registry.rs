//! Clients and consents in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use countersign_core::{Registry, StoreError, async_trait};

/// Keeps entries in this process.
///
/// ```
/// use countersign_store_memory::MemoryRegistry;
///
/// let small = MemoryRegistry::with_capacity(1_000);
/// # let _ = small;
/// ```
#[derive(Debug)]
pub struct MemoryRegistry {
    entries: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    capacity: usize,
}

impl MemoryRegistry {
    /// Holds at most `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Mutex::default(),
            capacity,
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<(String, String), Vec<u8>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(
        &self,
        kind: &str,
        name: &str,
        value: &[u8],
        may_replace: bool,
    ) -> Result<(), StoreError> {
        let mut entries = self.entries();
        let key = (kind.to_owned(), name.to_owned());
        let is_there = entries.contains_key(&key);
        if is_there && !may_replace {
            return Err(StoreError::Conflict);
        }
        if !is_there && entries.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        entries.insert(key, value.to_vec());
        Ok(())
    }
}

impl Default for MemoryRegistry {
    /// A hundred thousand entries.
    fn default() -> Self {
        Self::with_capacity(100_000)
    }
}

#[async_trait]
impl Registry for MemoryRegistry {
    async fn insert(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write(kind, name, value, false)
    }

    async fn put(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write(kind, name, value, true)
    }

    async fn find(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = (kind.to_owned(), name.to_owned());
        Ok(self.entries().get(&key).cloned())
    }

    async fn list(&self, kind: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let entries = self.entries();
        let from = entries.range((kind.to_owned(), String::new())..);
        Ok(from
            .take_while(|((of, _), _)| of == kind)
            .map(|((_, name), value)| (name.clone(), value.clone()))
            .collect())
    }

    async fn remove(&self, kind: &str, name: &str) -> Result<bool, StoreError> {
        let key = (kind.to_owned(), name.to_owned());
        Ok(self.entries().remove(&key).is_some())
    }
}
