//! An application that knows nothing of wallets, and signs people in with one: `cargo run -p sso-client`.

mod fetch;
mod pages;
mod provider;
mod settings;
mod visitors;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{net::TcpListener, signal::unix::SignalKind};

use provider::{Answer, Failure, Provider};
use settings::{Fault, Settings};
use visitors::{Visitor, Visitors};

struct App {
    settings: Settings,
    provider: Provider,
    visitors: Visitors,
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let settings = Settings::from_env()?;
    let address = settings.address();
    let app = Arc::new(App {
        provider: Provider::new(&settings)?,
        visitors: Visitors::of(&settings.origin),
        settings,
    });
    let routes = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/callback", get(callback))
        .route("/profile", get(profile))
        .route("/sign-out", post(sign_out))
        .layer(middleware::map_response(pages::harden))
        .with_state(app.clone());
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address}: {error}; PORT names another port"))?;
    app.settings.announce();
    Ok(axum::serve(listener, routes)
        .with_graceful_shutdown(shutdown()?)
        .await?)
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.visitors.find(&headers) {
        Some(Visitor::SignedIn(_)) => to("/profile"),
        _ => pages::home(&app.settings.issuer).into_response(),
    }
}

/// Sends the browser to the provider, and remembers what was asked.
async fn sign_in(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    // The provider sends people back to the registered address, and a cookie is good there alone.
    if !app.settings.is_own_host(&headers) {
        return Ok(to(&format!("{}/sign-in", app.settings.origin)));
    }
    let (url, asked) = app.provider.ask().await?;
    let cookie = app.visitors.welcome(Visitor::Leaving(asked));
    Ok(([(header::SET_COOKIE, cookie)], to(url.as_str())).into_response())
}

/// Where the provider sends the browser back to, with a code or a reason why there is none.
async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Failure> {
    // Taken, not looked at: what was asked is answered once.
    let asked = app.visitors.take_asked(&headers);
    let asked = asked.ok_or(Failure::NotAsked)?;
    let person = app.provider.redeem(asked, answer).await?;
    // A name of its own: nobody could have put it into this browser before.
    let cookie = app.visitors.welcome(Visitor::SignedIn(Box::new(person)));
    Ok(([(header::SET_COOKIE, cookie)], to("/profile")).into_response())
}

async fn profile(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.visitors.find(&headers) {
        Some(Visitor::SignedIn(person)) => pages::profile(&person).into_response(),
        _ => to("/"),
    }
}

/// Ends the session here, then the one at the provider. The cookie is `SameSite=Lax`, so that no other
/// site's form can do it.
async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let next = match app.visitors.take(&headers) {
        Some(Visitor::SignedIn(person)) => person.goodbye,
        _ => "/".to_owned(),
    };
    ([(header::SET_COOKIE, app.visitors.farewell())], to(&next)).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unreachable { .. } => StatusCode::BAD_GATEWAY,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, pages::failure(&self)).into_response()
    }
}

/// 303: the browser follows with GET, whatever it came with.
fn to(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn shutdown() -> Result<impl Future<Output = ()>, std::io::Error> {
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    })
}
