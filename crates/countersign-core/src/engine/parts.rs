//! What an engine is made of, and the builder that refuses what does not fit.

use std::{sync::Arc, time::Duration};

use super::{
    Engine,
    stores::{Durability, Stores},
    verifiers::Verifiers,
};
use crate::{
    error::{ConfigError, ConfigFault},
    origin::Origin,
    policy::{Lifetimes, Policy, TimeRules},
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
    secret::{Key, Secret},
    sign_in::{StatementText, profile::WANTS},
    time::{Clock, SystemClock},
};

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) policy: Policy,
    pub(super) limits: Limits,
    pub(super) verifiers: Verifiers,
    pub(super) nonces: Arc<dyn NonceStore>,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) limiter: Option<Arc<dyn RateLimiter>>,
    pub(super) registry: Option<Arc<dyn Registry>>,
    pub(super) durability: Durability,
    pub(super) gate: Arc<dyn Gate>,
    pub(super) events: Arc<dyn EventSink>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) attach: Vec<Arc<dyn Attach>>,
    pub(super) recheck_every: Option<Duration>,
    pub(super) issuer: Option<Arc<dyn TokenIssuer>>,
    pub(super) audience: Option<String>,
    pub(super) handle_key: Key,
    /// For what crates above prove to themselves.
    pub(super) seal_key: Key,
    /// The first makes refresh tokens; all of them check.
    pub(super) refresh_keys: Vec<Key>,
    pub(super) dev: bool,
}

