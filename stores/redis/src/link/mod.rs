//! The way to Redis: to one node, to the master that Sentinels name, or to a Cluster.

#[cfg(feature = "cluster")]
mod cluster;
mod one;
mod pace;
#[cfg(feature = "sentinel")]
mod sentinel;
mod together;

use std::{sync::Arc, time::Duration};

use countersign_core::{Durability, StoreError};
use redis::{Client, Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::{
    ConnectError,
    script::{Call, Lua},
    settings::{Settings, grade},
    tls::{Roots, check_plain},
};

pub(crate) use one::One;

/// A way to Redis that heals: what is lost is opened again by the next call.
pub(crate) enum Link {
    /// One node at a time.
    One(Arc<One>),
    #[cfg(feature = "cluster")]
    Cluster(cluster::Cluster),
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
                let client = roots.client_of_url(url)?;
                Ok(Self::One(One::of_node(client).await?))
            }
            "redis+cluster" | "rediss+cluster" => cluster(scheme, rest, roots).await,
            "redis+sentinel" | "rediss+sentinel" => sentinel(scheme, rest, roots).await,
            _ => Err(ConnectError::Url("its scheme is not one of Redis")),
        }
    }

    /// Looks at the settings: refuses what is unfit, grades the rest.
    pub(crate) async fn check(&self) -> Result<Durability, ConnectError> {
        match self {
            Self::One(one) => {
                let mut connection = one.connection().await?;
                let settings = Settings::read(&mut connection).await?;
                grade(&[settings], one.is_replicated())
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => grade(&cluster.settings().await?, true),
        }
    }

    /// The one node, if there is but one.
    pub(crate) fn one(&self) -> Option<&Arc<One>> {
        match self {
            Self::One(one) => Some(one),
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => None,
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

    async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::One(one) => one.send(command).await,
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.send(command).await,
        }
    }
}

#[cfg(feature = "cluster")]
async fn cluster(scheme: &str, rest: &str, roots: &Roots) -> Result<Link, ConnectError> {
    Ok(Link::Cluster(
        cluster::Cluster::open(scheme, rest, roots).await?,
    ))
}

#[cfg(not(feature = "cluster"))]
async fn cluster(_: &str, _: &str, _: &Roots) -> Result<Link, ConnectError> {
    Err(ConnectError::FeatureOff("cluster"))
}

#[cfg(feature = "sentinel")]
async fn sentinel(scheme: &str, rest: &str, roots: &Roots) -> Result<Link, ConnectError> {
    let client = sentinel::client(scheme, rest, roots)?;
    Ok(Link::One(One::of_sentinels(client).await?))
}

#[cfg(not(feature = "sentinel"))]
async fn sentinel(_: &str, _: &str, _: &Roots) -> Result<Link, ConnectError> {
    Err(ConnectError::FeatureOff("sentinel"))
}

/// A command with room for its arguments, so that it need not grow a few bytes at a time.
pub(crate) fn command(name: &str, arguments: usize, bytes: usize) -> Cmd {
    let mut command = Cmd::with_capacity(1 + arguments, name.len() + bytes);
    command.arg(name);
    command
}

async fn connect(client: &Client) -> RedisResult<redis::aio::MultiplexedConnection> {
    let config = redis::AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(None) // whoever asks has a deadline of his own
        .set_pipeline_buffer_size(QUEUE);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

async fn within<T>(time: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    tokio::time::timeout(time, answer)
        .await
        .unwrap_or_else(|_elapsed| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

fn is(error: &RedisError, kind: ServerErrorKind) -> bool {
    error.kind() == ErrorKind::Server(kind)
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One(one) if one.is_replicated() => "Link(sentinel)",
            Self::One(_) => "Link(one node)",
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => "Link(cluster)",
        })
    }
}

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_millis(900);
/// How long a node that is there may take to answer.
const RESPONSE: Duration = Duration::from_millis(1_500);
/// How long a call may take that must first find or open its connection.
const DEADLINE: Duration = Duration::from_secs(2);
/// How many calls may wait to be written to one connection.
const QUEUE: usize = 1_024;
