//! The builder of an engine: every part and rule that can be set, each with a safe default or none.

use std::{sync::Arc, time::Duration};

use super::stores::{Durability, Stores};
use crate::{
    policy::{Lifetimes, TimeRules},
    ports::{
        attach::Attach,
        events::{EventSink, TracingEvents},
        gate::{Everybody, Gate},
        limits::{Limits, RateLimiter},
        nonces::NonceStore,
        registry::Registry,
        sessions::SessionStore,
        tokens::TokenIssuer,
        verifier::ChainVerifier,
    },
    secret::Secret,
    time::{Clock, SystemClock},
};

/// Collects the parts of an [`Engine`](crate::Engine). What is not set has a safe default; what has none is
/// named by [`build`](Self::build), all at once.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct EngineBuilder {
    pub(super) origins: Vec<String>,
    pub(super) cross_site: bool,
    pub(super) dev: bool,
    pub(super) statement: Option<String>,
    pub(super) challenge_ttl: Duration,
    pub(super) times: TimeRules,
    pub(super) lifetimes: Lifetimes,
    pub(super) limits: Limits,
    pub(super) unlimited: bool,
    pub(super) verifiers: Vec<Arc<dyn ChainVerifier>>,
    pub(super) nonces: Option<Arc<dyn NonceStore>>,
    pub(super) sessions: Option<Arc<dyn SessionStore>>,
    pub(super) limiter: Option<Arc<dyn RateLimiter>>,
    pub(super) registry: Option<Arc<dyn Registry>>,
    pub(super) durability: Durability,
    pub(super) required: Durability,
    pub(super) nodes: usize,
    pub(super) gate: Arc<dyn Gate>,
    pub(super) events: Arc<dyn EventSink>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) secret: Option<Secret>,
    pub(super) retired_secrets: Vec<Secret>,
    pub(super) attach: Vec<Arc<dyn Attach>>,
    pub(super) recheck_every: Option<Duration>,
    pub(super) issuer: Option<Arc<dyn TokenIssuer>>,
    pub(super) audience: Option<String>,
}

impl EngineBuilder {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origins: vec![origin.to_owned()],
            cross_site: false,
            dev: false,
            statement: None,
            challenge_ttl: Duration::from_secs(5 * 60),
            times: TimeRules::default(),
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            unlimited: false,
            verifiers: Vec::new(),
            nonces: None,
            sessions: None,
            limiter: None,
            registry: None,
            durability: Durability::Volatile,
            required: Durability::Volatile,
            nodes: 1,
            gate: Arc::new(Everybody),
            events: Arc::new(TracingEvents),
            clock: Arc::new(SystemClock),
            secret: None,
            retired_secrets: Vec::new(),
            attach: Vec::new(),
            recheck_every: None,
            issuer: None,
            audience: None,
        }
    }

    /// Another origin whose pages sign in here: of the same site, or another name of this machine
    /// at the same port. Its host is then an allowed domain.
    pub fn also_from(mut self, origin: &str) -> Self {
        self.origins.push(origin.to_owned());
        self
    }

    /// Allows [`also_from`](Self::also_from) for other sites: cookies become `SameSite=None`.
    pub fn cross_site_cookies(mut self) -> Self {
        self.cross_site = true;
        self
    }

    /// For a machine of one's own: a throw-away secret where none is given. Loopback only.
    pub fn dev(mut self) -> Self {
        self.dev = true;
        self
    }

    /// Adds a chain family.
    pub fn chain(mut self, verifier: impl ChainVerifier) -> Self {
        self.verifiers.push(Arc::new(verifier));
        self
    }

    /// All stores of one backend.
    pub fn stores(mut self, stores: Stores) -> Self {
        self.nonces = Some(stores.nonces);
        self.sessions = Some(stores.sessions);
        self.limiter = Some(stores.limiter);
        self.registry = stores.registry;
        self.durability = stores.durability;
        self
    }

    /// The store of one-time records. Nobody knows how durable it is, so that counts as
    /// [`Durability::Volatile`]; who knows, fills a [`Stores`].
    pub fn nonces(mut self, store: impl NonceStore) -> Self {
        self.durability = Durability::Volatile;
        self.nonces = Some(Arc::new(store));
        self
    }

    /// The store of sessions. Nobody knows how durable it is, so that counts as
    /// [`Durability::Volatile`]; who knows, fills a [`Stores`].
    pub fn sessions(mut self, store: impl SessionStore) -> Self {
        self.durability = Durability::Volatile;
        self.sessions = Some(Arc::new(store));
        self
    }

    /// Refuses stores whose crash may cost more than this (`CFG_DURABILITY`).
    pub fn require_durability(mut self, least: Durability) -> Self {
        self.required = least;
        self
    }

    /// How many nodes serve the site; 1 by default. With more, stores that live in one process are
    /// refused (`CFG_STORE_SHARED`), and a limiter that does is warned of: it counts for each node
    /// by itself.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// What keeps clients and consents.
    pub fn registry(mut self, registry: impl Registry) -> Self {
        self.registry = Some(Arc::new(registry));
        self
    }

    /// What counts requests.
    pub fn limiter(mut self, limiter: impl RateLimiter) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// The quotas of one client.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// No rate limits: for load tests, or where something in front counts.
    pub fn without_limits(mut self) -> Self {
        self.unlimited = true;
        self
    }

    /// Who may come in; everybody by default.
    pub fn gate(mut self, gate: impl Gate) -> Self {
        self.gate = Arc::new(gate);
        self
    }

    /// Who takes note; the log by default.
    pub fn events(mut self, events: impl EventSink) -> Self {
        self.events = Arc::new(events);
        self
    }

    /// Who tells the time; the system by default.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The application's secret: at least 32 bytes, the same on all nodes.
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// A secret of before: what it made is still good, what is new is made by
    /// [`secret`](Self::secret). Drop it once the longest session has ended.
    pub fn retired_secret(mut self, secret: Secret) -> Self {
        self.retired_secrets.push(secret);
        self
    }

    /// Who signs access tokens; without one, a program's access token is an opaque one of its own.
    pub fn tokens(mut self, issuer: impl TokenIssuer) -> Self {
        self.issuer = Some(Arc::new(issuer));
        self
    }

    /// Whom access tokens are for, if not the site itself.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// What the application adds to sessions and access tokens. It may be called again: all are
    /// asked, in that order.
    pub fn attach(mut self, attach: impl Attach) -> Self {
        self.attach.push(Arc::new(attach));
        self
    }

    /// Asks the chain again about sessions that hold only as long as it agrees (contract wallets,
    /// delegates) once they are used and so much time has passed. Every refresh asks in any case;
    /// without this, nothing else does. While the chain is away such a session is answered
    /// `chain_unavailable`.
    pub fn recheck_every(mut self, period: Duration) -> Self {
        self.recheck_every = Some(period);
        self
    }

    /// What composed texts say to the user: printable ASCII without `% " < > \ ^ { | }` or
    /// backquotes.
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// How long a challenge can be answered: 5 minutes by default, 15 at most.
    pub fn challenge_ttl(mut self, ttl: Duration) -> Self {
        self.challenge_ttl = ttl;
        self
    }

    /// How the times of a text are judged.
    pub fn times(mut self, times: TimeRules) -> Self {
        self.times = times;
        self
    }

    /// How long sessions last.
    pub fn lifetimes(mut self, lifetimes: Lifetimes) -> Self {
        self.lifetimes = lifetimes;
        self
    }
}
