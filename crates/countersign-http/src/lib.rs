//! The HTTP face of countersign, for any framework: one `handle`, bytes in and bytes out.
//!
//! An adapter moves a request in and a response out; statuses, cookies, headers, limits and errors
//! are all made here, so no adapter can get one wrong. The endpoints are described in
//! `docs/protocol.md`; the typed API is [`Engine`], one floor down.

mod body;
mod cookies;
pub mod dialects;
mod endpoints;
mod guard;
mod headers;
mod health;
mod housekeeping;
#[cfg(feature = "login-page")]
mod login_page;
mod measure;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg_attr(
    not(any(feature = "quickstart", feature = "ssx", feature = "thirdweb")),
    allow(dead_code, reason = "what is used depends on the features")
)]
mod mounts;
mod origins;
mod plugins;
mod proxies;
mod reply;
mod route;
#[cfg(feature = "sso")]
mod sso;

use std::{
    net::IpAddr,
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Buf, Bytes};
use countersign_core::{Code, ConfigError, Engine, Error};
use futures_util::Stream;
use http::{Request, Response};

use cookies::CookieNames;
use dialects::Dialect;
use guard::Guard;
use health::Health;
use mounts::{Mounts, Pages};
use plugins::{DEADLINE, guarded};
use proxies::Proxies;
use reply::Reply;
use route::Route;

pub use body::{BODY_LIMIT, LONG_BODY_LIMIT};
pub use headers::SentHeaders;
#[cfg(feature = "login-page")]
pub use login_page::LoginPage;
pub use proxies::ProxyHeader;

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

#[derive(Debug, Clone)]
struct Inner {
    engine: Engine,
    base: String,
    cookies: CookieNames,
    health: Health,
    mounts: Mounts,
    #[cfg(feature = "login-page")]
    pages: Option<Arc<login_page::Pages>>,
    serves_health: bool,
    proxies: Option<Proxies>,
    body_deadline: Duration,
    housekeeping: OnceLock<()>,
}

