//! What names a session: the token that its client holds, and the id that a store sees.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{REDACTED, decode, random_bytes};
use crate::identity::Subject;

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
pub struct SessionId(pub(super) [u8; 34]);

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
        let mut text = [0; 46];
        let written = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text);
        debug_assert_eq!(written, Ok(text.len()), "34 bytes are 46 characters");
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
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
