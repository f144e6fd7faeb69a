//! The HTTP face of countersign, for any framework: one `handle`, bytes in and bytes out.
//!
//! An adapter moves a request in and a response out; statuses, cookies, headers, limits and errors
//! are all made here, so no adapter can get one wrong. The endpoints are described in
//! `docs/protocol.md`; the typed API is [`Engine`], one floor down.

mod body;
mod cookies;
mod endpoints;
mod housekeeping;
mod origins;
mod reply;
mod route;

use std::{
    net::IpAddr,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Buf, Bytes};
use countersign_core::{Code, Credential, Engine, Error, Session};
use futures_util::{FutureExt, Stream};
use http::{HeaderMap, Request, Response, header};

use cookies::{CookieNames, Cookies};
use reply::Reply;
use route::Route;

pub use body::BODY_LIMIT;

/// Sign-in over HTTP, at a base path of one site. Cheap to clone.
///
/// ```
/// # use countersign_core::Engine;
/// # use countersign_http::AuthHttp;
/// # async fn run(engine: Engine) {
/// let auth = AuthHttp::new(engine);
/// let request = http::Request::get("/auth/session").body(Default::default()).unwrap();
/// assert_eq!(auth.handle(request).await.status(), 401);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthHttp(Arc<Inner>, Guard);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    base: String,
    cookies: CookieNames,
    housekeeping: OnceLock<()>,
}

/// How a guard looks at a signed access token.
#[derive(Debug, Clone, Copy)]
enum Guard {
    Strict,
    Stateless,
}

/// Who sent a request: an adapter puts it into the request's extensions. Without it, or where
/// there is no address (a Unix socket), all such clients share one quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl AuthHttp {
    /// Mounts the engine's endpoints under `/auth`.
    pub fn new(engine: Engine) -> Self {
        Self::at("/auth", engine)
    }

    /// Mounts the engine's endpoints under another path, such as `/api/auth`.
    ///
    /// # Panics
    /// If the path does not begin with `/`, or ends with one.
    pub fn at(base: &str, engine: Engine) -> Self {
        assert!(
            base.starts_with('/') && !base.ends_with('/'),
            "the base path is like `/auth`, not `{base}`"
        );
        let cookies = CookieNames::of(&engine);
        let base = base.to_owned();
        let inner = Inner {
            engine,
            base,
            cookies,
            housekeeping: OnceLock::new(),
        };
        Self(Arc::new(inner), Guard::Strict)
    }

    /// The same, with guards that take a signed access token at its word until it expires, without
    /// asking the session store. A sign-out is then seen only when the token ends; the endpoints of
    /// countersign itself stay strict.
    #[must_use]
    pub fn stateless(mut self) -> Self {
        self.1 = Guard::Stateless;
        self
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The path under which everything is found, such as `/auth`.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// The paths outside of the base that must reach [`handle`](Self::handle) too: the public keys,
    /// if the engine issues tokens.
    pub fn well_known(&self) -> &'static [&'static str] {
        if self.0.engine.issues_tokens() {
            &[route::KEYS]
        } else {
            &[]
        }
    }

    /// Answers a request. Whatever happens, there is an answer: a plugin that panics or hangs is
    /// 500 `plugin_error`.
    ///
    /// The URI is the one the client sent, with the base path. A body over [`BODY_LIMIT`] is
    /// answered with 413, so an adapter that reads bodies itself need not read further than one
    /// byte past it.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        self.answer(&parts, std::future::ready(Ok(body))).await
    }

    /// Answers a request whose body arrives in pieces: no more is read than the limit allows, and
    /// not for longer than ten seconds.
    pub async fn handle_stream<S, B, E>(&self, request: Request<S>) -> Response<Bytes>
    where
        S: Stream<Item = Result<B, E>> + Send,
        B: Buf + Send,
        E: Send,
    {
        let (parts, stream) = request.into_parts();
        self.answer(&parts, body::read(stream)).await
    }

    /// The live session behind a request's headers: a guard for the application's own routes.
    ///
    /// `Authorization: Bearer` counts before the session cookie.
    ///
    /// # Errors
    /// `session_required`, `token_invalid`, `request_malformed` (two session cookies),
    /// `store_unavailable`.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Session, Error> {
        guarded(async {
            match (self.1, bearer(headers)?) {
                (Guard::Stateless, Some(token)) if token.contains('.') => {
                    self.0.engine.authenticate_stateless(token).await
                }
                _ => self.0.authenticate(headers).await,
            }
        })
        .await
    }

    /// The answer to a request that a guard refused, in the one shape that all errors have.
    pub fn refuse(&self, error: &Error) -> Response<Bytes> {
        Reply::error(error).into_response()
    }

    async fn answer(
        &self,
        parts: &http::request::Parts,
        body: impl Future<Output = Result<Bytes, Error>> + Send,
    ) -> Response<Bytes> {
        self.0
            .housekeeping
            .get_or_init(|| housekeeping::begin(&self.0.engine));
        let mut reply = match self.route(parts, body).await {
            Ok(reply) => reply,
            Err(error) => Reply::error(&error),
        };
        origins::allow(&self.0.engine, &parts.headers, &mut reply);
        if parts.method == http::Method::HEAD {
            reply.drop_body();
        }
        reply.into_response()
    }

    async fn route(
        &self,
        parts: &http::request::Parts,
        body: impl Future<Output = Result<Bytes, Error>> + Send,
    ) -> Result<Reply, Error> {
        body::check_headers(&parts.headers)?;
        let route = Route::find(parts.uri.path(), &self.0.base).ok_or(Code::NotFound)?;
        if parts.method == http::Method::OPTIONS {
            return origins::preflight(&self.0.engine, &parts.headers, &route);
        }
        if !route.allows(&parts.method) {
            return Ok(Reply::error(&Code::MethodNotAllowed.into()).allow(route.methods()));
        }
        let body = if route.changes_state(&parts.method) {
            let body = body.await?;
            body::check(&parts.headers, &body)?;
            origins::check(&self.0.engine, &parts.headers, &self.0.cookies)?;
            body
        } else {
            Bytes::new()
        };
        guarded(endpoints::dispatch(&self.0, &route, parts, &body)).await
    }
}

impl Inner {
    async fn authenticate(&self, headers: &HeaderMap) -> Result<Session, Error> {
        if let Some(token) = bearer(headers)? {
            return self.engine.authenticate(Credential::Bearer(token)).await;
        }
        let cookies = Cookies::read(headers, &self.cookies)?;
        let cookie = cookies.session.ok_or(Code::SessionRequired)?;
        self.engine.authenticate(Credential::Cookie(&cookie)).await
    }
}

/// Holds off what a plugin may do: panic, or never come back. What blocks the thread or eats the
/// memory cannot be held off inside one process.
async fn guarded<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(DEADLINE, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(Error::with_source(Code::PluginError, "a plugin panicked")),
        Err(elapsed) => Err(Error::with_source(Code::PluginError, elapsed)),
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), if there is one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Code::RequestMalformed.into());
    }
    let text = value
        .to_str()
        .map_err(|e| Error::with_source(Code::RequestMalformed, e))?;
    Ok(match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token),
        _ => None,
    })
}

/// How long the whole handling may take once the request is there. Stores and chains have shorter
/// deadlines of their own.
const DEADLINE: Duration = Duration::from_secs(4);
