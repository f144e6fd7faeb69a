//! Sign-in with a wallet on Actix Web: `cargo run -p actix-app`.

use actix_web::{
    App, HttpServer, Responder,
    http::header::ContentType,
    web::{self, Html},
};
use countersign::{
    AuthHttp, LoginPage,
    actix::{SignedIn, countersign},
    ethereum::Ethereum,
    polkadot::Polkadot,
};
use example_setup::{Fault, PAGE, PAGE_POLICY, SCRIPT, Settings, TITLE};

async fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}\n", session.identity.account)
}

#[actix_web::main]
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
    let app = move || {
        App::new()
            .route("/", web::get().to(page))
            .route("/app.js", web::get().to(script))
            .route("/me", web::get().to(me))
            .configure(countersign(auth.clone()))
    };
    let server = HttpServer::new(app)
        .bind(settings.address())
        .map_err(|error| settings.taken(error))?;
    settings.announce();
    Ok(server.run().await?)
}

async fn page() -> impl Responder {
    Html::new(PAGE)
        .customize()
        .insert_header(("content-security-policy", PAGE_POLICY))
}

async fn script() -> impl Responder {
    let kind = ContentType("text/javascript".parse().expect("a media type"));
    SCRIPT.customize().insert_header(kind)
}
