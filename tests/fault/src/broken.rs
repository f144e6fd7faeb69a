//! Stores that break one line of the contract on purpose, over stores that keep it: so that
//! everybody can see the checker catch them. Nothing of this is in what is shipped.

use std::{str::FromStr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{
    NonceStore, OneTime, Session, SessionId, SessionStore, StoreError, Stores, Subject, Timestamp,
    async_trait,
};
use countersign_testkit::sessions::session;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Which line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// `consume` reads, then deletes, and does not look whether it was the one who deleted.
    Claim,
    /// `replace` writes whatever is there, also where nothing is.
    Upsert,
    /// One-time records are not fenced: what a rollback brings back counts.
    Fence,
    /// `insert` says "done" and writes later.
    Lazy,
    /// A store that fails is asked again and again.
    Patient,
    /// One-time records stay in the node that wrote them.
    Alone,
}

impl Broken {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Upsert => "upsert",
            Self::Fence => "fence",
            Self::Lazy => "lazy",
            Self::Patient => "patient",
            Self::Alone => "alone",
        }
    }

    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Claim,
        Self::Upsert,
        Self::Fence,
        Self::Lazy,
        Self::Patient,
        Self::Alone,
    ];

    /// Breaks the stores.
    pub fn apply(self, mut stores: Stores) -> Stores {
        let (nonces, sessions) = (stores.nonces.clone(), stores.sessions.clone());
        match self {
            Self::Claim | Self::Fence => {
                let minds_who_deleted = self == Self::Fence;
                stores.nonces = Arc::new(OverSessions {
                    sessions,
                    minds_who_deleted,
                });
            }
            Self::Patient => stores.nonces = Arc::new(Patient(nonces)),
            Self::Alone => stores.nonces = countersign_store_memory::stores().nonces,
            Self::Upsert | Self::Lazy => {
                stores.sessions = Arc::new(Careless {
                    sessions,
                    is_lazy: self == Self::Lazy,
                });
            }
        }
        stores
    }
}

impl FromStr for Broken {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|broken| broken.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{text}` is none of the broken builds: {names}")
        })
    }
}

/// One-time records kept as if they were sessions: those have no fence. Taken by whoever removes
/// the row, or by everybody who read it.
#[derive(Debug)]
struct OverSessions {
    sessions: Arc<dyn SessionStore>,
    minds_who_deleted: bool,
}

impl OverSessions {
    fn id(key: &str) -> SessionId {
        let mut bytes = session("one-time").id.as_bytes()[..2].to_vec();
        bytes.extend_from_slice(&Sha256::digest(key));
        let text = URL_SAFE_NO_PAD.encode(bytes);
        SessionId::parse(&text).expect("34 bytes")
    }
}

#[async_trait]
impl NonceStore for OverSessions {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        let kept = Session {
            id: Self::id(&record.key),
            idle_until: record.expires_at,
            expires_at: record.expires_at,
            data: [("payload".to_owned(), json!(record.payload))].into(),
            ..session("one-time")
        };
        self.sessions.insert(&kept).await
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        let id = Self::id(key);
        let Some(kept) = self.sessions.find(&id).await? else {
            return Ok(None);
        };
        let removed = self.sessions.remove(&id).await;
        let is_ours = !self.minds_who_deleted || removed?;
        Ok(is_ours.then(|| OneTime {
            key: key.to_owned(),
            payload: serde_json::from_value(kept.data["payload"].clone()).expect("bytes"),
            expires_at: kept.expires_at,
        }))
    }

    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Does not take the store's failure for an answer.
#[derive(Debug)]
struct Patient(Arc<dyn NonceStore>);

#[async_trait]
impl NonceStore for Patient {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        loop {
            match self.0.issue(record).await {
                Err(StoreError::Unavailable(_)) => {}
                other => return other,
            }
        }
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        loop {
            match self.0.consume(key).await {
                Err(StoreError::Unavailable(_)) => {}
                other => return other,
            }
        }
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.0.purge(before).await
    }
}

/// Writes sessions without looking, or without waiting.
#[derive(Debug)]
struct Careless {
    sessions: Arc<dyn SessionStore>,
    is_lazy: bool,
}

#[async_trait]
impl SessionStore for Careless {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        if !self.is_lazy {
            return self.sessions.insert(session).await;
        }
        let (sessions, session) = (self.sessions.clone(), session.clone());
        tokio::spawn(async move {
            tokio::time::sleep(LATER).await;
            let _ = sessions.insert(&session).await;
        });
        Ok(())
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.sessions.find(id).await
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        if self.is_lazy {
            return self.sessions.replace(session).await;
        }
        tokio::time::sleep(WORKING).await; // others look meanwhile
        self.sessions.remove(&session.id).await?;
        self.sessions.insert(session).await
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.sessions.remove(id).await
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.sessions.of_subject(subject).await
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        self.sessions.remove_all(subject).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.sessions.purge(before).await
    }
}

const LATER: Duration = Duration::from_millis(40);
const WORKING: Duration = Duration::from_millis(5);
