//! The way to a database on the network: refused to another host unless the URL says whether it is
//! encrypted, and tried once at boot.

use std::net::IpAddr;

use countersign_core::ConfigFault;
use sqlx::{ConnectOptions, Connection};

use crate::{ConnectError, error::DEADLINE};

/// What a URL says about the way to its database.
pub(crate) struct Way<'a> {
    pub(crate) host: &'a str,
    /// Whether it is a socket of this machine.
    pub(crate) is_socket: bool,
    /// Whether TLS is demanded, or ruled out in so many words. What takes TLS if it happens to be
    /// offered is neither: whoever sits between takes the offer away.
    pub(crate) is_stated: bool,
    /// What to add to the URL: for TLS, and for none.
    pub(crate) choices: [&'static str; 2],
}

impl Way<'_> {
    pub(crate) fn check(&self) -> Result<(), ConnectError> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>();
        let is_here = self.is_socket
            || host.starts_with('/')
            || host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address| address.is_loopback());
        if is_here || self.is_stated {
            return Ok(());
        }
        let [tls, none] = self.choices;
        let detail = format!(
            "the database is on another host and its URL does not ask for TLS: add {tls}, or {none} if the network between is yours"
        );
        Err(ConnectError::Unfit(ConfigFault::new(
            "CFG_STORE_TLS",
            detail,
        )))
    }
}

/// Connects once, to say what is wrong: a pool tries again and again, and then says that it waited.
pub(crate) async fn greet<O>(server: &O) -> Result<(), ConnectError>
where
    O: ConnectOptions<Connection: Sized>,
{
    let greeted = async { server.connect().await?.close().await };
    match tokio::time::timeout(DEADLINE, greeted).await {
        Ok(greeted) => Ok(greeted?),
        Err(elapsed) => Err(ConnectError::Unreachable(elapsed.into())),
    }
}
