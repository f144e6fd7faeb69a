//! Sign-in with a wallet on Poem: `cargo run -p poem-app`.

use countersign::{
    AuthHttp, LoginPage,
    ethereum::Ethereum,
    poem::{SignedIn, mount},
    polkadot::Polkadot,
};
use example_setup::{Fault, PAGE, PAGE_POLICY, SCRIPT, Settings, TITLE};
use poem::{
    EndpointExt, IntoResponse, Route, Server, get, handler,
    listener::{Listener, TcpListener},
    web::Html,
};

#[handler]
fn me(SignedIn(session): SignedIn) -> String {
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
    let app = Route::new()
        .at("/", get(page))
        .at("/app.js", get(script))
        .at("/me", get(me));
    let app = mount(app, &auth).data(auth);
    let listener = TcpListener::bind(settings.address())
        .into_acceptor()
        .await
        .map_err(|error| settings.taken(error))?;
    settings.announce();
    Ok(Server::new_with_acceptor(listener)
        .run_with_graceful_shutdown(app, example_setup::shutdown(), None)
        .await?)
}

#[handler]
fn page() -> impl IntoResponse {
    Html(PAGE).with_header("content-security-policy", PAGE_POLICY)
}

#[handler]
fn script() -> impl IntoResponse {
    SCRIPT.with_content_type("text/javascript")
}
