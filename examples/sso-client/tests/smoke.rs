//! The application as it is started, a provider beside it, and a person who goes from page to page.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use axum::body::Bytes;
use countersign::{
    AuthHttp, Engine, LoginPage,
    axum::countersign,
    ethereum::Ethereum,
    jwt::{Algorithm, Jwt, Key, KeyRing},
    sso::{Client, RedirectUri, StaticClients},
    stores,
};
use countersign_testkit::{
    ethereum_wallet,
    person::Person,
    rig::{Answer, Browser, OnSocket},
    run,
    smoke::Program,
};
use http::Request;
use tokio::net::TcpListener;

#[test]
fn a_person_signs_in_page_by_page_and_out_again() {
    run(async {
        let (provider, address) = provider().await;
        let mut app = start(&provider);
        let rig = OnSocket(app.address);
        let visitor = Browser::on(&rig, &format!("http://{}", app.address));
        let at_provider = OnSocket(address);
        let person = Person::at(&at_provider, &provider);

        let home = visitor.get("/").await;
        assert!(
            home.text().contains("You are signed out"),
            "{}",
            home.text()
        );
        assert!(
            home.header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert_eq!(visitor.get("/profile").await.header("location"), "/");

        let back = person
            .goes(leaves(&visitor.get("/sign-in").await, &provider))
            .await;
        let signed_in = visitor.get(own(&back, &app)).await;
        assert_eq!(
            signed_in.header("location"),
            "/profile",
            "{}",
            signed_in.text()
        );
        let profile = visitor.get("/profile").await.text();
        let account = countersign_testkit::address(&ethereum_wallet(1));
        assert!(
            profile.contains(&format!("eip155:1:{account}")),
            "{profile}"
        );
        assert!(profile.contains("eip191"), "{profile}");
        assert_eq!(visitor.get("/").await.header("location"), "/profile");

        let out = visitor
            .raw(Request::post("/sign-out").body(Bytes::new()).unwrap())
            .await;
        let back = person.goes(leaves(&out, &provider)).await;
        assert!(
            visitor
                .get(own(&back, &app))
                .await
                .text()
                .contains("You are signed out")
        );
        assert_eq!(visitor.get("/profile").await.header("location"), "/");

        // Signed out at the provider as well: who comes again signs again.
        let url = leaves(&visitor.get("/sign-in").await, &provider).to_owned() + "&prompt=none";
        let refused = visitor.get(own(&person.goes(&url).await, &app)).await;
        assert_eq!(refused.status(), 400);
        assert!(
            refused.text().contains("login_required"),
            "{}",
            refused.text()
        );
        app.ends_when_asked();
    });
}

#[test]
fn an_answer_that_was_not_asked_for_signs_nobody_in() {
    run(async {
        let (provider, address) = provider().await;
        let app = start(&provider);
        let (rig, at_provider) = (OnSocket(app.address), OnSocket(address));
        let fresh = || Browser::on(&rig, &format!("http://{}", app.address));
        let person = Person::at(&at_provider, &provider);
        for (change, reason) in [
            (
                ["state=", "state=x"],
                "no sign-in that began in this browser",
            ),
            (["iss=http", "iss=https"], "another provider"),
            (["code=", "code=x"], "invalid_grant"),
            (["code=", "error=access_denied&code="], "you said no"),
        ] {
            let visitor = fresh();
            let back = person
                .goes(leaves(&visitor.get("/sign-in").await, &provider))
                .await;
            let changed = own(&back, &app).replacen(change[0], change[1], 1);
            let refused = visitor.get(&changed).await;
            assert_eq!(refused.status(), 400, "{change:?}");
            assert!(
                refused.text().contains(reason),
                "{change:?}: {}",
                refused.text()
            );
            // What was asked is answered once, even if the second answer is the right one.
            assert_eq!(visitor.get(own(&back, &app)).await.status(), 400);
        }
        // Any page can send a browser here: that signs nobody out.
        let visitor = fresh();
        let back = person
            .goes(leaves(&visitor.get("/sign-in").await, &provider))
            .await;
        visitor.get(own(&back, &app)).await;
        assert_eq!(visitor.get("/callback?state=x").await.status(), 400);
        assert_eq!(visitor.get("/profile").await.status(), 200);
        // Somebody else's browser, with a good answer.
        let (one, other) = (fresh(), fresh());
        let back = person
            .goes(leaves(&one.get("/sign-in").await, &provider))
            .await;
        other.get("/sign-in").await;
        assert_eq!(other.get(own(&back, &app)).await.status(), 400);
    });
}

#[test]
fn a_provider_that_is_not_there_is_named() {
    run(async {
        let app = start("http://127.0.0.1:9");
        let rig = OnSocket(app.address);
        let answer = Browser::program(&rig).get("/sign-in").await;
        assert_eq!(answer.status(), 502);
        assert!(
            answer.text().contains("http://127.0.0.1:9"),
            "{}",
            answer.text()
        );
    });
}

/// Where an answer sends the browser; it has to be the provider.
fn leaves<'a>(answer: &'a Answer, provider: &str) -> &'a str {
    let location = answer.header("location");
    assert!(
        location.starts_with(provider),
        "{location} {}",
        answer.text()
    );
    location
}

/// The path of an address of the application.
fn own<'a>(url: &'a str, app: &Program) -> &'a str {
    url.strip_prefix(&format!("http://{}", app.address))
        .unwrap_or_else(|| panic!("{url} is not the application's"))
}

fn start(provider: &str) -> Program {
    Program::start(
        env!("CARGO_BIN_EXE_sso-client"),
        &[("SSO_ISSUER", provider)],
    )
}

/// A provider that knows the application as `countersign serve --dev` does.
async fn provider() -> (String, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let origin = format!("http://{address}");
    let mut example =
        Client::public("example", "An example", &["http://127.0.0.1/callback"]).unwrap();
    example.post_logout_redirect_uris = vec![RedirectUri::parse("http://127.0.0.1/").unwrap()];
    let engine = Engine::builder(&origin)
        .chain(Ethereum::mainnet())
        .stores(stores::connect("memory:").await.unwrap())
        .tokens(Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa))))
        .without_limits()
        .dev()
        .build()
        .unwrap();
    let auth = AuthHttp::new(engine)
        .login_page(LoginPage::new())
        .unwrap()
        .sso(StaticClients::new([example]).unwrap())
        .unwrap();
    let routes = countersign(auth.clone())
        .with_state(auth)
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (origin, address)
}
