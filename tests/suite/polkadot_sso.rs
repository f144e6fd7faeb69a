//! Polkadot SSO's endpoints, and what its original left open.

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

#[test]
fn a_challenge_counts_once_and_says_so_to_who_knows_it() {
    run(async {
        let (site, rig) = bare();
        let (program, wallet) = (program(&rig), alice());
        let query = query("shop", CALLBACK, &wallet);
        let challenge = asked(&program, &query).await;
        let body = signed(&wallet, &challenge);
        led(&verify(&program, body.clone()).await);
        let again = verify(&program, body.clone()).await;
        assert_eq!(again.refusal(), refusal("challenge_used", 401));
        assert!(again.json()["message"].is_string());

        // A wrong signature spends it too.
        let challenge = asked(&program, &query).await;
        let mut wrong = signed(&self::wallet(8, &Network::POLKADOT), &challenge);
        wrong["address"] = wallet.address().into();
        let answer = verify(&program, wrong).await;
        assert_eq!(answer.refusal(), refusal("invalid_signature", 401));
        let answer = verify(&program, signed(&wallet, &challenge)).await;
        assert_eq!(answer.refusal(), refusal("challenge_used", 401));

        // What cannot be a signature does not.
        let challenge = asked(&program, &query).await;
        let mut malformed = signed(&wallet, &challenge);
        malformed["signature"] = "0xzz".into();
        let answer = verify(&program, malformed).await;
        assert_eq!(answer.refusal(), refusal("signature_malformed", 400));
        let body = signed(&wallet, &challenge);
        site.stage.clock.advance(Duration::from_secs(299));
        led(&verify(&program, body).await);

        let challenge = asked(&program, &query).await;
        let body = signed(&wallet, &challenge);
        site.stage.clock.advance(Duration::from_secs(300));
        let late = verify(&program, body.clone()).await;
        assert_eq!(late.refusal(), refusal("challenge_expired", 401));

        // One that was tampered with is none of ours: also with a longer life.
        let id = challenge["challenge_id"].as_str().unwrap();
        let (value, rest) = id.split_once('.').unwrap();
        let (_, seal) = rest.split_once('.').unwrap();
        for id in [
            format!("{value}.99999999999999.{seal}"),
            format!("{value}x.{rest}"),
            value.to_owned(),
            "..".to_owned(),
        ] {
            let mut body = body.clone();
            body["challenge_id"] = id.into();
            let answer = verify(&program, body).await;
            assert_eq!(answer.refusal(), refusal("nonce_invalid", 401));
        }
    });
}

#[test]
fn a_challenge_for_one_account_is_not_answered_by_another() {
    run(async {
        let (_, rig) = bare();
        let (program, wallet) = (program(&rig), alice());
        let bob = self::wallet(8, &Network::POLKADOT);
        let query = query("shop", CALLBACK, &wallet);
        let challenge = asked(&program, &query).await;
        let answer = verify(&program, signed(&bob, &challenge)).await;
        assert_eq!(answer.refusal(), refusal("address_mismatch", 401));

        // The same key under its generic address is the same account.
        let challenge = asked(&program, &query).await;
        let mut body = signed(&wallet, &challenge);
        body["address"] = self::wallet(7, &Network::WESTEND).address().into();
        led(&verify(&program, body).await);
    });
}

