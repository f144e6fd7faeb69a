//! PKCS#8 private keys in PEM (RFC 7468), as `openssl genpkey` writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p256::pkcs8::DecodePrivateKey;
use zeroize::Zeroizing;

use super::{
    Algorithm,
    material::Material,
    signers::{P256, Secp256k1},
};

/// The key of a `PRIVATE KEY`, of whichever kind it is.
pub(crate) fn read(text: &str) -> Option<Material> {
    let der = der(text)?;
    if let Some(seed) = ed25519_seed(&der).map(Zeroizing::new) {
        return Material::of(Algorithm::EdDsa, &*seed);
    }
    if let Ok(key) = p256::SecretKey::from_pkcs8_der(&der) {
        return Some(Material::Es256(Box::new(P256(key.into()))));
    }
    if let Ok(key) = k256::SecretKey::from_pkcs8_der(&der) {
        return Some(Material::Es256k(Box::new(Secp256k1(key.into()))));
    }
    #[cfg(feature = "rs256")]
    return super::rsa::Rsa::from_pkcs8(&der).map(Material::Rs256);
    #[cfg(not(feature = "rs256"))]
    None
}

/// The DER between the lines of a `PRIVATE KEY`.
fn der(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = text.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let mut digits = Zeroizing::new(String::with_capacity(body.len()));
    digits.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
    STANDARD.decode(&*digits).ok().map(Zeroizing::new)
}

/// The 32 bytes of an Ed25519 key (RFC 8410 section 7), without attributes.
fn ed25519_seed(der: &[u8]) -> Option<[u8; 32]> {
    der.strip_prefix(ED25519)?.try_into().ok()
}

const ED25519: &[u8] = &[
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
