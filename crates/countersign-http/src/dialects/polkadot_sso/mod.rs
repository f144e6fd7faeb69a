//! The endpoints of a Polkadot SSO server.

mod challenge;
mod challenge_id;
mod tokens;
mod verify;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use countersign_core::{Code, ConfigError, ConfigFault, Engine, Error, Limits, Quota, async_trait};
use countersign_sso::{ClientRegistry, OAuthError, Params, Provider, Refusal};
use http::{HeaderMap, header, request::Parts};

use super::Dialect;
use crate::{
    Inner, body,
    login_page::{LoginPage, signing::SigningPage},
    mounts::{Endpoint, Endpoints, Pages},
    reply::Reply,
    sso::errors,
};

/// `GET /api/auth/challenge`, `POST /api/auth/verify`, `POST /api/auth/token`, `GET /api/auth/session`
/// and `POST /api/auth/logout` as applications of a Polkadot SSO server call them: an authorization
/// code with PKCE whose sign-in page is the signature itself, for an account that the application
/// names beforehand.
///
/// ```
/// # use countersign_core::Engine;
/// use countersign_http::{AuthHttp, dialects::PolkadotSso};
/// use countersign_sso::{Client, StaticClients};
///
/// # fn run(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
/// let (shop, _) = Client::confidential("shop", "The Shop", &["https://shop.example/callback"])?;
/// let auth = AuthHttp::new(engine).with(PolkadotSso::new(StaticClients::new([shop])?))?;
/// # Ok(()) }
/// ```
///
/// Clients, codes and tokens are those of [`AuthHttp::sso`](crate::AuthHttp::sso), which may be
/// served beside it for the same clients. What the original left open is closed: PKCE by `S256` and
/// `state` are required and the client makes both; the redirect URI matches exactly and stands in the
/// text that people sign; a challenge counts once, for the account, client, address and browser that
/// it was made for; nobody's session is opened by a `GET`.
///
/// Refused with `CFG_SSO_KEYS` by an engine without a token issuer whose keys clients could check, and
/// with `CFG_PART_MISSING` by one without a chain of the namespace `polkadot`; `CFG_LIMITS` and
/// `CFG_PAGE` are as for the engine and the login page.
#[derive(Debug, Clone)]
pub struct PolkadotSso {
    clients: Arc<dyn ClientRegistry>,
    paths: Paths,
    limits: Limits,
    legacy_get_verify: bool,
    look: LoginPage,
    joined: Option<Joined>,
}

/// Where the endpoints are.
#[derive(Debug, Clone)]
struct Paths {
    challenge: String,
    verify: String,
    token: String,
    session: String,
    logout: String,
}

/// What there is once the engine is known.
#[derive(Debug, Clone)]
struct Joined {
    provider: Provider,
    page: SigningPage,
    endpoints: Vec<Endpoint>,
}

impl PolkadotSso {
    /// What one client address may ask in a minute by default, as in the original: 10 challenges, 5
    /// signatures, 5 token requests.
    pub const LIMITS: Limits = Limits {
        challenge: Quota::per_minute(10),
        verify: Quota::per_minute(5),
        token: Quota::per_minute(5),
    };

    /// The endpoints for these clients.
    pub fn new(clients: impl ClientRegistry) -> Self {
        Self {
            clients: Arc::new(clients),
            paths: Paths {
                challenge: "/api/auth/challenge".into(),
                verify: "/api/auth/verify".into(),
                token: "/api/auth/token".into(),
                session: "/api/auth/session".into(),
                logout: "/api/auth/logout".into(),
            },
            limits: Self::LIMITS,
            legacy_get_verify: false,
            look: LoginPage::new(),
            joined: None,
        }
    }

    /// Another path for the challenge. The page's script and style sheet are beside it, at the same
    /// path with `.js` and `.css`.
    #[must_use]
    pub fn challenge_at(mut self, path: impl Into<String>) -> Self {
        self.paths.challenge = path.into();
        self
    }

    /// Another path to hand in signatures.
    #[must_use]
    pub fn verify_at(mut self, path: impl Into<String>) -> Self {
        self.paths.verify = path.into();
        self
    }

    /// Another path for tokens.
    #[must_use]
    pub fn token_at(mut self, path: impl Into<String>) -> Self {
        self.paths.token = path.into();
        self
    }

    /// Another path to ask who is signed in.
    #[must_use]
    pub fn session_at(mut self, path: impl Into<String>) -> Self {
        self.paths.session = path.into();
        self
    }

    /// Another path to sign out.
    #[must_use]
    pub fn logout_at(mut self, path: impl Into<String>) -> Self {
        self.paths.logout = path.into();
        self
    }

    /// How many requests of one client address are answered, in place of [`LIMITS`](Self::LIMITS). All
    /// people of an application with a server of its own come to the token endpoint from one address,
    /// so a busy one needs more. The engine's own quotas hold besides.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes signatures by `GET` as well, as the original did. Leave it off unless an old page needs
    /// it: what stands in a query stands in histories and logs, and any link can send one.
    #[must_use]
    pub fn legacy_get_verify(mut self) -> Self {
        self.legacy_get_verify = true;
        self
    }

    /// The look and the words of the page, and its language. It calls itself by the application's name.
    #[must_use]
    pub fn look(mut self, look: LoginPage) -> Self {
        self.look = look;
        self
    }

