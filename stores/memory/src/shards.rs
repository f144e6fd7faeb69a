//! A map in pieces, each behind its own lock, with one bound for all.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use countersign_core::StoreError;

/// `SHARDS` locked pieces of type `T`, and a count of entries that never passes `capacity`.
pub(crate) struct Shards<T> {
    pieces: Box<[Mutex<T>]>,
    hasher: RandomState,
    entries: AtomicUsize,
    capacity: usize,
}

impl<T: Default> Shards<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            pieces: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            entries: AtomicUsize::new(0),
            capacity,
        }
    }

    /// The piece that holds whatever belongs to `key`.
    pub(crate) fn of(&self, key: &[u8]) -> MutexGuard<'_, T> {
        let place = self.hasher.hash_one(key) as usize % SHARDS;
        lock(&self.pieces[place])
    }

    /// The piece for what is spread evenly already, by its first two bytes.
    pub(crate) fn at(&self, shard: [u8; 2]) -> MutexGuard<'_, T> {
        lock(&self.pieces[usize::from(u16::from_le_bytes(shard)) % SHARDS])
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.pieces.iter().map(lock)
    }

    /// Takes a place for one entry; give it back with [`release`](Self::release).
    pub(crate) fn reserve(&self) -> Result<(), StoreError> {
        let one_more = |entries: usize| (entries < self.capacity).then(|| entries + 1);
        self.entries
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .map(|_| ())
            .map_err(|_| StoreError::Full)
    }

    pub(crate) fn release(&self, entries: usize) {
        self.entries.fetch_sub(entries, Ordering::AcqRel);
    }

    pub(crate) fn entries(&self) -> usize {
        self.entries.load(Ordering::Acquire)
    }
}

/// A panic while a lock was held cannot leave a piece half-written: every change is one call on
/// the map. So a poisoned lock is as good as a whole one.
fn lock<T>(piece: &Mutex<T>) -> MutexGuard<'_, T> {
    piece.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives memory back after a purge that left a map mostly empty.
pub(crate) fn shrink<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>) {
    if map.capacity() > 64 && map.capacity() / 4 > map.len() {
        map.shrink_to(map.len() * 2);
    }
}

impl<T> fmt::Debug for Shards<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards")
            .field("entries", &self.entries)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

const SHARDS: usize = 64;
