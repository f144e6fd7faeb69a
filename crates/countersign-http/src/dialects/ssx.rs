//! The endpoints of an SSX server.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use countersign_core::{
    ChainId, Code, Context, DomainText, Error, Session, SessionKind, SignIn, SignedIn, TextDialect,
    TextProfile, UriText, async_trait,
};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Dialect;
use crate::{
    Inner, body,
    endpoints::{
        CredentialName,
        answering::{carried, context, proof},
        asking::text_nonce,
        sessions,
    },
    mounts::{Endpoint, Endpoints},
    reply::Reply,
};

/// `GET /ssx-nonce`, `POST /ssx-login` and `POST /ssx-logout` as the browser SDK of SSX calls them.
/// Where the page lives on another origin than the server, add that one by
/// [`also_from`](countersign_core::EngineBuilder::also_from).
///
/// The session is our own, in our own cookie, and ends with the message's Expiration Time; asking
/// for a nonce does not end it. The SDK's texts name the bare host of the page, and the key that it
/// made for its session, `did:key:…`, in the `URI` line: that is taken here and nowhere else.
/// `daoLogin` is ignored: whether a key may stand for an account is the server's to say. A guard's
/// handler reads [`SsxSession::of`].
#[derive(Debug, Clone)]
pub struct Ssx([Endpoint; 3]);

impl Default for Ssx {
    fn default() -> Self {
        Self::at("/ssx-nonce", "/ssx-login", "/ssx-logout")
    }
}

impl Ssx {
    /// The same at other paths.
    pub fn at(nonce: &str, login: &str, logout: &str) -> Self {
        Self([
            Endpoint::get(nonce, NONCE),
            Endpoint::post(login, LOGIN),
            Endpoint::post(logout, LOGOUT),
        ])
    }
}

/// What an SSX server tells its handlers of a session.
#[derive(Debug, Clone)]
pub struct SsxSession {
    /// The fields of the signed text.
    pub siwe: SignIn<'static>,
    /// Who signed, as `did:pkh:eip155:1:0x…`.
    pub did: String,
}

impl SsxSession {
    /// The session's, if it began at an SSX endpoint.
    pub fn of(session: &Session) -> Option<Self> {
        let text = session.data.get(DATA)?.as_str()?;
        Some(Self {
            siwe: read(text)?.into_owned(),
            did: format!("did:pkh:{}", session.identity.account),
        })
    }
}

impl Dialect for Ssx {}

#[async_trait]
impl Endpoints for Ssx {
    fn name(&self) -> &'static str {
        "Ssx"
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
            LOGIN => login(auth, parts, body).await,
            LOGOUT => sessions::logout(auth, parts).await,
            _ => Err(Code::NotFound.into()),
        }
    }

    fn refuse(&self, error: &Error) -> Reply {
        let description = error.description();
        let message = match error.code() {
            Code::FieldMissing => {
                let field = description.split('`').nth(1).unwrap_or_default();
                format!("Expected the field `{field}` in body.")
            }
            _ => description.into_owned(),
        };
        Reply::error_saying(error, Some(&message))
    }
}

/// What counts of the SDK's body. The rest says again what the text says, or asks for what only the
/// server may decide.
#[derive(Deserialize)]
struct LoginBody {
    #[serde(default)]
    siwe: Value,
    signature: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginAnswer<'a> {
    siwe: Fields<'a>,
    signature: &'a str,
    dao_login: bool,
    address: &'a str,
    chain_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ens: Option<Ens<'a>>,
}

/// The name that a plug of the server's found, if there is one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ens<'a> {
    domain: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<&'a str>,
}

/// The text's fields, called as in JavaScript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    domain: &'a str,
    address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    version: &'static str,
    chain_id: u64,
    nonce: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<&'a [Cow<'a, str>]>,
}

impl<'a> Fields<'a> {
    fn of(text: &'a SignIn<'a>) -> Self {
        Self {
            domain: &text.domain,
            address: &text.address,
            statement: text.statement.as_deref(),
            uri: text.uri.as_deref(),
            version: "1",
            chain_id: number_of(&text.chain),
            nonce: &text.nonce,
            issued_at: text.issued_at.as_ref().map(ToString::to_string),
            expiration_time: text.expiration_time.as_ref().map(ToString::to_string),
            not_before: text.not_before.as_ref().map(ToString::to_string),
            request_id: text.request_id.as_deref(),
            resources: text.resources.as_deref(),
        }
    }
}

async fn login(auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
    let request: LoginBody = body::json(&parts.headers, body)?;
    // Fields instead of the text were not signed by anybody.
    let Value::String(message) = request.siwe else {
        return Err(Error::missing("siwe"));
    };
    let signature = request
        .signature
        .ok_or_else(|| Error::missing("signature"))?;
    let proof = proof(message, &signature)?;
    // Texts of another chain are not what this system's clients sign.
    let text = read(&proof.message).ok_or(Code::MessageMalformed)?;
    let context = Context {
        purpose: PURPOSE.into(),
        dialect: TextDialect {
            domain: DomainText::OrHost,
            uri: UriText::OrDidKey,
            ..TextDialect::SITE
        },
        data: BTreeMap::from([(DATA.to_owned(), proof.message.clone().into())]),
        ..context(auth, parts, SessionKind::Cookie)?
    };
    let SignedIn { session, token, .. } = auth.engine.sign_in(&proof, &context).await?;
    let ens = session.name().map(|domain| Ens {
        domain,
        avatar_url: session.avatar(),
    });
    let answer = LoginAnswer {
        siwe: Fields::of(&text),
        signature: &signature,
        dao_login: false,
        address: session.identity.account.address(),
        chain_id: number_of(&text.chain),
        ens,
    };
    Ok(carried(auth, Reply::json(StatusCode::OK, &answer), &token))
}

fn read(text: &str) -> Option<SignIn<'_>> {
    let chain = |label: &str, id: Option<&str>| {
        let chain = ChainId::new("eip155", id?).ok()?;
        (label == "Ethereum").then_some(chain)
    };
    TextProfile::ERC4361.parse(text, chain).ok()
}

/// The number of an `eip155` chain.
fn number_of(chain: &ChainId) -> u64 {
    chain.reference().parse().unwrap_or_default()
}

const PURPOSE: &str = "ssx";
/// Under this name the session keeps the signed text.
const DATA: &str = "ssx";
const NONCE: &str = "nonce";
const LOGIN: &str = "login";
const LOGOUT: &str = "logout";