#[test]
fn a_code_is_for_its_client_its_address_and_its_verifier_and_for_one_minute() {
    run(async {
        let (site, rig) = bare();
        let program = program(&rig);
        let secret = |id: &str| Some(&*site.secrets[id]);
        for change in [
            ("client_id", json!("rival")),
            (
                "code_verifier",
                json!("b-verifier-of-forty-three-characters-or-more"),
            ),
            ("code_verifier", Value::Null),
            ("redirect_uri", json!("https://shop.example/callback/")),
            ("redirect_uri", Value::Null),
        ] {
            let code = code(&rig, "shop", CALLBACK).await;
            let mut body = redemption("shop", secret("shop"), &code, CALLBACK);
            if change.0 == "client_id" {
                body["client_secret"] = site.secrets["rival"].clone().into();
            }
            body[change.0] = change.1;
            let answer = program.post("/api/auth/token", body).await;
            assert_eq!(
                answer.refusal(),
                refusal("invalid_grant", 400),
                "{}",
                change.0
            );
            let right = redemption("shop", secret("shop"), &code, CALLBACK);
            let answer = program.post("/api/auth/token", right).await;
            assert_eq!(
                answer.refusal(),
                refusal("invalid_grant", 400),
                "it is spent"
            );
        }
        let late = code(&rig, "shop", CALLBACK).await;
        site.stage.clock.advance(Duration::from_secs(60));
        let body = redemption("shop", secret("shop"), &late, CALLBACK);
        let answer = program.post("/api/auth/token", body).await;
        assert_eq!(answer.refusal(), refusal("invalid_grant", 400));

        // Used again, it ends what came of its first use.
        let code = code(&rig, "shop", CALLBACK).await;
        let body = redemption("shop", secret("shop"), &code, CALLBACK);
        let tokens = program.post("/api/auth/token", body.clone()).await.json();
        let replayed = program.post("/api/auth/token", body).await;
        assert_eq!(replayed.refusal(), refusal("invalid_grant", 400));
        let access = tokens["access_token"].as_str().unwrap();
        let over = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert_eq!(over.refusal(), refusal("token_invalid", 401));
    });
}

#[test]
fn a_client_with_a_secret_shows_it_and_a_public_one_has_none() {
    run(async {
        let (site, rig) = bare();
        let program = program(&rig);
        let code = code(&rig, "shop", CALLBACK).await;
        for secret in [None, Some("wrong"), Some(&*site.secrets["rival"])] {
            let body = redemption("shop", secret, &code, CALLBACK);
            let answer = program.post("/api/auth/token", body).await;
            assert_eq!(answer.refusal(), refusal("invalid_client", 401));
            assert!(answer.json()["message"].is_string());
        }
        let right = redemption("shop", Some(&site.secrets["shop"]), &code, CALLBACK);
        let answer = program.post("/api/auth/token", right).await;
        assert_eq!(answer.status(), 200, "nobody else spent it");

        let public = self::code(&rig, "desk", "http://127.0.0.1:49152/callback").await;
        let body = redemption("desk", None, &public, "http://127.0.0.1:49152/callback");
        assert_eq!(program.post("/api/auth/token", body).await.status(), 200);
        for body in [
            json!({"grant_type": "password", "client_id": "desk"}),
            json!({"grant_type": "client_credentials", "client_id": "desk"}),
        ] {
            let answer = program.post("/api/auth/token", body).await;
            assert_eq!(answer.refusal(), refusal("unsupported_grant_type", 400));
        }
    });
}

