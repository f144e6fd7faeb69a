//! Three chains in one server, one of them of our own: `cargo run -p custom-chain`.

use countersign::{
    AuthHttp, LoginPage,
    ethereum::Ethereum,
    poem::{SignedIn, countersign},
    polkadot::Polkadot,
};
use custom_chain::Solana;
use example_setup::{Fault, PAGE, SCRIPT, Settings, TITLE};
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
        .chain(Solana)
        .build()?;
    let auth = AuthHttp::new(engine).login_page(LoginPage::new().title(TITLE))?;
    let app = Route::new()
        .at("/", get(page))
        .at("/app.js", get(script))
        .at("/me", get(me))
        .nest_no_strip(auth.base(), countersign(auth.clone()))
        .data(auth);
    let listener = TcpListener::bind(settings.address())
        .into_acceptor()
        .await
        .map_err(|error| settings.taken(error))?;
    settings.announce();
    Ok(Server::new_with_acceptor(listener).run(app).await?)
}

#[handler]
fn page() -> impl IntoResponse {
    Html(PAGE).with_header("content-security-policy", example_setup::PAGE_POLICY)
}

#[handler]
fn script() -> impl IntoResponse {
    SCRIPT.with_content_type("text/javascript")
}
