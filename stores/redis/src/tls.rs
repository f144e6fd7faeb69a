//! Whom a connection over TLS trusts.

use redis::{Client, IntoConnectionInfo, RedisResult};

#[cfg(feature = "tls")]
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
