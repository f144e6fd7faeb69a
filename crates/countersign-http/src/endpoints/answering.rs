//! `POST /verify`: a signed text becomes a session.

use bytes::Bytes;
use countersign_core::{Binding, Code, Context, Error, Proof, SessionKind, SessionToken, SignedIn};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};

use super::{CredentialName, sessions::SessionAnswer, tokens::TokenFields};
use crate::{
    Inner,
    body::{self, Text},
    cookies::Cookies,
    origins,
    reply::Reply,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyBody<'a> {
    message: Option<String>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
    #[serde(borrow)]
    chain: Option<Text<'a>>,
    #[serde(default)]
    credential: CredentialName,
}

/// The answer to a program: the session, and its token (RFC 6749 section 5.1).
#[derive(Serialize)]
struct TokenAnswer<'a> {
    #[serde(flatten)]
    session: SessionAnswer<'a>,
    #[serde(flatten)]
    tokens: TokenFields,
}

pub(super) async fn verify(auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
    let request: VerifyBody<'_> = body::json(&parts.headers, body)?;
    let message = request.message.ok_or_else(|| Error::missing("message"))?;
    let Text(signature) = request
        .signature
        .ok_or_else(|| Error::missing("signature"))?;
    let chain = match request.chain {
        Some(Text(chain)) => Some(
            chain
                .parse()
                .map_err(|e| Error::with_source(Code::ChainUnsupported, e))?,
        ),
        None => None,
    };
    let proof = Proof {
        chain,
        ..proof(message, &signature)?
    };
    let context = context(auth, parts, request.credential.into())?;
    let SignedIn {
        session,
        token,
        tokens,
    } = auth.engine.sign_in(&proof, &context).await?;
    let answer = SessionAnswer::of(&session);
    Ok(match context.credential {
        SessionKind::Cookie => carried(auth, Reply::json(StatusCode::OK, &answer), &token),
        SessionKind::Token => Reply::json(
            StatusCode::OK,
            &TokenAnswer {
                session: answer,
                tokens: match &tokens {
                    Some(tokens) => TokenFields::signed(tokens),
                    None => {
                        let left = session.expires_at.since(auth.engine.now());
                        TokenFields::opaque(token.expose(), left.as_secs())
                    }
                },
            },
        ),
    })
}

/// Where a proof comes from, for a native sign-in; another system has a purpose of its own.
pub(crate) fn context(
    auth: &Inner,
    parts: &Parts,
    credential: SessionKind,
) -> Result<Context, Error> {
    let cookies = Cookies::read(&parts.headers, &auth.cookies)?;
    let is_cookie = credential == SessionKind::Cookie;
    Ok(Context {
        origin: origins::of(&auth.engine, &parts.headers)?.cloned(),
        client: auth.client(parts),
        binding: cookies.binding(),
        previous: cookies.session_token().filter(|_| is_cookie),
        credential,
        ..Context::token()
    })
}

/// Hands a new session to the browser, and a new binding with it.
pub(crate) fn carried(auth: &Inner, reply: Reply, token: &SessionToken) -> Reply {
    reply
        .cookie(auth.cookies.set_session(token))
        .cookie(auth.cookies.set_binding(&Binding::generate()))
}

/// A signed text and its signature as the wire has it: `0x` and hex digits.
pub(crate) fn proof(message: String, signature: &str) -> Result<Proof, Error> {
    let digits = signature
        .strip_prefix("0x")
        .ok_or(Code::SignatureMalformed)?;
    let mut bytes = vec![0; digits.len() / 2];
    hex::decode_to_slice(digits, &mut bytes)
        .map_err(|e| Error::with_source(Code::SignatureMalformed, e))?;
    Ok(Proof {
        chain: None,
        message,
        signature: bytes,
    })
}
