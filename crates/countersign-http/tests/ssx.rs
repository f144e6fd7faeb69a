//! The SSX endpoints, request for request as its browser SDK makes them.

#![cfg(feature = "ssx")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use countersign_core::{Credential, Wallet};
use countersign_http::{
    AuthHttp,
    dialects::{Ssx, SsxSession},
};
use countersign_testkit::{
    Stage, address, ethereum_wallet,
    rig::{Bare, Browser},
    run,
};
use serde_json::{Value, json};

const SERVER: &str = "http://localhost:3001";
const FRONT: &str = "http://localhost:3000";
const KEY: &str = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp\
    #z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";

fn stage() -> Stage {
    Stage::built(SERVER, |builder| {
        builder
            .chain(countersign_ethereum::Ethereum::mainnet())
            .also_from(FRONT)
    })
}

fn rig(stage: &Stage) -> Bare {
    Bare(
        AuthHttp::new(stage.engine.clone())
            .with(Ssx::default())
            .unwrap(),
    )
}

/// The text as the SDK writes it: the bare host, and the key of its session.
fn text(
    wallet: &dyn Wallet,
    domain: &str,
    uri: &str,
    nonce: &str,
    at: &str,
    extra: &str,
) -> String {
    let account = address(wallet);
    format!(
        "{domain} wants you to sign in with your Ethereum account:\n{account}\n\n\n\
         URI: {uri}\nVersion: 1\nChain ID: 1\nNonce: {nonce}\nIssued At: {at}{extra}"
    )
}

/// The body as the SDK sends it.
fn body(wallet: &dyn Wallet, message: &str) -> Value {
    json!({
        "signature": format!("0x{}", hex::encode(wallet.sign(message))),
        "siwe": message,
        "address": address(wallet),
        "walletAddress": address(wallet),
        "chainId": 1,
        "daoLogin": false,
        "resolveEns": false,
        "resolveLens": false,
    })
}

#[test]
fn the_sdk_signs_in_keeps_its_session_and_signs_out() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        let wallet = ethereum_wallet(1);
        let nonce = page.get("/ssx-nonce?address=0x1&chainId=1").await.text();
        let end = (stage.engine.now() + Duration::from_secs(600)).to_rfc3339();
        let at = stage.engine.now().to_rfc3339();
        let extra = format!("\nExpiration Time: {end}");
        let message = text(&wallet, "localhost", KEY, &nonce, &at, &extra);

        let answer = page.post("/ssx-login", body(&wallet, &message)).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let said = answer.json();
        assert_eq!(said["address"], address(&wallet));
        assert_eq!(
            (&said["chainId"], &said["daoLogin"]),
            (&json!(1), &json!(false))
        );
        assert_eq!(
            said["siwe"],
            json!({
                "domain": "localhost", "address": address(&wallet), "uri": KEY, "version": "1",
                "chainId": 1, "nonce": nonce, "issuedAt": at, "expirationTime": end,
            })
        );
        assert_eq!(page.get("/me").await.status(), 200);

        let cookie = page.cookie("countersign-3001").unwrap();
        let session = stage
            .engine
            .authenticate(Credential::Cookie(&cookie))
            .await
            .unwrap();
        assert_eq!(session.expires_at.to_rfc3339(), end);
        let ssx = SsxSession::of(&session).unwrap();
        assert_eq!(ssx.did, format!("did:pkh:eip155:1:{}", address(&wallet)));
        assert_eq!(ssx.siwe.compose(), message);

        // Unlike the original, a nonce signs nobody out.
        page.get("/ssx-nonce").await;
        assert_eq!(page.get("/me").await.status(), 200);
        let out = page
            .post(
                "/ssx-logout",
                json!({"siwe": said["siwe"], "address": "0x1"}),
            )
            .await;
        assert_eq!(out.status(), 204);
        assert_eq!(page.get("/me").await.status(), 401);
    });
}

#[test]
fn a_missing_field_is_named_and_fields_are_no_text() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        for (body, field) in [
            (json!({"siwe": "text"}), "signature"),
            (json!({"signature": "0x00"}), "siwe"),
            (
                json!({"siwe": {"domain": "localhost"}, "signature": "0x00"}),
                "siwe",
            ),
        ] {
            let answer = page.post("/ssx-login", body).await;
            assert_eq!(answer.refusal(), (422, "field_missing".to_owned()));
            let message = format!("Expected the field `{field}` in body.");
            assert_eq!(answer.json()["message"], message);
        }
    });
}

#[test]
fn the_laxer_text_counts_at_these_endpoints_only() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        let wallet = ethereum_wallet(1);
        let at = stage.engine.now().to_rfc3339();
        // A nonce and a text of this dialect, handed in at the native endpoint.
        let nonce = page.get("/ssx-nonce").await.text();
        let lax = text(&wallet, "localhost", KEY, &nonce, &at, "");
        let answer = page.verify(&wallet, &lax).await;
        assert_eq!(answer.refusal(), (401, "domain_mismatch".to_owned()));
        // A native nonce, handed in here.
        let nonce = page.get("/auth/nonce").await.text();
        let lax = text(&wallet, "localhost", KEY, &nonce, &at, "");
        let answer = page.post("/ssx-login", body(&wallet, &lax)).await;
        assert_eq!(answer.refusal(), (401, "nonce_invalid".to_owned()));
        // Another host, another port, another URI, a `did:` that is no key.
        for (domain, uri, code) in [
            ("evil.example", KEY, "domain_mismatch"),
            ("localhost:3002", KEY, "domain_mismatch"),
            ("localhost", "https://evil.example", "uri_mismatch"),
            ("localhost", "did:web:evil.example", "uri_mismatch"),
        ] {
            let nonce = page.get("/ssx-nonce").await.text();
            let message = text(&wallet, domain, uri, &nonce, &at, "");
            let answer = page.post("/ssx-login", body(&wallet, &message)).await;
            assert_eq!(answer.refusal(), (401, code.to_owned()), "{domain} {uri}");
        }
    });
}

#[test]
fn dao_login_is_not_the_clients_to_ask_for() {
    run(async {
        let stage = stage();
        let rig = rig(&stage);
        let page = Browser::on(&rig, FRONT);
        let (wallet, victim) = (ethereum_wallet(1), ethereum_wallet(2));
        let nonce = page.get("/ssx-nonce").await.text();
        let at = stage.engine.now().to_rfc3339();
        let message = text(&victim, "localhost", KEY, &nonce, &at, "");
        let mut body = body(&wallet, &message);
        body["daoLogin"] = json!(true);
        body["walletAddress"] = json!(address(&wallet));
        let answer = page.post("/ssx-login", body).await;
        assert_eq!(answer.refusal(), (401, "invalid_signature".to_owned()));
    });
}
