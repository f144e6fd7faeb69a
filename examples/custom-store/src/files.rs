//! A store that keeps every record in a file of its own: no database, and a restart signs nobody
//! out. One process at a time; a busy site wants something else.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use countersign::{
    NonceStore, OneTime, Session, SessionId, SessionStore, StoreError, Subject, Timestamp,
    async_trait,
};

/// Records and sessions in a directory. Clones share it.
#[derive(Debug, Clone)]
pub struct Files {
    dir: Arc<Path>,
    /// Held while sessions are written: compare-and-swap is two steps for a file system.
    sessions: Arc<Mutex<()>>,
}

impl Files {
    /// Uses `dir`; makes it if it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn at(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        for part in ["records", "sessions", "unfinished"] {
            fs::create_dir_all(dir.join(part))?;
        }
        Ok(Self {
            dir: dir.into(),
            sessions: Arc::default(),
        })
    }

    /// Keys come as digests, but who knows: in hexadecimal no key is ever a path, and with a
    /// letter before it even the empty one is a name.
    fn record(&self, key: &str) -> PathBuf {
        let name = format!("r{}", hex::encode(key));
        self.dir.join("records").join(name)
    }

    fn session(&self, id: &SessionId) -> PathBuf {
        self.dir.join("sessions").join(hex::encode(id.as_bytes()))
    }

    fn unfinished(&self) -> PathBuf {
        let mut name = [0; 16];
        getrandom::fill(&mut name).expect("the operating system gives randomness");
        self.dir.join("unfinished").join(hex::encode(name))
    }

    /// Puts a file down whole, or not at all; a link never replaces what stands there.
    fn put_new(&self, path: &Path, content: &[u8]) -> Result<(), StoreError> {
        let unfinished = self.unfinished();
        fs::write(&unfinished, content).map_err(StoreError::unavailable)?;
        let linked = fs::hard_link(&unfinished, path);
        fs::remove_file(&unfinished).map_err(StoreError::unavailable)?;
        linked.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Conflict,
            _ => StoreError::unavailable(error),
        })
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The paths in a part of the directory.
    fn all(&self, part: &str) -> Result<Vec<PathBuf>, StoreError> {
        let entries = fs::read_dir(self.dir.join(part)).map_err(StoreError::unavailable)?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        paths
            .collect::<io::Result<_>>()
            .map_err(StoreError::unavailable)
    }

    /// The sessions that `are_meant`, each with its path.
    fn sessions_that(
        &self,
        are_meant: impl Fn(&Session) -> bool,
    ) -> Result<Vec<(PathBuf, Session)>, StoreError> {
        let mut meant = Vec::new();
        for path in self.all("sessions")? {
            match read_session(&path)? {
                Some(session) if are_meant(&session) => meant.push((path, session)),
                _ => {}
            }
        }
        Ok(meant)
    }
}

#[async_trait]
impl NonceStore for Files {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        let mut content = record.expires_at.as_millis().to_be_bytes().to_vec();
        content.extend(&record.payload);
        self.put_new(&self.record(&record.key), &content)
    }

    /// A file is renamed once: of any number of racers one finds it.
    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        let taken = self.unfinished();
        if absent(fs::rename(self.record(key), &taken))?.is_none() {
            return Ok(None);
        }
        let content = fs::read(&taken).map_err(StoreError::unavailable)?;
        fs::remove_file(&taken).map_err(StoreError::unavailable)?;
        Ok(read_record(key, &content))
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        for path in self.all("records")? {
            let content = absent(fs::read(&path))?.unwrap_or_default();
            if read_record("", &content).is_some_and(|record| record.expires_at < before) {
                purged += u64::from(absent(fs::remove_file(path))?.is_some());
            }
        }
        Ok(purged)
    }
}

#[async_trait]
impl SessionStore for Files {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let _held = self.lock();
        self.put_new(&self.session(&session.id), &to_json(session)?)
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        read_session(&self.session(id))
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let _held = self.lock();
        let path = self.session(&session.id);
        let stored = read_session(&path)?.ok_or(StoreError::Conflict)?;
        if stored.version.checked_add(1) != Some(session.version) {
            return Err(StoreError::Conflict);
        }
        let next = self.unfinished();
        fs::write(&next, to_json(session)?).map_err(StoreError::unavailable)?;
        fs::rename(next, path).map_err(StoreError::unavailable)
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let _held = self.lock();
        Ok(absent(fs::remove_file(self.session(id)))?.is_some())
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let found = self.sessions_that(|session| session.identity.subject == *subject)?;
        Ok(found.into_iter().map(|(_, session)| session).collect())
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        let _held = self.lock();
        let found = self.sessions_that(|session| session.identity.subject == *subject)?;
        remove_files(found)
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let _held = self.lock();
        let ended = self.sessions_that(|s| s.idle_until.min(s.expires_at) < before)?;
        remove_files(ended)
    }
}

fn remove_files(found: Vec<(PathBuf, Session)>) -> Result<u64, StoreError> {
    let mut removed = 0;
    for (path, _) in found {
        removed += u64::from(absent(fs::remove_file(path))?.is_some());
    }
    Ok(removed)
}

fn read_record(key: &str, content: &[u8]) -> Option<OneTime> {
    let (expires_at, payload) = content.split_first_chunk()?;
    Some(OneTime {
        key: key.to_owned(),
        payload: payload.to_vec(),
        expires_at: Timestamp::from_millis(i64::from_be_bytes(*expires_at)),
    })
}

/// What cannot be read counts as absent: its holder signs in again.
fn read_session(path: &Path) -> Result<Option<Session>, StoreError> {
    let content = absent(fs::read(path))?;
    Ok(content.and_then(|content| serde_json::from_slice(&content).ok()))
}

fn to_json(session: &Session) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(session).map_err(StoreError::corrupt)
}

fn absent<T>(answer: io::Result<T>) -> Result<Option<T>, StoreError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::unavailable(error)),
    }
}
