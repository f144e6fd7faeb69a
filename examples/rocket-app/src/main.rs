//! Sign-in with a wallet on Rocket: `cargo run -p rocket-app`.

use countersign::{
    AuthHttp, LoginPage,
    ethereum::Ethereum,
    polkadot::Polkadot,
    rocket::{Countersign, SignedIn},
};
use example_setup::{Fault, PAGE, PAGE_POLICY, SCRIPT, Settings, TITLE};
use rocket::{
    Config, Responder,
    fairing::AdHoc,
    get,
    http::Header,
    response::content::{RawHtml, RawJavaScript},
    routes,
};

#[get("/me")]
fn me(user: SignedIn) -> String {
    format!("hello {}\n", user.0.identity.account)
}

#[rocket::main]
async fn main() -> Result<(), Fault> {
    let settings = Settings::from_env()?;
    let engine = settings
        .engine()
        .await?
        .chain(Ethereum::mainnet())
        .chain(Polkadot::new())
        .build()?;
    let config = Config {
        address: settings.address().ip(),
        port: settings.address().port(),
        ..Config::default()
    };
    let app = rocket::custom(config)
        .attach(Countersign(
            AuthHttp::new(engine)
                .login_page(LoginPage::new().title(TITLE))?
                .with_health(),
        ))
        .mount("/", routes![page, script, me])
        .attach(AdHoc::on_liftoff("announce", |_| {
            Box::pin(async move { settings.announce() })
        }));
    app.launch().await?;
    Ok(())
}

#[derive(Responder)]
struct Page(RawHtml<&'static str>, Header<'static>);

#[get("/")]
fn page() -> Page {
    let policy = Header::new("content-security-policy", PAGE_POLICY);
    Page(RawHtml(PAGE), policy)
}

#[get("/app.js")]
fn script() -> RawJavaScript<&'static str> {
    RawJavaScript(SCRIPT)
}
