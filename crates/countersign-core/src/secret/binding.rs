//! What ties a challenge to the browser that asked for it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{REDACTED, decode, random_bytes};

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

/// What a one-time record keeps of a [`Binding`]. Serde form: 43 characters of base64url.
#[derive(Clone)]
pub(crate) struct BindingDigest([u8; 32]);

impl BindingDigest {
    pub(crate) fn matches(&self, binding: &Binding) -> bool {
        self.0.ct_eq(&binding.digest().0).into()
    }
}

impl Serialize for BindingDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for BindingDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digest = decode(<&str>::deserialize(deserializer)?).map(Self);
        digest.ok_or_else(|| D::Error::custom("not a digest"))
    }
}

impl fmt::Debug for BindingDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
