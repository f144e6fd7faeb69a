//! thirdweb's clients, request for request.

#![cfg(feature = "thirdweb")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use countersign_core::{Durability, Stores, Wallet};
use countersign_ethereum::Ethereum;
use countersign_http::{AuthHttp, dialects::Thirdweb};
use countersign_store_memory::stores;
use countersign_testkit::{
    Stage, address, ethereum_wallet,
    rig::{Answer, Bare, Browser},
    run,
};
use serde_json::{Value, json};

const SITE: &str = "https://app.example";

fn stage() -> Stage {
    Stage::built(SITE, |builder| {
        // In memory, and said to be durable: what it is for is tested, not what it survives.
        let stores = Stores {
            durability: Durability::Durable,
            ..stores()
        };
        builder.chain(Ethereum::mainnet().also(137)).stores(stores)
    })
}

fn rig(stage: &Stage, dialect: Thirdweb) -> Bare {
    let auth = AuthHttp::at("/countersign", stage.engine.clone());
    Bare(auth.with(dialect).unwrap())
}

/// The text that thirdweb's `signLoginPayload` makes of a payload.
fn text(payload: &Value) -> String {
    let field = |name: &str| payload[name].as_str().map(str::to_owned);
    let mut lines = vec![
        format!(
            "{} wants you to sign in with your Ethereum account:",
            field("domain").unwrap()
        ),
        field("address").unwrap(),
        String::new(),
        field("statement").unwrap(),
        String::new(),
    ];
    for (label, name) in [
        ("URI", "uri"),
        ("Version", "version"),
        ("Chain ID", "chain_id"),
        ("Nonce", "nonce"),
        ("Issued At", "issued_at"),
        ("Expiration Time", "expiration_time"),
        ("Not Before", "invalid_before"),
    ] {
        lines.extend(field(name).map(|value| format!("{label}: {value}")));
    }
    lines.join("\n")
}

fn text_v1(payload: &Value) -> String {
    let field = |name: &str| payload[name].as_str().unwrap();
    format!(
        "{} wants you to sign in with your account:\n{}\n\nMake sure that the requesting domain \
         above matches the URL of the current website.\n\nNonce: {}\nExpiration Time: {}\n",
        field("domain"),
        field("address"),
        field("nonce"),
        field("expiration_time"),
    )
}

fn signed(wallet: &dyn Wallet, payload: &Value, text: &str) -> Value {
    let signature = format!("0x{}", hex::encode(wallet.sign(text)));
    json!({"payload": {"payload": payload, "signature": signature}})
}

async fn payload(page: &Browser<'_>, ask: Value) -> Value {
    let answer = page.post("/auth/payload", ask).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json()["payload"].take()
}

async fn show(page: &Browser<'_>, token: &str) -> Answer {
    let request = http::Request::get("/auth/user")
        .header("authorization", format!("Bearer {token}"))
        .body(Default::default())
        .unwrap();
    page.raw(request).await
}

#[test]
fn its_client_signs_in_for_a_token_and_out() {
    run(async {
        let stage = stage();
        let rig = rig(&stage, Thirdweb::default());
        let page = Browser::on(&rig, SITE);
        let wallet = ethereum_wallet(1);
        for ask in [
            json!({"address": address(&wallet)}),
            json!({"address": address(&wallet).to_lowercase(), "chainId": "137"}),
            json!({"address": address(&wallet), "chainId": 137}),
        ] {
            let payload = payload(&page, ask.clone()).await;
            assert_eq!(payload["address"], address(&wallet));
            assert_eq!(payload["domain"], "app.example");
            let body = signed(&wallet, &payload, &text(&payload));
            let answer = page.post("/auth/login", body.clone()).await;
            assert_eq!(answer.status(), 200, "{}", answer.text());
            assert_eq!(answer.cookies().len(), 0);
            let answer = answer.json();
            let token = answer["token"].as_str().unwrap();
            let user = show(&page, token).await.json();
            assert_eq!(user["address"], address(&wallet));

            // A payload is good once.
            let again = page.post("/auth/login", body).await;
            assert_eq!(again.refusal(), (401, "nonce_invalid".to_owned()));
            assert!(again.json()["message"].is_string());

            let request = http::Request::post("/auth/logout")
                .header("authorization", format!("Bearer {token}"))
                .header("origin", SITE)
                .body(Default::default())
                .unwrap();
            assert_eq!(page.raw(request).await.status(), 200);
            let user = show(&page, token).await;
            assert_eq!((user.status().as_u16(), &*user.text()), (200, "null"));
        }
    });
}

