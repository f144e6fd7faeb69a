//! The token of thirdweb's auth: three parts like a JWS, and none.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use countersign_core::{Claims, Expected, Origin, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::address;
use crate::key::Secp256k1;

/// What a token of thirdweb's auth says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThirdwebClaims {
    /// `iss`: the address of the wallet that signed it.
    pub issuer: String,
    /// `sub`: the address that signed in.
    pub subject: String,
    /// `aud`: the domain.
    pub audience: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `nbf`.
    pub not_before: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `jti`: the token's own name.
    pub token_id: String,
    /// `ctx`: what the application attached.
    pub context: Map<String, Value>,
}

/// Which base64 the second and third part are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Version 5: base64url.
    UrlSafe,
    /// Version 1: base64.
    Standard,
}

/// The claims in the order in which they are signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    aud: String,
    #[serde(default)]
    ctx: Map<String, Value>,
    exp: i64,
    iat: i64,
    iss: String,
    jti: String,
    nbf: i64,
    sub: String,
}

pub(crate) fn write(
    claims: &Claims,
    wallet: &Secp256k1,
    address: &str,
    alphabet: Alphabet,
) -> String {
    let subject = claims.subject.as_str();
    let mut ctx = claims.extra.clone();
    ctx.extend([
        ("iss".to_owned(), claims.issuer.clone().into()),
        ("aud".to_owned(), claims.audience.clone().into()),
        ("account".to_owned(), claims.account.to_string().into()),
        ("amr".to_owned(), vec![claims.method.clone()].into()),
        (
            "auth_time".to_owned(),
            claims.authenticated_at.as_secs().into(),
        ),
        ("client_id".to_owned(), claims.client.clone().into()),
        ("sid".to_owned(), claims.session.clone().into()),
        ("sub".to_owned(), subject.into()),
    ]);
    if let Some(scope) = &claims.scope {
        ctx.insert("scope".to_owned(), (**scope).into());
    }
    let payload = Payload {
        aud: domain_of(&claims.audience),
        ctx,
        exp: claims.expires_at.as_secs(),
        iat: claims.issued_at.as_secs(),
        iss: address.to_owned(),
        jti: claims.token_id.clone(),
        nbf: claims.issued_at.as_secs(),
        sub: address_of(subject).to_owned(),
    };
    let text = serde_json::to_vec(&payload).expect("claims are JSON");
    let signature = address::personal_sign(&wallet.0, &text);
    let encode = |bytes: &[u8]| match alphabet {
        Alphabet::UrlSafe => URL_SAFE_NO_PAD.encode(bytes),
        Alphabet::Standard => STANDARD.encode(bytes),
    };
    let (payload, signature) = (encode(&text), encode(signature.as_bytes()));
    format!("{HEADER}.{payload}.{signature}")
}

/// The claims, if the wallet signed them. Whether their time and domain are right is not asked.
pub(crate) fn read(token: &str, wallet: &Secp256k1, address: &str) -> Option<ThirdwebClaims> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if header != HEADER || parts.next().is_some() {
        return None;
    }
    let (alphabet, payload) = decoded(payload)?;
    let (again, signature) = decoded(signature)?;
    let one_alphabet = match (alphabet, again) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let signed = address::is_personal_signature(wallet.0.verifying_key(), &payload, &signature);
    if !one_alphabet || !signed {
        return None;
    }
    let payload: Payload = serde_json::from_slice(&payload).ok()?;
    let is_ours = payload.iss.eq_ignore_ascii_case(address);
    let claims = ThirdwebClaims {
        issuer: payload.iss,
        subject: payload.sub,
        audience: payload.aud,
        issued_at: instant(payload.iat)?,
        not_before: instant(payload.nbf)?,
        expires_at: instant(payload.exp)?,
        token_id: payload.jti,
        context: payload.ctx,
    };
    is_ours.then_some(claims)
}

impl ThirdwebClaims {
    /// `nbf` ≤ now < `exp`.
    pub(crate) fn is_good_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now < self.expires_at
    }

    /// The claims of one of our own access tokens, if it is good now.
    pub(crate) fn of_access_token(mut self, expected: &Expected<'_>) -> Option<Claims> {
        let latest = expected.now + expected.leeway;
        let in_time =
            expected.now < self.expires_at && self.not_before <= latest && self.issued_at <= latest;
        let mut text = |name: &str| match self.context.remove(name)? {
            Value::String(text) => Some(text),
            _ => None,
        };
        let (issuer, audience) = (text("iss")?, text("aud")?);
        let (subject, account) = (text("sub")?, text("account")?);
        let (session, client) = (text("sid")?, text("client_id")?);
        let scope = match self.context.remove("scope") {
            None => None,
            Some(Value::String(scope)) => Some(scope),
            Some(_) => return None,
        };
        let is_ours = issuer == expected.issuer && audience == expected.audience;
        let is_one = address_of(&subject) == self.subject && domain_of(&audience) == self.audience;
        let authenticated_at = instant(self.context.remove("auth_time")?.as_i64()?)?;
        let method = match self.context.remove("amr")?.as_array()?.as_slice() {
            [Value::String(method)] => method.clone(),
            _ => return None,
        };
        (in_time && is_ours && is_one).then_some(Claims {
            issuer,
            subject: subject.parse().ok()?,
            audience,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            token_id: self.token_id,
            session,
            client,
            authenticated_at,
            method,
            account: account.parse().ok()?,
            scope,
            extra: self.context,
        })
    }
}

/// The domain of an audience that is an origin; any other audience as it is.
pub(crate) fn domain_of(audience: &str) -> String {
    let origin = audience.parse::<Origin>();
    origin.map_or_else(
        |_| audience.to_owned(),
        |origin| origin.authority().to_owned(),
    )
}

/// The address in a subject's name.
fn address_of(subject: &str) -> &str {
    subject.rsplit(':').next().unwrap_or(subject)
}

/// What a part holds, and in which alphabet it was, where that can be told.
fn decoded(part: &str) -> Option<(Option<Alphabet>, Vec<u8>)> {
    let url_safe = URL_SAFE_NO_PAD.decode(part).ok();
    let standard = STANDARD.decode(part).ok();
    match (url_safe, standard) {
        (Some(bytes), Some(_)) => Some((None, bytes)),
        (Some(bytes), None) => Some((Some(Alphabet::UrlSafe), bytes)),
        (None, Some(bytes)) => Some((Some(Alphabet::Standard), bytes)),
        (None, None) => None,
    }
}

/// Whole seconds between 1970 and 9999.
fn instant(seconds: i64) -> Option<Timestamp> {
    let known = (0..=253_402_300_799).contains(&seconds);
    known.then(|| Timestamp::from_secs(seconds))
}

/// `{"alg":"ES256","typ":"JWT"}`, whatever the signature is.
const HEADER: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9";

/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = crate::jws::MAX_TOKEN;
