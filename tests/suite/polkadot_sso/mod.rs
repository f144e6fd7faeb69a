//! Polkadot SSO's endpoints, and what its original left open.

mod challenges;
mod mounts;
mod page;
mod requests;
mod tokens;

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use countersign_core::{EngineBuilder, Limits, Quota, Wallet};
use countersign_http::{
    AuthHttp, LoginPage,
    dialects::{PolkadotSso, Quickstart},
};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_polkadot::{Network, Polkadot, PolkadotWallet, Scheme};
use countersign_sso::{Client, Params, StaticClients, form_urlencode};
use countersign_testkit::{
    ORIGIN, Stage,
    rig::{Answer, Bare, Browser, Rig},
    run,
};
use countersign_tests::{
    FACES, rig,
    sso::{VERIFIER, challenge, redirected},
};
use http::{Method, Request, header};
use serde_json::{Value, json};

const CALLBACK: &str = "https://shop.example/callback";
const DESK: &str = "http://127.0.0.1/callback";

fn wallet(seed: u8, network: &Network) -> PolkadotWallet {
    PolkadotWallet::from_seed(Scheme::Sr25519, &[seed; 32], network).unwrap()
}

fn alice() -> PolkadotWallet {
    wallet(7, &Network::POLKADOT)
}

fn parts(builder: EngineBuilder) -> EngineBuilder {
    let ring = KeyRing::of(Key::generate(Algorithm::Es256));
    builder.chain(Polkadot::new()).tokens(Jwt::new(ring))
}

/// `shop` and `rival` have secrets, `desk` is public, `plain` may know nothing but who it is.
struct Site {
    stage: Stage,
    auth: AuthHttp,
    secrets: BTreeMap<&'static str, String>,
}

fn site(stage: Stage, change: impl Fn(PolkadotSso) -> PolkadotSso) -> Site {
    let (mut secrets, mut clients) = (BTreeMap::new(), Vec::new());
    for (id, uri) in [
        ("shop", CALLBACK),
        ("rival", "https://rival.example/callback"),
        ("plain", "https://plain.example/"),
    ] {
        let (mut client, secret) = Client::confidential(id, "The <Shop>", &[uri]).unwrap();
        if id == "plain" {
            client.scopes = vec!["openid".to_owned()].try_into().unwrap();
        }
        secrets.insert(id, secret.expose().to_owned());
        clients.push(client);
    }
    clients.push(Client::public("desk", "Desk", &[DESK]).unwrap());
    let dialect = change(PolkadotSso::new(StaticClients::new(clients).unwrap()));
    let auth = AuthHttp::new(stage.engine.clone()).with(dialect).unwrap();
    Site {
        stage,
        auth,
        secrets,
    }
}

/// A site on the bare core.
fn bare() -> (Site, Bare) {
    let site = site(Stage::built(ORIGIN, parts), |dialect| dialect);
    let rig = Bare(site.auth.clone());
    (site, rig)
}

