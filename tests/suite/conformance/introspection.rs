//! Introspection: RFC 7662.

use std::time::Duration;

use countersign_tests::sso::{basic, on_the_bare_core, person};
use serde_json::json;

use super::{ask, assert_refused, claims, refresh, rival, shop, text, tokens};

#[test]
fn who_introspects_shows_a_secret() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let token = ("token", text(&answer, "access_token"));
        let nobody = ask(&face, "introspect", None, &[token]).await;
        assert_refused(&nobody, 401, "invalid_client");
        let wrong = ask(&face, "introspect", basic("shop", "wrong"), &[token]).await;
        assert_refused(&wrong, 401, "invalid_client");
        let public = [token, ("client_id", "desk")];
        let public = ask(&face, "introspect", None, &public).await;
        assert_refused(&public, 401, "invalid_client");
    });
}

#[test]
fn introspection_is_by_post_and_needs_a_token() {
    on_the_bare_core(async |face, clients| {
        let got = face.program().get("/auth/introspect?token=x").await;
        assert_eq!(got.status(), 405);
        let empty = ask(&face, "introspect", shop(&clients), &[]).await;
        assert_refused(&empty, 400, "invalid_request");
    });
}

#[test]
fn an_active_token_is_described() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let access = claims(text(&answer, "access_token"));
        for (name, hint) in [
            ("access_token", "refresh_token"),
            ("refresh_token", "access_token"),
            ("refresh_token", "unheard_of"),
        ] {
            let pairs = [("token", text(&answer, name)), ("token_type_hint", hint)];
            let told = ask(&face, "introspect", shop(&clients), &pairs).await;
            assert_eq!(told.status(), 200);
            assert_eq!(told.header("content-type"), "application/json");
            let told = told.json();
            assert_eq!(told["active"], true, "{name}");
            assert_eq!(told["client_id"], "shop");
            for name in ["iss", "sub", "scope", "sid"] {
                assert_eq!(told[name], access[name], "{name}");
            }
            assert!(told["exp"].is_u64() && told["iat"].is_u64());
        }
    });
}

#[test]
fn another_clients_token_is_inactive_but_to_those_that_introspect() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        for name in ["access_token", "refresh_token"] {
            let pairs = [("token", text(&answer, name))];
            let theirs = ask(&face, "introspect", rival(&clients), &pairs).await;
            assert_eq!(theirs.json(), json!({"active": false}), "{name}");
            let api = basic("api", clients.api.expose());
            let api = ask(&face, "introspect", api, &pairs).await;
            assert_eq!(api.json()["active"], true, "{name}");
        }
    });
}

#[test]
fn a_token_that_is_unknown_ended_or_used_up_is_inactive_and_nothing_else() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let inactive = async |token: &str| {
            let told = ask(&face, "introspect", shop(&clients), &[("token", token)]).await;
            assert_eq!(told.status(), 200);
            told.json() == json!({"active": false})
        };
        let answer = tokens(&face, &clients, &browser).await;
        assert!(inactive("unknown").await && inactive("a.b.c").await);
        assert!(inactive(text(&answer, "id_token")).await);
        let used = text(&answer, "refresh_token");
        let next = refresh(&face, shop(&clients), used).await.json();
        assert!(inactive(used).await);
        let access = text(&next, "access_token");
        assert!(!inactive(access).await);
        face.stage.clock.advance(Duration::from_secs(24 * 3_600));
        assert!(inactive(access).await);
    });
}
