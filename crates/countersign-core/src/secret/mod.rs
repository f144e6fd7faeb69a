//! Values that open doors: wiped from memory, never printed, compared in constant time.

mod binding;
mod refresh;
mod session;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use binding::Binding;
pub(crate) use binding::BindingDigest;
pub use refresh::{RefreshSeed, RefreshToken};
pub use session::{SessionId, SessionToken};

use crate::error::{ConfigError, ConfigFault};

/// The application's secret, from which the engine derives its keys (HKDF-SHA-256, RFC 5869).
///
/// ```
/// use countersign_core::Secret;
///
/// let secret = Secret::new(*b"kept in a vault, 43 bytes, never in git....");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes; the engine refuses fewer than 32, or ones of low variety, when it is built.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self(bytes.as_ref().to_vec())
    }

    /// 32 fresh bytes from the operating system, for tests and for `dev` mode.
    pub fn random() -> Self {
        Self(random_bytes::<32>().to_vec())
    }

    /// Whether it is good enough to guard anything.
    ///
    /// # Errors
    /// `CFG_SECRET_WEAK`: under 32 bytes, of low variety, or a sample from documentation.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.fault().map_or(Ok(()), |fault| Err(fault.into()))
    }

    pub(crate) fn fault(&self) -> Option<ConfigFault> {
        let weak = |detail: &str| Some(ConfigFault::new("CFG_SECRET_WEAK", detail));
        let distinct = {
            let mut seen = [false; 256];
            self.0
                .iter()
                .for_each(|byte| seen[usize::from(*byte)] = true);
            seen.iter().filter(|seen| **seen).count()
        };
        if self.0.len() < 32 {
            weak("the secret has fewer than 32 bytes; try `openssl rand -base64 48`")
        } else if distinct < 12 {
            weak("the secret repeats too few different bytes; try `openssl rand -base64 48`")
        } else if SAMPLES.iter().any(|sample| self.0.starts_with(sample)) {
            weak("the secret is a sample from the documentation")
        } else {
            None
        }
    }

    pub(crate) fn derive(&self, purpose: &str) -> Key {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(b"countersign/v1"), &self.0)
            .expand(purpose.as_bytes(), &mut key)
            .expect("32 bytes are a valid HKDF-SHA-256 length");
        Key(key)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// A key derived for one purpose.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
/// The key of a one-time record: base64url of `SHA-256(purpose ‖ 0x00 ‖ value)`. No flow can name
/// another flow's record, and no value can name a key of the store's own.
pub(crate) fn one_time_key(purpose: &str, value: &str) -> String {
    let digest = Sha256::new()
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(value)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// A nonce of `N` characters out of `[A-Za-z0-9]`, each equally likely.
pub(crate) fn random_alphanumeric<const N: usize>() -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const UNBIASED: u8 = 248; // the largest multiple of 62 in a byte
    let mut text = String::with_capacity(N);
    while text.len() < N {
        // Nearly always, so many bytes hold a whole nonce.
        let unbiased = random_bytes::<32>()
            .into_iter()
            .filter(|byte| *byte < UNBIASED);
        text.extend(
            unbiased
                .take(N - text.len())
                .map(|byte| char::from(ALPHABET[usize::from(byte % 62)])),
        );
    }
    text
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (written == N).then_some(bytes)
}

const REDACTED: &str = "[redacted]";

/// What stands in documentation and must never guard anything.
const SAMPLES: &[&[u8]] = &[
    b"kept in a vault, 43 bytes, never in git",
    b"0123456789abcdef0123456789abcdef",
    b"change-me",
    b"changeme",
    b"your-secret",
    b"complex_password_at_least_32_characters_long",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Subject;

    #[test]
    fn nonces_are_alphanumeric_and_never_the_same() {
        let nonces: std::collections::HashSet<_> =
            (0..1_000).map(|_| random_alphanumeric::<24>()).collect();
        assert_eq!(nonces.len(), 1_000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 24));
        assert!(
            nonces
                .iter()
                .flat_map(|nonce| nonce.bytes())
                .all(|b| b.is_ascii_alphanumeric())
        );
    }

    #[test]
    fn secrets_never_print_themselves() {
        let token = SessionToken::parse(&"A".repeat(46)).unwrap();
        let shown = format!(
            "{:?} {:?} {:?} {:?}",
            Secret::new([65; 40]),
            token,
            Binding::generate(),
            Key([65; 32])
        );
        assert_eq!(shown, "[redacted] [redacted] [redacted] [redacted]");
    }

    #[test]
    fn a_purpose_has_keys_of_its_own() {
        assert_ne!(one_time_key("sign-in", "n"), one_time_key("link", "n"));
        assert_ne!(one_time_key("a", "b\0c"), one_time_key("a\0b", "c2"));
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        let token = SessionToken::generate(&Subject::from_parts("eip155", "0x0"));
        let text = token.expose();
        assert_eq!(SessionToken::parse(&text).unwrap().id(), token.id());
        for wrong in [
            format!("{text}="),
            format!("{text} "),
            text[1..].to_owned(),
            format!("A{text}"),
        ] {
            assert!(SessionToken::parse(&wrong).is_none(), "{wrong}");
        }
    }
}
