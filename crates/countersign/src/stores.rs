//! Stores by URL: the scheme says which.

use std::{error::Error, fmt};

use countersign_core::{BoxError, ConfigFault, Stores};

/// Opens the stores that a URL names.
///
/// | URL | feature |
/// |---|---|
/// | `memory:` | `memory` |
/// | `redis://user:password@host:port/db` | `redis` |
/// | `rediss://…`: over TLS | `redis` |
/// | `redis+cluster://host:port,host:port/` | `redis-cluster` |
/// | `redis+sentinel://host:port,host:port/name/db` | `redis-sentinel` |
/// | `postgres://user:password@host:port/database` | `postgres` |
/// | `mysql://user:password@host:port/database`: MySQL or MariaDB | `mysql` |
/// | `sqlite:path` or `sqlite:///absolute/path` | `sqlite` |
///
/// The URL of a store on another host says whether the way there is encrypted, or is refused
/// (`CFG_STORE_TLS`): `rediss://…`, `postgres://…?sslmode=verify-full`,
/// `mysql://…?ssl-mode=VERIFY_IDENTITY`; or, where the network between is yours, `redis://…?tls=off`,
/// `…?sslmode=disable`, `…?ssl-mode=DISABLED`.
///
/// What can be chosen beyond the URL (table prefix, pools) stands in the crates of the stores,
/// `countersign-store-sql` and `countersign-store-redis`.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # async fn run() -> Result<(), countersign::stores::ConnectError> {
/// let stores = countersign::stores::connect("memory:").await?;
/// # let _ = stores;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`ConnectError`]: an unknown scheme, one whose feature is not enabled, a store that cannot be
/// reached, or one whose settings make it unfit.
pub async fn connect(url: &str) -> Result<Stores, ConnectError> {
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    match scheme {
        "memory" => memory(),
        "redis" | "rediss" => redis(url, "redis", cfg!(feature = "redis")).await,
        "redis+cluster" | "rediss+cluster" => {
            redis(url, "redis-cluster", cfg!(feature = "redis-cluster")).await
        }
        "redis+sentinel" | "rediss+sentinel" => {
            redis(url, "redis-sentinel", cfg!(feature = "redis-sentinel")).await
        }
        "postgres" | "postgresql" => postgres(url).await,
        "mysql" | "mariadb" => mysql(url).await,
        "sqlite" => sqlite(url).await,
        _ => Err(ConnectError::UnknownScheme),
    }
}

/// Why stores were not opened. Never holds the URL, which may hold a password.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL's scheme is none of ours.
    #[error(
        "the store's URL has none of the known schemes: memory, redis, rediss, redis+cluster, \
         redis+sentinel, postgres, mysql, sqlite"
    )]
    UnknownScheme,
    /// The scheme is known, but its backend is not compiled in.
    #[error("`{scheme}:` needs the feature `{feature}` of countersign")]
    FeatureOff {
        /// The scheme of the URL.
        scheme: String,
        /// The feature to enable.
        feature: &'static str,
    },
    /// The store cannot be reached, or refuses us.
    #[error("the store cannot be opened")]
    Unreachable(#[source] BoxError),
    /// The store's own settings make it unfit, such as `CFG_EVICTION`, or the way there does:
    /// `CFG_STORE_TLS`.
    #[error("{}: {}", .0.code, .0.detail)]
    Unfit(ConfigFault),
}

#[cfg(feature = "memory")]
#[allow(clippy::unnecessary_wraps)] // the other one fails
fn memory() -> Result<Stores, ConnectError> {
    Ok(countersign_store_memory::stores())
}

#[cfg(not(feature = "memory"))]
fn memory() -> Result<Stores, ConnectError> {
    Err(feature_off("memory:", "memory"))
}

#[cfg(feature = "redis")]
async fn redis(url: &str, feature: &'static str, is_on: bool) -> Result<Stores, ConnectError> {
    use countersign_store_redis::{ConnectError as RedisError, Options, RedisStores};

    if !is_on {
        return Err(feature_off(url, feature));
    }
    match RedisStores::connect(url, Options::default()).await {
        Ok(stores) => Ok(stores.into()),
        Err(RedisError::Unfit(fault)) => Err(ConnectError::Unfit(fault)),
        Err(error) => Err(ConnectError::Unreachable(error.into())),
    }
}

#[cfg(not(feature = "redis"))]
async fn redis(url: &str, feature: &'static str, _: bool) -> Result<Stores, ConnectError> {
    Err(feature_off(url, feature))
}

macro_rules! sql {
    ($function:ident, $feature:literal, $Stores:ident) => {
        #[cfg(feature = $feature)]
        async fn $function(url: &str) -> Result<Stores, ConnectError> {
            use countersign_store_sql::{ConnectError as SqlError, Options, $Stores};

            match $Stores::connect(url, Options::default()).await {
                Ok(stores) => Ok(stores.into()),
                Err(SqlError::Unfit(fault)) => Err(ConnectError::Unfit(fault)),
                Err(error) => Err(ConnectError::Unreachable(error.into())),
            }
        }

        #[cfg(not(feature = $feature))]
        async fn $function(url: &str) -> Result<Stores, ConnectError> {
            Err(feature_off(url, $feature))
        }
    };
}

sql!(postgres, "postgres", PgStores);
sql!(mysql, "mysql", MySqlStores);
sql!(sqlite, "sqlite", SqliteStores);

#[allow(dead_code)] // with all features on
fn feature_off(url: &str, feature: &'static str) -> ConnectError {
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    ConnectError::FeatureOff {
        scheme: scheme.to_owned(),
        feature,
    }
}

/// As for people, with the cause: this is what a `main` that returns the error prints.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self {
            Self::Unreachable(cause) => causes(&**cause, f),
            _ => Ok(()),
        }
    }
}

/// A cause and its own causes, without those that the one before has told already.
fn causes(first: &(dyn Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut told = String::new();
    let mut next = Some(first);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            write!(f, ": {text}")?;
            told = text;
        }
        next = cause.source();
    }
    Ok(())
}
