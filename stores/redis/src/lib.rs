//! Stores in Redis 5 or newer: one node, a set under Sentinel, a Cluster.
//!
//! | URL | feature | what it is |
//! |---|---|---|
//! | `redis://user:password@host:port/db` | | one node |
//! | `rediss://…` | `tls` | one node, over TLS |
//! | `redis+cluster://host:port,host:port/` | `cluster` | a Redis Cluster, by some of its nodes |
//! | `redis+sentinel://host:port,host:port/name/db` | `sentinel` | the master that Sentinels know as `name` |
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use countersign_store_redis::{Options, RedisStores};
//!
//! let stores = RedisStores::connect("redis://127.0.0.1/0", Options::default()).await?;
//! let builder = countersign_core::Engine::builder("https://app.example").stores(stores.into());
//! # let _ = builder;
//! # Ok(()) }
//! ```
//!
//! # What decides a race
//! Each operation is one command, one transaction (`MULTI`) or one script on one node, in one round
//! trip. Sessions that many tasks look for at the same moment are read by one `MGET`, and records that
//! many claim by one transaction, in which each record is handed to one of them; nobody waits for
//! company. A Cluster takes each by itself, claims by a script.
//!
//! # What happens to a record that Redis brings back
//! A node that restarts from an old snapshot, or a replica that is promoted before it heard of a
//! deletion, holds records that were consumed. So each one-time record names the
//! replication history (`master_replid`) that it was written in, which changes when a master starts
//! and when a replica is promoted. One of another history counts as absent. After a failover, challenges that were on their way are
//! asked for again; none is accepted twice. Sessions have no fence by default: a failover signs
//! nobody out, and one that was acknowledged in the last moment may be lost, or a sign-out in that
//! moment undone, as [`Durability::BoundedLoss`] says. With [`Options::fence_sessions`] no sign-out
//! is undone, and a failover or a restart signs everybody out.
//!
//! # Expiry
//! Keys carry a time to live, an hour longer than the engine asks for: it collects the rubbish,
//! and never decides whether something counts. So `purge` has nothing to do here, and says 0. The
//! indexes of sessions have none: there are at most 65,536 of them, and each forgets on the way what
//! ended a day ago by the clock of the node that writes. So no node's clock may be a day off: signing
//! out everywhere would miss sessions that were forgotten too early.
//!
//! # Trouble
//! A lost connection, a node that may not write, a node that does not answer within a second and
//! a half: [`StoreError::Unavailable`]. A call that has waited for 0.4 s looks whether anybody is
//! there, so a single node that is gone is known to be so within a second; one that is slow keeps its
//! second and a half. Nothing that may
//! have happened is tried again, but for reads. A command that a Cluster node refused because the slot is
//! elsewhere did not happen, and is sent again; while a slot is being moved, its records are
//! unavailable. A value that cannot be read counts as absent, and the log says so.
//!
//! # TLS
//! A URL without TLS that names a host other than this one is refused (`CFG_STORE_TLS`), unless it
//! says that the network between is yours: `redis://cache.internal/0?tls=off`.
//!
//! TLS is by rustls. The certificate must name the host of the URL, and come from an authority of Mozilla's
//! list or from [one of yours](Options::root_certificates). Of the set under Sentinel, the
//! nodes are reached by TLS; the Sentinels are not. The client takes the process's cryptography: if
//! the application has installed no `CryptoProvider` of rustls before, opening a `rediss` URL
//! installs that of *ring*.
//!
//! # What Redis must be
//! `maxmemory-policy` must be `noeviction`: a store that drops sessions to make room is refused
//! (`CFG_EVICTION`). The user needs the commands of the scripts, `MULTI` and `INFO` among them; if it may not
//! use `CONFIG`, what cannot be read counts as the least durable.

mod encoding;
mod error;
mod limiter;
mod link;
mod nonces;
mod registry;
mod script;
mod sessions;
mod settings;
mod tls;
#[cfg(any(feature = "cluster", feature = "sentinel"))]
mod url;

use std::{sync::Arc, time::Duration};

use countersign_core::{Durability, StoreError, Stores, Timestamp};

use link::Link;
use tls::Roots;

pub use error::ConnectError;

/// Stores in Redis. Clones share the connection.
#[derive(Debug, Clone)]
pub struct RedisStores {
    link: Arc<Link>,
    prefix: Arc<str>,
    fence_sessions: bool,
    durability: Durability,
}

