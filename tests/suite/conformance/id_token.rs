//! ID tokens: OpenID Connect Core sections 2, 3.1.3.3, 3.1.3.6, 3.1.3.7, 5.4, 10.1 and 16.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_tests::sso::{on_the_bare_core, person, person_with};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha512};

use super::{asking, assert_refused, bearer, claims, head, part, text, tokens, tokens_for};

#[test]
fn an_id_token_names_issuer_subject_audience_and_times() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let claims = claims(text(&answer, "id_token"));
        assert_eq!(claims["iss"], *face.stage.engine.origin().as_str());
        assert_eq!(claims["aud"], "shop");
        let now = face.stage.engine.now().as_secs();
        assert_eq!(claims["iat"], now);
        assert_eq!(claims["auth_time"], now);
        assert!(claims["exp"].as_i64().unwrap() > now);
        assert!(claims["amr"].is_array());
        // With one audience, who asked is that audience.
        assert!(claims.get("azp").is_none_or(|azp| azp == "shop"));
    });
}

#[test]
fn a_subject_is_of_255_ascii_characters_at_most_and_one_persons_for_ever() {
    on_the_bare_core(async |face, clients| {
        let mut subjects = Vec::new();
        for wallet in [1, 1, 2] {
            let browser = person_with(&face, wallet).await;
            let answer = tokens(&face, &clients, &browser).await;
            let claims = claims(text(&answer, "id_token"));
            let subject = text(&claims, "sub").to_owned();
            assert!(subject.is_ascii() && (1..=255).contains(&subject.len()));
            subjects.push(subject);
        }
        assert_eq!(subjects[0], subjects[1]);
        assert_ne!(subjects[0], subjects[2]);
    });
}

#[test]
fn the_nonce_comes_back_as_it_was_and_none_where_none_was() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        for nonce in ["a nonce", "ü\"\\ %20+", ""] {
            let asked = asking(&[("nonce", nonce)]);
            let answer = tokens_for(&face, &clients, &browser, &asked).await;
            let claims = claims(text(&answer, "id_token"));
            match nonce {
                "" => assert!(claims.get("nonce").is_none()),
                nonce => assert_eq!(claims["nonce"], nonce),
            }
        }
    });
}

#[test]
fn at_hash_is_the_left_half_of_the_access_tokens_digest() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        // Ed25519 hashes with SHA-512.
        let digest = Sha512::digest(text(&answer, "access_token"));
        let expected = URL_SAFE_NO_PAD.encode(&digest[..32]);
        assert_eq!(claims(text(&answer, "id_token"))["at_hash"], *expected);
    });
}

#[test]
fn an_id_token_is_signed_by_a_key_that_is_published() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let id_token = text(&answer, "id_token");
        let (body, signature) = id_token.rsplit_once('.').unwrap();
        let keys = browser.get("/.well-known/jwks.json").await.json();
        let key = &keys["keys"][0];
        assert_eq!(head(id_token)["kid"], key["kid"]);
        assert_eq!(head(id_token)["alg"], key["alg"]);
        assert!(key.get("d").is_none(), "the private half is not for others");
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let key = decode(text(key, "x")).try_into().unwrap();
        let key = VerifyingKey::from_bytes(&key).unwrap();
        let signature = Signature::from_slice(&decode(signature)).unwrap();
        key.verify_strict(body.as_bytes(), &signature).unwrap();
    });
}

#[test]
fn there_is_no_id_token_without_openid() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let asked = asking(&[("scope", "profile offline_access")]);
        let answer = tokens_for(&face, &clients, &browser, &asked).await;
        assert!(answer.get("id_token").is_none(), "{answer}");
        assert!(answer.get("access_token").is_some());
    });
}

#[test]
fn the_account_is_told_with_profile_alone() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        for (scope, is_told) in [("openid", false), ("openid profile", true)] {
            let asked = asking(&[("scope", scope)]);
            let answer = tokens_for(&face, &clients, &browser, &asked).await;
            let claims = claims(text(&answer, "id_token"));
            for name in ["account", "chain_id", "preferred_username"] {
                assert_eq!(claims.get(name).is_some(), is_told, "{scope}: {name}");
            }
        }
    });
}

#[test]
fn an_id_token_is_no_access_token() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let id_token = text(&answer, "id_token");
        assert_ne!(part(id_token, 0)["typ"], "at+jwt");
        let program = bearer(&face, id_token);
        assert_refused(&program.get("/auth/userinfo").await, 401, "invalid_token");
        assert_eq!(program.get("/auth/session").await.status(), 401);
    });
}

#[test]
fn a_refreshed_id_token_is_of_the_same_person_and_sign_in() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let first = tokens(&face, &clients, &browser).await;
        face.stage.clock.advance(Duration::from_secs(90));
        let answer = super::refresh(&face, super::shop(&clients), text(&first, "refresh_token"));
        let second = answer.await.json();
        let (first, second) = (
            claims(text(&first, "id_token")),
            claims(text(&second, "id_token")),
        );
        for name in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(first[name], second[name], "{name}");
        }
        assert_eq!(second["iat"], first["iat"].as_u64().unwrap() + 90);
    });
}
