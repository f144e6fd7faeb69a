//! How an application wants the person to be met: `prompt`, `max_age`, `login_hint` and
//! `id_token_hint` of OpenID Connect Core section 3.1.2.

use std::time::Duration;

use countersign_core::Wallet;
use countersign_testkit::ethereum_wallet;
use countersign_tests::sso::{
    code, on_the_bare_core, path, person, person_with, redirected, ticket,
};

use super::{asking, back_from, claims, error_of, must_sign_in, text, tokens, tokens_for};

#[test]
fn prompt_login_signs_in_anew_and_once() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        face.stage.clock.advance(Duration::from_secs(60));
        for prompt in ["login", "select_account"] {
            let asked = browser.get(&path(&asking(&[("prompt", prompt)]))).await;
            assert!(must_sign_in(&asked), "{prompt}");
            let back = back_from(&asked);
            let early = browser.get(&back).await;
            assert!(must_sign_in(&early), "the old session is not enough");
            face.stage.clock.advance(Duration::from_secs(1));
            assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
            let answer = browser.get(&back).await;
            assert!(!must_sign_in(&answer), "{prompt}");
            face.stage.clock.advance(Duration::from_secs(60));
        }
        tokens(&face, &clients, &browser).await;
    });
}

#[test]
fn prompt_consent_asks_though_it_was_allowed_before() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        code(&browser, &asking(&[])).await;
        ticket(&browser.get(&path(&asking(&[("prompt", "consent")]))).await);
    });
}

#[test]
fn prompts_come_together_but_none_comes_alone() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        code(&browser, &asking(&[])).await;
        for prompt in ["none login", "consent none", "none select_account", "sing"] {
            let asked = asking(&[("prompt", prompt)]);
            assert_eq!(
                error_of(&browser, &asked).await,
                "invalid_request",
                "{prompt}"
            );
        }
        face.stage.clock.advance(Duration::from_secs(1));
        let both = browser
            .get(&path(&asking(&[("prompt", "login consent")])))
            .await;
        assert!(must_sign_in(&both));
        face.stage.clock.advance(Duration::from_secs(1));
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
        ticket(&browser.get(&back_from(&both)).await);
    });
}

#[test]
fn prompt_none_shows_no_page_whatever_is_missing() {
    on_the_bare_core(async |face, _| {
        let silent = asking(&[("prompt", "none")]);
        let stranger = face.browser();
        assert_eq!(error_of(&stranger, &silent).await, "login_required");
        let browser = person(&face).await;
        assert_eq!(error_of(&browser, &silent).await, "interaction_required");
        code(&browser, &asking(&[])).await;
        face.stage.clock.advance(Duration::from_secs(61));
        let old = asking(&[("prompt", "none"), ("max_age", "60")]);
        assert_eq!(error_of(&browser, &old).await, "login_required");
        let params = redirected(&browser.get(&path(&silent)).await);
        assert!(params.one("code").unwrap().is_some());
    });
}

#[test]
fn a_sign_in_older_than_max_age_is_made_anew() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        face.stage.clock.advance(Duration::from_secs(60));
        let young = browser.get(&path(&asking(&[("max_age", "60")]))).await;
        assert!(!must_sign_in(&young));
        for max_age in ["59", "0"] {
            let asked = browser.get(&path(&asking(&[("max_age", max_age)]))).await;
            assert!(must_sign_in(&asked), "{max_age}");
        }
        for max_age in ["soon", "-1", "1.5"] {
            let asked = asking(&[("max_age", max_age)]);
            assert_eq!(error_of(&browser, &asked).await, "invalid_request");
        }
    });
}

#[test]
fn the_id_token_tells_when_the_person_signed_in() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let signed_in = face.stage.engine.now().as_secs();
        face.stage.clock.advance(Duration::from_secs(40));
        let asked = asking(&[("max_age", "60")]);
        let answer = tokens_for(&face, &clients, &browser, &asked).await;
        let claims = claims(text(&answer, "id_token"));
        assert_eq!(claims["auth_time"], signed_in);
        assert_eq!(claims["iat"], signed_in + 40);
    });
}

#[test]
fn a_login_hint_at_somebody_else_lets_the_person_choose() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let (own, other) = (ethereum_wallet(1).address(), ethereum_wallet(2).address());
        for hint in [&own, &own.to_lowercase(), &format!("eip155:1:{own}")] {
            let answer = browser.get(&path(&asking(&[("login_hint", hint)]))).await;
            assert!(!must_sign_in(&answer), "{hint}");
        }
        face.stage.clock.advance(Duration::from_secs(1));
        let asked = browser.get(&path(&asking(&[("login_hint", &other)]))).await;
        assert!(must_sign_in(&asked));
        // It is a hint: whoever signs in then is taken.
        face.stage.clock.advance(Duration::from_secs(1));
        assert_eq!(browser.sign_in(&ethereum_wallet(3)).await.status(), 200);
        ticket(&browser.get(&back_from(&asked)).await);
    });
}

#[test]
fn of_whom_an_id_token_hint_does_not_name_nothing_is_told() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let hint = text(&answer, "id_token");
        let silent = asking(&[("id_token_hint", hint), ("prompt", "none")]);
        let params = redirected(&browser.get(&path(&silent)).await);
        assert!(
            params.one("code").unwrap().is_some(),
            "it is the same person"
        );

        let other = person_with(&face, 2).await;
        code(&other, &asking(&[])).await;
        face.stage.clock.advance(Duration::from_secs(1));
        assert_eq!(error_of(&other, &silent).await, "login_required");
        let asked = other.get(&path(&asking(&[("id_token_hint", hint)]))).await;
        assert!(must_sign_in(&asked));
        face.stage.clock.advance(Duration::from_secs(1));
        assert_eq!(other.sign_in(&ethereum_wallet(2)).await.status(), 200);
        let params = redirected(&other.get(&back_from(&asked)).await);
        assert_eq!(params.one("error").unwrap(), Some("login_required"));
        assert_eq!(other.sign_in(&ethereum_wallet(1)).await.status(), 200);
        let params = redirected(&other.get(&back_from(&asked)).await);
        assert!(params.one("code").unwrap().is_some());
    });
}

#[test]
fn an_id_token_hint_that_is_not_ours_is_refused() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let id_token = text(&answer, "id_token");
        let (body, _) = id_token.rsplit_once('.').unwrap();
        for hint in [&format!("{body}.AAAA"), text(&answer, "access_token"), "x"] {
            let asked = asking(&[("id_token_hint", hint)]);
            assert_eq!(
                error_of(&browser, &asked).await,
                "invalid_request",
                "{hint}"
            );
        }
    });
}
