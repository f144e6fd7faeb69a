//! `POST /refresh`, and the public keys.

use bytes::Bytes;
use countersign_core::{Code, Context, Error, Tokens};
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde::{Deserialize, Serialize};

use crate::{Inner, body, origins, reply::Reply};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefreshBody {
    refresh_token: Option<String>,
}

/// RFC 6749 section 5.1.
#[derive(Serialize)]
pub(super) struct TokenFields {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

impl TokenFields {
    /// A signed token and its refresh token.
    pub(super) fn signed(tokens: &Tokens) -> Self {
        Self {
            refresh_token: Some(tokens.refresh.expose()),
            ..Self::opaque(
                tokens.access.expose().to_owned(),
                tokens.expires_in.as_secs(),
            )
        }
    }

    /// The token of the session itself.
    pub(super) fn opaque(access_token: String, expires_in: u64) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in,
            refresh_token: None,
        }
    }
}

pub(super) async fn refresh(auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
    let request: RefreshBody = body::json(&parts.headers, body)?;
    let token = request
        .refresh_token
        .ok_or_else(|| Error::missing("refresh_token"))?;
    let context = Context {
        origin: origins::of(&auth.engine, &parts.headers)?.cloned(),
        client: auth.client(parts),
        ..Context::token()
    };
    let refreshed = auth.engine.refresh(&token, &context).await?;
    Ok(Reply::json(
        StatusCode::OK,
        &TokenFields::signed(&refreshed.tokens),
    ))
}

/// The public keys (RFC 7517), which may be kept for five minutes: a key is published longer than
/// that before it signs.
pub(super) fn keys(auth: &Inner) -> Result<Reply, Error> {
    let keys = auth.engine.jwks().ok_or(Code::NotFound)?;
    let mut reply = Reply::json(StatusCode::OK, &keys);
    let cached = HeaderValue::from_static("public, max-age=300");
    reply.set(header::CACHE_CONTROL, cached);
    Ok(reply)
}
