//! A key to and from a JSON Web Key (RFC 7517).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Algorithm, Key, KeyError, material::Material};

/// Reads a private key.
pub(crate) fn read(jwk: &Map<String, Value>) -> Result<Key, KeyError> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name| {
        let decoded = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        decoded.map(Zeroizing::new).ok_or(KeyError::Unreadable)
    };
    let material = match (text("kty"), text("crv")) {
        (Some("OKP"), Some("Ed25519")) => Material::of(Algorithm::EdDsa, &bytes("d")?),
        (Some("EC"), Some("P-256")) => Material::of(Algorithm::Es256, &bytes("d")?),
        (Some("EC"), Some("secp256k1")) => Material::of(Algorithm::Es256k, &bytes("d")?),
        (Some("oct"), None) => {
            let secret = bytes("k")?;
            return Key::hs256(&*secret)
                .map_err(|_| KeyError::Weak)
                .and_then(|key| agreeing(key, jwk));
        }
        #[cfg(feature = "rs256")]
        (Some("RSA"), None) => {
            let mut numbers = super::rsa::Numbers::default();
            for (name, number) in super::rsa::NAMES.into_iter().zip(&mut numbers) {
                *number = bytes(name)?;
            }
            super::rsa::Rsa::of(numbers).map(Material::Rs256)
        }
        _ => None,
    };
    agreeing(Key::of(material.ok_or(KeyError::Unreadable)?), jwk)
}

/// The key, if the public half and the algorithm that are stated beside it are its own.
fn agreeing(key: Key, jwk: &Map<String, Value>) -> Result<Key, KeyError> {
    let own = public(&key);
    let stated = ["x", "y", "n", "e", "alg"].into_iter();
    let agrees = stated
        .filter_map(|name| Some((name, jwk.get(name)?)))
        .all(|(name, value)| own.get(name) == Some(value));
    agrees.then_some(key).ok_or(KeyError::Unreadable)
}

/// The members without secrets.
pub(crate) fn public(key: &Key) -> Map<String, Value> {
    let mut jwk = match key.material.members() {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in [
        ("alg", key.algorithm().as_str()),
        ("use", "sig"),
        ("kid", key.kid()),
    ] {
        jwk.insert(name.to_owned(), value.into());
    }
    jwk
}

/// The whole key, for a file that nobody else can read.
pub(crate) fn private(key: &Key) -> Map<String, Value> {
    let mut jwk = public(key);
    for (name, secret) in key.material.secrets() {
        jwk.insert(name.to_owned(), URL_SAFE_NO_PAD.encode(&*secret).into());
    }
    jwk
}
