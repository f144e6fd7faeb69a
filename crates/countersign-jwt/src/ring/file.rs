//! A ring in a file: JSON Web Keys with their times, written whole or not at all, read anew when it
//! changes.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use countersign_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Entry, Keys, RingError};
use crate::key::Key;

/// The file of a ring, and when it was looked at last.
#[derive(Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    every: Duration,
    looked: Instant,
    seen: Option<(SystemTime, u64)>,
}

impl Watched {
    /// Reads a file that will be looked at as often as this says.
    pub(crate) fn open(path: PathBuf, every: Duration) -> Result<(Self, Keys), RingError> {
        let mut watched = Self {
            path,
            every,
            looked: Instant::now(),
            seen: None,
        };
        let keys = watched.read()?;
        Ok((watched, keys))
    }

    /// Whether it is time to look again, and the file is not what it was.
    pub(crate) fn may_have_changed(&mut self) -> bool {
        if self.looked.elapsed() < self.every {
            return false;
        }
        self.looked = Instant::now();
        stamp(&self.path) != self.seen
    }

    /// Reads the file, whether it changed or not.
    pub(crate) fn read(&mut self) -> Result<Keys, RingError> {
        let seen = stamp(&self.path); // before it is read: a change in between is seen later
        let keys = read(&self.path)?;
        self.seen = seen;
        Ok(keys)
    }
}

/// One key in a ring's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    jwk: Map<String, Value>,
    signs_from: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verifies_until: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKeys {
    keys: Vec<FileEntry>,
}

/// Writes a ring to a file that only its owner can read, in place of what was there.
pub(crate) fn write(keys: &Keys, path: &Path) -> Result<(), RingError> {
    let entries = keys.0.iter().map(|entry| FileEntry {
        jwk: entry.key.private_jwk(),
        signs_from: entry.signs_from.as_secs(),
        verifies_until: entry.verifies_until.map(Timestamp::as_secs),
    });
    let file = FileKeys {
        keys: entries.collect(),
    };
    let text = serde_json::to_vec_pretty(&file).expect("keys are JSON");
    let text = Zeroizing::new(text);
    let beside = path.with_extension("new");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = options.open(&beside)?;
    to.write_all(&text)?;
    to.sync_all()?;
    Ok(std::fs::rename(&beside, path)?)
}

fn read(path: &Path) -> Result<Keys, RingError> {
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE));
    File::open(path)?
        .take(MAX_FILE as u64)
        .read_to_end(&mut text)?;
    let file: FileKeys = serde_json::from_slice(&text).map_err(|_| RingError::Malformed)?;
    let mut keys = Keys::default();
    for entry in file.keys {
        let key = Key::from_jwk(&entry.jwk)?;
        if keys.0.iter().any(|other| other.key.kid() == key.kid()) {
            return Err(RingError::Exists);
        }
        keys.0.push(Entry {
            key,
            signs_from: Timestamp::from_secs(entry.signs_from),
            verifies_until: entry.verifies_until.map(Timestamp::from_secs),
        });
    }
    Ok(keys)
}

/// Tells one state of a file from another.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// A ring of some hundred keys.
const MAX_FILE: usize = 256 * 1024;