/// Who sent a request: an adapter puts it into the request's extensions. Without it, or where
/// there is no address (a Unix socket), all such clients share one quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl AuthHttp {
    /// A path that [`handle`](Self::handle) answers where the application mounts it: 200 while the
    /// stores answer, 503 while they do not. [`with_health`](Self::with_health) mounts it.
    pub const HEALTH_PATH: &str = route::HEALTH;

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
            health: Health::new(),
            mounts: Mounts::default(),
            #[cfg(feature = "login-page")]
            pages: None,
            serves_health: false,
            proxies: None,
            body_deadline: body::DEADLINE,
            housekeeping: OnceLock::new(),
        };
        Self(Arc::new(inner), Guard::Strict)
    }

    /// Believes the proxies at these addresses or networks (`10.0.0.0/8`, `2001:db8::1`; `unix` is
    /// whoever connects by a socket without addresses) when they say in `header` who asked them.
    /// The client is the right-most hop that is none of them. Without this the peer is the client,
    /// and no such header is read.
    ///
    /// ```
    /// # use countersign_core::{ConfigError, Engine};
    /// use countersign_http::{AuthHttp, ProxyHeader};
    ///
    /// # fn run(engine: Engine) -> Result<(), ConfigError> {
    /// let auth = AuthHttp::new(engine).behind(ProxyHeader::XForwardedFor, &["10.0.0.0/8"])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `CFG_PROXY`: no address, or one that is none.
    pub fn behind(mut self, header: ProxyHeader, proxies: &[&str]) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.0).proxies = Some(Proxies::read(header, proxies)?);
        Ok(self)
    }

    /// Serves the endpoints of another system as well, so that its clients sign in unchanged.
    ///
    /// ```
    /// # use countersign_core::{ConfigError, Engine};
    /// # #[cfg(feature = "quickstart")]
    /// # fn run(engine: Engine) -> Result<(), ConfigError> {
    /// use countersign_http::{AuthHttp, dialects::Quickstart};
    ///
    /// let auth = AuthHttp::new(engine).with(Quickstart::default())?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `CFG_PLUGIN_CONFLICT`: a path of it is served already; what else the dialect names.
    pub fn with(mut self, mut dialect: impl Dialect) -> Result<Self, ConfigError> {
        let inner = Arc::make_mut(&mut self.0);
        dialect.join(&inner.engine)?;
        inner.mounts.add(Arc::new(dialect), &inner.base)?;
        Ok(self)
    }

    /// Serves OAuth 2.1 and OpenID Connect as well, for these clients: other applications sign people
    /// in here. The endpoints stand under the base path; the metadata at the root of the site.
    ///
    /// ```
    /// # use countersign_core::{ConfigError, Engine};
    /// # fn run(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
    /// use countersign_http::AuthHttp;
    /// use countersign_sso::{Client, StaticClients};
    ///
    /// let (shop, _) = Client::confidential("shop", "The Shop", &["https://shop.example/callback"])?;
    /// let auth = AuthHttp::new(engine).sso(StaticClients::new([shop])?)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `CFG_SSO_KEYS`: the engine signs no tokens that clients could check. `CFG_PLUGIN_CONFLICT`: a
    /// path is served already.
    #[cfg(feature = "sso")]
    pub fn sso(self, clients: impl countersign_sso::ClientRegistry) -> Result<Self, ConfigError> {
        let provider = countersign_sso::Provider::new(self.0.engine.clone(), clients)?;
        let endpoints = sso::Sso::at(&self.0.base, provider);
        self.with(endpoints)
    }

    /// Serves [`HEALTH_PATH`](Self::HEALTH_PATH) as well, for the probes of an orchestrator.
    pub fn with_health(mut self) -> Self {
        Arc::make_mut(&mut self.0).serves_health = true;
        self
    }

    /// How long a body may take to arrive: ten seconds by default.
    pub fn body_deadline(mut self, deadline: Duration) -> Self {
        Arc::make_mut(&mut self.0).body_deadline = deadline;
        self
    }

    /// The longest request body, in bytes: [`BODY_LIMIT`], or [`LONG_BODY_LIMIT`] where contract
    /// wallets sign in.
    pub fn body_limit(&self) -> usize {
        if self.0.engine.takes_long_signatures() {
            LONG_BODY_LIMIT
        } else {
            BODY_LIMIT
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The path under which everything is found, such as `/auth`.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// The paths beyond the base path that must reach [`handle`](Self::handle) too: the public
    /// keys, if the engine issues tokens, and what [`with`](Self::with) and
    /// [`with_health`](Self::with_health) added. Adapters that mount by themselves mount these as well.
    pub fn beyond_base(&self) -> impl Iterator<Item = &str> {
        let keys = self.0.engine.issues_tokens().then_some(route::KEYS);
        let health = self.0.serves_health.then_some(route::HEALTH);
        let own = keys.into_iter().chain(health);
        own.chain(self.0.mounts.beyond(&self.0.base))
    }

    /// Answers a request, on a Tokio runtime. Whatever happens, there is an answer: a plugin that
    /// panics or hangs is 500 `plugin_error`.
    ///
    /// The URI is the one the client sent, with the base path. A body over the
    /// [limit](Self::body_limit) is answered with 413, so an adapter that reads bodies itself need not read further than one
    /// byte past it.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        self.on_the_heap(parts, std::future::ready(Ok(body))).await
    }

    /// Answers a request whose body arrives in pieces: no more is read than the limit allows, and
    /// not for longer than [`body_deadline`](Self::body_deadline). The future is `Send` where the stream is.
    pub fn handle_stream<S, B, E>(
        &self,
        request: Request<S>,
    ) -> impl Future<Output = Response<Bytes>> + use<'_, S, B, E>
    where
        S: Stream<Item = Result<B, E>>,
        B: Buf,
    {
        let (parts, stream) = request.into_parts();
        let body = body::read(stream, self.body_limit(), self.0.body_deadline);
        self.on_the_heap(parts, body)
    }

    /// All of it in one allocation, made at once: frameworks move their futures about.
    fn on_the_heap<B>(
        &self,
        parts: http::request::Parts,
        body: B,
    ) -> Pin<Box<impl Future<Output = Response<Bytes>> + use<'_, B>>>
    where
        B: Future<Output = Result<Bytes, Error>>,
    {
        Box::pin(async move { self.answer(&parts, pin!(body)).await })
    }

    async fn answer(
        &self,
        parts: &http::request::Parts,
        body: Pin<&mut impl Future<Output = Result<Bytes, Error>>>,
    ) -> Response<Bytes> {
        self.0
            .housekeeping
            .get_or_init(|| housekeeping::begin(&self.0.engine));
        let route = Route::find(parts.uri.path(), &self.0.base, &self.0.mounts);
        let endpoint = route.as_ref().map_or("none", Route::name);
        let method = origins::intended(&parts.method, &parts.headers);
        let work = pin!(async {
            match &route {
                Some(route) => match self.dispatch(route, parts, body).await {
                    Ok(reply) => reply,
                    Err(error) => route.refuse(&method, &error).of(&error),
                },
                None => Reply::error(
                    &body::check_headers(&parts.headers)
                        .err()
                        .unwrap_or(Code::NotFound.into()),
                ),
            }
        });
        let mut reply = measure::request(endpoint, work).await;
        let pages = route.map_or(Pages::Ours, |route| route.pages(&method));
        origins::allow(&self.0.engine, &parts.headers, pages, &mut reply);
        if parts.method == http::Method::HEAD {
            reply.drop_body();
        }
        reply.into_response()
    }

    async fn dispatch(
        &self,
        route: &Route<'_>,
        parts: &http::request::Parts,
        body: Pin<&mut impl Future<Output = Result<Bytes, Error>>>,
    ) -> Result<Reply, Error> {
        body::check_headers(&parts.headers)?;
        if parts.method == http::Method::OPTIONS {
            return origins::preflight(&self.0.engine, &parts.headers, route);
        }
        if !route.allows(&parts.method) {
            return Ok(route
                .refuse(&parts.method, &Code::MethodNotAllowed.into())
                .allow(route.methods()));
        }
        let body = if route.changes_state(&parts.method) {
            let body = body.await?;
            let limit = self.body_limit();
            body::check(
                &parts.headers,
                &body,
                limit,
                route.takes_forms(&parts.method),
            )?;
            if route.pages(&parts.method) == Pages::Ours {
                origins::check(&self.0.engine, &parts.headers, &self.0.cookies)?;
            }
            body
        } else {
            Bytes::new()
        };
        guarded(
            DEADLINE,
            pin!(endpoints::dispatch(&self.0, route, parts, &body)),
        )
        .await
    }
}

impl Inner {
    /// Who asks, as far as it can be known.
    fn client(&self, parts: &http::request::Parts) -> Option<IpAddr> {
        let peer = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
        match &self.proxies {
            Some(proxies) => proxies.client(peer, &parts.headers),
            None => peer,
        }
    }
}
