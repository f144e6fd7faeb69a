//! The endpoints of OAuth 2.1 and OpenID Connect: what `countersign-sso` decides, as HTTP.

pub(crate) mod errors;
pub(crate) mod pages;

use bytes::Bytes;
use countersign_core::{Class, Code, Credential, Error, Session, async_trait};
use countersign_sso::{Authorization, Logout, Params, Provider, form_urlencode};
use http::{HeaderValue, StatusCode, header, request::Parts};

use crate::{
    Inner, body,
    cookies::Cookies,
    dialects::Dialect,
    guard::bearer,
    mounts::{Endpoint, Endpoints, Pages},
    reply::Reply,
};

/// The endpoints of a provider under one base path, and its metadata.
#[derive(Debug, Clone)]
pub(crate) struct Sso {
    provider: Provider,
    base: String,
    endpoints: Vec<Endpoint>,
}

impl Sso {
    pub(crate) fn at(base: &str, provider: Provider) -> Self {
        let at = |path: &str| format!("{base}{path}");
        let form = |path: &str, action| Endpoint {
            takes_forms: true,
            ..Endpoint::post(&at(path), action)
        };
        // What no cookie opens anybody's pages may ask.
        let open = |endpoint: Endpoint| Endpoint {
            pages: Pages::Anybodys,
            ..endpoint
        };
        // Where a browser is sent no script may look.
        let sent = |endpoint: Endpoint| Endpoint {
            pages: Pages::Nobodys,
            ..endpoint
        };
        let endpoints = vec![
            sent(Endpoint::get(&at("/authorize"), AUTHORIZE)),
            sent(form("/authorize", REPEAT)),
            Endpoint::get(&at("/authorize/continue"), CONTINUE),
            Endpoint::get(&at("/authorize/cancel"), CANCEL),
            form("/authorize/decide", DECIDE),
            open(form("/token", TOKEN)),
            open(form("/revoke", REVOKE)),
            open(form("/introspect", INTROSPECT)),
            open(Endpoint::get(&at("/userinfo"), USERINFO)),
            open(form("/userinfo", USERINFO)),
            sent(Endpoint::get(&at("/end_session"), END)),
            sent(form("/end_session", REPEAT)),
            form("/end_session/confirm", CONFIRM),
            open(Endpoint::get(OPENID_CONFIGURATION, METADATA)),
            open(Endpoint::get(AUTHORIZATION_SERVER, METADATA)),
        ];
        Self {
            provider,
            base: base.to_owned(),
            endpoints,
        }
    }
}

impl Dialect for Sso {}

#[async_trait]
impl Endpoints for Sso {
    fn name(&self) -> &'static str {
        "OpenID Connect"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    async fn answer(
        &self,
        auth: &Inner,
        action: &'static str,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Error> {
        let asked = Asked { auth, parts, body };
        match action {
            AUTHORIZE => self.authorize(&asked).await,
            REPEAT => repeat(&asked),
            CONTINUE => self.go_on(&asked).await,
            CANCEL => self.cancel(&asked).await,
            DECIDE => self.decide(&asked).await,
            TOKEN | REVOKE | INTROSPECT => self.by_client(&asked, action).await,
            USERINFO => self.userinfo(&asked).await,
            END => self.end_session(&asked).await,
            CONFIRM => self.confirm(&asked).await,
            METADATA => Ok(self.metadata()),
            _ => Err(Code::NotFound.into()),
        }
    }
}

/// A request, with the server that got it.
struct Asked<'a> {
    auth: &'a Inner,
    parts: &'a Parts,
    body: &'a Bytes,
}

impl Sso {
    async fn authorize(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let Some(params) = asked.query() else {
            return Ok(pages::fault(&errors::MALFORMED));
        };
        let session = asked.session().await?;
        let ip = asked.auth.client(asked.parts);
        let authorized = self.provider.authorize(&params, session.as_ref(), ip);
        self.lead(authorized.await)
    }

