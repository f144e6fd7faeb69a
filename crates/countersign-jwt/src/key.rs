//! One key: what it signs with, what it is called, and its public half for others.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{ConfigError, Secret};
use hmac::Mac;
use k256::ecdsa::signature::{Signer as _, Verifier as _};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    jws, pem,
    signers::{Ed25519, HmacSha256, P256},
};

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037): the one to take.
    EdDsa,
    /// P-256 (RFC 7518), where others know no better.
    Es256,
    /// secp256k1 (RFC 8812), the curve of Ethereum's wallets.
    Es256k,
    /// A shared secret (RFC 7518): only where the one service that checks also signs.
    Hs256,
}

impl Algorithm {
    /// The value of `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es256k => "ES256K",
            Self::Hs256 => "HS256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A private key that signs tokens, with its name.
///
/// The name (`kid`) is the RFC 7638 thumbprint of the public half; that of a shared secret is a
/// MAC, because a thumbprint would hand out the secret's hash.
///
/// ```
/// use countersign_jwt::{Algorithm, Key};
///
/// let key = Key::generate(Algorithm::EdDsa);
/// assert_eq!(key.kid().len(), 43);
/// assert_eq!(format!("{key:?}"), format!("Key(EdDSA {})", key.kid()));
/// ```
#[derive(Clone)]
pub struct Key {
    kid: String,
    header: String,
    pub(crate) material: Material,
}

#[derive(Clone)]
pub(crate) enum Material {
    EdDsa(Box<Ed25519>),
    Es256(Box<P256>),
    Es256k(Box<k256::ecdsa::SigningKey>),
    Hs256(Box<HmacSha256>, Zeroizing<Vec<u8>>),
}

impl Key {
    /// A fresh key from the operating system's randomness.
    pub fn generate(algorithm: Algorithm) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *bytes).expect("the operating system gives randomness");
            // One in 2^32 or fewer draws is no scalar of the curve: draw again.
            if let Some(key) = Self::from_bytes(algorithm, &*bytes) {
                return key;
            }
        }
    }

    /// A shared secret for HS256.
    ///
    /// # Errors
    /// `CFG_SECRET_WEAK`: under 32 bytes, of low variety, or a sample from documentation.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Secret::new(&secret).check()?;
        Ok(Self::of(hmac(secret.as_ref())))
    }

    /// Reads a PKCS#8 private key in PEM: Ed25519, P-256 or secp256k1. The kind of key decides
    /// the algorithm.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        use p256::pkcs8::DecodePrivateKey;

        let der = pem::read(text).ok_or(KeyError::Unreadable)?;
        if let Some(seed) = pem::ed25519_seed(&der).map(Zeroizing::new) {
            return Self::from_bytes(Algorithm::EdDsa, &*seed).ok_or(KeyError::Unreadable);
        }
        if let Ok(key) = p256::SecretKey::from_pkcs8_der(&der) {
            return Ok(Self::of(Material::Es256(Box::new(P256(key.into())))));
        }
        match k256::SecretKey::from_pkcs8_der(&der) {
            Ok(key) => Ok(Self::of(Material::Es256k(Box::new(key.into())))),
            Err(_) => Err(KeyError::Unreadable),
        }
    }

    /// Reads a private JSON Web Key (RFC 7517): `OKP`/`Ed25519`, `EC`/`P-256`, `EC`/`secp256k1` or
    /// `oct`.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], also if the public half or the `kid` it states is not its own;
    /// [`KeyError::Weak`] for a shared secret that is none.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name| {
            let decoded = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            decoded.map(Zeroizing::new).ok_or(KeyError::Unreadable)
        };
        let key = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("Ed25519")) => Self::from_bytes(Algorithm::EdDsa, &bytes("d")?),
            (Some("EC"), Some("P-256")) => Self::from_bytes(Algorithm::Es256, &bytes("d")?),
            (Some("EC"), Some("secp256k1")) => Self::from_bytes(Algorithm::Es256k, &bytes("d")?),
            (Some("oct"), None) => Some(Self::hs256(&*bytes("k")?).map_err(|_| KeyError::Weak)?),
            _ => None,
        }
        .ok_or(KeyError::Unreadable)?;
        let own = key.jwk();
        let stated = ["x", "y", "alg"].iter().copied();
        let agrees = stated
            .filter_map(|name| Some((name, jwk.get(name)?)))
            .all(|(name, value)| own.get(name) == Some(value));
        agrees.then_some(key).ok_or(KeyError::Unreadable)
    }

    /// What the key is called in a token's header and in the JWKS.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The header of its tokens, encoded once.
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::EdDsa(_) => Algorithm::EdDsa,
            Material::Es256(_) => Algorithm::Es256,
            Material::Es256k(_) => Algorithm::Es256k,
            Material::Hs256(..) => Algorithm::Hs256,
        }
    }

    /// The public half (RFC 7517), for everybody; a shared secret has none.
    pub fn public_jwk(&self) -> Option<Map<String, Value>> {
        (self.algorithm() != Algorithm::Hs256).then(|| self.jwk())
    }

    /// The whole key as a JSON Web Key, for a file that nobody else can read.
    pub(crate) fn private_jwk(&self) -> Map<String, Value> {
        let mut jwk = self.jwk();
        let (name, secret) = match &self.material {
            Material::EdDsa(key) => ("d", Zeroizing::new(key.0.to_bytes().to_vec())),
            Material::Es256(key) => ("d", Zeroizing::new(key.0.to_bytes().to_vec())),
            Material::Es256k(key) => ("d", Zeroizing::new(key.to_bytes().to_vec())),
            Material::Hs256(_, secret) => ("k", secret.clone()),
        };
        jwk.insert(name.to_owned(), URL_SAFE_NO_PAD.encode(&*secret).into());
        jwk
    }

    /// Checks an ES256K signature; the other algorithms go by `jsonwebtoken`'s traits.
    pub(crate) fn es256k_verifies(
        key: &k256::ecdsa::SigningKey,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let Ok(signature) = k256::ecdsa::Signature::from_slice(signature) else {
            return false;
        };
        // One signature, one text: the twin with a high S is refused.
        signature.normalize_s() == signature
            && key.verifying_key().verify(message, &signature).is_ok()
    }

    pub(crate) fn es256k_sign(key: &k256::ecdsa::SigningKey, message: &[u8]) -> Vec<u8> {
        let signature: k256::ecdsa::Signature = key.sign(message);
        signature.normalize_s().to_bytes().to_vec()
    }

    fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let material = match algorithm {
            Algorithm::EdDsa => {
                let seed = Zeroizing::new(<[u8; 32]>::try_from(bytes).ok()?);
                Material::EdDsa(Box::new(Ed25519(ed25519_dalek::SigningKey::from_bytes(
                    &seed,
                ))))
            }
            Algorithm::Es256 => {
                let key = p256::ecdsa::SigningKey::from_slice(bytes).ok()?;
                Material::Es256(Box::new(P256(key)))
            }
            Algorithm::Es256k => {
                Material::Es256k(Box::new(k256::ecdsa::SigningKey::from_slice(bytes).ok()?))
            }
            Algorithm::Hs256 => hmac(bytes),
        };
        Some(Self::of(material))
    }

    fn of(material: Material) -> Self {
        let mut key = Self {
            kid: String::new(),
            header: String::new(),
            material,
        };
        key.kid = key.name();
        key.header = jws::header(key.algorithm(), &key.kid);
        key
    }

    /// The members without secrets.
    fn jwk(&self) -> Map<String, Value> {
        let mut jwk = match self.members() {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        for (name, value) in [
            ("alg", self.algorithm().as_str()),
            ("use", "sig"),
            ("kid", &self.kid),
        ] {
            jwk.insert(name.to_owned(), value.into());
        }
        jwk
    }

    /// The members that RFC 7638 hashes: all of them required, in the order of their names.
    fn members(&self) -> Value {
        let point = |sec1: &[u8]| {
            let (x, y) = sec1[1..].split_at(32);
            (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
        };
        match &self.material {
            Material::EdDsa(key) => {
                let x = URL_SAFE_NO_PAD.encode(key.0.verifying_key().as_bytes());
                json!({"crv": "Ed25519", "kty": "OKP", "x": x})
            }
            Material::Es256(key) => {
                let (x, y) = point(key.0.verifying_key().to_sec1_point(false).as_bytes());
                json!({"crv": "P-256", "kty": "EC", "x": x, "y": y})
            }
            Material::Es256k(key) => {
                let (x, y) = point(key.verifying_key().to_sec1_point(false).as_bytes());
                json!({"crv": "secp256k1", "kty": "EC", "x": x, "y": y})
            }
            Material::Hs256(..) => json!({"kty": "oct"}),
        }
    }

    fn name(&self) -> String {
        let digest = match &self.material {
            Material::Hs256(hmac, _) => hmac
                .mac(b"countersign kid")
                .finalize()
                .into_bytes()
                .to_vec(),
            // Keys of a JSON object are written in the order of their names here.
            _ => Sha256::digest(self.members().to_string()).to_vec(),
        };
        URL_SAFE_NO_PAD.encode(digest)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} {})", self.algorithm(), self.kid)
    }
}

