//! A short memory before a session store.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use countersign_core::{
    Session, SessionId, SessionStore, StoreError, Subject, Timestamp, async_trait,
};
use moka::sync::Cache;

/// Remembers for a moment which sessions a store found, so that a page of many requests reads a
/// session once.
///
/// The price: a session that is ended on *another* node is let in here for up to the staleness
/// more, one second at most. What is ended or changed here is gone at once. Only what was found is
/// remembered, never that there was nothing.
///
/// ```
/// use std::time::Duration;
///
/// use countersign_store_memory::{Cached, MemorySessions};
///
/// let sessions = Cached::new(MemorySessions::default());
/// let quicker = Cached::with(MemorySessions::default(), Duration::from_millis(200), 10_000);
/// # let _ = (sessions, quicker);
/// ```
pub struct Cached<S> {
    store: S,
    found: Cache<SessionId, Found>,
    staleness: Duration,
    /// Counts what was ended or changed here.
    changes: AtomicU64,
}

#[derive(Clone)]
struct Found {
    session: Session,
    /// Before the store was asked.
    asked_at: Instant,
}

impl<S: SessionStore> Cached<S> {
    /// One second, and a hundred thousand sessions.
    pub fn new(store: S) -> Self {
        Self::with(store, LONGEST, 100_000)
    }

    /// At most `staleness` old (never more than a second), at most `capacity` sessions: beyond
    /// that some are forgotten and read again.
    pub fn with(store: S, staleness: Duration, capacity: u64) -> Self {
        let staleness = staleness.min(LONGEST);
        Self {
            store,
            found: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(staleness)
                .build(),
            staleness,
            changes: AtomicU64::new(0),
        }
    }

    fn forget(&self, id: &SessionId) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.found.invalidate(id);
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for Cached<S> {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.store.insert(session).await
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        if let Some(session) = self.at_hand(id) {
            return Ok(Some(*session));
        }
        let (asked_at, before) = (Instant::now(), self.changes.load(Ordering::SeqCst));
        let answer = self.store.find(id).await?;
        if let Some(session) = &answer {
            let session = session.clone();
            self.found.insert(*id, Found { session, asked_at });
            // What was ended since we asked must not stay because we were slow.
            if self.changes.load(Ordering::SeqCst) != before {
                self.found.invalidate(id);
            }
        }
        Ok(answer)
    }

    fn at_hand(&self, id: &SessionId) -> Option<Box<Session>> {
        let found = self.found.get(id)?;
        (found.asked_at.elapsed() < self.staleness).then(|| Box::new(found.session))
    }

    /// Whatever the answer, what we remember may be old: who lost must read anew.
    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let answer = self.store.replace(session).await;
        self.forget(&session.id);
        answer
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let answer = self.store.remove(id).await;
        self.forget(id);
        answer
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.store.of_subject(subject).await
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        let answer = self.store.remove_all(subject).await;
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.found.invalidate_all();
        answer
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let answer = self.store.purge(before).await;
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.found.invalidate_all();
        answer
    }

    fn is_shared(&self) -> bool {
        self.store.is_shared()
    }
}

impl<S: fmt::Debug> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("store", &self.store)
            .field("staleness", &self.staleness)
            .finish_non_exhaustive()
    }
}

const LONGEST: Duration = Duration::from_secs(1);
