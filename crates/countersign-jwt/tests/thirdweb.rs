//! Tokens of thirdweb's auth, both ways: what its npm package made is read here, and it was seen to
//! read what is made here. `tests/vectors/thirdweb` says how the vectors were had.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use countersign_core::{Claims, Expected, Timestamp, TokenError, TokenIssuer};
use countersign_jwt::{Key, WalletJwt};
use serde_json::{Map, Value, json};

/// A file of the vectors' folder.
fn vectors(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/thirdweb/");
    let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn wallet(alphabet: &str) -> WalletJwt {
    let key = Key::from_hex(&"11".repeat(32)).unwrap();
    match alphabet {
        "standard" => WalletJwt::thirdweb_v1(key).unwrap(),
        _ => WalletJwt::thirdweb(key).unwrap(),
    }
}

#[test]
fn what_thirdweb_made_is_read() {
    let cases = vectors("cases.json");
    let wallet = wallet("url-safe");
    assert_eq!(wallet.address(), cases["admin"]);
    let theirs = cases["theirs"].as_array().unwrap();
    assert!(theirs.len() >= 3);
    for case in theirs {
        let (what, token) = (&case["what"], case["token"].as_str().unwrap());
        let now = |field: &str| Timestamp::from_secs(case["claims"][field].as_i64().unwrap());
        let read = wallet
            .read_thirdweb(token, "app.example", now("nbf"))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(read.issuer, case["claims"]["iss"], "{what}");
        assert_eq!(read.subject, case["claims"]["sub"], "{what}");
        assert_eq!(read.token_id, case["claims"]["jti"], "{what}");
        assert_eq!(Value::Object(read.context), case["claims"]["ctx"], "{what}");
        let second = Duration::from_secs(1);
        for (domain, at) in [
            ("other.example", now("nbf")),
            ("app.example", now("nbf") - second),
            ("app.example", now("exp")),
        ] {
            assert!(wallet.read_thirdweb(token, domain, at).is_err(), "{what}");
        }
        let stranger = WalletJwt::thirdweb(Key::from_hex(&"22".repeat(32)).unwrap()).unwrap();
        let refused = stranger.read_thirdweb(token, "app.example", now("nbf"));
        assert!(refused.is_err(), "{what}");
    }
}

/// Signatures are deterministic (RFC 6979): the tokens made here are the very ones that the npm
/// package was asked about. `COUNTERSIGN_WRITE_VECTORS=1` writes them anew.
#[test]
fn thirdweb_read_what_is_made_here() {
    countersign_testkit::run(async {
        let mut made = Vec::new();
        for (what, alphabet, extra) in [
            ("version 5", "url-safe", json!({})),
            ("version 1", "standard", json!({})),
            (
                "with attached claims",
                "url-safe",
                json!({"plan": "pro", "seats": 3, "tags": ["ä", "\u{2028}", "<&>"], "beta": true}),
            ),
        ] {
            let claims = claims(extra.as_object().unwrap().clone());
            let wallet = wallet(alphabet);
            let token = wallet.issue(&claims).await.unwrap();
            let read = wallet.verify(token.expose(), &expected(0)).await.unwrap();
            assert_eq!(read, claims, "{what}");
            made.push(json!({"what": what, "token": token.expose()}));
        }
        let made = json!({"domain": "app.example", "tokens": made});
        if std::env::var_os("COUNTERSIGN_WRITE_VECTORS").is_some() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/thirdweb/");
            let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
            std::fs::write(format!("{folder}ours.json"), text).unwrap();
        }
        assert_eq!(made, vectors("ours.json"));
        let verdicts = &vectors("cases.json")["ours"];
        for token in made["tokens"].as_array().unwrap() {
            let asked = verdicts.as_array().unwrap().iter();
            let verdict = asked.clone().find(|it| it["token"] == token["token"]);
            assert_eq!(verdict.unwrap()["valid"], true, "{}", token["what"]);
        }
    });
}

/// Refused by thirdweb's own check too, as the vectors say.
#[test]
fn forged_tokens_are_refused() {
    countersign_testkit::run(async {
        let cases = vectors("cases.json");
        let forged = cases["forged"].as_array().unwrap();
        assert!(forged.len() >= 5);
        for case in forged {
            let (what, token) = (&case["what"], case["token"].as_str().unwrap());
            assert_eq!(case["valid"], false, "{what}");
            let wallet = wallet("url-safe");
            let refused = wallet.verify(token, &expected(0)).await;
            assert!(matches!(refused, Err(TokenError::Invalid)), "{what}");
            let at = expected(0).now;
            assert!(
                wallet.read_thirdweb(token, "app.example", at).is_err(),
                "{what}"
            );
        }
    });
}

fn expected(later: u64) -> Expected<'static> {
    Expected {
        issuer: "https://app.example",
        audience: "https://app.example",
        now: Timestamp::from_secs(1_767_225_600) + Duration::from_secs(later),
        leeway: Duration::from_secs(60),
    }
}

/// Good from 2026 for 75 years, so that anybody's clock will do.
fn claims(extra: Map<String, Value>) -> Claims {
    let now = expected(0).now;
    Claims {
        issuer: "https://app.example".to_owned(),
        subject: "eip155:0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
            .parse()
            .unwrap(),
        audience: "https://app.example".to_owned(),
        issued_at: now,
        expires_at: now + Duration::from_secs(75 * 365 * 86_400),
        token_id: "h1oDLQcN1bZ8lVbUFVv8YQ".to_owned(),
        session: "AAAA".to_owned(),
        client: "https://app.example".to_owned(),
        authenticated_at: now,
        method: "eip191".to_owned(),
        account: "eip155:1:0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
            .parse()
            .unwrap(),
        scope: None,
        extra,
    }
}
