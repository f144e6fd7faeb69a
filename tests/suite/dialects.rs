//! All dialects at once on every face: each framework answers their clients as the bare core does.

use bytes::Bytes;
use countersign_core::Wallet;
use countersign_ethereum::Ethereum;
use countersign_http::{
    AuthHttp,
    dialects::{PolkadotSso, Quickstart, Ssx, Thirdweb},
};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_polkadot::{Network, Polkadot, PolkadotWallet, Scheme};
use countersign_sso::{Client, StaticClients};
use countersign_testkit::{
    ORIGIN, Stage, ethereum_wallet,
    rig::{Answer, Browser},
    run,
};
use countersign_tests::{FACES, rig};
use http::{Request, header};
use serde_json::{Value, json};

/// What clients send, and what they should not: method, path, type and body.
fn corpus() -> Vec<(&'static str, String, &'static str, String)> {
    let wallet = ethereum_wallet(1).address();
    let account = PolkadotWallet::from_seed(Scheme::Sr25519, &[7; 32], &Network::POLKADOT)
        .unwrap()
        .address();
    let challenge = format!(
        "/api/auth/challenge?client_id=shop&address={account}&redirect_uri=https%3A%2F%2Fshop.example%2F\
         &state=s&code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU&code_challenge_method=S256"
    );
    let form = "application/x-www-form-urlencoded";
    let json = "application/json";
    let mut corpus = vec![
        ("GET", "/nonce".to_owned(), "", String::new()),
        ("GET", "/ssx-nonce?address=0x".to_owned(), "", String::new()),
        ("GET", challenge.clone(), "", String::new()),
        ("HEAD", challenge.clone(), "", String::new()),
        (
            "GET",
            challenge.replace("shop.example", "evil.example"),
            "",
            String::new(),
        ),
        ("GET", challenge.replace("&state=s", ""), "", String::new()),
        (
            "GET",
            challenge.replace("client_id=shop", "client_id=%ff"),
            "",
            String::new(),
        ),
        (
            "GET",
            "/api/auth/challenge.js".to_owned(),
            "",
            String::new(),
        ),
        (
            "GET",
            "/api/auth/challenge.css".to_owned(),
            "",
            String::new(),
        ),
        ("GET", "/tw/user".to_owned(), "", String::new()),
        ("GET", "/api/auth/session".to_owned(), "", String::new()),
        (
            "POST",
            "/tw/payload".to_owned(),
            json,
            json!({"address": wallet}).to_string(),
        ),
        (
            "POST",
            "/tw/payload".to_owned(),
            json,
            json!({"address": "0x"}).to_string(),
        ),
        ("POST", "/ssx-logout".to_owned(), "", String::new()),
        (
            "POST",
            "/api/auth/verify".to_owned(),
            form,
            "challenge_id=a&address=b&signature=0x00".to_owned(),
        ),
        (
            "POST",
            "/api/auth/token".to_owned(),
            form,
            "grant_type=password&client_id=desk".to_owned(),
        ),
        (
            "POST",
            "/api/auth/token".to_owned(),
            form,
            "client_id=shop&client_secret=wrong".to_owned(),
        ),
        (
            "POST",
            "/api/auth/token?client_secret=x".to_owned(),
            json,
            "{}".to_owned(),
        ),
    ];
    for path in [
        "/verify",
        "/ssx-login",
        "/tw/login",
        "/tw/payload",
        "/tw/logout",
        "/api/auth/verify",
        "/api/auth/token",
        "/api/auth/logout",
    ] {
        for (content_type, body) in [
            (json, "{}"),
            (json, "[]"),
            (json, "{\"signature\": 1}"),
            (json, "{\"signature\""),
            (form, "signature=%zz"),
            ("text/plain", "signature"),
            ("", ""),
        ] {
            corpus.push(("POST", path.to_owned(), content_type, body.to_owned()));
        }
        corpus.push(("OPTIONS", path.to_owned(), "", String::new()));
        corpus.push(("DELETE", path.to_owned(), "", String::new()));
        corpus.push((
            "POST",
            path.to_owned(),
            json,
            format!("{{\"a\": \"{}\"}}", "a".repeat(17_000)),
        ));
    }
    corpus
}

/// What all faces must agree on: a refusal as a whole; of what is fresh each time, all but the body.
fn comparable(answer: &Answer) -> String {
    let all = answer.comparable();
    let is_fresh = answer.status() == 200 && !answer.header("etag").starts_with('"');
    match all.split_once("\n\n") {
        Some((head, _)) if is_fresh => head.to_owned(),
        _ => all,
    }
}

