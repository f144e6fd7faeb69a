//! The claims of an access token (RFC 9068 section 2.2) to and from JSON.

use std::fmt;

use countersign_core::{Claims, Expected, Timestamp};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// What the token says, as JSON.
pub(crate) fn write(claims: &Claims) -> Vec<u8> {
    let mut object = claims.extra.clone();
    let ours: [(&str, Value); 12] = [
        ("iss", (*claims.issuer).into()),
        ("sub", claims.subject.as_str().into()),
        ("aud", (*claims.audience).into()),
        ("iat", claims.issued_at.as_secs().into()),
        ("nbf", claims.issued_at.as_secs().into()),
        ("exp", claims.expires_at.as_secs().into()),
        ("jti", (*claims.token_id).into()),
        ("sid", (*claims.session).into()),
        ("client_id", (*claims.client).into()),
        ("auth_time", claims.authenticated_at.as_secs().into()),
        ("amr", vec![claims.method.clone()].into()),
        ("account", claims.account.to_string().into()),
    ];
    for (name, value) in ours {
        object.insert(name.to_owned(), value);
    }
    if let Some(scope) = &claims.scope {
        object.insert("scope".to_owned(), (**scope).into());
    }
    serde_json::to_vec(&object).expect("claims are JSON")
}

/// Reads what a good signature covers, and judges it: every claim must be there, once and of its
/// type. An expiry has no leeway.
pub(crate) fn read(payload: &[u8], expected: &Expected<'_>) -> Option<Claims> {
    let Once(mut object) = serde_json::from_slice(payload).ok()?;
    let (issued_at, not_before) = (instant(&mut object, "iat")?, instant(&mut object, "nbf")?);
    let expires_at = instant(&mut object, "exp")?;
    let authenticated_at = instant(&mut object, "auth_time")?;
    let mut text = |name: &str| match object.remove(name)? {
        Value::String(text) => Some(text),
        _ => None,
    };
    let (issuer, audience) = (text("iss")?, text("aud")?);
    let subject = text("sub")?.parse().ok()?;
    let account = text("account")?.parse().ok()?;
    let (token_id, session, client) = (text("jti")?, text("sid")?, text("client_id")?);
    let method = match object.remove("amr")? {
        Value::Array(methods) => match &*methods {
            [Value::String(method)] => method.clone(),
            _ => return None,
        },
        _ => return None,
    };
    let latest = expected.now + expected.leeway;
    let scope = match object.remove("scope") {
        None => None,
        Some(Value::String(scope)) => Some(scope),
        Some(_) => return None,
    };
    let in_time = expected.now < expires_at && not_before <= latest && issued_at <= latest;
    let is_ours = issuer == expected.issuer && audience == expected.audience;
    (in_time && is_ours).then_some(Claims {
        issuer,
        subject,
        audience,
        issued_at,
        expires_at,
        token_id,
        session,
        client,
        authenticated_at,
        method,
        account,
        scope,
        extra: object,
    })
}

/// Whole seconds between 1970 and 9999.
pub(crate) fn instant(object: &mut Map<String, Value>, name: &str) -> Option<Timestamp> {
    let seconds = object.remove(name)?.as_i64()?;
    (0..=253_402_300_799)
        .contains(&seconds)
        .then(|| Timestamp::from_secs(seconds))
}

/// A JSON object in which no name stands twice.
pub(crate) struct Once(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Once;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if object.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                Ok(Once(object))
            }
        }

        deserializer.deserialize_map(Names)
    }
}
