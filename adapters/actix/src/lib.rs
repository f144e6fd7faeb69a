//! countersign for [Actix Web](https://docs.rs/actix-web): the endpoints, and a guard for your own
//! routes.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use countersign_actix::{SignedIn, countersign};
//! use countersign_http::AuthHttp;
//!
//! async fn me(SignedIn(session): SignedIn) -> String {
//!     format!("hello {}", session.identity.account)
//! }
//!
//! # async fn run(auth: AuthHttp) -> Result<(), std::io::Error> {
//! let app = move || {
//!     App::new()
//!         .configure(countersign(auth.clone()))
//!         .route("/me", web::get().to(me))
//! };
//! HttpServer::new(app).bind("127.0.0.1:3000")?.run().await
//! # }
//! ```

use std::{fmt, future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, dev,
    error::ErrorInternalServerError,
    http::{StatusCode, header},
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use countersign_core::{Error, FromSession, Session};
use countersign_http::{AuthHttp, Peer, SentHeaders};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The endpoints of `auth` at [`AuthHttp::base`] and [`AuthHttp::beyond_base`], and what the guard needs; for
/// [`App::configure`](actix_web::App::configure).
pub fn countersign(auth: AuthHttp) -> impl FnOnce(&mut ServiceConfig) {
    move |app| {
        let endpoints = || {
            let mounted = auth.clone();
            web::to(move |request, body| answer(mounted.clone(), request, body))
        };
        app.service(web::scope(auth.base()).default_service(endpoints()));
        for path in auth.beyond_base() {
            app.route(path, endpoints());
        }
        app.app_data(web::Data::new(auth));
    }
}

/// A guard: the handler runs only for somebody who is signed in; everybody else gets the one error
/// shape of countersign. `Option<SignedIn>` lets strangers pass too. `SignedIn<T>` gives any
/// [view](FromSession) of the session, and refuses who has none.
#[derive(Debug, Clone)]
pub struct SignedIn<T = Session>(pub T);

impl<T: FromSession> FromRequest for SignedIn<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let auth = request.app_data::<web::Data<AuthHttp>>();
            let auth = auth.ok_or_else(|| ErrorInternalServerError(MISSING))?;
            let view = auth
                .guard_as(&method(&request), &Sent(request.headers()))
                .await;
            view.map(Self).map_err(|error| {
                let auth = auth.clone();
                Refused { error, auth }.into()
            })
        })
    }
}

/// Why a guard refused: the error that [`SignedIn`] gives, for an app that renders errors itself.
#[derive(Debug)]
pub struct Refused {
    /// What the core said.
    pub error: Error,
    auth: web::Data<AuthHttp>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        response(self.auth.refuse(&self.error))
    }
}

async fn answer(auth: AuthHttp, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let mut across = http::Request::new(body);
    *across.method_mut() = method(&request);
    *across.uri_mut() = request.uri().to_string().parse().unwrap_or_default();
    *across.headers_mut() = copied(request.headers());
    let peer = Peer(request.peer_addr().map(|address| address.ip()));
    across.extensions_mut().insert(peer);
    response(auth.handle_stream(across).await)
}

/// Actix Web has headers of its own.
struct Sent<'r>(&'r header::HeaderMap);

impl SentHeaders for Sent<'_> {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .get_all(name.as_str())
            .map(header::HeaderValue::as_bytes)
    }
}

/// Actix speaks another version of `http`.
fn method(request: &HttpRequest) -> http::Method {
    let method = http::Method::from_bytes(request.method().as_str().as_bytes());
    method.expect("a method in one version of `http` is one in the other")
}

/// A name or value that `http` refuses cannot have come in.
fn copied(sent: &header::HeaderMap) -> HeaderMap {
    let pairs = sent.iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        Some((name.as_str().parse::<HeaderName>().ok()?, value))
    });
    pairs.collect()
}

fn response(answer: http::Response<Bytes>) -> HttpResponse {
    let (parts, body) = answer.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16()).expect("a status is a status");
    let mut response = HttpResponseBuilder::new(status);
    for (name, value) in &parts.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

const MISSING: &str = "`AuthHttp` is not in the app's data: add `.configure(countersign(auth))`";
