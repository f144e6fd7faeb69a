//! Revocation: RFC 7009.

use countersign_tests::sso::{on_the_bare_core, person};

use super::{ask, assert_refused, bearer, refresh, rival, shop, text, tokens};

#[test]
fn revoking_is_by_post_and_needs_a_token() {
    on_the_bare_core(async |face, clients| {
        assert_eq!(
            face.program().get("/auth/revoke?token=x").await.status(),
            405
        );
        let empty = ask(&face, "revoke", shop(&clients), &[]).await;
        assert_refused(&empty, 400, "invalid_request");
    });
}

#[test]
fn a_revoked_refresh_token_takes_its_access_tokens_along() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let first = tokens(&face, &clients, &browser).await;
        let other = tokens(&face, &clients, &browser).await;
        // A hint that is wrong changes nothing.
        let pairs = [
            ("token", text(&first, "refresh_token")),
            ("token_type_hint", "access_token"),
        ];
        let revoked = ask(&face, "revoke", shop(&clients), &pairs).await;
        assert_eq!(revoked.status(), 200, "{}", revoked.text());
        let gone = bearer(&face, text(&first, "access_token"));
        assert_refused(&gone.get("/auth/userinfo").await, 401, "invalid_token");
        let gone = refresh(&face, shop(&clients), text(&first, "refresh_token")).await;
        assert_refused(&gone, 400, "invalid_grant");
        let left = bearer(&face, text(&other, "access_token"));
        assert_eq!(left.get("/auth/userinfo").await.status(), 200);
    });
}

#[test]
fn a_revoked_access_token_opens_nothing() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let token = text(&answer, "access_token");
        for _ in 0..2 {
            let revoked = ask(&face, "revoke", shop(&clients), &[("token", token)]).await;
            assert_eq!(revoked.status(), 200, "also of one that is gone");
        }
        let gone = bearer(&face, token).get("/auth/userinfo").await;
        assert_refused(&gone, 401, "invalid_token");
    });
}

#[test]
fn another_clients_token_is_not_revoked() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        for name in ["access_token", "refresh_token"] {
            let pairs = [("token", text(&answer, name))];
            ask(&face, "revoke", rival(&clients), &pairs).await;
        }
        let public = [
            ("token", text(&answer, "refresh_token")),
            ("client_id", "desk"),
        ];
        ask(&face, "revoke", None, &public).await;
        let program = bearer(&face, text(&answer, "access_token"));
        assert_eq!(program.get("/auth/userinfo").await.status(), 200);
    });
}
