//! Sessions in memory.

use countersign_core::{
    Session, SessionId, SessionStore, StoreError, Subject, Timestamp, async_trait,
};

use crate::{piece::Piece, shards::Shards};

/// Keeps sessions in this process: some 400 bytes each.
///
/// A session and its subject's index live in one piece, behind one lock: all ids of a subject
/// begin with the same two bytes.
#[derive(Debug)]
pub struct MemorySessions(Shards<Piece>);

impl MemorySessions {
    /// Holds at most `capacity` sessions, ended ones included until they are purged.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Shards::new(capacity))
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.0.entries()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemorySessions {
    /// A million sessions.
    fn default() -> Self {
        Self::with_capacity(1_000_000)
    }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let mut piece = self.0.at(session.id.shard());
        if piece.find(&session.id).is_some() {
            return Err(StoreError::Conflict);
        }
        self.0.reserve()?;
        piece.insert(session);
        Ok(())
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let piece = self.0.at(id.shard());
        Ok(piece.find(id).map(|place| piece.session(place)))
    }

    fn at_hand(&self, id: &SessionId) -> Option<Box<Session>> {
        let piece = self.0.at(id.shard());
        piece.find(id).map(|place| Box::new(piece.session(place)))
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let mut piece = self.0.at(session.id.shard());
        let place = piece.find(&session.id).ok_or(StoreError::Conflict)?;
        if piece.version(place).checked_add(1) != Some(session.version) {
            return Err(StoreError::Conflict);
        }
        piece.remove(place);
        piece.insert(session);
        Ok(())
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let mut piece = self.0.at(id.shard());
        let Some(place) = piece.find(id) else {
            return Ok(false);
        };
        piece.remove(place);
        self.0.release(1);
        Ok(true)
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let piece = self.0.at(subject.shard());
        let places = piece.of_subject(subject);
        Ok(places.map(|place| piece.session(place)).collect())
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        let mut piece = self.0.at(subject.shard());
        let places: Vec<_> = piece.of_subject(subject).collect();
        places.iter().for_each(|place| piece.remove(*place));
        self.0.release(places.len());
        Ok(places.len() as u64)
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        for mut piece in self.0.all() {
            let ended = piece.ended(before);
            ended.iter().for_each(|place| piece.remove(*place));
            self.0.release(ended.len());
            purged += ended.len();
            piece.shrink();
        }
        Ok(purged as u64)
    }

    fn is_shared(&self) -> bool {
        false
    }
}
