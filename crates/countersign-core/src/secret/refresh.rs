//! Refresh tokens, and the seed of a session from which all of its are derived.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Key, REDACTED, SessionId, decode, random_bytes};

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

const REFRESH_PREFIX: &str = "csr_";
