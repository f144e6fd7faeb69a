//! Sign-in with a wallet on Warp: `cargo run -p warp-app`.

use countersign::{
    AuthHttp, LoginPage,
    ethereum::Ethereum,
    polkadot::Polkadot,
    warp::{SignedIn, countersign, recover, signed_in},
};
use example_setup::{Fault, PAGE, PAGE_POLICY, SCRIPT, Settings, TITLE};
use tokio::net::TcpListener;
use warp::{
    Filter,
    reply::{html, with_header},
};

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
    let page = || with_header(html(PAGE), "content-security-policy", PAGE_POLICY);
    let script = || with_header(SCRIPT, "content-type", "text/javascript");
    let app = countersign(&auth)
        .or(warp::path::end().and(warp::get()).map(page))
        .or(warp::path!("app.js").and(warp::get()).map(script))
        .or(warp::path!("me").and(signed_in(&auth)).map(me))
        .recover(recover);
    let listener = TcpListener::bind(settings.address())
        .await
        .map_err(|error| settings.taken(error))?;
    settings.announce();
    warp::serve(app)
        .incoming(listener)
        .graceful(example_setup::shutdown())
        .run()
        .await;
    Ok(())
}
