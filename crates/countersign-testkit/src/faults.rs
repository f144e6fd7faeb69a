//! Plugins that fail, hang or panic when told to.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use countersign_core::{
    NonceStore, OneTime, Session, SessionId, SessionStore, StoreError, Subject, Timestamp,
    async_trait,
};

/// What a [`Flaky`] store does from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    /// It works.
    Well,
    /// Every call is refused before it does anything.
    Down,
    /// Every call does its work and then loses the answer.
    Mute,
    /// Every call hangs for ever.
    Hangs,
    /// Every call panics.
    Panics,
}

/// A store with moods. Clones share the store and the mood.
#[derive(Debug)]
pub struct Flaky<S> {
    store: Arc<S>,
    mood: Arc<AtomicU8>,
}

impl<S> Clone for Flaky<S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            mood: self.mood.clone(),
        }
    }
}

impl<S> Flaky<S> {
    /// A store that works until its mood is set.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            mood: Arc::new(AtomicU8::new(Mood::Well as u8)),
        }
    }

    /// Sets the mood.
    pub fn set(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }

    fn mood(&self) -> Mood {
        let mood = self.mood.load(Ordering::SeqCst);
        [
            Mood::Well,
            Mood::Down,
            Mood::Mute,
            Mood::Hangs,
            Mood::Panics,
        ][usize::from(mood)]
    }

    async fn moody<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.mood() {
            Mood::Well => call.await,
            Mood::Down => Err(StoreError::unavailable("told to be down")),
            Mood::Mute => {
                call.await?;
                Err(StoreError::unavailable("told to lose the answer"))
            }
            Mood::Hangs => std::future::pending().await,
            Mood::Panics => panic!("told to panic"),
        }
    }
}

#[async_trait]
impl<S: NonceStore> NonceStore for Flaky<S> {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        self.moody(self.store.issue(record)).await
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        self.moody(self.store.consume(key)).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.moody(self.store.purge(before)).await
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for Flaky<S> {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.moody(self.store.insert(session)).await
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.moody(self.store.find(id)).await
    }

    fn at_hand(&self, id: &SessionId) -> Option<Box<Session>> {
        match self.mood() {
            Mood::Well => self.store.at_hand(id),
            Mood::Panics => panic!("told to panic"),
            Mood::Down | Mood::Mute | Mood::Hangs => None,
        }
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        self.moody(self.store.replace(session)).await
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.moody(self.store.remove(id)).await
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.moody(self.store.of_subject(subject)).await
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        self.moody(self.store.remove_all(subject)).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.moody(self.store.purge(before)).await
    }
}
