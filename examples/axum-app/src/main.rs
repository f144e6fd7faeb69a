//! Sign-in with a wallet on axum: `cargo run -p axum-app`.

use std::net::SocketAddr;

use axum::{
    Router,
    response::{Html, IntoResponse},
    routing::get,
};
use countersign::{
    AuthHttp, LoginPage,
    axum::{SignedIn, countersign},
    ethereum::Ethereum,
    polkadot::Polkadot,
};
use example_setup::{Fault, PAGE, PAGE_POLICY, SCRIPT, Settings, TITLE};
use tokio::net::TcpListener;

async fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}\n", session.identity.account)
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let settings = Settings::from_env()?;
    let engine = settings
        .engine()
        .await?
        .chain(Ethereum::mainnet())
        .chain(Polkadot::new())
        .build()?;
    let auth = AuthHttp::new(engine)
        .login_page(LoginPage::new().title(TITLE))?
        .with_health();
    let app = Router::new()
        .route("/", get(page))
        .route("/app.js", get(script))
        .route("/me", get(me))
        .merge(countersign(auth.clone()))
        .with_state(auth)
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind(settings.address())
        .await
        .map_err(|error| settings.taken(error))?;
    settings.announce();
    Ok(axum::serve(listener, app)
        .with_graceful_shutdown(example_setup::shutdown())
        .await?)
}

async fn page() -> impl IntoResponse {
    ([("content-security-policy", PAGE_POLICY)], Html(PAGE))
}

async fn script() -> impl IntoResponse {
    ([("content-type", "text/javascript")], SCRIPT)
}
