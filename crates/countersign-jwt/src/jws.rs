//! The compact form of a signed token (RFC 7515), read strictly: whatever we would not have
//! written is refused before any cryptography.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Header,
    crypto::{JwtSigner, JwtVerifier},
};
use serde::Deserialize;

use crate::key::{Key, Material};

/// The type of an access token (RFC 9068 section 2.1).
pub(crate) const ACCESS: &str = "at+jwt";

/// The type of an ID token. One type is never read as the other.
pub(crate) const ID: &str = "JWT";

/// The longest token that is looked at, in bytes.
pub(crate) const MAX_TOKEN: usize = 8 * 1024;

/// A token taken apart; nothing of it is proved yet.
pub(crate) struct Parts<'a> {
    signed: &'a str,
    pub(crate) header: ReadHeader,
    pub(crate) payload: Vec<u8>,
    signature: Vec<u8>,
}

/// All that a header may hold. `jku`, `x5u`, `jwk`, `x5c`, `crit`, `zip`, `enc` and whatever else
/// there is are unknown fields, and refused like repeated ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadHeader {
    pub(crate) alg: String,
    pub(crate) typ: String,
    pub(crate) kid: String,
}

impl<'a> Parts<'a> {
    pub(crate) fn read(token: &'a str, typ: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        // Without padding, and with no stray bits at the end: one token, one text.
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let header: ReadHeader = serde_json::from_slice(&bytes(header)?).ok()?;
        let well_formed = header.typ == typ && !header.kid.is_empty() && header.kid.len() <= 64;
        Some(Self {
            signed,
            header,
            payload: bytes(payload)?,
            signature: bytes(signature)?,
        })
        .filter(|_| well_formed)
    }

    /// The payload, if `key` made the signature. The algorithm is the key's; the header must agree.
    pub(crate) fn proved_by(self, key: &Key) -> Option<Vec<u8>> {
        let message = self.signed.as_bytes();
        let good = self.header.alg == key.algorithm().as_str()
            && match &key.material {
                Material::EdDsa(key) => verified(&**key, message, &self.signature),
                Material::Es256(key) => verified(&**key, message, &self.signature),
                Material::Hs256(key, _) => verified(&**key, message, &self.signature),
                Material::Es256k(key) => Key::es256k_verifies(key, message, &self.signature),
            };
        good.then_some(self.payload)
    }
}

fn verified(key: &impl JwtVerifier, message: &[u8], signature: &Vec<u8>) -> bool {
    key.verify(message, signature).is_ok()
}

/// Signs a payload as a token of a type.
pub(crate) fn write(key: &Key, typ: &str, payload: &[u8]) -> String {
    match &key.material {
        Material::EdDsa(signer) => by_trait(&**signer, key.kid(), typ, payload),
        Material::Es256(signer) => by_trait(&**signer, key.kid(), typ, payload),
        Material::Hs256(signer, _) => by_trait(&**signer, key.kid(), typ, payload),
        Material::Es256k(signer) => {
            // `jsonwebtoken` has no ES256K (RFC 8812), so its header is written here.
            let header = serde_json::json!({"typ": typ, "alg": "ES256K", "kid": key.kid()});
            let message = message(header.to_string().as_bytes(), payload);
            let signature = Key::es256k_sign(signer, message.as_bytes());
            finished(message, &signature)
        }
    }
}

fn by_trait(signer: &impl JwtSigner, kid: &str, typ: &str, payload: &[u8]) -> String {
    let mut header = Header::new(signer.algorithm());
    header.typ = Some(typ.to_owned());
    header.kid = Some(kid.to_owned());
    let header = serde_json::to_vec(&header).expect("a header is JSON");
    let message = message(&header, payload);
    let signature = signer.sign(message.as_bytes());
    finished(message, &signature)
}

fn message(header: &[u8], payload: &[u8]) -> String {
    let mut text = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 96);
    URL_SAFE_NO_PAD.encode_string(header, &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    text
}

fn finished(mut message: String, signature: &[u8]) -> String {
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut message);
    message
}