#[test]
fn a_request_that_is_not_good_is_not_answered_with_a_challenge() {
    run(async {
        let (_, rig) = bare();
        let (program, browser) = (program(&rig), Browser::on(&rig, ORIGIN));
        let good = query("shop", CALLBACK, &alice());
        // Whom to tell is known only where client and redirect URI are good.
        for (name, value, code, status, led) in [
            ("client_id", Some("nobody"), "invalid_client", 401, false),
            ("client_id", None, "invalid_request", 400, false),
            ("redirect_uri", None, "invalid_request", 400, false),
            (
                "redirect_uri",
                Some("https://shop.example/callback?a"),
                "invalid_request",
                400,
                false,
            ),
            (
                "redirect_uri",
                Some("https://shop.example/Callback"),
                "invalid_request",
                400,
                false,
            ),
            (
                "redirect_uri",
                Some("https://rival.example/callback"),
                "invalid_request",
                400,
                false,
            ),
            ("state", None, "invalid_request", 400, true),
            ("code_challenge", None, "invalid_request", 400, true),
            (
                "code_challenge",
                Some("short"),
                "invalid_request",
                400,
                true,
            ),
            ("code_challenge_method", None, "invalid_request", 400, true),
            (
                "code_challenge_method",
                Some("plain"),
                "invalid_request",
                400,
                true,
            ),
            ("address", None, "invalid_request", 400, true),
            ("address", Some("5Grw"), "address_invalid", 400, true),
            ("chain", Some("eip155:1"), "chain_unsupported", 400, true),
            ("chain", Some("ethereum"), "chain_unsupported", 400, true),
        ] {
            let mut query = good.clone();
            query.remove(name);
            query.extend(value.map(|value| (name, value.to_owned())));
            let told = program.get(&path(&query)).await;
            assert_eq!(told.refusal(), refusal(code, status), "{name} {value:?}");
            assert!(told.json()["message"].is_string());
            let shown = browser.get(&path(&query)).await;
            if led {
                let params = redirected(&shown);
                assert_eq!(params.one("error").unwrap(), Some("invalid_request"));
                assert!(shown.header("location").starts_with(CALLBACK));
                assert_eq!(params.one("code").unwrap(), None);
            } else {
                assert_eq!(shown.status(), 400, "{name} {value:?}");
                assert_eq!(shown.header("location"), "");
            }
        }
        let twice = format!("{}&client_id=rival", path(&good));
        let told = program.get(&twice).await;
        assert_eq!(told.refusal(), refusal("invalid_request", 400));
    });
}

/// What the page was given.
fn boot(page: &Answer) -> Value {
    assert_eq!(page.status(), 200, "{}", page.text());
    let text = page.text();
    let json = text.split("id=\"boot\">").nth(1).unwrap();
    serde_json::from_str(json.split("</script>").next().unwrap()).unwrap()
}

#[test]
fn the_page_is_for_the_browser_that_it_is_shown_in() {
    run(async {
        let (site, rig) = bare();
        let wallet = alice();
        let query = query("shop", CALLBACK, &wallet);
        let browser = Browser::on(&rig, ORIGIN);
        let page = browser.get(&path(&query)).await;
        let text = page.text();
        assert!(
            !text.contains("<Shop>") && !text.contains(VERIFIER),
            "{text}"
        );
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"));
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store");
        for file in ["/api/auth/challenge.js", "/api/auth/challenge.css"] {
            assert!(text.contains(file));
            assert_eq!(browser.get(file).await.status(), 200);
        }
        let boot = boot(&page);
        let challenge = &boot["signing"];
        assert_eq!(challenge["account"], wallet.address());
        assert_eq!(challenge["destination"], "shop.example");
        let cancel = boot["cancel_to"].as_str().unwrap();
        assert!(cancel.starts_with(CALLBACK) && cancel.contains("error=access_denied"));

        // Another browser, or a program, cannot even spend it.
        let body = signed(&wallet, challenge);
        let other = Browser::on(&rig, ORIGIN);
        other.get(&path(&query)).await;
        for stranger in [&other, &program(&rig)] {
            let answer = verify(stranger, body.clone()).await;
            assert_eq!(answer.refusal(), refusal("nonce_invalid", 401));
        }
        // Nor can another site in the same browser.
        let mut elsewhere = Browser::on(&rig, "https://evil.example");
        let binding = browser.cookie("__Host-countersign-pre").unwrap();
        elsewhere.plant("__Host-countersign-pre", &binding);
        let answer = verify(&elsewhere, body.clone()).await;
        assert_eq!(answer.refusal(), refusal("origin_rejected", 403));
        elsewhere.origin = None;
        let answer = verify(&elsewhere, body.clone()).await;
        assert_eq!(answer.refusal(), refusal("origin_rejected", 403));

        let params = redirected(&verify(&browser, body.clone()).await);
        assert!(params.one("code").unwrap().is_some());
        assert_eq!(params.one("iss").unwrap(), Some(ORIGIN));
        let again = verify(&browser, body.clone()).await;
        assert_eq!(again.refusal(), refusal("challenge_used", 401));
        assert_eq!(
            verify(&other, body.clone()).await.refusal(),
            refusal("nonce_invalid", 401)
        );
        site.stage.clock.advance(Duration::from_secs(300));
        let late = verify(&browser, body.clone()).await;
        assert_eq!(late.refusal(), refusal("challenge_expired", 401));
        assert_eq!(
            verify(&other, body).await.refusal(),
            refusal("nonce_invalid", 401)
        );
    });
}

