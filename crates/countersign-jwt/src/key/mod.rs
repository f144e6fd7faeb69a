//! One key: what it signs with, what it is called, and its public half for others.

mod algorithm;
mod jwk;
mod material;
mod pem;
#[cfg(feature = "rs256")]
mod rsa;
mod signers;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{ConfigError, Secret};
use hmac::Mac;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::algorithm::Algorithm;
pub(crate) use self::{material::Material, signers::Secp256k1};
use crate::jws;

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

impl Key {
    /// A fresh key from the operating system's randomness.
    pub fn generate(algorithm: Algorithm) -> Self {
        #[cfg(feature = "rs256")]
        if algorithm == Algorithm::Rs256 {
            return Self::of(Material::Rs256(rsa::Rsa::generate()));
        }
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *bytes).expect("the operating system gives randomness");
            // One in 2^32 or fewer draws is no scalar of the curve: draw again.
            if let Some(material) = Material::of(algorithm, &*bytes) {
                return Self::of(material);
            }
        }
    }

    /// A shared secret for HS256.
    ///
    /// # Errors
    /// `CFG_SECRET_WEAK`: under 32 bytes, of low variety, or a sample from documentation.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Secret::new(&secret).check()?;
        let material = Material::of(Algorithm::Hs256, secret.as_ref());
        Ok(Self::of(material.expect("any bytes are a shared secret")))
    }

    /// Reads the private key of a wallet as wallets show it: 64 hexadecimal digits, with or without
    /// `0x`. It signs by ES256K.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let bytes = hex::decode(digits).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| KeyError::Unreadable)?;
        let material = Material::of(Algorithm::Es256k, &bytes);
        material.map(Self::of).ok_or(KeyError::Unreadable)
    }

    /// Reads a PKCS#8 private key in PEM: Ed25519, P-256, secp256k1 or, with the feature `rs256`,
    /// RSA of 2048 bits or more. The kind of key decides the algorithm.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let material = pem::read(text).ok_or(KeyError::Unreadable)?;
        Ok(Self::of(material))
    }

    /// Reads a private JSON Web Key (RFC 7517): `OKP`/`Ed25519`, `EC`/`P-256`, `EC`/`secp256k1`,
    /// `oct` or, with the feature `rs256`, `RSA`.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], also if the public half or the algorithm it states is not its
    /// own; [`KeyError::Weak`] for a shared secret that is none.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        jwk::read(jwk)
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
        self.material.algorithm()
    }

    /// The public half (RFC 7517), for everybody; a shared secret has none.
    pub fn public_jwk(&self) -> Option<Map<String, Value>> {
        (self.algorithm() != Algorithm::Hs256).then(|| jwk::public(self))
    }

    /// The whole key as a JSON Web Key, for a file that nobody else can read.
    pub(crate) fn private_jwk(&self) -> Map<String, Value> {
        jwk::private(self)
    }

    fn of(material: Material) -> Self {
        let mut key = Self {
            kid: String::new(),
            header: String::new(),
            material,
        };
        key.kid = key.name();
        key.header = jws::header(jws::ACCESS, key.algorithm(), &key.kid);
        key
    }

    fn name(&self) -> String {
        let digest = match &self.material {
            Material::Hs256(hmac, _) => hmac
                .mac(b"countersign kid")
                .finalize()
                .into_bytes()
                .to_vec(),
            // Keys of a JSON object are written in the order of their names here.
            _ => Sha256::digest(self.material.members().to_string()).to_vec(),
        };
        URL_SAFE_NO_PAD.encode(digest)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} {})", self.algorithm(), self.kid)
    }
}

/// Why a key was not taken. Never holds the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a private key of a kind that is known here.
    #[error("not a private key of a kind that is known here")]
    Unreadable,
    /// A key for a wallet's tokens that is none of secp256k1.
    #[error("a wallet's key is one of secp256k1")]
    NotAWallet,
    /// A shared secret that is too short or too simple.
    #[error("the shared secret is weak: take 32 random bytes")]
    Weak,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

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
            #[cfg(feature = "rs256")]
            Algorithm::Rs256,
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

    #[cfg(feature = "rs256")]
    #[test]
    fn numbers_that_are_no_key_are_refused() {
        let good = Key::generate(Algorithm::Rs256).private_jwk();
        for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            let mut broken = good.clone();
            let value = broken[name].as_str().unwrap().to_owned();
            let other = if value.starts_with('A') { "B" } else { "A" };
            broken.insert(name.to_owned(), format!("{other}{}", &value[1..]).into());
            assert!(Key::from_jwk(&broken).is_err(), "{name}");
            broken.remove(name);
            assert!(Key::from_jwk(&broken).is_err(), "{name}");
        }
        // 1024 bits are none.
        assert!(Key::from_pem(include_str!("../../tests/rsa-1024.pem")).is_err());
    }

    const PEMS: &[(&str, Algorithm)] = &[
        (include_str!("../../tests/ed25519.pem"), Algorithm::EdDsa),
        (include_str!("../../tests/p256.pem"), Algorithm::Es256),
        (include_str!("../../tests/secp256k1.pem"), Algorithm::Es256k),
        #[cfg(feature = "rs256")]
        (include_str!("../../tests/rsa.pem"), Algorithm::Rs256),
    ];
}
