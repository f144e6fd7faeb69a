//! Why Redis was not opened.

use countersign_core::{BoxError, ConfigFault};

/// Why Redis was not opened. Never holds the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The prefix cannot begin the name of a key.
    #[error("a key prefix is at most 64 printable ASCII characters without braces")]
    Prefix,
    /// What was given as certificates of authorities is none.
    #[error("the certificates of the authorities are no certificates in PEM")]
    Certificate,
    /// The URL is not one of ours.
    #[error("the URL of the Redis store cannot be read: {0}")]
    Url(&'static str),
    /// The URL asks for what is not compiled in.
    #[error("this Redis URL needs the feature `{0}` of countersign-store-redis")]
    FeatureOff(&'static str),
    /// Redis cannot be reached, or refuses us.
    #[error("Redis cannot be reached")]
    Unreachable(#[source] BoxError),
    /// Its settings make it unfit, or the way there does: `CFG_EVICTION`, `CFG_STORE_TLS`.
    #[error("{}: {}", .0.code, .0.detail)]
    Unfit(ConfigFault),
}

impl From<redis::RedisError> for ConnectError {
    fn from(error: redis::RedisError) -> Self {
        Self::Unreachable(error.into())
    }
}
