//! Values that open doors: wiped from memory, never printed, compared in constant time.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    error::{ConfigError, ConfigFault},
    identity::Subject,
};

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

/// What the client holds of a session: 2 bytes that place it beside its subject's other sessions,
/// then 32 random bytes. Text form: 46 characters of base64url.
///
/// ```
/// use countersign_core::SessionToken;
///
/// let token = SessionToken::parse(&"A".repeat(46)).unwrap();
/// assert_eq!(token.expose().len(), 46);
/// assert_eq!(format!("{token:?}"), "[redacted]");
/// assert!(SessionToken::parse("guess").is_none());
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken([u8; 34]);

impl SessionToken {
    /// A fresh token for a session of `subject`.
    pub fn generate(subject: &Subject) -> Self {
        let mut bytes = [0; 34];
        bytes[..2].copy_from_slice(&subject.shard());
        bytes[2..].copy_from_slice(&random_bytes::<32>());
        Self(bytes)
    }

    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// The text form, to be handed to the client and to nobody else.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What a store may see of it.
    pub fn id(&self) -> SessionId {
        let mut id = [0; 34];
        id[..2].copy_from_slice(&self.0[..2]);
        id[2..].copy_from_slice(&Sha256::digest(self.0));
        SessionId(id)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The name of a session in a store: the token's first 2 bytes, then its SHA-256. It opens
/// nothing: whoever reads the store cannot sign in with it.
///
/// Text and serde form: 46 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; 34]);

impl SessionId {
    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// The id of no session: nobody finds a token with this digest.
    pub(crate) fn nobodys() -> Self {
        Self([0; 34])
    }

    /// The 34 bytes.
    pub fn as_bytes(&self) -> &[u8; 34] {
        &self.0
    }

    /// The 2 bytes that a session shares with all sessions of its subject.
    pub fn shard(&self) -> [u8; 2] {
        [self.0[0], self.0[1]]
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a session id"))
    }
}

/// What the refresh tokens of one session are derived from: 32 random bytes. Text and serde form:
/// 43 characters of base64url.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RefreshSeed([u8; 32]);

impl RefreshSeed {
    /// A fresh one.
    pub fn generate() -> Self {
        Self(random_bytes())
    }
}

impl fmt::Debug for RefreshSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// In constant time.
impl PartialEq for RefreshSeed {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for RefreshSeed {}

impl Serialize for RefreshSeed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for RefreshSeed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        decode(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a refresh seed"))
    }
}

/// What a program holds to get new tokens: the session's id, a number, and a MAC over the session's
/// seed and that number. Text form: `csr_`, by which scanners find a leaked one, and 94 characters
/// of base64url.
///
/// ```
/// use countersign_core::RefreshToken;
///
/// assert!(RefreshToken::parse("csr_guess").is_none());
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RefreshToken([u8; 70]);

impl RefreshToken {
    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text.strip_prefix(REFRESH_PREFIX)?).map(Self)
    }

    /// The text form, to be handed to the client and to nobody else.
    pub fn expose(&self) -> String {
        format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    pub(crate) fn derive(key: &Key, id: SessionId, seed: &RefreshSeed, count: u32) -> Self {
        let mut token = [0; 70];
        token[..34].copy_from_slice(&id.0);
        token[34..38].copy_from_slice(&count.to_be_bytes());
        token[38..].copy_from_slice(&refresh_mac(key, seed, count));
        Self(token)
    }

    pub(crate) fn id(&self) -> SessionId {
        SessionId(self.0[..34].try_into().expect("34 of 70 bytes"))
    }

    pub(crate) fn count(&self) -> u32 {
        u32::from_be_bytes(self.0[34..38].try_into().expect("4 of 70 bytes"))
    }

    pub(crate) fn is_of(&self, key: &Key, seed: &RefreshSeed) -> bool {
        let mac = refresh_mac(key, seed, self.count());
        mac.ct_eq(&self.0[38..]).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

fn refresh_mac(key: &Key, seed: &RefreshSeed, count: u32) -> [u8; 32] {
    let mut message = [0; 36];
    message[..32].copy_from_slice(&seed.0);
    message[32..].copy_from_slice(&count.to_be_bytes());
    let mac = key.mac(&message);
    message.zeroize();
    mac
}

/// What ties a challenge to the browser that asked for it: 32 random bytes in a cookie of their
/// own. Text form: 43 characters of base64url.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Binding([u8; 32]);

impl Binding {
    /// A fresh one.
    pub fn generate() -> Self {
        Self(random_bytes())
    }

    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// The text form, for the cookie.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn digest(&self) -> BindingDigest {
        BindingDigest(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// What a one-time record keeps of a [`Binding`].
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct BindingDigest([u8; 32]);

impl BindingDigest {
    pub(crate) fn matches(&self, binding: &Binding) -> bool {
        self.0.ct_eq(&binding.digest().0).into()
    }
}

impl fmt::Debug for BindingDigest {
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
        let unbiased = random_bytes::<64>()
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

const REFRESH_PREFIX: &str = "csr_";
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
            Binding([65; 32]),
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
