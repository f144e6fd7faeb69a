//! PKCS#8 private keys in PEM (RFC 7468), as `openssl genpkey` writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The DER between the lines of a `PRIVATE KEY`.
pub(crate) fn read(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = text.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let mut digits = Zeroizing::new(String::with_capacity(body.len()));
    digits.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
    STANDARD.decode(&*digits).ok().map(Zeroizing::new)
}

/// The 32 bytes of an Ed25519 key (RFC 8410 section 7), without attributes.
pub(crate) fn ed25519_seed(der: &[u8]) -> Option<[u8; 32]> {
    der.strip_prefix(ED25519)?.try_into().ok()
}

const ED25519: &[u8] = &[
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
