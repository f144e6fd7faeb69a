//! The endpoints of the Sign-In with Ethereum quickstart for Express.

use bytes::Bytes;
use countersign_core::{Code, Context, Error, SessionKind, SignedIn, async_trait};
use http::{StatusCode, request::Parts};
use serde::Deserialize;

use super::Dialect;
use crate::{
    Inner, body,
    endpoints::{
        CredentialName,
        answering::{carried, context, proof},
        asking::text_nonce,
    },
    mounts::{Endpoint, Endpoints},
    reply::Reply,
};

/// `GET /nonce` and `POST /verify` as the front end of the Sign-In with Ethereum quickstart for
/// Express calls them, from an origin of its own: add that one by
/// [`also_from`](countersign_core::EngineBuilder::also_from).
///
/// `/verify` answers `true` and sets the session cookie. A guard that refuses says `You have to
/// first sign_in` in `message`, besides our own fields. The session ends with the message's
/// Expiration Time.
#[derive(Debug, Clone)]
pub struct Quickstart([Endpoint; 2]);

impl Default for Quickstart {
    fn default() -> Self {
        Self::at("/nonce", "/verify")
    }
}

impl Quickstart {
    /// The same at other paths.
    pub fn at(nonce: &str, verify: &str) -> Self {
        Self([Endpoint::get(nonce, NONCE), Endpoint::post(verify, VERIFY)])
    }
}

impl Dialect for Quickstart {}

#[async_trait]
impl Endpoints for Quickstart {
    fn name(&self) -> &'static str {
        "Quickstart"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.0
    }

    async fn answer(
        &self,
        auth: &Inner,
        action: &'static str,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Error> {
        match action {
            NONCE => text_nonce(auth, parts, PURPOSE, CredentialName::Cookie).await,
            VERIFY => verify(auth, parts, body).await,
            _ => Err(Code::NotFound.into()),
        }
    }

    fn refuse(&self, error: &Error) -> Reply {
        let message = match error.code() {
            Code::FieldMissing => "Expected prepareMessage object as body.".into(),
            _ => error.description(),
        };
        Reply::error_saying(error, Some(&message))
    }

    fn guard_message(&self, error: &Error) -> Option<&'static str> {
        (error.code() == Code::SessionRequired).then_some("You have to first sign_in")
    }
}

#[derive(Deserialize)]
struct VerifyBody {
    message: Option<String>,
    signature: Option<String>,
}

async fn verify(auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
    let request: VerifyBody = body::json(&parts.headers, body)?;
    let message = request.message.ok_or_else(|| Error::missing("message"))?;
    let signature = request
        .signature
        .ok_or_else(|| Error::missing("signature"))?;
    let proof = proof(message, &signature)?;
    let context = Context {
        purpose: PURPOSE.into(),
        ..context(auth, parts, SessionKind::Cookie)?
    };
    let SignedIn { token, .. } = auth.engine.sign_in(&proof, &context).await?;
    Ok(carried(auth, Reply::json(StatusCode::OK, &true), &token))
}

const PURPOSE: &str = "quickstart";
const NONCE: &str = "nonce";
const VERIFY: &str = "verify";