#[test]
fn a_signature_by_get_is_refused_but_where_an_old_page_needs_it() {
    run(async {
        let wallet = alice();
        let by_get = |challenge: &Value| {
            let body = signed(&wallet, challenge);
            let pairs = ["challenge_id", "address", "signature"];
            let pairs = pairs.map(|name| (name, body[name].as_str().unwrap()));
            format!("/api/auth/verify?{}", form_urlencode(pairs))
        };
        let (_, rig) = bare();
        let program = program(&rig);
        let challenge = asked(&program, &query("shop", CALLBACK, &wallet)).await;
        let answer = program.get(&by_get(&challenge)).await;
        assert_eq!(answer.refusal(), refusal("method_not_allowed", 405));
        assert_eq!(answer.header("allow"), "OPTIONS, POST");
        led(&verify(&program, signed(&wallet, &challenge)).await);

        let legacy = site(Stage::built(ORIGIN, parts), PolkadotSso::legacy_get_verify);
        let rig = Bare(legacy.auth);
        let program = self::program(&rig);
        let challenge = asked(&program, &query("shop", CALLBACK, &wallet)).await;
        led(&program.get(&by_get(&challenge)).await);
        let again = program.get(&by_get(&challenge)).await;
        assert_eq!(again.refusal(), refusal("challenge_used", 401));
    });
}

#[test]
fn a_session_is_shown_without_its_refresh_token_and_to_its_own_token_alone() {
    run(async {
        let (site, rig) = bare();
        let tokens = tokens(&site, &rig).await;
        let (access, refresh) = (&tokens["access_token"], &tokens["refresh_token"]);
        let (access, refresh) = (access.as_str().unwrap(), refresh.as_str().unwrap());
        let shown = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert!(!shown.text().contains(refresh) && !shown.text().contains("refresh"));
        for (method, path) in [
            (Method::GET, "/api/auth/session"),
            (Method::POST, "/api/auth/logout"),
        ] {
            for token in [refresh, "", "a.b.c"] {
                let answer = bearing(&rig, method.clone(), path, token).await;
                assert_eq!(answer.refusal(), refusal("token_invalid", 401), "{token}");
            }
            let answer = program(&rig).send(method.clone(), path, None).await;
            assert_eq!(answer.refusal(), refusal("token_invalid", 401));
        }
        // It is the application's, and opens nothing of the person's own.
        let own = bearing(&rig, Method::GET, "/auth/session", access).await;
        assert_eq!(own.refusal(), refusal("token_invalid", 401));

        // Who signed in with a cookie is nobody here.
        let browser = Browser::on(&rig, ORIGIN);
        assert_eq!(browser.sign_in(&alice()).await.status(), 200);
        let answer = browser.get("/api/auth/session").await;
        assert_eq!(answer.refusal(), refusal("token_invalid", 401));

        // A client that may not know the account does not learn it here, and gets no refresh token.
        let code = code(&rig, "plain", "https://plain.example/").await;
        let secret = Some(&*site.secrets["plain"]);
        let body = redemption("plain", secret, &code, "https://plain.example/");
        let tokens = program(&rig).post("/api/auth/token", body).await.json();
        assert_eq!(tokens.get("refresh_token"), None);
        let access = tokens["access_token"].as_str().unwrap();
        let answer = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert_eq!(answer.refusal(), refusal("insufficient_scope", 403));

        site.stage.clock.advance(Duration::from_secs(900));
        let late = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert_eq!(late.refusal(), refusal("token_invalid", 401));
    });
}