/// What can be chosen when Redis is opened.
///
/// ```
/// use countersign_store_redis::Options;
///
/// let options = Options::default().key_prefix("signin:")?;
/// # let _ = options;
/// assert!(Options::default().key_prefix("{mine}").is_err());
/// # Ok::<_, countersign_store_redis::ConnectError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    prefix: String,
    fence_sessions: bool,
    roots: Roots,
}

impl RedisStores {
    /// Opens the Redis that a URL names, and looks at its settings.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(url: &str, options: Options) -> Result<Self, ConnectError> {
        let opened = tokio::time::timeout(PATIENCE, async {
            let link = Link::open(url, &options.roots).await?;
            let durability = link.check().await?;
            Ok::<_, ConnectError>((link, durability))
        });
        let (link, durability) = opened
            .await
            .map_err(|elapsed| ConnectError::Unreachable(elapsed.into()))??;
        Ok(Self {
            durability,
            link: Arc::new(link),
            prefix: options.prefix.into(),
            fence_sessions: options.fence_sessions,
        })
    }

    /// What a crash may cost, as the server's own settings say. Replicas hear of writes after the
    /// client does, so a Cluster or a set under Sentinel is never better than
    /// [`Durability::BoundedLoss`].
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// How long a key with this end lives: at least an hour, so that whoever judges by another
    /// clock still finds it.
    fn time_to_live(end: Timestamp) -> u64 {
        let now = countersign_core::Clock::now(&countersign_core::SystemClock);
        let left = end.since(now) + SLACK;
        u64::try_from(left.as_millis())
            .unwrap_or(u64::MAX)
            .min(LONGEST)
    }
}

impl From<RedisStores> for Stores {
    fn from(stores: RedisStores) -> Self {
        let durability = stores.durability;
        let stores = Arc::new(stores);
        Self {
            nonces: stores.clone(),
            sessions: stores.clone(),
            limiter: stores.clone(),
            registry: Some(stores),
            durability,
        }
    }
}

impl Options {
    /// What the names of all keys begin with; `cs:` by default. Printable ASCII, no braces. Sites
    /// that share a Redis keep apart by it.
    ///
    /// # Errors
    /// [`ConnectError::Prefix`].
    pub fn key_prefix(mut self, prefix: &str) -> Result<Self, ConnectError> {
        let is_good = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
        if prefix.len() > 64 || !prefix.bytes().all(is_good) {
            return Err(ConnectError::Prefix);
        }
        prefix.clone_into(&mut self.prefix);
        Ok(self)
    }

    /// Sessions that another replication history wrote count as absent, as one-time records always
    /// do; off by default. No sign-out is ever undone by a failover, a restart or an old snapshot
    /// then; and each of them signs everybody out. Set it alike on all nodes. Sessions
    /// from before it was set count as absent.
    pub fn fence_sessions(mut self) -> Self {
        self.fence_sessions = true;
        self
    }

    /// The certificates of the authorities that may vouch for the server of a `rediss` URL, in PEM
    /// (RFC 7468), one after the other: for a private authority. They alone count then; by default
    /// those of Mozilla do.
    ///
    /// # Errors
    /// [`ConnectError::Certificate`] if there is none, or one that cannot be read.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, ConnectError> {
        self.roots = Roots::parse(pem)?;
        Ok(self)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "cs:".to_owned(),
            fence_sessions: false,
            roots: Roots::default(),
        }
    }
}

/// A value that cannot be read counts as absent.
fn unreadable<T>(what: &str) -> Option<T> {
    tracing::warn!(target: "countersign", "{what} in Redis cannot be read: taken as absent");
    None
}

/// An answer of a script that the script does not give.
fn unexpected(value: &redis::Value) -> StoreError {
    let kind = match value {
        redis::Value::Nil => "nil",
        redis::Value::Int(_) => "an integer",
        redis::Value::BulkString(_) => "a string",
        redis::Value::Array(_) => "an array",
        _ => "something else",
    };
    StoreError::unavailable(format!("the script answered {kind}"))
}

const SLACK: Duration = Duration::from_secs(60 * 60);
const LONGEST: u64 = 1_000 * 60 * 60 * 24 * 3_650;
const PATIENCE: Duration = Duration::from_secs(5);
