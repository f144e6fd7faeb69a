//! countersign for [axum](https://docs.rs/axum): the endpoints, and a guard for your own routes.
//!
//! ```no_run
//! use std::net::SocketAddr;
//!
//! use axum::{Router, routing::get};
//! use countersign_axum::{SignedIn, countersign};
//! use countersign_http::AuthHttp;
//!
//! async fn me(SignedIn(session): SignedIn) -> String {
//!     format!("hello {}", session.identity.account)
//! }
//!
//! # async fn run(auth: AuthHttp) -> Result<(), std::io::Error> {
//! let app = Router::new()
//!     .route("/me", get(me))
//!     .merge(countersign(auth.clone()))
//!     .with_state(auth)
//!     .into_make_service_with_connect_info::<SocketAddr>();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app).await
//! # }
//! ```

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    Router,
    body::Body,
    extract::{
        ConnectInfo, FromRef, FromRequestParts, OptionalFromRequestParts, OriginalUri, State,
    },
    http::request::Parts,
    response::Response,
    routing::any,
};
use countersign_core::{FromSession, Session};
use countersign_http::{AuthHttp, Peer};

/// The endpoints of `auth`, at [`AuthHttp::base`] and [`AuthHttp::beyond_base`]; [`merge`](Router::merge) them into the app.
///
/// Serve the app by `into_make_service_with_connect_info::<SocketAddr>()`: without the peer's
/// address all clients share one quota.
pub fn countersign<S: Clone + Send + Sync + 'static>(auth: AuthHttp) -> Router<S> {
    let endpoints = any(answer).with_state(auth.clone());
    let base = auth.base();
    // Routes rather than a nested router, which costs each request a second look-up and a new URI.
    let below = [
        base.to_owned(),
        format!("{base}/"),
        format!("{base}/{{*rest}}"),
    ];
    let beyond = auth.beyond_base().map(ToOwned::to_owned);
    let all = below.into_iter().chain(beyond);
    all.fold(Router::new(), |app, path| {
        app.route(&path, endpoints.clone())
    })
}

/// A guard: the handler runs only for somebody who is signed in; everybody else gets the one error
/// shape of countersign. `Option<SignedIn>` lets strangers pass too. `SignedIn<T>` gives any
/// [view](FromSession) of the session, and refuses who has none.
///
/// The app's state is an [`AuthHttp`], or one can be had from it by [`FromRef`].
#[derive(Debug, Clone)]
pub struct SignedIn<T = Session>(pub T);

impl<T, S> FromRequestParts<S> for SignedIn<T>
where
    T: FromSession,
    S: Send + Sync,
    AuthHttp: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let auth = AuthHttp::from_ref(state);
        let view = auth.guard_as(&parts.method, &parts.headers).await;
        view.map(Self)
            .map_err(|error| auth.refuse(&error).map(Body::from))
    }
}

impl<T, S> OptionalFromRequestParts<S> for SignedIn<T>
where
    T: FromSession,
    S: Send + Sync,
    AuthHttp: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Infallible> {
        let auth = AuthHttp::from_ref(state);
        let view = auth.guard_as(&parts.method, &parts.headers).await;
        Ok(view.ok().map(Self))
    }
}

async fn answer(
    State(auth): State<AuthHttp>,
    OriginalUri(uri): OriginalUri,
    request: axum::extract::Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = Peer(peer.map(|ConnectInfo(address)| address.ip()));
    parts.uri = uri;
    parts.extensions.insert(peer);
    let across = http::Request::from_parts(parts, body.into_data_stream());
    auth.handle_stream(across).await.map(Body::from)
}
