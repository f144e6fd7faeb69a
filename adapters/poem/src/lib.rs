//! countersign for [Poem](https://docs.rs/poem): the endpoints, and a guard for your own routes.
//!
//! ```no_run
//! use countersign_http::AuthHttp;
//! use countersign_poem::{SignedIn, mount};
//! use poem::{EndpointExt, Route, Server, get, handler, listener::TcpListener};
//!
//! #[handler]
//! fn me(SignedIn(session): SignedIn) -> String {
//!     format!("hello {}", session.identity.account)
//! }
//!
//! # async fn run(auth: AuthHttp) -> Result<(), std::io::Error> {
//! let app = mount(Route::new().at("/me", get(me)), &auth).data(auth);
//! Server::new(TcpListener::bind("127.0.0.1:3000")).run(app).await
//! # }
//! ```

use std::sync::Arc;

use bytes::Bytes;
use countersign_core::{Error, FromSession, Session};
use countersign_http::{AuthHttp, Peer};
use poem::{Endpoint, FromRequest, Request, RequestBody, Response, Route, web::RemoteAddr};

/// Adds the endpoints of `auth` to an app, at [`AuthHttp::base`] and [`AuthHttp::beyond_base`].
pub fn mount(app: Route, auth: &AuthHttp) -> Route {
    let app = app.nest_no_strip(auth.base(), countersign(auth.clone()));
    auth.beyond_base()
        .fold(app, |app, path| app.at(path, countersign(auth.clone())))
}

/// The endpoints of `auth`, to be mounted by hand: with
/// [`nest_no_strip`](poem::Route::nest_no_strip), under [`AuthHttp::base`], and
/// [`at`](poem::Route::at) each of [`AuthHttp::beyond_base`].
pub fn countersign(auth: AuthHttp) -> impl Endpoint<Output = Response> {
    Mounted(auth)
}

/// A guard: the handler runs only for somebody who is signed in; everybody else gets the one error
/// shape of countersign. `Option<SignedIn>` lets strangers pass too. `SignedIn<T>` gives any
/// [view](FromSession) of the session, and refuses who has none.
#[derive(Debug, Clone)]
pub struct SignedIn<T = Session>(pub T);

impl<'a, T: FromSession> FromRequest<'a> for SignedIn<T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let Some(auth) = request.data::<AuthHttp>() else {
            let missing = "`AuthHttp` is not in the app's data: add `.data(auth)` to the route";
            return Err(poem::Error::from_string(
                missing,
                http::StatusCode::INTERNAL_SERVER_ERROR,
            ));
        };
        let view = auth.guard_as(request.method(), request.headers()).await;
        view.map(Self).map_err(|error| refused(auth, error))
    }
}

struct Mounted(AuthHttp);

impl Endpoint for Mounted {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let peer = peer(request.remote_addr());
        let body = request.take_body().into_bytes_stream();
        let mut across = http::Request::new(body);
        *across.method_mut() = request.method().clone();
        *across.uri_mut() = request.original_uri().clone();
        *across.headers_mut() = std::mem::take(request.headers_mut());
        across.extensions_mut().insert(peer);
        Ok(response(self.0.handle_stream(across).await))
    }
}

fn peer(remote: &RemoteAddr) -> Peer {
    Peer(remote.as_socket_addr().map(|address| address.ip()))
}

fn response(answer: http::Response<Bytes>) -> Response {
    let (parts, body) = answer.into_parts();
    let mut response = Response::from(body);
    response.set_status(parts.status);
    *response.headers_mut() = parts.headers;
    response
}

/// Keeps our error as the source, so that an app's own error handling can still look at it.
fn refused(auth: &AuthHttp, error: Error) -> poem::Error {
    let answer = response(auth.refuse(&error));
    let mut refused = poem::Error::from_response(answer);
    refused.set_data(Arc::new(error));
    refused
}
