//! The algorithms by which a key can sign.

use std::fmt;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8037): the one to take.
    EdDsa,
    /// P-256 (RFC 7518), where others know no better.
    Es256,
    /// secp256k1 (RFC 8812), the curve of Ethereum's wallets.
    Es256k,
    /// A shared secret (RFC 7518): only where the one service that checks also signs.
    Hs256,
    /// RSA with PKCS #1 v1.5 (RFC 7518), for checkers that know nothing else. By aws-lc-rs, behind
    /// the feature `rs256`.
    #[cfg(feature = "rs256")]
    Rs256,
}

impl Algorithm {
    /// The value of `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es256k => "ES256K",
            Self::Hs256 => "HS256",
            #[cfg(feature = "rs256")]
            Self::Rs256 => "RS256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
