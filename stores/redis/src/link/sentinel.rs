//! Who knows the master of a set under Sentinel.

use redis::{
    ConnectionAddr, TlsMode,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};

use crate::{ConnectError, tls::Roots, url::Many};

pub(super) fn client(
    scheme: &str,
    rest: &str,
    roots: &Roots,
) -> Result<SentinelClient, ConnectError> {
    let many = Many::parse(rest, 26379)?;
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
    Ok(builder.build()?)
}