#[test]
fn a_browser_is_carried_by_a_cookie_where_that_is_wanted() {
    run(async {
        let stage = stage();
        let rig = rig(&stage, Thirdweb::default().with_cookie());
        let (page, other) = (Browser::on(&rig, SITE), Browser::on(&rig, SITE));
        let wallet = ethereum_wallet(1);
        let ask = json!({"address": address(&wallet)});
        let theirs = payload(&page, ask.clone()).await;
        let body = signed(&wallet, &theirs, &text(&theirs));
        let stolen = other.post("/auth/login", body).await;
        assert_eq!(stolen.refusal(), (401, "nonce_invalid".to_owned()));

        let payload = payload(&page, ask).await;
        let body = signed(&wallet, &payload, &text(&payload));
        let answer = page.post("/auth/login", body).await;
        assert_eq!((answer.status().as_u16(), &*answer.text()), (200, "{}"));
        // The payload's own end says nothing of the session's.
        stage.clock.advance(Duration::from_secs(20 * 60));
        let user = page.get("/auth/user").await.json();
        assert_eq!(user["address"], address(&wallet));
        assert_eq!(page.post("/auth/logout", json!({})).await.status(), 200);
        assert_eq!(page.get("/auth/user").await.text(), "null");
    });
}

#[test]
fn fields_that_were_changed_are_refused() {
    run(async {
        let stage = stage();
        let rig = rig(&stage, Thirdweb::default());
        let page = Browser::on(&rig, SITE);
        let (wallet, thief) = (ethereum_wallet(1), ethereum_wallet(2));
        for (field, value, code) in [
            ("domain", json!("evil.example"), "domain_mismatch"),
            ("uri", json!("https://evil.example"), "uri_mismatch"),
            ("address", json!(address(&thief)), "address_mismatch"),
            ("chain_id", json!("10"), "chain_not_allowed"),
            ("version", json!("2"), "unsupported_version"),
            ("nonce", json!("a1B2c3D4e5F6g7H8i9J0k1L2"), "nonce_invalid"),
            ("statement", json!("Another sentence."), "invalid_signature"),
            ("statement", json!("Two\nlines"), "message_malformed"),
            ("type", json!("solana"), "chain_unsupported"),
            (
                "expiration_time",
                json!("2025-12-31T23:59:59Z"),
                "message_expired",
            ),
            ("expiration_time", json!("soon"), "message_malformed"),
            (
                "invalid_before",
                json!("2026-06-01T00:00:00Z"),
                "not_yet_valid",
            ),
            (
                "issued_at",
                json!("2026-06-01T00:00:00Z"),
                "issued_at_out_of_range",
            ),
        ] {
            let good = payload(&page, json!({"address": address(&wallet)})).await;
            let mut changed = good.clone();
            changed[field] = value;
            let mut body = signed(&wallet, &good, &text(&good));
            body["payload"]["payload"] = changed;
            let (_, said) = page.post("/auth/login", body).await.refusal();
            assert_eq!(said, code, "{field}");
        }
        let missing = page.post("/auth/login", json!({"signature": "0x00"})).await;
        assert_eq!(missing.refusal(), (422, "field_missing".to_owned()));
        let none = page.post("/auth/payload", json!({})).await;
        assert_eq!(none.refusal(), (422, "field_missing".to_owned()));
        assert_eq!(page.get("/auth/login").await.status(), 405);
    });
}