#[test]
fn every_face_answers_the_clients_of_other_systems_alike() {
    run(async {
        let mut expected: Option<Vec<String>> = None;
        for name in FACES {
            let stage = Stage::built(ORIGIN, |builder| {
                let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
                let builder = builder.chain(Ethereum::mainnet()).chain(Polkadot::new());
                builder.tokens(Jwt::new(ring))
            });
            let uris = ["https://shop.example/"];
            let (shop, _) = Client::confidential("shop", "Shop", &uris).unwrap();
            let desk = Client::public("desk", "Desk", &uris).unwrap();
            let clients = StaticClients::new([shop, desk]).unwrap();
            let thirdweb = Thirdweb::at("/tw/payload", "/tw/login", "/tw/user", "/tw/logout");
            let auth = AuthHttp::new(stage.engine.clone());
            let auth = auth.with(Quickstart::default()).unwrap();
            let auth = auth.with(Ssx::default()).unwrap();
            let auth = auth.with(thirdweb).unwrap();
            let auth = auth.with(PolkadotSso::new(clients)).unwrap();
            let rig = rig(name, auth).await;
            let mut answers = Vec::new();
            for (method, path, content_type, body) in corpus() {
                let mut request = Request::builder().method(method).uri(&path);
                if !content_type.is_empty() {
                    request = request.header(header::CONTENT_TYPE, content_type);
                }
                let request = request.body(Bytes::from(body.clone())).unwrap();
                let answer = Browser::on(&*rig, ORIGIN).raw(request).await;
                assert!(answer.status() != 404, "{name}: {method} {path}");
                let short: String = body.chars().take(40).collect();
                answers.push(format!(
                    "{method} {path} {content_type} {short}\n{}",
                    comparable(&answer)
                ));
            }
            match &expected {
                None => expected = Some(answers),
                Some(expected) => {
                    for (answer, expected) in answers.iter().zip(expected) {
                        assert_eq!(answer, expected, "{name}");
                    }
                }
            }
        }
    });
}

#[test]
fn thirdwebs_client_signs_in_and_out_on_every_face() {
    run(async {
        for name in FACES {
            let stage = Stage::ethereum();
            let thirdweb = Thirdweb::at("/tw/payload", "/tw/login", "/tw/user", "/tw/logout");
            let auth = AuthHttp::new(stage.engine.clone()).with(thirdweb).unwrap();
            let rig = rig(name, auth).await;
            let (page, wallet) = (Browser::on(&*rig, ORIGIN), ethereum_wallet(1));
            let ask = json!({"address": wallet.address()});
            let payload = page.post("/tw/payload", ask).await.json()["payload"].take();
            let field = |name: &str| payload[name].as_str().unwrap().to_owned();
            let lines = [("URI", "uri"), ("Version", "version"), ("Nonce", "nonce")];
            let times = [
                ("Issued At", "issued_at"),
                ("Expiration Time", "expiration_time"),
                ("Not Before", "invalid_before"),
            ];
            let lines: Vec<_> = lines
                .into_iter()
                .chain(times)
                .map(|(label, name)| format!("{label}: {}", field(name)))
                .collect();
            let text = format!(
                "app.example wants you to sign in with your Ethereum account:\n{}\n\n{}\n\n{}",
                wallet.address(),
                field("statement"),
                lines.join("\n")
            );
            let signature = format!("0x{}", hex::encode(wallet.sign(&text)));
            let login = json!({"payload": {"payload": payload, "signature": signature}});
            let answer = page.post("/tw/login", login).await;
            let token = answer.json()["token"]
                .as_str()
                .unwrap_or_else(|| panic!("{name}: {}", answer.text()))
                .to_owned();
            let bearing = |method: &str, path: &str| {
                let request = Request::builder().method(method).uri(path);
                let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
                request.body(Bytes::new()).unwrap()
            };
            let user = page.raw(bearing("GET", "/tw/user")).await.json();
            assert_eq!(user["address"], wallet.address(), "{name}");
            assert_eq!(page.raw(bearing("POST", "/tw/logout")).await.status(), 200);
            let user = page.raw(bearing("GET", "/tw/user")).await.json();
            assert_eq!(user, Value::Null, "{name}");
        }
    });
}
