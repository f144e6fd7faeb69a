//! The way to Redis: to one node, to the master that Sentinels name, or to a Cluster.

use std::{sync::Arc, time::Duration};

use countersign_core::{Durability, StoreError};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, IntoConnectionInfo, RedisError, RedisResult,
    ServerErrorKind, Value, aio::MultiplexedConnection,
};
use tokio::sync::Mutex;

use crate::{
    ConnectError,
    script::{Call, Lua},
    settings::{Settings, grade},
    tls::{Roots, check_plain},
};

/// A way to Redis that heals: what is lost is opened again by the next call.
pub(crate) enum Link {
    /// One node at a time.
    One(Box<One>),
    #[cfg(feature = "cluster")]
    Cluster {
        connection: redis::cluster_async::ClusterConnection,
        /// The nodes that the URL names.
        nodes: Vec<Client>,
    },
}

/// The connection to one node, and who says which node that is.
pub(crate) struct One {
    source: Mutex<Source>,
    current: std::sync::Mutex<Option<(u64, MultiplexedConnection)>>,
    /// The replication history of the node, as it was when somebody last looked.
    fence: std::sync::Mutex<Arc<str>>,
    is_replicated: bool,
}

enum Source {
    Node(Box<Client>),
    #[cfg(feature = "sentinel")]
    Sentinels(Box<redis::sentinel::SentinelClient>),
}

impl Link {
    /// Opens it and connects once, so that a wrong address is found at boot.
    pub(crate) async fn open(url: &str, roots: &Roots) -> Result<Self, ConnectError> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or(ConnectError::Url("it has no `://`"))?;
        if scheme.starts_with("rediss") && cfg!(not(feature = "tls")) {
            return Err(ConnectError::FeatureOff("tls"));
        }
        if roots.are_given() && !scheme.starts_with("rediss") {
            return Err(ConnectError::Url(
                "certificates are given, but its scheme is not one with TLS",
            ));
        }
        if matches!(scheme, "redis" | "redis+cluster" | "redis+sentinel") {
            check_plain(rest)?;
        }
        #[cfg(feature = "tls")]
        if scheme.starts_with("rediss") {
            crate::tls::choose_cryptography();
        }
        let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
        match scheme {
            "redis" | "rediss" => {
                let info = url.into_connection_info();
                let info = info.map_err(|_| ConnectError::Url("it is no `redis://` URL"))?;
                let client = Box::new(roots.client(info)?);
                One::open(Source::Node(client), false).await
            }
            "redis+cluster" | "rediss+cluster" => cluster(scheme, rest, roots).await,
            "redis+sentinel" | "rediss+sentinel" => sentinels(scheme, rest, roots).await,
            _ => Err(ConnectError::Url("its scheme is not one of Redis")),
        }
    }

    /// Looks at the settings: refuses what is unfit, grades the rest.
    pub(crate) async fn check(&self) -> Result<Durability, ConnectError> {
        match self {
            Self::One(one) => {
                let (_, mut connection) = one.connection().await?;
                grade(&[Settings::read(&mut connection).await?], one.is_replicated)
            }
            #[cfg(feature = "cluster")]
            Self::Cluster { nodes, .. } => {
                let mut settings = Vec::new();
                for node in nodes {
                    // One that is down now says nothing against the others.
                    if let Ok(mut connection) = connect(node).await {
                        settings.push(Settings::read(&mut connection).await?);
                    }
                }
                grade(&settings, true)
            }
        }
    }

    /// Runs a script in one round trip (two where the node has not met it yet).
    pub(crate) async fn call(&self, script: &Lua, call: Call<'_>) -> Result<Value, StoreError> {
        let by_digest = script.by_digest(&call);
        let answer = match self.send(&by_digest).await {
            Err(error) if is(&error, ServerErrorKind::NoScript) => {
                self.send(&script.in_full(&call)).await
            }
            answer => answer,
        };
        answer.map_err(StoreError::unavailable)
    }

    /// Sends a command that only reads: once more if the connection turns out to be dead.
    pub(crate) async fn read(&self, command: &Cmd) -> Result<Value, StoreError> {
        let answer = match self.send(command).await {
            Err(error) if error.is_connection_dropped() => self.send(command).await,
            answer => answer,
        };
        answer.map_err(StoreError::unavailable)
    }

    /// Sends a command that is not tried again: it may have happened.
    pub(crate) async fn write(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.send(command).await.map_err(StoreError::unavailable)
    }

    /// The replication history that the node was in when somebody last looked; none in a Cluster,
    /// where every node has its own. A label for new records: a wrong one makes them worthless, and
    /// nothing else.
    pub(crate) async fn fence(&self) -> Result<Option<Arc<str>>, StoreError> {
        match self {
            Self::One(one) => {
                let connected = tokio::time::timeout(DEADLINE, one.connection()).await;
                connected
                    .map_err(StoreError::unavailable)?
                    .map_err(StoreError::unavailable)?;
                Ok(Some(lock(&one.fence).clone()))
            }
            #[cfg(feature = "cluster")]
            Self::Cluster { .. } => Ok(None),
        }
    }

    /// Takes over what a node said about its history.
    pub(crate) fn learn(&self, fence: &str) {
        match self {
            Self::One(one) => *lock(&one.fence) = fence.into(),
            #[cfg(feature = "cluster")]
            Self::Cluster { .. } => {}
        }
    }

    async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let answer = async {
            match self {
                Self::One(one) => one.send(command).await,
                #[cfg(feature = "cluster")]
                Self::Cluster { connection, .. } => {
                    send_to_cluster(connection.clone(), command).await
                }
            }
        };
        tokio::time::timeout(DEADLINE, answer)
            .await
            .unwrap_or_else(|_elapsed| {
                Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())
            })
    }
}

