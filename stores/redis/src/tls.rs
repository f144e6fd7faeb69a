//! Whom a connection over TLS trusts, and where there must be one.

use std::net::IpAddr;

use countersign_core::ConfigFault;
use redis::{Client, IntoConnectionInfo, RedisResult};

use crate::ConnectError;

/// The authorities whose certificates count: Mozilla's, or the given ones alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roots(#[cfg(feature = "tls")] Option<redis::TlsCertificates>);

impl Roots {
    /// A client of one node, which connects later.
    pub(crate) fn client(&self, node: impl IntoConnectionInfo) -> RedisResult<Client> {
        let node = node.into_connection_info()?;
        #[cfg(feature = "tls")]
        if let Some(given) = self.given() {
            return Client::build_with_tls(node, given);
        }
        Client::open(node)
    }

    /// A client of the node that a URL names.
    pub(crate) fn client_of_url(&self, url: &str) -> Result<Client, ConnectError> {
        let info = url.into_connection_info();
        let info = info.map_err(|_| ConnectError::Url("it is no `redis://` URL"))?;
        Ok(self.client(info)?)
    }

    pub(crate) fn are_given(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.0.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }
}

#[cfg(feature = "tls")]
impl Roots {
    pub(crate) fn parse(pem: &[u8]) -> Result<Self, ConnectError> {
        use rustls::{
            RootCertStore,
            pki_types::{CertificateDer, pem::PemObject},
        };

        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| ConnectError::Certificate)?;
            let added = store.add(certificate);
            added.map_err(|_| ConnectError::Certificate)?;
        }
        if store.is_empty() {
            return Err(ConnectError::Certificate);
        }
        Ok(Self(Some(redis::TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.to_vec()),
        })))
    }

    pub(crate) fn given(&self) -> Option<redis::TlsCertificates> {
        self.0.clone()
    }
}

/// The client asks rustls for the process's cryptography, which is a panic where nobody chose any
/// and the build has none or two. What the application chose before stays.
#[cfg(feature = "tls")]
pub(crate) fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error says that another thread was quicker.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Refuses what follows the `://` of a URL without TLS if one of its hosts is not this one, and the
/// URL does not say `tls=off`.
pub(crate) fn check_plain(rest: &str) -> Result<(), ConnectError> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = rest.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    let is_stated = query.split('&').any(|pair| pair == "tls=off");
    if is_stated || hosts.split(',').all(is_here) {
        return Ok(());
    }
    let detail = "Redis is on another host and its URL does not ask for TLS: \
                  say rediss://, or add ?tls=off if the network between is yours";
    Err(ConnectError::Unfit(ConfigFault::new(
        "CFG_STORE_TLS",
        detail,
    )))
}

fn is_here(host: &str) -> bool {
    let host = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => host,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_on_another_host_needs_a_word_on_tls() {
        for good in [
            "127.0.0.1",
            "me:p@ss@127.0.0.1:6379/0",
            "[::1]:1,localhost:2/m/3",
            "me:secret@db.example/0?tls=off",
            "a.example:1,b.example:2/m?protocol=resp3&tls=off",
        ] {
            assert!(check_plain(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "db.example",
            "127.0.0.1@db.example:6379/0",
            "127.0.0.1:1,10.0.0.1:2/",
            "[2001:db8::1]/",
            "localhost.example/",
            "db.example/?tls=offer",
            "db.example/tls=off",
        ] {
            assert!(check_plain(bad).is_err(), "{bad}");
        }
    }
}
