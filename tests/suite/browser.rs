//! Real pages in a real browser: Debian's Chromium, driven by the scripts in `tests/browser`, with
//! wallets whose keys are outside of it.

use std::{fs::File, time::Duration};

use countersign_core::{EngineBuilder, policy::Lifetimes};
use countersign_ethereum::Ethereum;
use countersign_http::{
    AuthHttp, LoginPage,
    dialects::{PolkadotSso, Quickstart, Ssx},
};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_polkadot::Polkadot;
use countersign_sso::{Client, StaticClients};
use countersign_store_memory::stores;
use countersign_testkit::servers::Port;
use countersign_tests::{npm::npm_ci, poem_rig, poem_rig_at, root};
use serde_json::{Value, json};

use crate::clients::run_with;

#[test]
fn two_ethereum_wallets_and_three_polkadot_key_types_sign_in_on_the_page() {
    play(
        "login.mjs",
        "wallets",
        async || json!({"url": site().await}),
    );
}

#[test]
fn the_page_works_by_keyboard_and_says_what_it_does() {
    play(
        "login.mjs",
        "keyboard",
        async || json!({"url": site().await}),
    );
}

#[test]
fn client_and_page_are_small() {
    play("login.mjs", "sizes", async || json!({"url": site().await}));
}

#[test]
fn the_page_says_in_words_what_went_wrong() {
    play("login.mjs", "faults", async || {
        let brief = |builder: EngineBuilder| builder.challenge_ttl(Duration::from_secs(1));
        let origin = format!("http://127.0.0.1:{}", free_port());
        let server = behind(&origin, |auth| auth).await;
        json!({
            "url": site().await,
            "brief": site_with(brief, |auth| auth).await,
            "via": {"origin": origin, "server": server},
        })
    });
}

#[test]
fn u11_who_refuses_stays_or_leaves_by_a_path_of_the_site() {
    play(
        "login.mjs",
        "refusal",
        async || json!({"url": site().await}),
    );
}

#[test]
fn a_newcomer_signs_in_with_the_demo_wallet_and_only_in_dev_mode() {
    play(
        "login.mjs",
        "demo",
        async || json!({"url": site().await, "dev": site_with(EngineBuilder::dev, |auth| auth).await}),
    );
}

#[test]
fn u02_words_of_wallets_are_shown_as_words() {
    play("login.mjs", "words", async || json!({"url": site().await}));
}

#[test]
fn u05_icons_run_nothing_and_too_much_is_left_out() {
    play(
        "login.mjs",
        "pictures",
        async || json!({"url": site().await}),
    );
}

#[test]
fn u06_icons_that_would_be_fetched_or_run_are_none() {
    play(
        "login.mjs",
        "fetched",
        async || json!({"url": site().await}),
    );
}

#[test]
fn u04_what_the_browser_remembers_opens_nothing() {
    play("login.mjs", "memory", async || json!({"url": site().await}));
}

#[test]
fn the_list_of_sessions_ends_one_the_others_and_this_one() {
    play(
        "login.mjs",
        "sessions",
        async || json!({"url": site().await}),
    );
}

#[test]
fn client_js_serves_a_page_of_ones_own_with_cookies_and_with_tokens() {
    play("client.mjs", "client", async || {
        let short = |builder: EngineBuilder| {
            let access = Duration::from_secs(20);
            builder
                .tokens(Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa))))
                .lifetimes(Lifetimes {
                    access,
                    ..Lifetimes::default()
                })
        };
        json!({"url": site().await, "tokens": site_with(short, |auth| auth).await})
    });
}

#[test]
fn a_page_in_typescript_compiles_with_the_types_of_the_client() {
    play("types.mjs", "types", async || json!({}));
}

#[test]
fn mipd_viem_and_the_polkadot_extension_library_sign_in() {
    play(
        "client.mjs",
        "libraries",
        async || json!({"url": site().await}),
    );
}

#[test]
fn the_browser_sdk_of_ssx_signs_in_stays_and_signs_out() {
    play("client.mjs", "ssx", async || {
        let front = format!("http://localhost:{}", free_port());
        let server = localhost_beside(&front, |auth| auth.with(Ssx::default()).unwrap()).await;
        json!({"server": server, "front": front})
    });
}