impl One {
    async fn open(source: Source, is_replicated: bool) -> Result<Link, ConnectError> {
        let one = Self {
            source: Mutex::new(source),
            current: std::sync::Mutex::new(None),
            fence: std::sync::Mutex::new("".into()),
            is_replicated,
        };
        one.connection().await?;
        Ok(Link::One(Box::new(one)))
    }

    async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let (number, mut connection) = self.connection().await?;
        let answer = command.query_async(&mut connection).await;
        if answer.as_ref().is_err_and(is_lost) {
            self.forget(number);
        }
        answer
    }

    async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        let mut source = self.source.lock().await;
        if let Some(current) = self.current() {
            return Ok(current); // somebody was quicker
        }
        let connection = match &mut *source {
            Source::Node(client) => connect(client).await?,
            #[cfg(feature = "sentinel")]
            Source::Sentinels(client) => connect(&client.async_get_client().await?).await?,
        };
        *lock(&self.fence) = history(&mut connection.clone()).await?.into();
        static NUMBERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        *lock(&self.current) = Some((number, connection.clone()));
        Ok((number, connection))
    }

    /// The next call opens another one, unless somebody has done so already.
    fn forget(&self, number: u64) {
        let mut current = lock(&self.current);
        if current.as_ref().is_some_and(|(kept, _)| *kept == number) {
            *current = None;
        }
    }

    fn current(&self) -> Option<(u64, MultiplexedConnection)> {
        lock(&self.current).clone()
    }
}

#[cfg(feature = "cluster")]
async fn cluster(scheme: &str, rest: &str, roots: &Roots) -> Result<Link, ConnectError> {
    let many = crate::url::Many::parse(rest, 6379)?;
    let base = scheme.trim_end_matches("+cluster");
    let urls = many.hosts.iter();
    let urls: Vec<_> = urls
        .map(|(host, port)| format!("{base}://{}{host}:{port}/", many.user))
        .collect();
    let builder = redis::cluster::ClusterClientBuilder::new(urls.clone())
        .retries(0) // what may have happened is not tried again; the rest is our own affair
        .connection_timeout(CONNECT)
        .response_timeout(RESPONSE);
    #[cfg(feature = "tls")]
    let builder = match roots.given() {
        Some(given) => builder.certs(given),
        None => builder,
    };
    let client = builder.build()?;
    let nodes = urls.into_iter().map(|url| roots.client(url));
    Ok(Link::Cluster {
        connection: client.get_async_connection().await?,
        nodes: nodes.collect::<Result<_, _>>()?,
    })
}

