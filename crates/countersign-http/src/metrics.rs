//! Counts and times by the [`metrics`](https://docs.rs/metrics) facade, for whatever recorder the
//! application installs. The names are in `docs/observability.md`.
//!
//! ```
//! # use countersign_core::{ConfigError, Engine, EngineBuilder, Stores};
//! use countersign_http::metrics::{MetricsEvents, counted};
//!
//! # fn run(builder: EngineBuilder, stores: Stores) -> Result<Engine, ConfigError> {
//! let engine = builder
//!     .stores(counted(stores))
//!     .events(MetricsEvents::new())
//!     .build()?;
//! # Ok(engine) }
//! ```
//!
//! No label says who: no address, token, nonce, session or client is in any of them.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    Error, Event, EventSink, Session, SessionId, SessionKind, SessionStore, StoreError, Stores,
    Subject, Timestamp, TracingEvents, async_trait,
};
use metrics::{counter, gauge, histogram};

use crate::reply::Reply;

/// Counts events, and hands them on: to the log, unless it is said otherwise.
#[derive(Debug, Clone, Default)]
pub struct MetricsEvents<S = TracingEvents>(S);

impl MetricsEvents {
    /// In front of [`TracingEvents`].
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> MetricsEvents<S> {
    /// In front of another sink.
    pub fn before(sink: S) -> Self {
        Self(sink)
    }
}

impl<S: EventSink> EventSink for MetricsEvents<S> {
    fn record(&self, event: &Event) {
        match event {
            Event::ChallengeIssued { credential } => {
                counter!("countersign_challenges_total", "credential" => word(*credential))
                    .increment(1);
            }
            Event::SignedIn { identity, .. } => counter!(
                "countersign_sign_ins_total",
                "chain" => identity.account.chain().to_string(),
                "method" => identity.method.clone(),
                "code" => "ok",
            )
            .increment(1),
            // The chain is one that is served, or else nobody's claim is known.
            Event::SignInRefused { code, claimed } => {
                let chain = claimed.as_ref().map(|account| account.chain().to_string());
                counter!(
                    "countersign_sign_ins_total",
                    "chain" => chain.unwrap_or_else(|| NONE.to_owned()),
                    "method" => NONE,
                    "code" => code.as_str(),
                )
                .increment(1);
            }
            Event::LimitReached { flow } => {
                counter!("countersign_limited_total", "flow" => *flow).increment(1);
            }
            Event::Refreshed { .. } => {
                counter!("countersign_refreshes_total", "outcome" => "ok").increment(1);
            }
            Event::RefreshReplayed { .. } => {
                counter!("countersign_refreshes_total", "outcome" => "replay").increment(1);
            }
            _ => {}
        }
        self.0.record(event);
    }
}

/// The same stores, with a gauge of the sessions that were begun and have not ended yet.
pub fn counted(stores: Stores) -> Stores {
    let sessions = Arc::new(CountedSessions(stores.sessions));
    Stores { sessions, ..stores }
}

#[derive(Debug)]
struct CountedSessions(Arc<dyn SessionStore>);

impl CountedSessions {
    fn ended(count: u64) {
        // Exact up to 2^53 sessions.
        gauge!("countersign_sessions").decrement(count as f64);
    }
}

#[async_trait]
impl SessionStore for CountedSessions {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.0.insert(session).await?;
        gauge!("countersign_sessions").increment(1.0);
        Ok(())
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.0.find(id).await
    }

    fn at_hand(&self, id: &SessionId) -> Option<Box<Session>> {
        self.0.at_hand(id)
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        self.0.replace(session).await
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let removed = self.0.remove(id).await?;
        Self::ended(removed.into());
        Ok(removed)
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.0.of_subject(subject).await
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        let removed = self.0.remove_all(subject).await?;
        Self::ended(removed);
        Ok(removed)
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let purged = self.0.purge(before).await?;
        Self::ended(purged);
        Ok(purged)
    }
}

/// The method is no label: clients make methods up.
pub(crate) fn request(endpoint: &str, reply: &Reply, time: Duration) {
    counter!(
        "countersign_http_requests_total",
        "endpoint" => endpoint.to_owned(),
        "status" => reply.status().as_u16().to_string(),
        "code" => reply.code().map_or("ok", |code| code.as_str()),
    )
    .increment(1);
    histogram!("countersign_http_request_seconds", "endpoint" => endpoint.to_owned()).record(time);
}

pub(crate) fn guard(refused: Option<&Error>, time: Duration) {
    let code = refused.map_or("ok", |error| error.code().as_str());
    counter!("countersign_guards_total", "code" => code).increment(1);
    histogram!("countersign_guard_seconds").record(time);
}

fn word(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Cookie => "cookie",
        SessionKind::Token => "token",
    }
}

const NONE: &str = "none";
