//! countersign for [Rocket](https://docs.rs/rocket): the endpoints, and a guard for your own routes.
//!
//! ```no_run
//! use countersign_http::AuthHttp;
//! use countersign_rocket::{Countersign, SignedIn};
//! use rocket::{get, routes};
//!
//! #[get("/me")]
//! fn me(user: SignedIn) -> String {
//!     format!("hello {}", user.0.identity.account)
//! }
//!
//! # async fn run(auth: AuthHttp) -> Result<(), Box<dyn std::error::Error>> {
//! rocket::build().attach(Countersign(auth)).mount("/", routes![me]).launch().await?;
//! # Ok(()) }
//! ```

use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use countersign_core::{Error, FromSession, Session};
use countersign_http::{AuthHttp, Peer, SentHeaders};
use rocket::{
    Build, Catcher, Data, Request, Response, Rocket, Route, async_trait, catcher,
    data::ByteUnit,
    fairing::{self, Fairing, Info, Kind},
    http::{Header, Method, Status},
    request::{FromRequest, Outcome},
    route,
};
use tokio_util::io::ReaderStream;

/// Adds the endpoints at [`AuthHttp::base`] and [`AuthHttp::beyond_base`], what the guard needs, and
/// catchers for a refusing guard. A status for which the app has its own catcher is left to that.
#[derive(Debug, Clone)]
pub struct Countersign(pub AuthHttp);

#[async_trait]
impl Fairing for Countersign {
    fn info(&self) -> Info {
        let (name, kind) = ("countersign", Kind::Ignite | Kind::Singleton);
        Info { name, kind }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let routes = |path: &str| METHODS.map(|method| Route::new(method, path, self.clone()));
        let is_free = |code: &u16| rocket.catchers().all(|taken| taken.code != Some(*code));
        let codes = [400, 401, 403, 500, 503].into_iter().filter(is_free);
        let catchers: Vec<_> = codes.map(|code| Catcher::new(code, self.clone())).collect();
        let known: Vec<_> = self.0.beyond_base().flat_map(routes).collect();
        let rocket = rocket.mount(self.0.base().to_owned(), routes("/<path..>"));
        let rocket = rocket.mount("/", known).register("/", catchers);
        Ok(rocket.manage(self.0.clone()))
    }
}

#[async_trait]
impl route::Handler for Countersign {
    async fn handle<'r>(&self, request: &'r Request<'_>, mut data: Data<'r>) -> route::Outcome<'r> {
        let method = sent_method(request, &mut data).await;
        // The core stops reading at its own limit.
        let body = ReaderStream::new(data.open(ByteUnit::max_value()));
        let mut across = ::http::Request::new(body);
        *across.method_mut() = method.as_str().parse().expect("a method of HTTP");
        *across.uri_mut() = request.uri().to_string().parse().unwrap_or_default();
        *across.headers_mut() = copied(request.headers());
        let peer = Peer(request.remote().map(|address| address.ip()));
        across.extensions_mut().insert(peer);
        route::Outcome::Success(response(self.0.handle_stream(across).await))
    }
}

#[async_trait]
impl catcher::Handler for Countersign {
    async fn handle<'r>(&self, status: Status, request: &'r Request<'_>) -> catcher::Result<'r> {
        let Refused(error) = request.local_cache(|| Refused(None));
        let answer = error.as_ref().map(|error| self.0.refuse(error));
        match answer.filter(|answer| answer.status().as_u16() == status.code) {
            Some(answer) => Ok(response(answer)),
            None => Catcher::default().handler.handle(status, request).await,
        }
    }
}

/// A guard: the handler runs only for somebody who is signed in; everybody else gets the one error
/// shape of countersign. `Option<SignedIn>` lets strangers pass too. `SignedIn<T>` gives any
/// [view](FromSession) of the session, and refuses who has none.
#[derive(Debug, Clone)]
pub struct SignedIn<T = Session>(pub T);

#[async_trait]
impl<'r, T: FromSession> FromRequest<'r> for SignedIn<T> {
    type Error = Option<&'r Error>;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let Some(auth) = request.rocket().state::<AuthHttp>() else {
            rocket::error!("`AuthHttp` is not managed: add `.attach(Countersign(auth))`");
            return Outcome::Error((Status::InternalServerError, None));
        };
        let method = request.method().as_str().parse().expect("a method of HTTP");
        match auth.guard_as(&method, &Sent(request.headers())).await {
            Ok(view) => Outcome::Success(Self(view)),
            Err(error) => {
                let status = Status::new(auth.refuse(&error).status().as_u16());
                let Refused(kept) = request.local_cache(|| Refused(Some(error)));
                Outcome::Error((status, kept.as_ref()))
            }
        }
    }
}

/// Why the guard refused, from the guard to the catcher.
struct Refused(Option<Error>);

/// Rocket lets a form of `POST` name another method; what was sent counts.
async fn sent_method(request: &Request<'_>, data: &mut Data<'_>) -> Method {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    let renames = is_form && data.peek(b"_method".len()).await.starts_with(b"_method");
    let named = request.method();
    if renames { Method::Post } else { named }
}

/// Rocket has headers of its own; it has dropped those that are not UTF-8.
struct Sent<'r>(&'r rocket::http::HeaderMap<'r>);

impl SentHeaders for Sent<'_> {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.0.get(name.as_str()).map(str::as_bytes)
    }
}

fn copied(sent: &rocket::http::HeaderMap<'_>) -> HeaderMap {
    let pairs = sent.iter().filter_map(|header| {
        let value = HeaderValue::from_str(&header.value).ok()?;
        Some((header.name.as_str().parse::<HeaderName>().ok()?, value))
    });
    pairs.collect()
}

fn response<'r>(answer: ::http::Response<Bytes>) -> Response<'r> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new();
    response.set_status(Status::new(parts.status.as_u16()));
    for (name, value) in &parts.headers {
        let value = value.to_str().expect("the core's headers are ASCII");
        response.adjoin_header(Header::new(name.to_string(), value.to_owned()));
    }
    response.set_sized_body(body.len(), std::io::Cursor::new(body));
    response
}

const METHODS: [Method; 9] = {
    use Method::*;
    [Get, Put, Post, Delete, Options, Head, Trace, Connect, Patch]
};
