//! What an engine is made of, and the check of all parts before they are one.

use std::{sync::Arc, time::Duration};

use super::{Engine, EngineBuilder, stores::Durability, verifiers::Verifiers};
use crate::{
    error::{ConfigError, ConfigFault},
    origin::Origin,
    policy::Policy,
    ports::{
        attach::Attach,
        events::EventSink,
        gate::Gate,
        limits::{Limits, RateLimiter},
        nonces::NonceStore,
        registry::Registry,
        sessions::SessionStore,
        tokens::TokenIssuer,
        verifier::ChainVerifier,
    },
    secret::{Key, Secret},
    sign_in::{StatementText, profile::WANTS},
    time::Clock,
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

impl EngineBuilder {
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
        if let Err(error) = self.limits.check() {
            faults.extend_from_slice(error.faults());
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
                let detail = "no secret: add secret(..), and make one by `openssl rand -base64 48`; on loopback dev() will do";
                faults.push(ConfigFault::new("CFG_SECRET_MISSING", detail));
                None
            }
        }
    }
}

fn missing(detail: &str) -> ConfigFault {
    ConfigFault::new("CFG_PART_MISSING", detail)
}