#[test]
fn a_refresh_token_counts_once_and_for_its_client_and_for_seven_days() {
    run(async {
        let (site, rig) = bare();
        let program = program(&rig);
        let refresh = async |client: &str, token: &Value| {
            let body = json!({
                "grant_type": "refresh_token", "client_id": client,
                "client_secret": site.secrets[client], "refresh_token": token,
            });
            program.post("/api/auth/token", body).await
        };
        let first = tokens(&site, &rig).await["refresh_token"].take();
        let stolen = refresh("rival", &first).await;
        assert_eq!(stolen.refusal(), refusal("invalid_grant", 400));
        let second = refresh("shop", &first).await.json()["refresh_token"].take();
        site.stage.clock.advance(Duration::from_secs(3600));
        let third = refresh("shop", &second).await.json()["refresh_token"].take();
        site.stage.clock.advance(Duration::from_secs(60));
        let replayed = refresh("shop", &second).await;
        assert_eq!(replayed.refusal(), refusal("invalid_grant", 400));
        let after = refresh("shop", &third).await;
        assert_eq!(
            after.refusal(),
            refusal("invalid_grant", 400),
            "all are over"
        );

        let token = tokens(&site, &rig).await["refresh_token"].take();
        site.stage.clock.advance(Duration::from_secs(7 * 24 * 3600));
        assert_eq!(
            refresh("shop", &token).await.refusal(),
            refusal("invalid_grant", 400)
        );
    });
}

#[test]
fn ten_challenges_five_signatures_and_five_tokens_a_minute_are_answered() {
    run(async {
        let site = site(Stage::limited(ORIGIN, parts), |dialect| dialect);
        let rig = Bare(site.auth.clone());
        let program = program(&rig);
        let query = path(&query("shop", CALLBACK, &alice()));
        for (most, ask) in [(10, "challenge"), (5, "verify"), (5, "token")] {
            for n in 0..=most {
                let answer = match ask {
                    "challenge" => program.get(&query).await,
                    ask => program.post(&format!("/api/auth/{ask}"), json!({})).await,
                };
                let is_limited = answer.status() == 429;
                assert_eq!(is_limited, n == most, "{ask} {n}: {}", answer.text());
                if is_limited {
                    assert_eq!(answer.refusal().1, "rate_limited");
                    assert!(answer.json()["message"].is_string());
                    let wait: u64 = answer.header("retry-after").parse().unwrap();
                    assert!((1..=60).contains(&wait), "{wait}");
                    site.stage.clock.advance(Duration::from_secs(wait));
                    let answer = match ask {
                        "challenge" => program.get(&query).await,
                        ask => program.post(&format!("/api/auth/{ask}"), json!({})).await,
                    };
                    assert_ne!(answer.status(), 429, "{ask} after {wait} s");
                }
            }
        }
    });
}

#[test]
fn each_path_can_be_another_and_two_of_one_are_refused() {
    run(async {
        let moved = |dialect: PolkadotSso| {
            dialect
                .challenge_at("/polkadot/challenge")
                .verify_at("/polkadot/verify")
                .token_at("/polkadot/token")
                .session_at("/polkadot/session")
                .logout_at("/polkadot/logout")
        };
        let site = site(Stage::built(ORIGIN, parts), moved);
        let rig = Bare(site.auth.clone());
        let (program, wallet) = (program(&rig), alice());
        let path = path(&query("shop", CALLBACK, &wallet)).replace("/api/auth", "/polkadot");
        let challenge = program.get(&path).await.json();
        let body = signed(&wallet, &challenge);
        led(&program.post("/polkadot/verify", body).await);
        let page = boot(&Browser::on(&rig, ORIGIN).get(&path).await);
        assert_eq!(page["signing"]["verify"], "/polkadot/verify");
        assert_eq!(program.get("/polkadot/challenge.js").await.status(), 200);
        for path in ["token", "session", "logout"] {
            let method = if path == "session" {
                Method::GET
            } else {
                Method::POST
            };
            let answer = program
                .send(method, &format!("/polkadot/{path}"), None)
                .await;
            assert_ne!(answer.status(), 404, "{path}");
        }

        let clients = StaticClients::new([]).unwrap();
        let engine = site.stage.engine;
        let refused = AuthHttp::at("/api/auth", engine.clone()).with(PolkadotSso::new(clients));
        let error = refused.unwrap_err();
        let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["CFG_PLUGIN_CONFLICT"; 4], "{error}");
    });
}

