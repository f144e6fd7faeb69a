//! A challenge counts once, a code once, each for whom it was made.

use super::*;

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
