//! What a person allows: OpenID Connect Core section 3.1.2.4, RFC 6749 sections 10.12 and 10.13, RFC 9700
//! section 4.16.

use countersign_tests::sso::{
    CALLBACK, allow, code, form, on_the_bare_core, path, person, person_with, redirected, request,
    ticket,
};

use super::asking;

#[test]
fn nothing_is_told_before_the_person_allows_it() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let page = browser.get(&path(&asking(&[]))).await;
        assert_eq!(page.status(), 200);
        assert_eq!(page.header("location"), "");
        let text = page.text();
        assert!(
            text.contains("shop.example") && text.contains("The &lt;Shop&gt;"),
            "{text}"
        );
        ticket(&page);
    });
}

#[test]
fn who_says_no_is_sent_back_with_access_denied() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        for decision in ["deny", "", "Allow"] {
            let page = browser.get(&path(&asking(&[]))).await;
            let pairs = [("ticket", &*ticket(&page)), ("decision", decision)];
            let answer = form(&browser, "/auth/authorize/decide", None, &pairs).await;
            let params = redirected(&answer);
            assert_eq!(params.one("error").unwrap(), Some("access_denied"));
            assert_eq!(params.one("code").unwrap(), None);
            assert_eq!(params.one("state").unwrap(), Some("a state"));
        }
    });
}

#[test]
fn a_decision_counts_in_the_session_that_was_asked_and_in_no_other() {
    on_the_bare_core(async |face, _| {
        let asked = person(&face).await;
        let (other, stranger) = (person_with(&face, 2).await, face.browser());
        for browser in [&other, &stranger] {
            let page = asked.get(&path(&asking(&[]))).await;
            let answer = allow(browser, &page).await;
            assert_eq!(answer.status(), 400, "{}", answer.text());
            assert_eq!(answer.header("location"), "");
        }
    });
}

#[test]
fn a_decision_without_the_ticket_of_the_page_is_none() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let page = browser.get(&path(&asking(&[]))).await;
        let mut guess = ticket(&page);
        guess.replace_range(0..1, if guess.starts_with('A') { "B" } else { "A" });
        for pairs in [
            &[("decision", "allow")][..],
            &[("decision", "allow"), ("ticket", "")],
            &[("decision", "allow"), ("ticket", &guess)],
        ] {
            let answer = form(&browser, "/auth/authorize/decide", None, pairs).await;
            assert_eq!(answer.status(), 400, "{}", answer.text());
            assert_eq!(answer.header("location"), "");
        }
    });
}

#[test]
fn a_ticket_is_good_for_one_decision() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let page = browser.get(&path(&asking(&[]))).await;
        assert_eq!(allow(&browser, &page).await.status(), 303);
        assert_eq!(allow(&browser, &page).await.status(), 400);
    });
}

#[test]
fn a_decision_from_another_sites_page_is_refused() {
    on_the_bare_core(async |face, _| {
        let mut browser = person(&face).await;
        let page = browser.get(&path(&asking(&[]))).await;
        browser.origin = Some("https://evil.example".to_owned());
        assert_eq!(allow(&browser, &page).await.status(), 403);
    });
}

#[test]
fn the_page_that_asks_cannot_be_framed_nor_kept() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let page = browser.get(&path(&asking(&[]))).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("cache-control"), "no-store");
    });
}

#[test]
fn what_was_allowed_is_remembered_for_that_much_and_that_person() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let little = asking(&[("scope", "openid")]);
        code(&browser, &little).await;
        let again = redirected(&browser.get(&path(&little)).await);
        assert!(again.one("code").unwrap().is_some(), "allowed before");
        ticket(&browser.get(&path(&asking(&[]))).await); // more than was allowed
        let other = person_with(&face, 2).await;
        ticket(&other.get(&path(&little)).await);
    });
}

/// Any program on the machine can be at the end of that address.
#[test]
fn a_native_application_asks_each_time() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        for uri in [
            "http://127.0.0.1:4000/callback",
            "com.example.desk:/callback",
        ] {
            code(&browser, &request("desk", uri)).await;
            ticket(&browser.get(&path(&request("desk", uri))).await);
        }
        code(&browser, &request("shop", CALLBACK)).await;
    });
}