#[test]
fn an_engine_without_keys_or_without_polkadot_cannot_carry_it() {
    let stage = countersign_testkit::Stage::ethereum();
    let clients = StaticClients::new([]).unwrap();
    let refused = AuthHttp::new(stage.engine).with(PolkadotSso::new(clients));
    let error = refused.unwrap_err();
    let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["CFG_PART_MISSING", "CFG_SSO_KEYS"], "{error}");
}

#[test]
fn limits_that_admit_nothing_and_a_look_that_is_none_are_refused() {
    let stage = Stage::built(ORIGIN, parts);
    let limits = Limits {
        token: Quota::per_minute(0),
        ..PolkadotSso::LIMITS
    };
    let dialect = PolkadotSso::new(StaticClients::new([]).unwrap())
        .limits(limits)
        .look(LoginPage::new().lang("<en>"));
    let error = AuthHttp::new(stage.engine).with(dialect).unwrap_err();
    let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["CFG_LIMITS", "CFG_PAGE"], "{error}");
}

#[test]
fn two_dialects_on_one_path_keep_their_rules_and_their_words() {
    run(async {
        let site = site(Stage::built(ORIGIN, parts), |dialect| {
            dialect.challenge_at("/both")
        });
        let auth = site.auth.with(Quickstart::at("/nonce", "/both")).unwrap();
        let rig = Bare(auth);
        let elsewhere = "https://elsewhere.example";
        for (method, status, anybody) in [("GET", 204, "*"), ("POST", 403, "")] {
            let preflight = Request::options("/both")
                .header(header::ORIGIN, elsewhere)
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, method);
            let preflight = preflight.body(Bytes::new()).unwrap();
            let answer = Browser::program(&rig).raw(preflight).await;
            assert_eq!(answer.status(), status, "{method}");
            assert_eq!(answer.header("access-control-allow-origin"), anybody);
        }
        let refused = Browser::on(&rig, elsewhere).post("/both", json!({})).await;
        assert_eq!(refused.refusal(), refusal("origin_rejected", 403));
        let missing = Browser::on(&rig, ORIGIN).post("/both", json!({})).await;
        let words = "Expected prepareMessage object as body.";
        assert_eq!(missing.json()["message"], words);
        let good = path(&query("shop", CALLBACK, &alice())).replace("/api/auth/challenge", "/both");
        let asked = program(&rig).get(&good).await;
        assert_eq!(
            (
                asked.status().as_u16(),
                asked.header("access-control-allow-origin")
            ),
            (200, "*")
        );
    });
}

#[test]
fn a_preflight_is_answered_for_any_page_without_cookies() {
    run(async {
        let (_, rig) = bare();
        for path in ["challenge", "verify", "token", "session", "logout"] {
            let method = if matches!(path, "challenge" | "session") {
                "GET"
            } else {
                "POST"
            };
            let request = Request::options(format!("/api/auth/{path}"))
                .header(header::ORIGIN, "https://elsewhere.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, method);
            let answer = Browser::program(&rig)
                .raw(request.body(Bytes::new()).unwrap())
                .await;
            assert_eq!(answer.status(), 204, "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    });
}

#[test]
fn a_challenge_id_is_base64url_and_dots_and_says_nothing_of_the_browser() {
    run(async {
        let (_, rig) = bare();
        let query = query("shop", CALLBACK, &alice());
        let browser = Browser::on(&rig, ORIGIN);
        let page = boot(&browser.get(&path(&query)).await);
        let id = page["signing"]["challenge_id"].as_str().unwrap();
        let binding = browser.cookie("__Host-countersign-pre").unwrap();
        assert!(!id.contains(&binding));
        let parts: Vec<_> = id.split('.').collect();
        assert_eq!((parts.len(), parts[0].len()), (3, 43), "{id}");
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap().len(), 32);
    });
}
