//! Sessions in memory.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use countersign_core::{
    Session, SessionId, SessionStore, StoreError, Subject, Timestamp, async_trait,
};

use crate::shards::{Shards, shrink};

/// Keeps sessions in this process.
///
/// A session and its subject's index live in one piece, behind one lock: all ids of a subject
/// begin with the same two bytes.
#[derive(Debug)]
pub struct MemorySessions(Shards<Piece>);

#[derive(Debug, Default)]
struct Piece {
    sessions: HashMap<SessionId, Session>,
    by_subject: HashMap<Subject, HashSet<SessionId>>,
}

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

impl Piece {
    fn remove(&mut self, id: &SessionId) -> Option<Session> {
        let session = self.sessions.remove(id)?;
        let subject = &session.identity.subject;
        if let Some(ids) = self.by_subject.get_mut(subject) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_subject.remove(subject);
            }
        }
        Some(session)
    }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let mut piece = self.0.of(&session.id.shard());
        let Piece {
            sessions,
            by_subject,
        } = &mut *piece;
        let Entry::Vacant(place) = sessions.entry(session.id) else {
            return Err(StoreError::Conflict);
        };
        self.0.reserve()?;
        place.insert(session.clone());
        by_subject
            .entry(session.identity.subject.clone())
            .or_default()
            .insert(session.id);
        Ok(())
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.0.of(&id.shard()).sessions.get(id).cloned())
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let mut piece = self.0.of(&session.id.shard());
        match piece.sessions.get_mut(&session.id) {
            Some(stored) if stored.version.checked_add(1) == Some(session.version) => {
                *stored = session.clone();
                Ok(())
            }
            _ => Err(StoreError::Conflict),
        }
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let removed = self.0.of(&id.shard()).remove(id).is_some();
        self.0.release(usize::from(removed));
        Ok(removed)
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let piece = self.0.of(&subject.shard());
        let ids = piece.by_subject.get(subject).into_iter().flatten();
        Ok(ids
            .filter_map(|id| piece.sessions.get(id))
            .cloned()
            .collect())
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        let mut piece = self.0.of(&subject.shard());
        let ids = piece.by_subject.remove(subject).unwrap_or_default();
        let removed = ids
            .iter()
            .filter(|id| piece.sessions.remove(*id).is_some())
            .count();
        self.0.release(removed);
        Ok(removed as u64)
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        for mut piece in self.0.all() {
            let ended = |session: &&Session| session.idle_until.min(session.expires_at) < before;
            let ids: Vec<_> = piece
                .sessions
                .values()
                .filter(ended)
                .map(|s| s.id)
                .collect();
            let removed = ids.iter().filter(|id| piece.remove(id).is_some()).count();
            self.0.release(removed);
            purged += removed;
            shrink(&mut piece.sessions);
            shrink(&mut piece.by_subject);
        }
        Ok(purged as u64)
    }

    fn is_shared(&self) -> bool {
        false
    }
}
