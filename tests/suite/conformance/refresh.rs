//! Refresh tokens: RFC 6749 section 6, RFC 9700 sections 2.2.2 and 4.14, OpenID Connect Core section 11.

use std::time::Duration;

use countersign_tests::sso::{VERIFIER, code, on_the_bare_core, person, request};

use super::{
    ask, asking, assert_refused, bearer, claims, refresh, rival, shop, text, tokens, tokens_for,
};

#[test]
fn there_is_a_refresh_token_with_offline_access_alone() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        for (scope, is_given) in [("openid profile", false), ("openid offline_access", true)] {
            let asked = asking(&[("scope", scope)]);
            let answer = tokens_for(&face, &clients, &browser, &asked).await;
            assert_eq!(answer.get("refresh_token").is_some(), is_given, "{scope}");
        }
    });
}

#[test]
fn a_refresh_token_is_good_for_its_own_client_alone() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let token = text(&answer, "refresh_token");
        let theirs = refresh(&face, rival(&clients), token).await;
        assert_refused(&theirs, 400, "invalid_grant");
        let ours = refresh(&face, shop(&clients), token).await;
        assert_eq!(ours.status(), 200, "{}", ours.text());
    });
}

#[test]
fn a_client_with_a_secret_shows_it_to_refresh() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", text(&answer, "refresh_token")),
            ("client_id", "shop"),
        ];
        let answer = ask(&face, "token", None, &pairs).await;
        assert_refused(&answer, 401, "invalid_client");
    });
}

#[test]
fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let asked = asking(&[("scope", "openid offline_access")]);
        let answer = tokens_for(&face, &clients, &browser, &asked).await;
        let with = async |token: &str, scope: &str| {
            let pairs = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("scope", scope),
            ];
            ask(&face, "token", shop(&clients), &pairs).await
        };
        let token = text(&answer, "refresh_token");
        let wider = with(token, "openid profile").await;
        assert_refused(&wider, 400, "invalid_scope");
        let narrow = with(token, "openid").await.json();
        assert_eq!(narrow["scope"], "openid");
        assert_eq!(claims(text(&narrow, "access_token"))["scope"], "openid");
        // The refresh token itself keeps what was granted.
        let whole = with(text(&narrow, "refresh_token"), "").await.json();
        assert_eq!(whole["scope"], "offline_access openid");
    });
}

#[test]
fn a_public_clients_refresh_token_rotates_and_its_replay_ends_all() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let uri = "http://127.0.0.1:4000/callback";
        let code = code(&browser, &request("desk", uri)).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", "desk"),
            ("code", &*code),
            ("redirect_uri", uri),
            ("code_verifier", VERIFIER),
        ];
        let first = ask(&face, "token", None, &pairs).await.json();
        let next = async |token: &str| {
            let pairs = [
                ("grant_type", "refresh_token"),
                ("client_id", "desk"),
                ("refresh_token", token),
            ];
            ask(&face, "token", None, &pairs).await
        };
        let second = next(text(&first, "refresh_token")).await.json();
        assert_ne!(first["refresh_token"], second["refresh_token"]);
        face.stage.clock.advance(Duration::from_secs(60)); // past the grace time
        let replay = next(text(&first, "refresh_token")).await;
        assert_refused(&replay, 400, "invalid_grant");
        let heir = next(text(&second, "refresh_token")).await;
        assert_refused(&heir, 400, "invalid_grant");
        let access = bearer(&face, text(&second, "access_token"));
        assert_refused(&access.get("/auth/userinfo").await, 401, "invalid_token");
    });
}

#[test]
fn an_access_token_refreshes_nothing() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        for name in ["access_token", "id_token"] {
            let refused = refresh(&face, shop(&clients), text(&answer, name)).await;
            assert_refused(&refused, 400, "invalid_grant");
        }
    });
}
