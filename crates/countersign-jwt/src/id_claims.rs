//! The claims of an ID token (OpenID Connect Core 1.0 section 2) to and from JSON.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{IdClaims, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha512};

use crate::Algorithm;

/// What the token says, as JSON; `at_hash` by the algorithm that signs it.
pub(crate) fn write(claims: &IdClaims, algorithm: Algorithm) -> Vec<u8> {
    let mut object = claims.extra.clone();
    let ours: [(&str, Value); 8] = [
        ("iss", (*claims.issuer).into()),
        ("sub", claims.subject.as_str().into()),
        ("aud", (*claims.audience).into()),
        ("iat", claims.issued_at.as_secs().into()),
        ("exp", claims.expires_at.as_secs().into()),
        ("auth_time", claims.authenticated_at.as_secs().into()),
        ("amr", vec![claims.method.clone()].into()),
        ("sid", (*claims.session).into()),
    ];
    for (name, value) in ours {
        object.insert(name.to_owned(), value);
    }
    if let Some(nonce) = &claims.nonce {
        object.insert("nonce".to_owned(), (**nonce).into());
    }
    if let Some(token) = &claims.access_token {
        let hash = half_hash(token.expose(), algorithm);
        object.insert("at_hash".to_owned(), hash.into());
    }
    serde_json::to_vec(&object).expect("claims are JSON")
}

/// Reads what a good signature covers. Its times are not judged: it is a hint, not a credential.
pub(crate) fn read(payload: &[u8], expected_issuer: &str) -> Option<IdClaims> {
    let mut object: Map<String, Value> = serde_json::from_slice(payload).ok()?;
    let (issued_at, expires_at) = (instant(&mut object, "iat")?, instant(&mut object, "exp")?);
    let authenticated_at = instant(&mut object, "auth_time")?;
    object.remove("at_hash");
    let mut text = |name: &str| match object.remove(name)? {
        Value::String(text) => Some(text),
        _ => None,
    };
    let (issuer, audience, session) = (text("iss")?, text("aud")?, text("sid")?);
    let subject = text("sub")?.parse().ok()?;
    let nonce = text("nonce");
    let method = match object.remove("amr")? {
        Value::Array(methods) => methods.first()?.as_str()?.to_owned(),
        _ => return None,
    };
    (issuer == expected_issuer).then_some(IdClaims {
        issuer,
        subject,
        audience,
        issued_at,
        expires_at,
        authenticated_at,
        method,
        session,
        nonce,
        access_token: None,
        extra: object,
    })
}

/// Whole seconds between 1970 and 9999.
fn instant(object: &mut Map<String, Value>, name: &str) -> Option<Timestamp> {
    let seconds = object.remove(name)?.as_i64()?;
    (0..=253_402_300_799)
        .contains(&seconds)
        .then(|| Timestamp::from_secs(seconds))
}

/// The left half of the hash that belongs to the algorithm: SHA-512 for Ed25519, else SHA-256.
fn half_hash(token: &str, algorithm: Algorithm) -> String {
    match algorithm {
        Algorithm::EdDsa => URL_SAFE_NO_PAD.encode(&Sha512::digest(token)[..32]),
        _ => URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16]),
    }
}