#[test]
fn the_front_end_of_the_quickstart_signs_in_from_its_own_origin() {
    play("client.mjs", "quickstart", async || {
        let front = format!("http://localhost:{}", free_port());
        let server =
            localhost_beside(&front, |auth| auth.with(Quickstart::default()).unwrap()).await;
        json!({"server": server, "front": front})
    });
}

#[test]
fn the_page_of_polkadot_sso_signs_with_three_key_types_and_goes_on() {
    play("polkadot_sso.mjs", "signs", signing);
}

#[test]
fn the_page_of_polkadot_sso_says_what_went_wrong_and_goes_on_all_the_same() {
    play("polkadot_sso.mjs", "faults", signing);
}

/// A site for an application on this machine, with Polkadot SSO's endpoints.
async fn signing() -> Value {
    let with_keys = |builder: EngineBuilder| {
        builder.tokens(Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa))))
    };
    let shop = Client::public("shop", "The <b>Shop</b>", &["http://127.0.0.1/callback"]);
    let clients = StaticClients::new([shop.unwrap()]).unwrap();
    let dialect = PolkadotSso::new(clients);
    json!({"url": site_with(with_keys, |auth| auth.with(dialect).unwrap()).await})
}

#[test]
fn k04_another_site_cannot_sign_in_sign_out_or_read_over_https() {
    play("https.mjs", "sites", async || {
        let origin = format!("https://app.test:{}", free_port());
        let dialects = |auth: AuthHttp| {
            let auth = auth.with(Ssx::default()).unwrap();
            auth.with(Quickstart::default()).unwrap()
        };
        json!({
            "args": ["--host-resolver-rules=MAP *.test 127.0.0.1"],
            "server": behind(&origin, dialects).await,
            "origin": origin,
            "evil": format!("https://evil.test:{}", free_port()),
        })
    });
}

/// Plays one scene of a script, which has to end with its name and how many checks passed.
fn play(script: &str, scene: &str, servers: impl AsyncFnOnce() -> Value) {
    countersign_testkit::run(async {
        let folder = root().join("tests/browser");
        // One test at a time installs; the others then find it done.
        let door = File::open(folder.join("package.json")).unwrap();
        door.lock().unwrap();
        npm_ci(&folder).await;
        door.unlock().unwrap();
        let given = servers().await.to_string();
        let printed = run_with("node", &folder, &[script, scene], &given).await;
        let last = printed.lines().last().unwrap_or_default();
        assert!(
            last.starts_with(&format!("{scene}: ")) && last.ends_with(" checks passed"),
            "{printed}"
        );
    });
}

/// A site with the login page, as it is in production: not in `dev` mode.
async fn site() -> String {
    site_with(|builder| builder, |auth| auth).await
}

async fn site_with(
    change: impl FnOnce(EngineBuilder) -> EngineBuilder,
    with: impl FnOnce(AuthHttp) -> AuthHttp,
) -> String {
    let address = poem_rig_at(|origin, _| with(auth(change(builder(origin))))).await;
    format!("http://{address}")
}

/// The same, for something in front that has the origin. Where it really listens.
async fn behind(origin: &str, with: impl FnOnce(AuthHttp) -> AuthHttp) -> String {
    let rig = poem_rig(with(auth(builder(origin)))).await;
    format!("http://{}", rig.0)
}

/// The same at a port of `localhost`, for a front end at another.
async fn localhost_beside(front: &str, with: impl FnOnce(AuthHttp) -> AuthHttp) -> String {
    let mut own = String::new();
    poem_rig_at(|_, localhost| {
        own = localhost.to_owned();
        with(auth(builder(localhost).also_from(front)))
    })
    .await;
    own
}

fn builder(origin: &str) -> EngineBuilder {
    countersign_core::Engine::builder(origin)
        .chain(Ethereum::mainnet())
        .chain(Polkadot::new())
        .stores(stores())
        .without_limits()
        .secret(countersign_core::Secret::new(
            "hD8fK2mQ7xV1nR5tB9wZ3cY6pL0sG4jA",
        ))
}

fn auth(builder: EngineBuilder) -> AuthHttp {
    let page = LoginPage::new().title("the test");
    AuthHttp::new(builder.build().unwrap())
        .login_page(page)
        .unwrap()
}

/// A port for what a script serves, until this process ends.
fn free_port() -> u16 {
    let port = Port::new();
    let number = port.number();
    std::mem::forget(port);
    number
}
