//! The endpoints of thirdweb's auth.

mod payload;

use bytes::Bytes;
use countersign_core::{
    Ask, ChainId, Class, Code, ConfigError, ConfigFault, Context, Durability, Engine, Error,
    SessionKind, SignedIn, TextDialect, async_trait,
};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use self::payload::{FORMS, Number, Payload};
use super::Dialect;
use crate::{
    Inner, body,
    endpoints::{
        CredentialName,
        answering::{carried, context, proof},
        asking::{bound, issue},
        sessions::sign_out,
    },
    mounts::{Endpoint, Endpoints},
    reply::Reply,
};

/// `POST /auth/payload`, `POST /auth/login`, `GET /auth/user` and `POST /auth/logout` as the clients
/// of thirdweb's auth call them, versions 1, 4 and 5. These paths are the native ones' too, so mount
/// those elsewhere:
///
/// ```
/// # use countersign_core::{ConfigError, Engine};
/// use countersign_http::{AuthHttp, dialects::Thirdweb};
///
/// # fn run(engine: Engine) -> Result<(), ConfigError> {
/// let auth = AuthHttp::at("/countersign", engine).with(Thirdweb::default())?;
/// # Ok(()) }
/// ```
///
/// `/auth/login` answers the token of a session of its own: the engine's access token (by
/// `WalletJwt::thirdweb` it is one that thirdweb's own servers can check), or without an issuer the
/// opaque one. It takes fields, writes the text that they make, and verifies that.
#[derive(Debug, Clone)]
pub struct Thirdweb {
    endpoints: [Endpoint; 4],
    credential: CredentialName,
    client_nonces: bool,
    statement: String,
}

impl Default for Thirdweb {
    fn default() -> Self {
        Self::at("/auth/payload", "/auth/login", "/auth/user", "/auth/logout")
    }
}

impl Thirdweb {
    /// The same at other paths.
    pub fn at(payload: &str, login: &str, user: &str, logout: &str) -> Self {
        Self {
            endpoints: [
                Endpoint::post(payload, PAYLOAD),
                Endpoint::post(login, LOGIN),
                Endpoint::get(user, USER),
                Endpoint::post(logout, LOGOUT),
            ],
            credential: CredentialName::Token,
            client_nonces: false,
            statement: STATEMENT.to_owned(),
        }
    }

    /// Signs browsers in with the engine's session cookie instead of a token: then a payload is
    /// bound to the browser that asked for it, and the answer to a login is empty.
    #[must_use]
    pub fn with_cookie(mut self) -> Self {
        self.credential = CredentialName::Cookie;
        self
    }

    /// Accepts payloads that the client made, as version 1 does: the nonce is a UUID, good once, for
    /// a token only, and the payload ends within ten minutes. Whoever can sign for a wallet elsewhere
    /// needs no visit here before, so leave it off if no such client is left. Refused with
    /// `CFG_DURABILITY` unless the store loses nothing: one that forgets would accept a payload twice.
    #[must_use]
    pub fn accept_client_nonces(mut self) -> Self {
        self.client_nonces = true;
        self
    }

    /// What a payload says to the user, in place of thirdweb's own sentence.
    #[must_use]
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = statement.into();
        self
    }

    async fn payload(&self, auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
        let request: PayloadBody = body::json(&parts.headers, body)?;
        let address = request.address.ok_or_else(|| Error::missing("address"))?;
        let named = request.chain_id.map(Number::into_text);
        let chain = match &named {
            Some(number) => ChainId::new(NAMESPACE, number)
                .map_err(|e| Error::with_source(Code::ChainUnsupported, e))?,
            None => auth
                .engine
                .first_chain(LABEL)
                .ok_or(Code::ChainUnsupported)?,
        };
        let ask = Ask::chain(chain).account(address).purpose(PURPOSE);
        let (challenge, binding) = issue(auth, parts, ask, self.credential).await?;
        let payload = Payload::of(&challenge, &self.statement, named)?;
        let answer = PayloadAnswer { payload };
        Ok(bound(auth, Reply::json(StatusCode::OK, &answer), binding))
    }

    async fn login(&self, auth: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Error> {
        let request: LoginBody = body::json(&parts.headers, body)?;
        let (payload, signature) = request.signed()?;
        let proof = proof(payload.text()?, &signature)?;
        let context = Context {
            purpose: PURPOSE.into(),
            dialect: TextDialect {
                forms: Some(FORMS),
                client_nonces: self.client_nonces,
                ..TextDialect::SITE
            },
            ..context(auth, parts, self.credential.into())?
        };
        let SignedIn { token, tokens, .. } = auth.engine.sign_in(&proof, &context).await?;
        Ok(match context.credential {
            SessionKind::Cookie => {
                let answer = serde_json::Map::new();
                carried(auth, Reply::json(StatusCode::OK, &answer), &token)
            }
            SessionKind::Token => {
                let token = match &tokens {
                    Some(tokens) => tokens.access.expose().to_owned(),
                    None => token.expose(),
                };
                Reply::json(StatusCode::OK, &TokenAnswer { token })
            }
        })
    }
}