fn hmac(secret: &[u8]) -> Material {
    let kept = Zeroizing::new(secret.to_vec());
    Material::Hs256(Box::new(HmacSha256::new(secret)), kept)
}

/// Why a key was not taken. Never holds the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a private key of a kind that is known here.
    #[error("not a private key for EdDSA, ES256, ES256K or HS256")]
    Unreadable,
    /// A shared secret that is too short or too simple.
    #[error("the shared secret is weak: take 32 random bytes")]
    Weak,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// RFC 8037, appendix A.3.
    #[test]
    fn the_name_is_the_thumbprint() {
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        let key = Key::from_jwk(jwk.as_object().unwrap()).unwrap();
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_survives_its_jwk() {
        for algorithm in [
            Algorithm::EdDsa,
            Algorithm::Es256,
            Algorithm::Es256k,
            Algorithm::Hs256,
        ] {
            let key = Key::generate(algorithm);
            let again = Key::from_jwk(&key.private_jwk()).unwrap();
            assert_eq!((again.kid(), again.algorithm()), (key.kid(), algorithm));
            let mut forged = key.private_jwk();
            forged.insert("alg".to_owned(), "none".into());
            assert!(Key::from_jwk(&forged).is_err());
        }
    }

    #[test]
    fn what_openssl_writes_is_read() {
        for (pem, algorithm) in PEMS {
            assert_eq!(Key::from_pem(pem).unwrap().algorithm(), *algorithm);
        }
        assert!(
            Key::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").is_err()
        );
    }

    const PEMS: &[(&str, Algorithm)] = &[
        (include_str!("../tests/ed25519.pem"), Algorithm::EdDsa),
        (include_str!("../tests/p256.pem"), Algorithm::Es256),
        (include_str!("../tests/secp256k1.pem"), Algorithm::Es256k),
    ];
}
