//! The provider: an engine, its clients, and the address under which it all is found.

use std::{net::IpAddr, sync::Arc, time::Duration};

use countersign_core::{ConfigError, ConfigFault, Engine, Error, Quota};

use crate::registry::ClientRegistry;

/// An OpenID Provider and OAuth 2.1 authorization server. Cheap to clone.
///
/// The issuer is the engine's origin. ID tokens and access tokens are signed by the engine's token
/// issuer.
#[derive(Debug, Clone)]
pub struct Provider {
    pub(crate) engine: Engine,
    pub(crate) clients: Arc<dyn ClientRegistry>,
}

impl Provider {
    /// A provider with these clients.
    ///
    /// # Errors
    /// `CFG_SSO_KEYS`: the engine has no token issuer with a public key, so nobody could check an ID
    /// token.
    pub fn new(engine: Engine, clients: impl ClientRegistry) -> Result<Self, ConfigError> {
        let provider = Self {
            engine,
            clients: Arc::new(clients),
        };
        if provider.algorithms().is_empty() {
            let detail =
                "no key that clients could check: add tokens(..) with EdDSA, ES256 or RS256";
            return Err(ConfigFault::new("CFG_SSO_KEYS", detail).into());
        }
        Ok(provider)
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The issuer (RFC 8414 section 2), which all metadata, answers and tokens name.
    pub fn issuer(&self) -> &str {
        self.engine.origin().as_str()
    }

    /// Counts a request of somebody who has proved nothing yet.
    pub(crate) async fn count(
        &self,
        flow: &str,
        quota: Quota,
        ip: Option<IpAddr>,
    ) -> Result<(), Error> {
        self.engine.spend(flow, quota, ip).await
    }

    /// The algorithms of the keys that are published.
    pub(crate) fn algorithms(&self) -> Vec<String> {
        let keys = self.engine.jwks().unwrap_or_default().keys;
        let mut names: Vec<_> = keys
            .iter()
            .filter_map(|key| Some(key.get("alg")?.as_str()?.to_owned()))
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// How long a person may take to sign in and to decide.
pub(crate) const TRANSACTION: Duration = Duration::from_secs(30 * 60);