impl Dialect for Thirdweb {}

#[async_trait]
impl Endpoints for Thirdweb {
    fn name(&self) -> &'static str {
        "Thirdweb"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    fn join(&mut self, engine: &Engine) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        if self.client_nonces && engine.durability() < Durability::Durable {
            let detail = format!(
                "nonces that clients make need stores that are durable; these are {}",
                engine.durability()
            );
            faults.push(ConfigFault::new("CFG_DURABILITY", detail));
        }
        if self.client_nonces && matches!(self.credential, CredentialName::Cookie) {
            let detail =
                "nonces that clients make are for tokens: leave out with_cookie".to_owned();
            faults.push(ConfigFault::new("CFG_COOKIE", detail));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.into())
        }
    }

    async fn answer(
        &self,
        auth: &Inner,
        action: &'static str,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Error> {
        match action {
            PAYLOAD => self.payload(auth, parts, body).await,
            LOGIN => self.login(auth, parts, body).await,
            USER => user(auth, parts).await,
            LOGOUT => {
                let said = serde_json::json!({"message": "Successfully logged out"});
                sign_out(auth, parts, Reply::json(StatusCode::OK, &said)).await
            }
            _ => Err(Code::NotFound.into()),
        }
    }

    fn refuse(&self, error: &Error) -> Reply {
        Reply::error_saying(error, Some(&error.description()))
    }
}

/// Who is signed in, or `null`.
async fn user(auth: &Inner, parts: &Parts) -> Result<Reply, Error> {
    let user = match auth.authenticate(&parts.headers).await {
        Ok(session) => Some(User {
            address: session.identity.account.address().to_owned(),
            subject: session.identity.subject.to_string(),
        }),
        Err(error) if error.class() == Class::Unauthenticated => None,
        Err(error) => return Err(error),
    };
    Ok(Reply::json(StatusCode::OK, &user))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadBody {
    address: Option<String>,
    chain_id: Option<Number>,
}

#[derive(Serialize)]
struct PayloadAnswer {
    payload: Payload,
}

/// `{payload: {payload, signature}}`, or what is inside of it.
#[derive(Deserialize)]
struct LoginBody {
    payload: Option<Value>,
    signature: Option<String>,
}

impl LoginBody {
    fn signed(self) -> Result<(Payload, String), Error> {
        let inside = match (self.signature, self.payload) {
            (None, Some(wrapped)) => read(wrapped)?,
            (signature, payload) => Self { payload, signature },
        };
        let payload = inside.payload.ok_or_else(|| Error::missing("payload"))?;
        let signature = inside.signature;
        let signature = signature.ok_or_else(|| Error::missing("signature"))?;
        Ok((read(payload)?, signature))
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|e| Error::with_source(Code::RequestMalformed, e))
}

#[derive(Serialize)]
struct TokenAnswer {
    token: String,
}

#[derive(Serialize)]
struct User {
    address: String,
    subject: String,
}

const PURPOSE: &str = "thirdweb";
const NAMESPACE: &str = "eip155";
const LABEL: &str = "Ethereum";
const PAYLOAD: &str = "payload";
const LOGIN: &str = "login";
const USER: &str = "user";
const LOGOUT: &str = "logout";
const STATEMENT: &str =
    "Please ensure that the domain above matches the URL of the current website.";