    async fn go_on(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let params = asked.query().unwrap_or_default();
        let transaction = params.one("transaction").ok().flatten();
        let session = asked.session().await?;
        let resumed = self
            .provider
            .resume(transaction.unwrap_or_default(), session.as_ref());
        self.lead(resumed.await)
    }

    async fn cancel(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let params = asked.query().unwrap_or_default();
        let transaction = params.one("transaction").ok().flatten();
        let cancelled = self.provider.cancel(transaction.unwrap_or_default());
        self.lead(cancelled.await)
    }

    async fn decide(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let form = asked.form()?;
        let ticket = form.one("ticket").ok().flatten().unwrap_or_default();
        let is_allowed = form.one("decision") == Ok(Some("allow"));
        let session = asked.session().await?;
        let decided = self.provider.decide(ticket, is_allowed, session.as_ref());
        self.lead(decided.await)
    }

    /// Where a person goes from here.
    fn lead(
        &self,
        authorization: Result<Authorization, countersign_sso::Refusal>,
    ) -> Result<Reply, Error> {
        Ok(match authorization.map_err(errors::of_engine)? {
            Authorization::Redirect(location) => Reply::see_other(&location),
            Authorization::SignIn(transaction) => {
                let transaction = form_urlencode([("transaction", &*transaction)]);
                let at = |step| format!("{}/authorize/{step}?{transaction}", self.base);
                // Whoever is signed in already is not whom the application wants, or not of late.
                let query = form_urlencode([
                    ("return_to", &*at("continue")),
                    ("again", "1"),
                    ("cancel_to", &at("cancel")),
                ]);
                Reply::see_other(&format!("{}/login?{query}", self.base))
            }
            Authorization::Ask(question) => pages::consent(&self.base, &question),
            Authorization::Fault(fault) => pages::fault(&fault),
        })
    }

    async fn by_client(&self, asked: &Asked<'_>, action: &'static str) -> Result<Reply, Error> {
        let authorization = match authorization(asked.parts) {
            Ok(authorization) => authorization,
            Err(fault) => return Ok(errors::reply(&fault, false)),
        };
        let form = match asked.form() {
            Ok(form) => form,
            Err(error) if error.code() == Code::RequestMalformed => {
                return Ok(errors::reply(&errors::MALFORMED, false));
            }
            Err(error) => return Err(error),
        };
        let ip = asked.auth.client(asked.parts);
        let provider = &self.provider;
        let answered = match action {
            TOKEN => {
                let answer = provider.token(authorization, &form, ip).await;
                answer.map(|answer| Reply::json(StatusCode::OK, &answer.to_json()))
            }
            REVOKE => {
                let revoked = provider.revoke(authorization, &form, ip).await;
                revoked.map(|()| Reply::json(StatusCode::OK, &serde_json::json!({})))
            }
            _ => {
                let answer = provider.introspect(authorization, &form, ip).await;
                answer.map(|answer| Reply::json(StatusCode::OK, &answer))
            }
        };
        match answered {
            Ok(reply) => Ok(reply.header(header::PRAGMA, "no-cache")),
            Err(refusal) => errors::of_protocol(refusal, authorization.is_some()),
        }
    }

    async fn userinfo(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let Some(token) = bearer(&asked.parts.headers)? else {
            return Ok(Reply::error(&Code::TokenInvalid.into()));
        };
        match self.provider.userinfo(token).await {
            Ok(claims) => Ok(Reply::json(StatusCode::OK, &claims)),
            Err(refusal) => errors::of_protocol(refusal, false),
        }
    }

    async fn end_session(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let Some(params) = asked.query() else {
            return Ok(pages::fault(&errors::MALFORMED));
        };
        let session = asked.session().await?;
        let ended = self.provider.end_session(&params, session.as_ref()).await;
        self.leave(asked, ended.map_err(errors::of_engine)?)
    }

