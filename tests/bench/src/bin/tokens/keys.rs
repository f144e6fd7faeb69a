//! Keys that both sides of a comparison know.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_jwt::{Algorithm, Key};
use serde_json::Map;

/// A key of 32 bytes that are known here.
pub(crate) fn key(algorithm: Algorithm) -> Key {
    let (kty, crv, secret) = match algorithm {
        Algorithm::EdDsa => ("OKP", Some("Ed25519"), "d"),
        Algorithm::Es256 => ("EC", Some("P-256"), "d"),
        Algorithm::Es256k => ("EC", Some("secp256k1"), "d"),
        _ => ("oct", None, "k"),
    };
    let mut jwk = Map::new();
    jwk.insert("kty".to_owned(), kty.into());
    jwk.extend(crv.map(|crv| ("crv".to_owned(), crv.into())));
    jwk.insert(secret.to_owned(), URL_SAFE_NO_PAD.encode(SECRET).into());
    Key::from_jwk(&jwk).unwrap()
}

/// The bytes that SHA-256 begins with: a key for measuring, which signs nothing for anybody.
pub(crate) const SECRET: &[u8; 32] =
    b"\x6a\x09\xe6\x67\xbb\x67\xae\x85\x3c\x6e\xf3\x72\xa5\x4f\xf5\x3a\
    \x51\x0e\x52\x7f\x9b\x05\x68\x8c\x1f\x83\xd9\xab\x5b\xe0\xcd\x19";
