//! countersign for [Warp](https://docs.rs/warp): the endpoints, and a guard for your own routes.
//!
//! ```no_run
//! use countersign_http::AuthHttp;
//! use countersign_warp::{SignedIn, countersign, recover, signed_in};
//! use warp::Filter;
//!
//! # async fn run(auth: AuthHttp) {
//! let me = warp::path!("me")
//!     .and(signed_in(&auth))
//!     .map(|SignedIn(session)| format!("hello {}", session.identity.account));
//! let app = countersign(&auth).or(me).recover(recover);
//! warp::serve(app).run(([127, 0, 0, 1], 3000)).await;
//! # }
//! ```

use std::{convert::Infallible, net::SocketAddr};

use bytes::{Buf, Bytes};
use countersign_core::{Error, FromSession, Session};
use countersign_http::{AuthHttp, Peer};
use futures_util::Stream;
use http::{HeaderMap, Method, Uri};
use warp::{
    Filter, Rejection,
    filters::path::FullPath,
    reject::{self, Reject},
    reply::Response,
};

/// The endpoints of `auth`, under [`AuthHttp::base`] and at [`AuthHttp::beyond_base`]. Paths beyond it are left to other filters.
pub fn countersign(
    auth: &AuthHttp,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let (mounted, auth) = (auth.clone(), auth.clone());
    let query = warp::query::raw()
        .map(Some)
        .or_else(async |_| Ok::<_, Infallible>((None,)));
    warp::path::full()
        .and_then(move |path: FullPath| {
            let is_ours = is_under(path.as_str(), mounted.base())
                || mounted.beyond_base().any(|beyond| beyond == path.as_str());
            std::future::ready(is_ours.then_some(path).ok_or_else(reject::not_found))
        })
        .and(query)
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::addr::remote())
        .and(warp::body::stream())
        .then(
            move |path: FullPath, query: Option<String>, method, headers, remote, body| {
                let target = match query {
                    Some(query) => format!("{}?{query}", path.as_str()),
                    None => path.as_str().to_owned(),
                };
                answer(auth.clone(), target, method, headers, remote, body)
            },
        )
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Session);

/// A guard: what follows runs only for somebody who is signed in. Everybody else is rejected, and
/// [`recover`] turns that into the one error shape of countersign.
pub fn signed_in(
    auth: &AuthHttp,
) -> impl Filter<Extract = (SignedIn,), Error = Rejection> + Clone + use<> {
    signed_in_as(auth).map(SignedIn)
}

/// The same guard for routes that let strangers pass too.
pub fn maybe_signed_in(
    auth: &AuthHttp,
) -> impl Filter<Extract = (Option<SignedIn>,), Error = Infallible> + Clone + use<> {
    maybe_signed_in_as(auth).map(|session: Option<Session>| session.map(SignedIn))
}

/// A guard that gives any [view](FromSession) of the session, and rejects who has none.
pub fn signed_in_as<T: FromSession + Send>(
    auth: &AuthHttp,
) -> impl Filter<Extract = (T,), Error = Rejection> + Clone + use<T> {
    let auth = auth.clone();
    let request = warp::method().and(warp::header::headers_cloned());
    request.and_then(move |method: Method, headers: HeaderMap| {
        let auth = auth.clone();
        async move {
            let view = auth.guard_as(&method, &headers).await;
            view.map_err(|error| reject::custom(Refused { error, auth }))
        }
    })
}

/// The same guard for routes that let everybody pass.
pub fn maybe_signed_in_as<T: FromSession + Send>(
    auth: &AuthHttp,
) -> impl Filter<Extract = (Option<T>,), Error = Infallible> + Clone + use<T> {
    let nobody = async |_| Ok::<_, Infallible>((None,));
    signed_in_as(auth).map(Some).or_else(nobody)
}

/// Answers for a guard that refused; leaves all other rejections alone.
///
/// # Errors
/// A rejection that is not ours.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    match rejection.find::<Refused>() {
        Some(Refused { error, auth }) => Ok(auth.refuse(error).map(Into::into)),
        None => Err(rejection),
    }
}

#[derive(Debug)]
struct Refused {
    error: Error,
    auth: AuthHttp,
}

impl Reject for Refused {}

async fn answer(
    auth: AuthHttp,
    target: String,
    method: Method,
    headers: HeaderMap,
    remote: Option<SocketAddr>,
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Response {
    let mut across = http::Request::new(body);
    *across.method_mut() = method;
    *across.uri_mut() = target.parse::<Uri>().unwrap_or_default();
    *across.headers_mut() = headers;
    let peer = Peer(remote.map(|address| address.ip()));
    across.extensions_mut().insert(peer);
    let answer: http::Response<Bytes> = auth.handle_stream(across).await;
    answer.map(Into::into)
}

/// Whether a path is the base, or lies below it.
fn is_under(path: &str, base: &str) -> bool {
    let rest = path.strip_prefix(base);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
