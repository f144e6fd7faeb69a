//! `POST /challenge` and `GET /nonce`: something to sign.

use bytes::Bytes;
use countersign_core::{Ask, Binding, ChainId, Challenge, Code, Error, Origin, SIGN_IN};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};

use super::CredentialName;
use crate::{
    Inner,
    body::{self, Text},
    cookies::Cookies,
    origins,
    reply::Reply,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChallengeBody<'a> {
    #[serde(borrow)]
    chain: Option<Text<'a>>,
    account: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    credential: CredentialName,
}

#[derive(Serialize)]
struct ChallengeAnswer<'a> {
    nonce: &'a str,
    domain: &'a str,
    uri: &'a str,
    chain_id: Option<&'a ChainId>,
    issued_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

pub(super) async fn challenge(auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
    let request: ChallengeBody<'_> = body::json(&parts.headers, body)?;
    let Text(chain) = request.chain.ok_or_else(|| Error::missing("chain"))?;
    let chain = chain
        .parse()
        .map_err(|e| Error::with_source(Code::ChainUnsupported, e))?;
    let mut ask = Ask::chain(chain).resources(request.resources);
    if let Some(account) = request.account {
        ask = ask.account(account);
    }
    let (challenge, binding) = issue(auth, parts, ask, request.credential).await?;
    let answer = ChallengeAnswer {
        nonce: &challenge.nonce,
        domain: &challenge.domain,
        uri: &challenge.uri,
        chain_id: challenge.chain.as_ref(),
        issued_at: challenge.issued_at.to_rfc3339(),
        expires_at: challenge.expires_at.to_rfc3339(),
        statement: challenge.statement.as_deref(),
        message: challenge.message.as_deref(),
    };
    Ok(bound(
        auth,
        Reply::json(StatusCode::CREATED, &answer),
        binding,
    ))
}

pub(super) async fn nonce(auth: &Inner, parts: &Parts) -> Result<Reply, Error> {
    // Other parameters mean nothing: clients add some against caches.
    let pairs = parts.uri.query().unwrap_or_default().split('&');
    let mut named = pairs.filter_map(|pair| pair.strip_prefix("credential="));
    let credential = match (named.next(), named.next()) {
        (None | Some("cookie"), None) => CredentialName::Cookie,
        (Some("token"), None) => CredentialName::Token,
        _ => return Err(Code::RequestMalformed.into()),
    };
    text_nonce(auth, parts, SIGN_IN, credential).await
}

/// A nonce as text, for clients that write the message themselves; good for one purpose only.
pub(crate) async fn text_nonce(
    auth: &Inner,
    parts: &Parts,
    purpose: &'static str,
    credential: CredentialName,
) -> Result<Reply, Error> {
    let ask = Ask::any_chain().purpose(purpose);
    let (challenge, binding) = issue(auth, parts, ask, credential).await?;
    Ok(bound(auth, Reply::text(challenge.nonce), binding))
}

/// A challenge for a cookie is bound to the browser: to the binding it has, or a fresh one.
pub(crate) async fn issue(
    auth: &Inner,
    parts: &Parts,
    ask: Ask,
    credential: CredentialName,
) -> Result<(Challenge, Option<Binding>), Error> {
    let ask = ask
        .from_origin(asking_page(auth, parts))
        .client(auth.client(parts));
    match credential {
        CredentialName::Token => Ok((auth.engine.challenge(ask).await?, None)),
        CredentialName::Cookie => {
            let cookies = Cookies::read(&parts.headers, &auth.cookies)?;
            let binding = cookies.binding().unwrap_or_else(Binding::generate);
            let challenge = auth.engine.challenge(ask.bound_to(binding.clone())).await?;
            Ok((challenge, Some(binding)))
        }
    }
}

pub(crate) fn bound(auth: &Inner, reply: Reply, binding: Option<Binding>) -> Reply {
    match binding {
        Some(binding) => reply.cookie(auth.cookies.set_binding(&binding)),
        None => reply,
    }
}

/// The page that asks, if it is one of ours. Reading a nonce is open to all, but what a foreign
/// page asked for is not answered by it: the nonce then belongs to the main origin.
fn asking_page(auth: &Inner, parts: &Parts) -> Option<Origin> {
    let named = origins::of(&auth.engine, &parts.headers);
    named.ok().flatten().cloned()
}
