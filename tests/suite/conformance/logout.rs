//! OpenID Connect RP-Initiated Logout.

use std::time::Duration;

use countersign_sso::form_urlencode;
use countersign_testkit::rig::{Answer, Browser};
use countersign_tests::{
    Face,
    sso::{form, on_the_bare_core, person, person_with, ticket},
};

use super::{assert_refused, bearer, text, tokens};

const GOODBYE: &str = "https://shop.example/goodbye";

async fn end(browser: &Browser<'_>, pairs: &[(&str, &str)]) -> Answer {
    let query = form_urlencode(pairs.iter().copied());
    browser.get(&format!("/auth/end_session?{query}")).await
}

async fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.get("/auth/session").await.status() == 200
}

async fn confirm(browser: &Browser<'_>, page: &Answer) -> Answer {
    let ticket = ticket(page);
    form(
        browser,
        "/auth/end_session/confirm",
        None,
        &[("ticket", &*ticket)],
    )
    .await
}

async fn hint_of<'a>(
    face: &'a Face,
    clients: &countersign_tests::sso::Clients,
) -> (Browser<'a>, String, String) {
    let browser = person(face).await;
    let answer = tokens(face, clients, &browser).await;
    let access = text(&answer, "access_token").to_owned();
    (browser, text(&answer, "id_token").to_owned(), access)
}

#[test]
fn who_shows_the_persons_id_token_ends_the_session_and_is_sent_on_with_the_state() {
    on_the_bare_core(async |face, clients| {
        let (browser, hint, access) = hint_of(&face, &clients).await;
        let pairs = [
            ("id_token_hint", &*hint),
            ("post_logout_redirect_uri", GOODBYE),
            ("state", "a & b"),
        ];
        let answer = end(&browser, &pairs).await;
        assert_eq!(answer.status(), 303, "{}", answer.text());
        assert_eq!(
            answer.header("location"),
            format!("{GOODBYE}?state=a%20%26%20b")
        );
        assert!(!is_signed_in(&browser).await);
        let gone = bearer(&face, &access).get("/auth/userinfo").await;
        assert_refused(&gone, 401, "invalid_token");
    });
}

#[test]
fn an_id_token_that_expired_is_a_good_hint() {
    on_the_bare_core(async |face, clients| {
        let (browser, hint, _) = hint_of(&face, &clients).await;
        face.stage.clock.advance(Duration::from_secs(25 * 60));
        let answer = end(&browser, &[("id_token_hint", &hint)]).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert!(!is_signed_in(&browser).await);
    });
}

#[test]
fn without_a_hint_the_person_is_asked() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let pairs = [("client_id", "shop"), ("post_logout_redirect_uri", GOODBYE)];
        let page = end(&browser, &pairs).await;
        assert_eq!(page.status(), 200);
        assert!(is_signed_in(&browser).await, "nothing happened yet");
        let answer = confirm(&browser, &page).await;
        assert_eq!(answer.header("location"), GOODBYE);
        assert!(!is_signed_in(&browser).await);
    });
}

#[test]
fn with_somebody_elses_id_token_the_person_is_asked() {
    on_the_bare_core(async |face, clients| {
        let (_, hint, _) = hint_of(&face, &clients).await;
        let other = person_with(&face, 2).await;
        let page = end(&other, &[("id_token_hint", &hint)]).await;
        ticket(&page);
        assert!(is_signed_in(&other).await);
    });
}

#[test]
fn a_confirmation_counts_in_the_session_that_was_asked_and_once() {
    on_the_bare_core(async |face, _| {
        let (first, second) = (person(&face).await, person_with(&face, 2).await);
        let page = end(&first, &[]).await;
        assert_eq!(confirm(&second, &page).await.status(), 400);
        assert!(is_signed_in(&second).await && is_signed_in(&first).await);
        assert_eq!(confirm(&first, &page).await.status(), 400, "it was used");
        let pairs = [("ticket", "a-guess")];
        let guessed = form(&first, "/auth/end_session/confirm", None, &pairs).await;
        assert_eq!(guessed.status(), 400);
        assert!(is_signed_in(&first).await);
    });
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered() {
    on_the_bare_core(async |face, clients| {
        let (browser, hint, _) = hint_of(&face, &clients).await;
        for (uri, client) in [
            ("https://evil.example/", "shop"),
            ("https://shop.example/callback", "shop"),
            ("https://shop.example/goodbye/", "shop"),
            (GOODBYE, "desk"),
            (GOODBYE, "stranger"),
            (GOODBYE, ""),
        ] {
            let pairs = [("client_id", client), ("post_logout_redirect_uri", uri)];
            let answer = end(&browser, &pairs).await;
            assert_eq!(answer.status(), 400, "{client} {uri}");
            assert_eq!(answer.header("location"), "");
            let pairs = [("id_token_hint", &*hint), ("post_logout_redirect_uri", uri)];
            if uri != GOODBYE {
                assert_eq!(end(&browser, &pairs).await.header("location"), "");
            }
        }
        assert!(is_signed_in(&browser).await);
    });
}

#[test]
fn a_hint_of_another_client_or_another_issuer_is_refused() {
    on_the_bare_core(async |face, clients| {
        let (browser, hint, access) = hint_of(&face, &clients).await;
        let (body, _) = hint.rsplit_once('.').unwrap();
        for pairs in [
            &[("id_token_hint", &*hint), ("client_id", "rival")][..],
            &[("id_token_hint", &format!("{body}.{}", "A".repeat(86)))],
            &[("id_token_hint", &access)],
        ] {
            assert_eq!(end(&browser, pairs).await.status(), 400);
        }
        assert!(is_signed_in(&browser).await);
    });
}

#[test]
fn a_wish_to_sign_out_may_come_as_a_form() {
    on_the_bare_core(async |face, clients| {
        let (browser, hint, _) = hint_of(&face, &clients).await;
        let pairs = [("id_token_hint", &*hint)];
        let mut theirs = face.program();
        theirs.origin = Some("https://shop.example".to_owned());
        let answer = form(&theirs, "/auth/end_session", None, &pairs).await;
        assert_eq!(answer.status(), 303, "{}", answer.text());
        browser.get(answer.header("location")).await;
        assert!(!is_signed_in(&browser).await);
    });
}

#[test]
fn a_link_or_a_form_of_another_site_confirms_nothing() {
    on_the_bare_core(async |face, _| {
        let mut browser = person(&face).await;
        let page = end(&browser, &[]).await;
        browser.origin = Some("https://evil.example".to_owned());
        assert_eq!(confirm(&browser, &page).await.status(), 403);
        browser.origin = Some(face.stage.engine.origin().as_str().to_owned());
        assert!(is_signed_in(&browser).await);
    });
}
