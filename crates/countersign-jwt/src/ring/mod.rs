//! The keys of an issuer over time: the next, the current, and retired ones until their tokens
//! have ended. A ring changes while it is in use; its clones are one ring.

mod file;
mod keys;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use countersign_core::Timestamp;
use serde::Serialize;

use self::file::Watched;
pub(crate) use self::keys::{Entry, Keys};
use crate::key::{Key, KeyError};

/// Keys that rotate without a restart.
///
/// At any instant the ring's *current* key signs: the one that began last. One that begins later
/// is *next*: it is published, so that others know it before its first token, but signs nothing.
/// One that has been replaced is *retired*: its tokens are good until its time is over.
///
/// ```
/// use std::time::Duration;
/// use countersign_core::Timestamp;
/// use countersign_jwt::{Algorithm, Key, KeyRing};
///
/// let now = Timestamp::from_secs(1_767_225_600);
/// let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
/// ring.add(Key::generate(Algorithm::EdDsa), now + Duration::from_secs(3600)).unwrap();
/// ring.rotate(now, Duration::from_secs(900)).unwrap();
/// assert_eq!(ring.list(now).len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct KeyRing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: RwLock<Arc<Keys>>,
    file: Option<Mutex<Watched>>,
}

/// Where a key stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Published, and not signing yet.
    Next,
    /// The one that signs.
    Current,
    /// Replaced; its tokens are still good.
    Retired,
    /// Over: its tokens are refused.
    Ended,
}

/// A key of a ring, for people to see. Never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RingKey {
    /// Its name.
    pub kid: String,
    /// How it signs.
    pub algorithm: crate::Algorithm,
    /// Where it stands.
    pub phase: Phase,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// When its tokens end to be good, once that is known.
    pub verifies_until: Option<Timestamp>,
}

impl KeyRing {
    /// A ring in memory with one key, which has always been the current one.
    pub fn of(key: Key) -> Self {
        Self::with(Keys(vec![Entry {
            key,
            signs_from: Timestamp::from_secs(0),
            verifies_until: None,
        }]))
    }

