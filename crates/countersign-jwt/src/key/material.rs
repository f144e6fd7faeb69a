//! What a key is made of: one kind of key for each algorithm, prepared when it is read.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::signature::{Signer, Verifier};
use serde_json::{Value, json};
use zeroize::Zeroizing;

#[cfg(feature = "rs256")]
use super::rsa::{NAMES, Rsa};
use super::{
    Algorithm,
    signers::{Ed25519, HmacSha256, P256, Secp256k1},
};

#[derive(Clone)]
pub(crate) enum Material {
    EdDsa(Box<Ed25519>),
    Es256(Box<P256>),
    Es256k(Box<Secp256k1>),
    Hs256(Box<HmacSha256>, Zeroizing<Vec<u8>>),
    #[cfg(feature = "rs256")]
    Rs256(Rsa),
}

impl Material {
    /// A key of these bytes: a seed, a scalar of the curve, or a shared secret. RSA has no such.
    pub(crate) fn of(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::EdDsa => {
                let seed = Zeroizing::new(<[u8; 32]>::try_from(bytes).ok()?);
                let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                Self::EdDsa(Box::new(Ed25519(key)))
            }
            Algorithm::Es256 => {
                let key = p256::ecdsa::SigningKey::from_slice(bytes).ok()?;
                Self::Es256(Box::new(P256(key)))
            }
            Algorithm::Es256k => {
                let key = k256::ecdsa::SigningKey::from_slice(bytes).ok()?;
                Self::Es256k(Box::new(Secp256k1(key)))
            }
            Algorithm::Hs256 => {
                let kept = Zeroizing::new(bytes.to_vec());
                Self::Hs256(Box::new(HmacSha256::new(bytes)), kept)
            }
            #[cfg(feature = "rs256")]
            Algorithm::Rs256 => return None,
        })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Es256(_) => Algorithm::Es256,
            Self::Es256k(_) => Algorithm::Es256k,
            Self::Hs256(..) => Algorithm::Hs256,
            #[cfg(feature = "rs256")]
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::EdDsa(key) => key.sign(message),
            Self::Es256(key) => key.sign(message),
            Self::Es256k(key) => key.sign(message),
            Self::Hs256(key, _) => key.sign(message),
            #[cfg(feature = "rs256")]
            Self::Rs256(key) => key.sign(message),
        }
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let verified = match self {
            Self::EdDsa(key) => key.verify(message, signature),
            Self::Es256(key) => key.verify(message, signature),
            Self::Es256k(key) => key.verify(message, signature),
            Self::Hs256(key, _) => key.verify(message, signature),
            #[cfg(feature = "rs256")]
            Self::Rs256(key) => key.verify(message, signature),
        };
        verified.is_ok()
    }

    /// The public members that RFC 7638 hashes: all of them required, in the order of their names.
    pub(crate) fn members(&self) -> Value {
        let point = |sec1: &[u8]| {
            let (x, y) = sec1[1..].split_at(32);
            (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
        };
        match self {
            Self::EdDsa(key) => {
                let x = URL_SAFE_NO_PAD.encode(key.0.verifying_key().as_bytes());
                json!({"crv": "Ed25519", "kty": "OKP", "x": x})
            }
            Self::Es256(key) => {
                let (x, y) = point(key.0.verifying_key().to_sec1_point(false).as_bytes());
                json!({"crv": "P-256", "kty": "EC", "x": x, "y": y})
            }
            Self::Es256k(key) => {
                let (x, y) = point(key.0.verifying_key().to_sec1_point(false).as_bytes());
                json!({"crv": "secp256k1", "kty": "EC", "x": x, "y": y})
            }
            Self::Hs256(..) => json!({"kty": "oct"}),
            #[cfg(feature = "rs256")]
            Self::Rs256(key) => {
                let [n, e, ..] = key
                    .numbers()
                    .each_ref()
                    .map(|n| URL_SAFE_NO_PAD.encode(&**n));
                json!({"e": e, "kty": "RSA", "n": n})
            }
        }
    }

    /// The secret members of a JSON Web Key.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, Zeroizing<Vec<u8>>)> {
        let one = |name, bytes: &[u8]| vec![(name, Zeroizing::new(bytes.to_vec()))];
        match self {
            Self::EdDsa(key) => one("d", &*Zeroizing::new(key.0.to_bytes())),
            Self::Es256(key) => one("d", &key.0.to_bytes()),
            Self::Es256k(key) => one("d", &key.0.to_bytes()),
            Self::Hs256(_, secret) => one("k", secret),
            #[cfg(feature = "rs256")]
            Self::Rs256(key) => {
                let all = NAMES.into_iter().zip(key.numbers().iter().cloned());
                all.skip(2).collect()
            }
        }
    }
}
