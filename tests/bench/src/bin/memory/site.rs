//! An engine with so many live sessions, and their tokens.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{
    AccountId, Engine, Identity, Secret, Session, SessionKind, SessionStore, SessionToken, Subject,
    Timestamp,
};
use countersign_ethereum::{Address, Ethereum};
use countersign_http::AuthHttp;
use countersign_store_memory::{MemoryNonces, MemorySessions};

use crate::resident;

/// The endpoints and guards over a store in memory.
pub(crate) struct Site {
    pub(crate) auth: AuthHttp,
    /// By how many bytes the process grew.
    pub(crate) grown: u64,
}

impl Site {
    pub(crate) async fn with(sessions: u64) -> Self {
        let before = resident();
        let store = MemorySessions::default();
        for number in 0..sessions {
            store.insert(&session(number)).await.unwrap();
        }
        let grown = resident().saturating_sub(before);
        let engine = Engine::builder("https://app.example")
            .chain(Ethereum::mainnet())
            .nonces(MemoryNonces::default())
            .sessions(store)
            .without_limits()
            .secret(Secret::random())
            .build();
        Self {
            auth: AuthHttp::new(engine.unwrap()),
            grown,
        }
    }
}

/// The cookie of one of so many sessions.
pub(crate) fn cookie(number: u64) -> String {
    let (token, ..) = of(number);
    format!("__Host-countersign={}", token.expose())
}

/// A number below `most` that the one before leads to.
pub(crate) fn any(state: &mut u64, most: u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % most
}

/// A session as a sign-in writes it, of a subject of its own.
fn session(number: u64) -> Session {
    let (token, subject, account) = of(number);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = Timestamp::from_millis(now.as_millis() as i64);
    Session {
        id: token.id(),
        identity: Identity {
            subject,
            account,
            method: "eip191".to_owned(),
            authenticated_at: now,
            delegate: None,
        },
        kind: SessionKind::Cookie,
        version: 0,
        created_at: now,
        last_seen: now,
        idle_until: now + Duration::from_secs(1_800),
        expires_at: now + Duration::from_secs(86_400),
        refresh: None,
        standing: None,
        grant: None,
        data: Default::default(),
    }
}

/// The same token for the same number in every process, and whose it is.
fn of(number: u64) -> (SessionToken, Subject, AccountId) {
    let mut address = [0x5a; 20];
    address[..8].copy_from_slice(&number.to_be_bytes());
    let account = format!("eip155:1:{}", Address::from(address));
    let account: AccountId = account.parse().unwrap();
    let subject = Subject::key(&account);
    let mut bytes = [0; 34];
    bytes[..2].copy_from_slice(&subject.shard());
    bytes[2..10].copy_from_slice(&number.to_be_bytes());
    let token = SessionToken::parse(&URL_SAFE_NO_PAD.encode(bytes));
    (token.unwrap(), subject, account)
}