    /// Reads a ring from the file that [`save`](Self::save) or `countersign keys` wrote, and reads
    /// it anew when it changes: looked at when a key is needed, once a second at most. A file that
    /// cannot be read leaves the keys as they were.
    ///
    /// # Errors
    /// [`RingError`], if it cannot be read now.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, RingError> {
        Self::open_watched(path, Duration::from_secs(1))
    }

    /// The same, looked at as often as this says.
    ///
    /// # Errors
    /// [`RingError`], if it cannot be read now.
    pub fn open_watched(path: impl Into<PathBuf>, every: Duration) -> Result<Self, RingError> {
        let (watched, keys) = Watched::open(path.into(), every)?;
        Ok(Self(Arc::new(Inner {
            keys: RwLock::new(Arc::new(keys)),
            file: Some(Mutex::new(watched)),
        })))
    }

    /// Adds a key that begins to sign at an instant.
    ///
    /// # Errors
    /// [`RingError::Exists`].
    pub fn add(&self, key: Key, signs_from: Timestamp) -> Result<(), RingError> {
        self.change(|keys| {
            if keys.0.iter().any(|entry| entry.key.kid() == key.kid()) {
                return Err(RingError::Exists);
            }
            keys.0.push(Entry {
                key: key.clone(),
                signs_from,
                verifies_until: None,
            });
            Ok(())
        })
    }

    /// Makes the next key the current one. The one until now retires; its tokens are good for
    /// `keep` yet, which must not be less than the longest access token.
    ///
    /// # Errors
    /// [`RingError::NoNext`].
    pub fn rotate(&self, now: Timestamp, keep: Duration) -> Result<String, RingError> {
        self.change(|keys| {
            let next = keys.0.iter().enumerate();
            let next = next
                .filter(|(_, entry)| entry.signs_from > now && entry.verifies_until.is_none())
                .min_by_key(|(_, entry)| entry.signs_from)
                .map(|(index, _)| index)
                .ok_or(RingError::NoNext)?;
            for entry in &mut keys.0 {
                if entry.signs_from <= now && entry.verifies_until.is_none() {
                    entry.verifies_until = Some(now + keep);
                }
            }
            keys.0[next].signs_from = now;
            Ok(keys.0[next].key.kid().to_owned())
        })
    }

    /// Ends a key at once: it signs nothing more, and its tokens are refused.
    ///
    /// # Errors
    /// [`RingError::Unknown`].
    pub fn retire(&self, kid: &str, now: Timestamp) -> Result<(), RingError> {
        self.change(|keys| {
            let mut entries = keys.0.iter_mut();
            let entry = entries.find(|entry| entry.key.kid() == kid);
            entry.ok_or(RingError::Unknown)?.verifies_until = Some(now);
            Ok(())
        })
    }

    /// The keys as people may see them, in the order in which they begin.
    pub fn list(&self, now: Timestamp) -> Vec<RingKey> {
        let keys = self.keys();
        let current = keys.current(now).map(Key::kid);
        let mut list: Vec<_> = keys
            .0
            .iter()
            .map(|entry| RingKey {
                kid: entry.key.kid().to_owned(),
                algorithm: entry.key.algorithm(),
                phase: keys.phase(entry, now, current),
                signs_from: entry.signs_from,
                verifies_until: keys.end_of(entry),
            })
            .collect();
        list.sort_by_key(|key| key.signs_from);
        list
    }

    /// Writes the ring to a file that only its owner can read, in place of what was there, whole
    /// or not at all.
    ///
    /// # Errors
    /// [`RingError::File`].
    pub fn save(&self, path: &Path) -> Result<(), RingError> {
        file::write(&self.keys(), path)
    }

    /// Reads the file anew now, whether it changed or not; a ring in memory stays as it is.
    ///
    /// # Errors
    /// [`RingError`]; the keys then stay as they were.
    pub fn reload(&self) -> Result<(), RingError> {
        let Some(file) = &self.0.file else {
            return Ok(());
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        self.reread(&mut file)
    }

    pub(crate) fn keys(&self) -> Arc<Keys> {
        if let Some(file) = &self.0.file
            && let Ok(mut file) = file.try_lock()
            && file.may_have_changed()
            && let Err(error) = self.reread(&mut file)
        {
            tracing::warn!(target: "countersign", %error, "the key ring was not read anew");
        }
        self.0
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn reread(&self, file: &mut Watched) -> Result<(), RingError> {
        let keys = file.read()?;
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    fn with(keys: Keys) -> Self {
        Self(Arc::new(Inner {
            keys: RwLock::new(Arc::new(keys)),
            file: None,
        }))
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Keys) -> Result<T, RingError>,
    ) -> Result<T, RingError> {
        let mut held = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut keys = Keys::clone(&held);
        let done = change(&mut keys)?;
        *held = Arc::new(keys);
        Ok(done)
    }
}

impl Default for KeyRing {
    /// A ring without keys.
    fn default() -> Self {
        Self::with(Keys::default())
    }
}

/// Why a ring was not read or changed. Never holds a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// The file cannot be read or written.
    #[error("the key ring's file: {0}")]
    File(#[from] std::io::Error),
    /// The file is no key ring.
    #[error("the file is not a key ring")]
    Malformed,
    /// One of the keys is not good.
    #[error("a key of the ring: {0}")]
    Key(#[from] KeyError),
    /// The ring has this key already.
    #[error("the ring has this key already")]
    Exists,
    /// No key waits to become the current one.
    #[error("the ring has no next key: add one first")]
    NoNext,
    /// The ring has no key of this name.
    #[error("the ring has no key of this name")]
    Unknown,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Algorithm;

    #[test]
    fn a_key_that_the_clock_replaced_ends_with_its_longest_token() {
        let now = Timestamp::from_secs(1_767_225_600);
        let hour = Duration::from_secs(3_600);
        let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
        ring.add(Key::generate(Algorithm::EdDsa), now + hour)
            .unwrap();
        let phases = |at| {
            ring.list(at)
                .iter()
                .map(|key| key.phase)
                .collect::<Vec<_>>()
        };
        assert_eq!(phases(now), [Phase::Current, Phase::Next]);
        assert_eq!(phases(now + hour), [Phase::Retired, Phase::Current]);
        assert_eq!(phases(now + 25 * hour), [Phase::Ended, Phase::Current]);
        assert_eq!(ring.keys().jwks(now + 24 * hour).keys.len(), 2);
        assert_eq!(ring.keys().jwks(now + 25 * hour).keys.len(), 1);
    }
}