#[cfg(not(feature = "cluster"))]
async fn cluster(_: &str, _: &str, _: &Roots) -> Result<Link, ConnectError> {
    Err(ConnectError::FeatureOff("cluster"))
}

/// Sends a command again only if a node refused to look at it.
#[cfg(feature = "cluster")]
async fn send_to_cluster(
    mut connection: redis::cluster_async::ClusterConnection,
    command: &Cmd,
) -> RedisResult<Value> {
    let mut tries = 0;
    loop {
        let error = match command.query_async(&mut connection).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let refused = [
            ServerErrorKind::Moved,
            ServerErrorKind::Ask,
            ServerErrorKind::TryAgain,
            ServerErrorKind::ClusterDown,
            ServerErrorKind::ReadOnly,
        ];
        if tries == 5 || !refused.iter().any(|kind| is(&error, *kind)) {
            return Err(error);
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(20) * tries).await;
    }
}

#[cfg(feature = "sentinel")]
async fn sentinels(scheme: &str, rest: &str, roots: &Roots) -> Result<Link, ConnectError> {
    use redis::{
        ConnectionAddr, TlsMode,
        sentinel::{SentinelClientBuilder, SentinelServerType},
    };

    let many = crate::url::Many::parse(rest, 26379)?;
    let (name, db) = many.path.split_once('/').unwrap_or((many.path, "0"));
    if name.is_empty() {
        return Err(ConnectError::Url("it does not name the Sentinels' master"));
    }
    let db = db
        .parse()
        .map_err(|_| ConnectError::Url("the database is no number"))?;
    let addresses = many.hosts.iter().map(|(host, port)| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ConnectionAddr::Tcp(host.to_owned(), *port)
    });
    let mut builder = SentinelClientBuilder::new(addresses, name, SentinelServerType::Master)?
        .set_client_to_redis_db(db);
    if scheme.starts_with("rediss") {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
    }
    #[cfg(feature = "tls")]
    if let Some(given) = roots.given() {
        builder = builder.set_client_to_redis_certificates(given);
    }
    #[cfg(not(feature = "tls"))]
    let _ = roots;
    if let Some((user, password)) = many.user.trim_end_matches('@').split_once(':') {
        builder = builder.set_client_to_redis_password(password);
        if !user.is_empty() {
            builder = builder.set_client_to_redis_username(user);
        }
    }
    let client = Box::new(builder.build()?);
    One::open(Source::Sentinels(client), true).await
}

#[cfg(not(feature = "sentinel"))]
async fn sentinels(_: &str, _: &str, _: &Roots) -> Result<Link, ConnectError> {
    Err(ConnectError::FeatureOff("sentinel"))
}

async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(RESPONSE));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// The id of the node's replication history.
async fn history(connection: &mut MultiplexedConnection) -> RedisResult<String> {
    let info: String = redis::cmd("INFO")
        .arg("replication")
        .query_async(connection)
        .await?;
    let mut lines = info.lines();
    let id = lines.find_map(|line| line.strip_prefix("master_replid:"));
    Ok(id.unwrap_or_default().to_owned())
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn is(error: &RedisError, kind: ServerErrorKind) -> bool {
    error.kind() == ErrorKind::Server(kind)
}

/// Whether the connection, or the node at its end, is no good any more.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || is(error, ServerErrorKind::ReadOnly)
        || is(error, ServerErrorKind::MasterDown)
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One(one) if one.is_replicated => "Link(sentinel)",
            Self::One(_) => "Link(one node)",
            #[cfg(feature = "cluster")]
            Self::Cluster { .. } => "Link(cluster)",
        })
    }
}

const CONNECT: Duration = Duration::from_secs(1);
const RESPONSE: Duration = Duration::from_millis(1_500);
const DEADLINE: Duration = Duration::from_secs(2);