/// The query of a challenge, to be changed.
fn query(client: &str, redirect_uri: &str, wallet: &dyn Wallet) -> BTreeMap<&'static str, String> {
    [
        ("client_id", client),
        ("address", &wallet.address()),
        ("chain", wallet.chain().as_str()),
        ("redirect_uri", redirect_uri),
        ("state", "a state&more"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
        ("wallet", "talisman"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn path(query: &BTreeMap<&'static str, String>) -> String {
    let pairs = query.iter().map(|(name, value)| (*name, &**value));
    format!("/api/auth/challenge?{}", form_urlencode(pairs))
}

/// A program: it wants JSON, keeps no cookies worth mentioning, and may come from anywhere.
fn program(rig: &dyn Rig) -> Browser<'_> {
    let mut program = Browser::on(rig, "https://elsewhere.example");
    let json = "application/json".parse().unwrap();
    program.headers.insert(header::ACCEPT, json);
    program
}

async fn asked(program: &Browser<'_>, query: &BTreeMap<&'static str, String>) -> Value {
    let answer = program.get(&path(query)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json()
}

/// What hands in a challenge.
fn signed(wallet: &dyn Wallet, challenge: &Value) -> Value {
    let message = challenge["message"].as_str().unwrap();
    let signature = format!("0x{}", hex::encode(wallet.sign(message)));
    let id = &challenge["challenge_id"];
    json!({"challenge_id": id, "address": wallet.address(), "signature": signature})
}

async fn verify(program: &Browser<'_>, body: Value) -> Answer {
    program.post("/api/auth/verify", body).await
}

/// The parameters of the address that a good signature leads to.
fn led(answer: &Answer) -> Params {
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let url = answer.json()["redirect_url"].as_str().unwrap().to_owned();
    Params::parse(url.split_once('?').unwrap().1).unwrap()
}

/// A code for a client, from the challenge on.
async fn code(rig: &dyn Rig, client: &str, redirect_uri: &str) -> String {
    let program = program(rig);
    let wallet = alice();
    let challenge = asked(&program, &query(client, redirect_uri, &wallet)).await;
    let params = led(&verify(&program, signed(&wallet, &challenge)).await);
    params.one("code").unwrap().unwrap().to_owned()
}

fn redemption(client: &str, secret: Option<&str>, code: &str, redirect_uri: &str) -> Value {
    json!({
        "grant_type": "authorization_code", "client_id": client, "client_secret": secret,
        "code": code, "redirect_uri": redirect_uri, "code_verifier": VERIFIER,
    })
}

async fn tokens(site: &Site, rig: &dyn Rig) -> Value {
    let code = code(rig, "shop", CALLBACK).await;
    let body = redemption("shop", Some(&site.secrets["shop"]), &code, CALLBACK);
    let answer = program(rig).post("/api/auth/token", body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json()
}

async fn bearing(rig: &dyn Rig, method: Method, path: &str, token: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ORIGIN, "https://elsewhere.example");
    program(rig).raw(request.body(Bytes::new()).unwrap()).await
}

/// What the page was given.
fn boot(page: &Answer) -> Value {
    assert_eq!(page.status(), 200, "{}", page.text());
    let text = page.text();
    let json = text.split("id=\"boot\">").nth(1).unwrap();
    serde_json::from_str(json.split("</script>").next().unwrap()).unwrap()
}

fn refusal(code: &str, status: u16) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn an_application_signs_in_asks_refreshes_and_signs_out_on_every_face() {
    run(async {
        for name in FACES {
            let site = site(Stage::built(ORIGIN, parts), |dialect| dialect);
            let rig = rig(name, site.auth.clone()).await;
            let program = program(&*rig);
            let wallet = wallet(7, &Network::KUSAMA);
            let mut query = query("shop", CALLBACK, &wallet);
            query.insert("chain", "kusama".to_owned());
            let challenge = asked(&program, &query).await;
            let text = challenge["message"].as_str().unwrap();
            assert!(text.contains(&format!("\n- {CALLBACK}")), "{text}");
            assert!(program.cookie("__Host-countersign-pre").is_none());
            assert_eq!(challenge["expires_at"], "2026-01-01T00:05:00Z");

            let params = led(&verify(&program, signed(&wallet, &challenge)).await);
            assert_eq!(params.one("state").unwrap(), Some("a state&more"));
            assert_eq!(params.one("iss").unwrap(), Some(ORIGIN));
            let code = params.one("code").unwrap().unwrap();
            let body = redemption("shop", Some(&site.secrets["shop"]), code, CALLBACK);
            let answer = program.post("/api/auth/token", body).await;
            let tokens = answer.json();
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let names: Vec<_> = tokens.as_object().unwrap().keys().cloned().collect();
            let expected = ["access_token", "expires_in", "refresh_token", "token_type"];
            assert_eq!(names, expected, "{name}: {tokens}");
            assert_eq!(tokens["expires_in"], 900);
            assert_eq!(tokens["token_type"], "Bearer");

            let access = tokens["access_token"].as_str().unwrap();
            let session = bearing(&*rig, Method::GET, "/api/auth/session", access).await;
            let expected = json!({
                "user": {"address": wallet.address(), "chain": "kusama", "wallet": "talisman"},
                "accessToken": access, "expiresAt": "2026-01-01T00:15:00Z",
            });
            assert_eq!(session.json(), expected, "{name}");

            // As a form, this time.
            let refresh = tokens["refresh_token"].as_str().unwrap();
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", "shop"),
                ("client_secret", &site.secrets["shop"]),
                ("refresh_token", refresh),
            ];
            let again = countersign_tests::sso::form(&program, "/api/auth/token", None, &form);
            let again = again.await.json();
            assert_ne!(again["refresh_token"], tokens["refresh_token"], "{again}");
            let access = again["access_token"].as_str().unwrap();
            let out = bearing(&*rig, Method::POST, "/api/auth/logout", access).await;
            assert_eq!(out.status(), 204, "{name}: {}", out.text());
            let over = bearing(&*rig, Method::GET, "/api/auth/session", access).await;
            assert_eq!(over.refusal(), refusal("token_invalid", 401), "{name}");
            assert!(over.json()["message"].is_string());
        }
    });
}