    async fn confirm(&self, asked: &Asked<'_>) -> Result<Reply, Error> {
        let form = asked.form()?;
        let ticket = form.one("ticket").ok().flatten().unwrap_or_default();
        let session = asked.session().await?;
        let ended = self.provider.confirm_logout(ticket, session.as_ref()).await;
        self.leave(asked, ended.map_err(errors::of_engine)?)
    }

    #[allow(clippy::unnecessary_wraps)] // as its callers
    fn leave(&self, asked: &Asked<'_>, logout: Logout) -> Result<Reply, Error> {
        let cleared = |reply: Reply| reply.cookie(asked.auth.cookies.clear_session());
        Ok(match logout {
            Logout::Done(Some(next)) => cleared(Reply::see_other(&next)),
            Logout::Done(None) => cleared(pages::signed_out()),
            Logout::Ask(ticket) => pages::logout(&self.base, &ticket),
            Logout::Fault(fault) => pages::fault(&fault),
        })
    }

    fn metadata(&self) -> Reply {
        let document = self.provider.metadata(&self.base);
        let mut reply = Reply::json(StatusCode::OK, &document);
        let cached = HeaderValue::from_static("public, max-age=300");
        reply.set(header::CACHE_CONTROL, cached);
        reply
    }
}

/// The one `Authorization` header of a client. Nothing stands in the query, since that stands in logs
/// (RFC 6749 section 2.3.1).
pub(crate) fn authorization(parts: &Parts) -> Result<Option<&str>, errors::Fault> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next().map(|value| value.to_str().unwrap_or(""));
    let has_query = parts.uri.query().is_some_and(|query| !query.is_empty());
    match has_query || values.next().is_some() {
        true => Err(errors::MALFORMED),
        false => Ok(first),
    }
}

/// A form that another site's page sends brings no cookies; the same as a link does.
fn repeat(asked: &Asked<'_>) -> Result<Reply, Error> {
    let text = std::str::from_utf8(asked.body).ok();
    let is_form = text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    match text {
        Some(text) if is_form && body::is_form(&asked.parts.headers) => Ok(Reply::see_other(
            &format!("{}?{text}", asked.parts.uri.path()),
        )),
        _ => Err(Code::RequestMalformed.into()),
    }
}

impl Asked<'_> {
    fn query(&self) -> Option<Params> {
        Params::parse(self.parts.uri.query().unwrap_or_default())
    }

    /// The form in the body; these endpoints take nothing else.
    fn form(&self) -> Result<Params, Error> {
        if !body::is_form(&self.parts.headers) {
            return Err(Code::UnsupportedMediaType.into());
        }
        let text = std::str::from_utf8(self.body).ok();
        text.and_then(Params::parse)
            .ok_or_else(|| Code::RequestMalformed.into())
    }

    /// The session of the browser, by its cookie alone.
    async fn session(&self) -> Result<Option<Session>, Error> {
        let cookies = Cookies::read(&self.parts.headers, &self.auth.cookies)?;
        let Some(cookie) = cookies.session else {
            return Ok(None);
        };
        let credential = Credential::Cookie(cookie);
        match self.auth.engine.authenticate(credential).await {
            Ok(session) => Ok(Some(session)),
            Err(error) if error.class() == Class::Unauthenticated => Ok(None),
            Err(error) => Err(error),
        }
    }
}

const AUTHORIZE: &str = "authorize";
const REPEAT: &str = "repeat";
const CONTINUE: &str = "continue";
const CANCEL: &str = "cancel";
const DECIDE: &str = "decide";
const TOKEN: &str = "token";
const REVOKE: &str = "revoke";
const INTROSPECT: &str = "introspect";
const USERINFO: &str = "userinfo";
const END: &str = "end session";
const CONFIRM: &str = "confirm";
const METADATA: &str = "metadata";
const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
