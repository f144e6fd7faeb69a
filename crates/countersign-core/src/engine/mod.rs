//! The engine: puts the rules and the ports in the one order in which they are safe.

mod builder;
mod challenge;
mod grants;
mod parts;
mod sessions;
mod sign_in;
mod standing;
mod stores;
mod tokens;
mod verifiers;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Weak},
};

use crate::{
    caip::{AccountId, ChainId},
    error::{Code, Error, StoreError},
    event::Event,
    origin::Origin,
    ports::{
        limits::{Limits, Quota, Verdict},
        registry::Registry,
    },
    secret::SessionId,
    time::Timestamp,
};

pub use builder::EngineBuilder;
pub use grants::Granted;
pub use sessions::{Credential, LookUp};
pub use sign_in::{Proved, SignedIn};
pub use stores::{Durability, Stores};
pub use tokens::{Refreshed, Tokens};

use parts::Parts;

/// The sign-in engine of one site.
///
/// Cheap to clone: all clones are one engine. Not generic: chains and stores are chosen at run
/// time.
///
/// ```no_run
/// # use countersign_core::*;
/// # async fn run(chain: impl ChainVerifier, stores: Stores, secret: Secret, proof: Proof) -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder("https://app.example")
///     .chain(chain)
///     .stores(stores)
///     .secret(secret)
///     .build()?;
///
/// let challenge = engine.challenge(Ask::chain("eip155:1".parse()?)).await?;
/// // the wallet signs a text with `challenge.nonce` …
/// let SignedIn { session, token, .. } = engine.sign_in(&proof, &Context::token()).await?;
/// let again = engine.authenticate(Credential::Bearer(&token.expose())).await?;
/// assert_eq!(again.identity, session.identity);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Engine(Arc<Parts>);

impl Engine {
    /// Begins an engine for the site at `origin`, such as `https://app.example`.
    pub fn builder(origin: &str) -> EngineBuilder {
        EngineBuilder::new(origin)
    }

    /// The site's own origin.
    pub fn origin(&self) -> &Origin {
        self.0.policy.main_origin()
    }

    /// All origins whose pages may speak to the engine; the main one is the first.
    pub fn origins(&self) -> &[Origin] {
        &self.0.policy.origins
    }

    /// The chains it serves, with the word for each in the first line of a text, in the order in
    /// which they were added.
    pub fn chains(&self) -> impl Iterator<Item = (&ChainId, &str)> {
        self.0.verifiers.labelled()
    }

    /// Whether cookies must reach pages of other sites (`SameSite=None`).
    pub fn is_cross_site(&self) -> bool {
        self.0.policy.cross_site
    }

    /// Whether the engine runs in `dev` mode.
    pub fn is_dev(&self) -> bool {
        self.0.dev
    }

    /// What a crash of its stores may cost.
    pub fn durability(&self) -> Durability {
        self.0.durability
    }

    /// The chain that a text means which names none: the first one of the verifier whose texts bear
    /// this [label](crate::ChainVerifier::label).
    pub fn first_chain(&self, label: &str) -> Option<ChainId> {
        self.0.verifiers.first_chain(label).cloned()
    }

    /// The canonical account behind an address, in whatever spelling its chain allows.
    ///
    /// # Errors
    /// `chain_unsupported`, `address_invalid`.
    pub fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, Error> {
        let verifier = self.0.verifiers.of_chain(chain)?;
        Ok(verifier.account(chain, address)?)
    }

    /// The quotas of one client.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What keeps clients and consents, if the stores do.
    pub fn registry(&self) -> Option<&Arc<dyn Registry>> {
        self.0.registry.as_ref()
    }

    /// Whether signatures may be much longer than a key's: contract wallets are served.
    pub fn takes_long_signatures(&self) -> bool {
        self.0.verifiers.take_long_signatures()
    }