    /// All endpoints. None reads a session cookie, so any page may ask; what a browser is bound to is
    /// checked besides.
    fn all(&self) -> Vec<Endpoint> {
        let Paths {
            challenge,
            verify,
            token,
            session,
            logout,
        } = &self.paths;
        let form = |path, action| Endpoint {
            takes_forms: true,
            ..Endpoint::post(path, action)
        };
        let mut all = vec![
            Endpoint::get(challenge, CHALLENGE),
            Endpoint::get(&self.style_path(), STYLE),
            Endpoint::get(&self.script_path(), SCRIPT),
            form(verify, VERIFY),
            form(token, TOKEN),
            Endpoint::get(session, SESSION),
            form(logout, LOGOUT),
        ];
        if self.legacy_get_verify {
            all.push(Endpoint::get(verify, LEGACY_VERIFY));
        }
        for endpoint in &mut all {
            endpoint.pages = Pages::Anybodys;
        }
        all
    }

    fn style_path(&self) -> String {
        format!("{}.css", self.paths.challenge)
    }

    fn script_path(&self) -> String {
        format!("{}.js", self.paths.challenge)
    }

    fn joined(&self) -> Result<&Joined, Error> {
        self.joined
            .as_ref()
            .ok_or_else(|| Code::InternalError.into())
    }
}

impl Dialect for PolkadotSso {}

#[async_trait]
impl Endpoints for PolkadotSso {
    fn name(&self) -> &'static str {
        "PolkadotSso"
    }

    fn endpoints(&self) -> &[Endpoint] {
        self.joined.as_ref().map_or(&[], |joined| &joined.endpoints)
    }

    fn join(&mut self, engine: &Engine) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        if !engine.chains().any(|(id, _)| id.namespace() == NAMESPACE) {
            let detail = "PolkadotSso needs a chain of the namespace polkadot";
            faults.push(ConfigFault::new("CFG_PART_MISSING", detail));
        }
        if let Err(error) = self.limits.check() {
            faults.extend_from_slice(error.faults());
        }
        let page = SigningPage::new(self.look.clone(), self.style_path(), self.script_path());
        if let Err(error) = page.check() {
            faults.extend_from_slice(error.faults());
        }
        match Provider::new(engine.clone(), self.clients.clone()) {
            Ok(provider) if faults.is_empty() => {
                let endpoints = self.all();
                self.joined = Some(Joined {
                    provider,
                    page,
                    endpoints,
                });
                return Ok(());
            }
            Ok(_) => {}
            Err(error) => faults.extend_from_slice(error.faults()),
        }
        Err(faults.into())
    }

    async fn answer(
        &self,
        auth: &Inner,
        action: &'static str,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Error> {
        let Joined { provider, page, .. } = self.joined()?;
        let asked = Asked {
            auth,
            parts,
            provider,
        };
        let spend = async |flow, quota: Quota| {
            let client = auth.client(parts);
            auth.engine.spend(flow, quota, client).await
        };
        match action {
            CHALLENGE => {
                spend("polkadot_sso_challenge", self.limits.challenge).await?;
                asked.challenge(page, &self.paths.verify).await
            }
            STYLE => Ok(page.style(&parts.headers)),
            SCRIPT => Ok(page.script(&parts.headers)),
            VERIFY => {
                spend("polkadot_sso_verify", self.limits.verify).await?;
                asked.verify(&fields(parts, body)?).await
            }
            LEGACY_VERIFY => {
                spend("polkadot_sso_verify", self.limits.verify).await?;
                let query = parts.uri.query().unwrap_or_default();
                let query = Params::parse(query).ok_or(Code::RequestMalformed)?;
                asked.verify(&query).await
            }
            TOKEN => {
                spend("polkadot_sso_token", self.limits.token).await?;
                asked.token(body).await
            }
            SESSION => asked.session().await,
            LOGOUT => asked.logout().await,
            _ => Err(Code::NotFound.into()),
        }
    }

    fn refuse(&self, error: &Error) -> Reply {
        Reply::error_saying(error, Some(&error.description()))
    }
}

/// A request, with the server that got it.
struct Asked<'a> {
    auth: &'a Inner,
    parts: &'a Parts,
    provider: &'a Provider,
}

/// The fields of a body: JSON, or a form.
fn fields(parts: &Parts, body: &Bytes) -> Result<Params, Error> {
    if body::is_form(&parts.headers) {
        let text = std::str::from_utf8(body).ok();
        return text
            .and_then(Params::parse)
            .ok_or_else(|| Code::RequestMalformed.into());
    }
    let fields: BTreeMap<String, Option<String>> = body::json(&parts.headers, body)?;
    let given = fields.into_iter();
    Ok(Params::of(given.filter_map(|(name, value)| {
        value.map(|value| (name, value))
    })))
}

/// A protocol error with its `message`; the engine's are answered as all of its errors are.
fn refused(refusal: Refusal, had_header: bool) -> Result<Reply, Error> {
    match refusal {
        Refusal::OAuth(error) => Ok(said(&error, had_header)),
        Refusal::Engine(error) => Err(error),
    }
}

fn said(error: &OAuthError, had_header: bool) -> Reply {
    let fault = (error.code(), error.description());
    errors::saying(&fault, Some(fault.1), had_header)
}

/// Whether a program asks, rather than a browser that wants a page.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut kinds = accepted
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|kind| kind.trim_ascii_start());
    // What comes first is what is wanted.
    kinds.find_map(|kind| match kind {
        kind if kind.starts_with(b"application/json") => Some(true),
        kind if kind.starts_with(b"text/html") => Some(false),
        _ => None,
    }) == Some(true)
}

const NAMESPACE: &str = "polkadot";
const CHALLENGE: &str = "challenge";
const STYLE: &str = "style";
const SCRIPT: &str = "script";
const VERIFY: &str = "verify";
const LEGACY_VERIFY: &str = "verify by get";
const TOKEN: &str = "token";
const SESSION: &str = "session";
const LOGOUT: &str = "logout";