#[test]
fn a_nonce_of_the_clients_is_refused_unless_it_was_asked_for() {
    run(async {
        let stage = stage();
        let rig = rig(&stage, Thirdweb::default());
        let page = Browser::on(&rig, SITE);
        let wallet = ethereum_wallet(1);
        let payload = client_made(&stage, &wallet, 300);
        let body = signed(&wallet, &payload, &text_v1(&payload));
        let answer = page.post("/auth/login", body).await;
        assert_eq!(answer.refusal(), (401, "nonce_invalid".to_owned()));

        let volatile = Stage::built(SITE, |builder| builder.chain(Ethereum::mainnet()));
        let auth = AuthHttp::at("/countersign", volatile.engine.clone());
        let refused = auth
            .clone()
            .with(Thirdweb::default().accept_client_nonces());
        assert!(refused.unwrap_err().to_string().contains("CFG_DURABILITY"));
        let both = Thirdweb::default().accept_client_nonces().with_cookie();
        assert!(
            auth.with(both)
                .unwrap_err()
                .to_string()
                .contains("CFG_COOKIE")
        );
    });
}

/// A payload of version 1, as its client makes it.
fn client_made(stage: &Stage, wallet: &dyn Wallet, seconds: u64) -> Value {
    let end = stage.engine.now() + Duration::from_secs(seconds);
    json!({
        "domain": "app.example",
        "address": wallet.address(),
        "nonce": "d9428888-122b-41e1-b85c-61e2cb1c1a5e",
        "expiration_time": end.to_rfc3339(),
    })
}

#[test]
fn a_nonce_of_the_clients_is_good_once_where_it_is_accepted() {
    run(async {
        let stage = stage();
        let rig = rig(&stage, Thirdweb::default().accept_client_nonces());
        let page = Browser::on(&rig, SITE);
        let wallet = ethereum_wallet(1);
        for (seconds, code) in [(0, "message_expired"), (601, "nonce_invalid")] {
            let payload = client_made(&stage, &wallet, seconds);
            let body = signed(&wallet, &payload, &text_v1(&payload));
            let (_, said) = page.post("/auth/login", body).await.refusal();
            assert_eq!(said, code, "{seconds}");
        }
        let payload = client_made(&stage, &wallet, 600);
        let body = signed(&wallet, &payload, &text_v1(&payload));
        let racers = (0..16).map(|_| page.post("/auth/login", body.clone()));
        let answers = futures_util::future::join_all(racers).await;
        let good = answers.iter().filter(|answer| answer.status() == 200);
        assert_eq!(good.count(), 1);
        assert!(answers.iter().all(|answer| answer.cookies().is_empty()));
        for later in [1, 299, 299] {
            stage.clock.advance(Duration::from_secs(later));
            stage.engine.purge().await.unwrap();
            let again = page.post("/auth/login", body.clone()).await;
            assert_eq!(again.refusal(), (401, "nonce_invalid".to_owned()));
        }
        stage.clock.advance(Duration::from_secs(1));
        let over = page.post("/auth/login", body).await;
        assert_eq!(over.refusal(), (401, "message_expired".to_owned()));

        // The same UUID of somebody else is another nonce; and one of ours is ours, once.
        let other = ethereum_wallet(2);
        let payload = client_made(&stage, &other, 300);
        let body = signed(&other, &payload, &text_v1(&payload));
        assert_eq!(page.post("/auth/login", body).await.status(), 200);
    });
}

/// What npm `thirdweb` signed at the very instant at which the stage's clock begins.
#[test]
fn a_payload_that_thirdwebs_own_package_signed() {
    run(async {
        let cases = include_str!("../../../tests/vectors/thirdweb/cases.json");
        let cases: Value = serde_json::from_str(cases).unwrap();
        let case = cases["logins"].as_array().unwrap().iter();
        let case = case
            .clone()
            .find(|it| it["what"] == "a nonce as version 4 makes it");
        let case = case.unwrap();
        let stage = stage();
        let rig = rig(&stage, Thirdweb::default().accept_client_nonces());
        let page = Browser::on(&rig, SITE);
        let body = json!({"payload": case["payload"], "signature": case["signature"]});
        let answer = page.post("/auth/login", body.clone()).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let again = page.post("/auth/login", body).await;
        assert_eq!(again.refusal(), (401, "nonce_invalid".to_owned()));
    });
}
