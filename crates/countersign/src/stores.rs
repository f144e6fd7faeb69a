//! Stores by URL: the scheme says which.

use std::fmt;

use countersign_core::{BoxError, Stores};

/// Opens the stores that a URL names. `memory:` lives in this process and needs the feature
/// `memory`.
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
/// [`ConnectError`]: an unknown scheme, one whose feature is not enabled, or a store that cannot
/// be reached.
pub async fn connect(url: &str) -> Result<Stores, ConnectError> {
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    match scheme {
        #[cfg(feature = "memory")]
        "memory" => Ok(countersign_store_memory::stores()),
        #[cfg(not(feature = "memory"))]
        "memory" => Err(ConnectError::FeatureOff {
            scheme: "memory",
            feature: "memory",
        }),
        _ => Err(ConnectError::UnknownScheme),
    }
}

/// Why stores were not opened. Never holds the URL, which may hold a password.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL's scheme is none of ours.
    #[error("the store's URL has none of the known schemes: memory")]
    UnknownScheme,
    /// The scheme is known, but its backend is not compiled in.
    #[error("`{scheme}:` needs the feature `{feature}` of countersign")]
    FeatureOff {
        /// The scheme of the URL.
        scheme: &'static str,
        /// The feature to enable.
        feature: &'static str,
    },
    /// The store cannot be reached, or refuses us.
    #[error("the store cannot be opened")]
    Unreachable(#[source] BoxError),
}

/// As for people, with the cause: this is what a `main` that returns the error prints.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self {
            Self::Unreachable(cause) => write!(f, ": {cause}"),
            _ => Ok(()),
        }
    }
}
