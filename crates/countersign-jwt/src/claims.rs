//! The claims of an access token (RFC 9068 section 2.2) to and from JSON.

use std::{borrow::Cow, fmt, str::FromStr};

use countersign_core::{Claims, Expected, Timestamp};
use serde::{
    Serialize, Serializer,
    de::{Deserialize, Deserializer, Error, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Map, Value};

/// What the token says, as JSON.
pub(crate) fn write(claims: &Claims) -> Vec<u8> {
    let mut text = Vec::with_capacity(640);
    serde_json::to_writer(&mut text, &Written(claims)).expect("claims are JSON");
    text
}

/// Reads what a good signature covers, and judges it: every claim must be there, once and of its
/// type. An expiry has no leeway.
pub(crate) fn read(payload: &[u8], expected: &Expected<'_>) -> Option<Claims> {
    let Read { claims, not_before } = serde_json::from_slice(payload).ok()?;
    let latest = expected.now + expected.leeway;
    let in_time =
        expected.now < claims.expires_at && not_before <= latest && claims.issued_at <= latest;
    let is_ours = claims.issuer == expected.issuer && claims.audience == expected.audience;
    (in_time && is_ours).then_some(claims)
}

struct Written<'a>(&'a Claims);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let claims = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("iss", &claims.issuer)?;
        map.serialize_entry("sub", claims.subject.as_str())?;
        map.serialize_entry("aud", &claims.audience)?;
        map.serialize_entry("iat", &claims.issued_at.as_secs())?;
        map.serialize_entry("nbf", &claims.issued_at.as_secs())?;
        map.serialize_entry("exp", &claims.expires_at.as_secs())?;
        map.serialize_entry("jti", &claims.token_id)?;
        map.serialize_entry("sid", &claims.session)?;
        map.serialize_entry("client_id", &claims.client)?;
        map.serialize_entry("auth_time", &claims.authenticated_at.as_secs())?;
        map.serialize_entry("amr", &[&claims.method])?;
        map.serialize_entry("account", &format_args!("{}", claims.account))?;
        if let Some(scope) = &claims.scope {
            map.serialize_entry(SCOPE, scope)?;
        }
        // The engine lets nobody attach a name of ours; one that came all the same stays out.
        let theirs = claims.extra.iter();
        let is_ours = |name: &str| OURS.contains(&name) || name == SCOPE;
        for (name, value) in theirs.filter(|(name, _)| !is_ours(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Claims whose names and types are right.
struct Read {
    claims: Claims,
    not_before: Timestamp,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Read;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the claims of an access token")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
                let (mut texts, mut instants) = ([const { None }; TEXTS], [None; INSTANTS]);
                let (mut method, mut extra) = (None, Map::new());
                while let Some(name) = map.next_key::<Name<'_>>()? {
                    let place = OURS.iter().position(|ours| *ours == name.0);
                    let fresh = match place {
                        Some(0) => method.replace(map.next_value::<[String; 1]>()?).is_none(),
                        Some(at @ 1..=TEXTS) => {
                            texts[at - 1].replace(map.next_value::<String>()?).is_none()
                        }
                        Some(at) => instants[at - 1 - TEXTS]
                            .replace(map.next_value::<Instant>()?.0)
                            .is_none(),
                        None => extra
                            .insert(name.0.into_owned(), map.next_value()?)
                            .is_none(),
                    };
                    if !fresh {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                let complete = Members::complete(texts, instants, method, extra);
                complete.ok_or_else(|| A::Error::custom("a claim is missing or no name"))
            }
        }

        impl Members {
            fn complete(
                texts: [Option<String>; TEXTS],
                instants: [Option<Timestamp>; INSTANTS],
                method: Option<[String; 1]>,
                mut extra: Map<String, Value>,
            ) -> Option<Read> {
                let scope = match extra.remove(SCOPE) {
                    None => None,
                    Some(Value::String(scope)) => Some(scope),
                    Some(_) => return None,
                };
                let [
                    issuer,
                    subject,
                    audience,
                    token_id,
                    session,
                    client,
                    account,
                ] = texts;
                let [issued_at, not_before, expires_at, authenticated_at] = instants;
                let [method] = method?;
                let claims = Claims {
                    issuer: issuer?,
                    subject: parsed(subject)?,
                    audience: audience?,
                    issued_at: issued_at?,
                    expires_at: expires_at?,
                    token_id: token_id?,
                    session: session?,
                    client: client?,
                    authenticated_at: authenticated_at?,
                    method,
                    account: parsed(account)?,
                    scope,
                    extra,
                };
                let not_before = not_before?;
                Some(Read { claims, not_before })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// The names that are read here: `amr`, then the texts, then the instants.
const OURS: [&str; 1 + TEXTS + INSTANTS] = [
    "amr",
    "iss",
    "sub",
    "aud",
    "jti",
    "sid",
    "client_id",
    "account",
    "iat",
    "nbf",
    "exp",
    "auth_time",
];
/// What an application was allowed; the holder's own tokens have none.
const SCOPE: &str = "scope";
const TEXTS: usize = 7;
const INSTANTS: usize = 4;

/// A member's name, copied only where it is written with escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whole seconds between 1970 and 9999.
struct Instant(Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i64::deserialize(deserializer)? {
            seconds @ 0..=253_402_300_799 => Ok(Self(Timestamp::from_secs(seconds))),
            _ => Err(D::Error::custom("no instant between 1970 and 9999")),
        }
    }
}

fn parsed<T: FromStr>(text: Option<String>) -> Option<T> {
    text?.parse().ok()
}