    /// What the engine's clock says.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Whether pages of this origin may speak to us.
    ///
    /// # Errors
    /// `origin_rejected`.
    pub fn admit_origin(&self, origin: &Origin) -> Result<(), Error> {
        if self.0.policy.admits(origin) {
            Ok(())
        } else {
            Err(Code::OriginRejected.into())
        }
    }

    /// Whether the stores answer: each is asked for something that cannot be there.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn check_stores(&self) -> Result<(), Error> {
        self.0.nonces.consume("nobody's").await?;
        self.0.sessions.find(&SessionId::nobodys()).await?;
        Ok(())
    }

    /// Lets go of what expired: records, sessions and spent quotas. Each store is asked even if
    /// another fails.
    ///
    /// # Errors
    /// The first store's error.
    pub async fn purge(&self) -> Result<Purged, StoreError> {
        let now = self.now();
        let before = now - PURGE_SLACK;
        let nonces = self.0.nonces.purge(before).await;
        let sessions = self.0.sessions.purge(before).await;
        let quotas = match &self.0.limiter {
            Some(limiter) => limiter.purge(now).await,
            None => Ok(0),
        };
        Ok(Purged {
            nonces: nonces?,
            sessions: sessions?,
            quotas: quotas?,
        })
    }

    /// A handle that does not keep the engine alive.
    pub fn downgrade(&self) -> WeakEngine {
        WeakEngine(Arc::downgrade(&self.0))
    }

    /// Takes one request out of a client's quota for a flow, as the engine does for its own flows.
    ///
    /// # Errors
    /// `rate_limited`, `store_unavailable`.
    pub async fn spend(
        &self,
        flow: &'static str,
        quota: Quota,
        client: Option<IpAddr>,
    ) -> Result<(), Error> {
        let Some(limiter) = &self.0.limiter else {
            return Ok(());
        };
        let take = async |key: String, quota| match limiter.take(&key, quota, 1, self.now()).await?
        {
            Verdict::Admitted => Ok(()),
            Verdict::Denied { retry_after } => {
                self.0.events.record(&Event::LimitReached { flow });
                Err(Error::rate_limited(retry_after))
            }
        };
        match client.map(|client| client.to_canonical()) {
            None => take(format!("{flow}:unknown"), quota).await,
            Some(IpAddr::V4(address)) => take(format!("{flow}:{address}"), quota).await,
            Some(IpAddr::V6(address)) => {
                take(format!("{flow}:{}", network_of(address, 4)), quota).await?;
                // Who has one /64 easily has many: a /48 together gets a quota of its own.
                let limit = quota.limit.saturating_mul(SITES_OF_A_48);
                let wider = Quota { limit, ..quota };
                take(format!("{flow}:{}/48", network_of(address, 3)), wider).await
            }
        }
    }
}

/// An [`Engine`] that may be gone.
#[derive(Debug, Clone)]
pub struct WeakEngine(Weak<Parts>);

impl WeakEngine {
    /// The engine, if it is still there.
    pub fn upgrade(&self) -> Option<Engine> {
        self.0.upgrade().map(Engine)
    }
}

/// What [`Engine::purge`] let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// One-time records.
    pub nonces: u64,
    /// Sessions.
    pub sessions: u64,
    /// Quotas of clients.
    pub quotas: u64,
}

/// The network of an IPv6 address: so many of its 16-bit groups, and zeros.
fn network_of(address: Ipv6Addr, groups: usize) -> Ipv6Addr {
    let mut segments = address.segments();
    segments[groups..].fill(0);
    segments.into()
}

/// How many /64 networks' worth of quota a /48 gets.
const SITES_OF_A_48: u32 = 16;

/// Nodes whose clocks differ must not purge what counts for another.
const PURGE_SLACK: std::time::Duration = std::time::Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_the_head_of_an_address() {
        let address = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        assert_eq!(network_of(address, 4).to_string(), "2001:db8:1:2::");
        assert_eq!(network_of(address, 3).to_string(), "2001:db8:1::");
    }
}
