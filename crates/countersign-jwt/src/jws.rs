//! The compact form of a signed token (RFC 7515), read strictly: whatever we would not have
//! written is refused before any cryptography.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;

use crate::key::{Algorithm, Key};

/// The type of an access token (RFC 9068 section 2.1).
pub(crate) const ACCESS: &str = "at+jwt";

/// The type of an ID token. One type is never read as the other.
pub(crate) const ID: &str = "JWT";

/// The longest token that is looked at, in bytes.
pub(crate) const MAX_TOKEN: usize = 8 * 1024;

/// A token taken apart; nothing of it is proved yet.
pub(crate) struct Parts<'a> {
    signed: &'a str,
    header: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// All that a header may hold. `jku`, `x5u`, `jwk`, `x5c`, `crit`, `zip`, `enc` and whatever else
/// there is are unknown fields, and refused like repeated ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadHeader {
    alg: String,
    typ: String,
    kid: String,
}

impl<'a> Parts<'a> {
    pub(crate) fn read(token: &'a str) -> Option<Self> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        Some(Self {
            signed,
            header,
            payload: bytes(payload)?,
            signature: bytes(signature)?,
        })
    }

    /// The payload, if a key of these made the signature: the one that the header names. The
    /// algorithm is the key's; the header must agree.
    pub(crate) fn proved_by<'k>(
        self,
        typ: &str,
        keys: impl Iterator<Item = &'k Key> + Clone,
    ) -> Option<Vec<u8>> {
        let mut ours = keys.clone();
        let key = match ours.find(|key| typ == ACCESS && key.header() == self.header) {
            Some(key) => key, // the header is, byte for byte, what we write
            None => self.named_of(typ, keys)?,
        };
        let good = key
            .material
            .verifies(self.signed.as_bytes(), &self.signature);
        good.then_some(self.payload)
    }

    fn named_of<'k>(&self, typ: &str, mut keys: impl Iterator<Item = &'k Key>) -> Option<&'k Key> {
        let header: ReadHeader = serde_json::from_slice(&bytes(self.header)?).ok()?;
        let well_formed = header.typ == typ && header.kid.len() <= 64;
        keys.find(|key| key.kid() == header.kid)
            .filter(|key| well_formed && header.alg == key.algorithm().as_str())
    }
}

/// Without padding, and with no stray bits at the end: one token, one text.
fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Signs a payload as an access token.
pub(crate) fn write(key: &Key, payload: &[u8]) -> String {
    signed(key, key.header(), payload)
}

/// Signs a payload as an ID token.
pub(crate) fn write_id(key: &Key, payload: &[u8]) -> String {
    signed(key, &header(ID, key.algorithm(), key.kid()), payload)
}

fn signed(key: &Key, header: &str, payload: &[u8]) -> String {
    let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 96);
    token.push_str(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.material.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// The header of a key's tokens of a type, in base64url. `jsonwebtoken` has no ES256K (RFC 8812), so it is
/// written here for all.
pub(crate) fn header(typ: &str, algorithm: Algorithm, kid: &str) -> String {
    let header = json!({"typ": typ, "alg": algorithm.as_str(), "kid": kid});
    URL_SAFE_NO_PAD.encode(header.to_string())
}