/// Collects the parts of an [`Engine`]. What is not set has a safe default; what has none is
/// named by [`build`](Self::build), all at once.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct EngineBuilder {
    origins: Vec<String>,
    cross_site: bool,
    dev: bool,
    statement: Option<String>,
    challenge_ttl: Duration,
    times: TimeRules,
    lifetimes: Lifetimes,
    limits: Limits,
    unlimited: bool,
    verifiers: Vec<Arc<dyn ChainVerifier>>,
    nonces: Option<Arc<dyn NonceStore>>,
    sessions: Option<Arc<dyn SessionStore>>,
    limiter: Option<Arc<dyn RateLimiter>>,
    registry: Option<Arc<dyn Registry>>,
    durability: Durability,
    required: Durability,
    nodes: usize,
    gate: Arc<dyn Gate>,
    events: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    secret: Option<Secret>,
    retired_secrets: Vec<Secret>,
    attach: Vec<Arc<dyn Attach>>,
    recheck_every: Option<Duration>,
    issuer: Option<Arc<dyn TokenIssuer>>,
    audience: Option<String>,
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

    /// Makes the engine, or says everything that is missing or contradictory.
    ///
    /// # Errors
    /// [`ConfigError`] with all faults; the codes are listed in `docs/protocol.md`.
    pub fn build(self) -> Result<Engine, ConfigError> {
        let mut faults = Vec::new();
        let policy = self.policy(&mut faults);
        let secret = self.usable_secret(policy.as_ref(), &mut faults);
        if self
            .verifiers
            .iter()
            .all(|verifier| verifier.chains().is_empty())
        {
            faults.push(missing("no chain: add one with chain(..)"));
        }
        if self.nonces.is_none() || self.sessions.is_none() {
            faults.push(missing(
                "no store: add stores(..), or nonces(..) and sessions(..)",
            ));
        }
        if self.limiter.is_none() && !self.unlimited {
            faults.push(missing(
                "no rate limiter: add limiter(..), or say without_limits()",
            ));
        }
        if self.durability < self.required {
            let detail = format!(
                "the stores are {}, and {} is required",
                self.durability, self.required
            );
            faults.push(ConfigFault::new("CFG_DURABILITY", detail));
        }
        faults.extend(self.private_store());
        faults.extend(self.retired_secrets.iter().filter_map(Secret::fault));
        if self
            .recheck_every
            .is_some_and(|period| period < Duration::from_secs(1))
        {
            let detail = "recheck_every(..) asks the chain more than once a second";
            faults.push(ConfigFault::new("CFG_TTL", detail));
        }
        if self.audience.as_ref().is_some_and(String::is_empty) {
            faults.push(missing("an empty audience: leave audience(..) out"));
        }
        let verifiers = Verifiers::new(self.verifiers, &mut faults);
        match (policy, secret, self.nonces, self.sessions) {
            (Some(policy), Some(secret), Some(nonces), Some(sessions)) if faults.is_empty() => {
                tracing::info!(target: "countersign", durability = %self.durability, "engine built");
                Ok(Engine(Arc::new(Parts {
                    policy,
                    limits: self.limits,
                    verifiers,
                    nonces,
                    sessions,
                    limiter: self.limiter.filter(|_| !self.unlimited),
                    registry: self.registry,
                    durability: self.durability,
                    gate: self.gate,
                    events: self.events,
                    clock: self.clock,
                    attach: self.attach,
                    recheck_every: self.recheck_every,
                    issuer: self.issuer,
                    audience: self.audience,
                    handle_key: secret.derive("session handle"),
                    seal_key: secret.derive("seal"),
                    refresh_keys: std::iter::once(&secret)
                        .chain(&self.retired_secrets)
                        .map(|secret| secret.derive("refresh token"))
                        .collect(),
                    dev: self.dev,
                })))
            }
            _ => Err(faults.into()),
        }
    }

    /// Several nodes over what only one of them sees.
    fn private_store(&self) -> Option<ConfigFault> {
        if self.nodes < 2 {
            return None;
        }
        let limiter = self.limiter.as_ref().filter(|_| !self.unlimited);
        if limiter.is_some_and(|limiter| !limiter.is_shared()) {
            tracing::warn!(
                target: "countersign",
                nodes = self.nodes,
                "the rate limiter counts for each node by itself",
            );
        }
        let is_private = self.nonces.as_ref().is_some_and(|store| !store.is_shared())
            || self
                .sessions
                .as_ref()
                .is_some_and(|store| !store.is_shared());
        let detail = format!("{} nodes cannot share a store in memory", self.nodes);
        is_private.then(|| ConfigFault::new("CFG_STORE_SHARED", detail))
    }

    fn policy(&self, faults: &mut Vec<ConfigFault>) -> Option<Policy> {
        let mut origins = Vec::with_capacity(self.origins.len());
        for text in &self.origins {
            match text.parse::<Origin>() {
                Ok(origin) if origins.contains(&origin) => {}
                Ok(origin) => origins.push(origin),
                Err(error) => {
                    let detail = format!("{text:?} is {error}");
                    faults.push(ConfigFault::new("CFG_ORIGIN", detail));
                }
            }
        }
        if let Some(statement) = &self.statement {
            let allowed = |byte| StatementText::UriCharacters.allows(byte);
            let repeats = statement.contains(WANTS);
            if statement.len() > 1_024 || repeats || !statement.bytes().all(allowed) {
                let detail = "the statement is over 1 KiB, holds a character that ERC-4361 forbids, \
                    or repeats the first line of a text";
                faults.push(ConfigFault::new("CFG_STATEMENT", detail));
            }
        }
        for quota in [self.limits.challenge, self.limits.verify, self.limits.token] {
            if quota.limit == 0 || quota.period.is_zero() || quota.period > LONGEST_PERIOD {
                faults.push(ConfigFault::new(
                    "CFG_LIMITS",
                    "a quota admits nothing, or counts for longer than a day",
                ));
            }
        }
        let main_is_read = self
            .origins
            .first()
            .is_some_and(|main| main.parse::<Origin>().is_ok());
        if !main_is_read {
            return None;
        }
        let policy = Policy {
            origins,
            cross_site: self.cross_site,
            statement: self.statement.clone(),
            challenge_ttl: self.challenge_ttl,
            times: self.times,
            lifetimes: self.lifetimes,
        };
        faults.extend(policy.faults());
        Some(policy)
    }

    fn usable_secret(
        &self,
        policy: Option<&Policy>,
        faults: &mut Vec<ConfigFault>,
    ) -> Option<Secret> {
        let all_loopback = policy.is_some_and(|p| p.origins.iter().all(Origin::is_loopback));
        if self.dev && policy.is_some() && !all_loopback {
            faults.push(ConfigFault::new(
                "CFG_DEV",
                "dev() is for loopback origins only",
            ));
        }
        match &self.secret {
            Some(secret) => {
                faults.extend(secret.fault());
                Some(secret.clone())
            }
            None if self.dev => Some(Secret::random()),
            None => {
                let detail = "no secret: add secret(..); try `openssl rand -base64 48`";
                faults.push(ConfigFault::new("CFG_SECRET_MISSING", detail));
                None
            }
        }
    }
}

fn missing(detail: &str) -> ConfigFault {
    ConfigFault::new("CFG_PART_MISSING", detail)
}

const LONGEST_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);
