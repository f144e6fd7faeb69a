//! Protected resources and userinfo: RFC 6750 and OpenID Connect Core section 5.3.

use std::time::Duration;

use countersign_tests::sso::{form, on_the_bare_core, person};
use http::{HeaderValue, Method, Request, header};

use super::{asking, assert_refused, bearer, claims, text, tokens, tokens_for};

#[test]
fn userinfo_tells_the_subject_of_the_id_token_by_get_and_by_post() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let program = bearer(&face, text(&answer, "access_token"));
        let got = program.get("/auth/userinfo").await;
        let posted = form(&program, "/auth/userinfo", None, &[]).await;
        for told in [got, posted] {
            assert_eq!(told.status(), 200, "{}", told.text());
            assert_eq!(told.header("content-type"), "application/json");
            assert_eq!(told.header("cache-control"), "no-store");
            assert_eq!(told.json()["sub"], claims(text(&answer, "id_token"))["sub"]);
        }
    });
}

#[test]
fn userinfo_tells_the_account_with_profile_alone() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        for (scope, is_told) in [("openid", false), ("openid profile", true)] {
            let asked = asking(&[("scope", scope)]);
            let answer = tokens_for(&face, &clients, &browser, &asked).await;
            let program = bearer(&face, text(&answer, "access_token"));
            let told = program.get("/auth/userinfo").await.json();
            assert!(told.get("sub").is_some());
            assert_eq!(told.get("account").is_some(), is_told, "{told}");
        }
    });
}

#[test]
fn a_token_without_openid_is_insufficient_for_userinfo() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let asked = asking(&[("scope", "profile")]);
        let answer = tokens_for(&face, &clients, &browser, &asked).await;
        let program = bearer(&face, text(&answer, "access_token"));
        let refused = program.get("/auth/userinfo").await;
        assert_refused(&refused, 403, "insufficient_scope");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""));
        assert!(challenge.contains("scope=\"openid\""), "{challenge}");
    });
}

#[test]
fn a_token_that_is_not_good_is_answered_with_its_fault() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let access = text(&answer, "access_token").to_owned();
        face.stage.clock.advance(Duration::from_secs(24 * 3_600));
        for token in [&*access, "x", "a.b.c"] {
            let refused = bearer(&face, token).get("/auth/userinfo").await;
            assert_refused(&refused, 401, "invalid_token");
            let challenge = refused.header("www-authenticate");
            assert_eq!(challenge, "Bearer error=\"invalid_token\"");
        }
    });
}

#[test]
fn who_shows_no_token_is_challenged_without_a_fault() {
    on_the_bare_core(async |face, _| {
        for path in ["/auth/userinfo", "/auth/session", "/me"] {
            let refused = face.program().get(path).await;
            assert_eq!(refused.status(), 401, "{path}");
            let challenge = refused.header("www-authenticate");
            assert_eq!(challenge, "Bearer realm=\"countersign\"", "{path}");
        }
    });
}

#[test]
fn a_token_stands_in_the_header_and_nowhere_else() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let access = text(&answer, "access_token");
        let program = face.program();
        let query = format!("/auth/userinfo?access_token={access}");
        assert_eq!(program.get(&query).await.status(), 401);
        // Two headers are two ways.
        let mut twice = Request::builder().method(Method::GET).uri("/auth/userinfo");
        for _ in 0..2 {
            let value = HeaderValue::from_str(&format!("Bearer {access}")).unwrap();
            twice = twice.header(header::AUTHORIZATION, value);
        }
        let answer = program.raw(twice.body(bytes::Bytes::new()).unwrap()).await;
        assert_eq!(answer.status(), 400);
    });
}
