//! The authorization endpoint: RFC 6749 sections 3.1 and 4.1, RFC 9700 section 2, OpenID Connect Core
//! section 3.1.2.

use countersign_testkit::ethereum_wallet;
use countersign_tests::sso::{
    CALLBACK, WITH_QUERY, allow, code, form, on_the_bare_core, path, person, redeem, redirected,
    request, ticket,
};
use http::{Method, Request, header};
use serde_json::Value;

use super::{asking, back_from, error_of, must_sign_in, shop};

#[test]
fn parameters_that_are_not_known_change_nothing() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let asked = asking(&[
            ("acr_values", "phr"),
            ("claims", "{}"),
            ("display", "page"),
            ("ui_locales", "de en"),
            ("an_unknown_one", "x"),
        ]);
        code(&browser, &asked).await;
    });
}

#[test]
fn a_parameter_without_a_value_is_as_good_as_none() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let asked = asking(&[
            ("nonce", ""),
            ("prompt", ""),
            ("max_age", ""),
            ("login_hint", ""),
            ("id_token_hint", ""),
            ("response_mode", ""),
            ("request", ""),
            ("request_uri", ""),
        ]);
        code(&browser, &asked).await;
        assert_eq!(
            error_of(&browser, &asking(&[("response_type", "")])).await,
            "invalid_request"
        );
    });
}

#[test]
fn a_parameter_that_stands_twice_is_an_invalid_request() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        for pair in ["scope=openid", "nonce=again", "prompt=login", "max_age=1"] {
            let name = pair.split('=').next().unwrap();
            let mut asked = asking(&[]);
            asked.insert("prompt", "consent".to_owned());
            asked.insert("max_age", "9".to_owned());
            let twice = format!("{}&{pair}", path(&asked));
            let params = redirected(&browser.get(&twice).await);
            assert_eq!(
                params.one("error").unwrap(),
                Some("invalid_request"),
                "{name}"
            );
        }
    });
}

#[test]
fn a_request_without_a_response_type_is_told_so() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let mut asked = asking(&[]);
        asked.remove("response_type");
        assert_eq!(error_of(&browser, &asked).await, "invalid_request");
    });
}

#[test]
fn a_redirect_uri_keeps_the_query_it_has() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let asked = request("shop", WITH_QUERY);
        let page = browser.get(&path(&asked)).await;
        let answer = allow(&browser, &page).await;
        let location = answer.header("location").to_owned();
        assert!(
            location.starts_with(&format!("{WITH_QUERY}&code=")),
            "{location}"
        );
        let params = redirected(&answer);
        assert_eq!(params.one("by").unwrap(), Some("wallet"));
        let code = params.one("code").unwrap().unwrap();
        let redeemed = redeem(&face, shop(&clients), code, WITH_QUERY).await;
        assert_eq!(redeemed.status(), 200, "{}", redeemed.text());
    });
}

#[test]
fn a_request_may_come_as_a_form() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let asked = asking(&[]);
        let pairs: Vec<_> = asked
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        // From a page of the application's: no cookie comes along, and the origin is not ours.
        let mut theirs = face.program();
        theirs.origin = Some("https://shop.example".to_owned());
        let answer = form(&theirs, "/auth/authorize", None, &pairs).await;
        assert_eq!(answer.status(), 303, "{}", answer.text());
        ticket(&browser.get(answer.header("location")).await);
    });
}

#[test]
fn request_objects_are_refused_by_their_own_codes() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        for (name, error) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
        ] {
            let asked = asking(&[(name, "https://shop.example/request")]);
            assert_eq!(error_of(&browser, &asked).await, error);
        }
    });
}

#[test]
fn no_other_response_mode_is_answered_as_if_it_were_the_query() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        for mode in ["fragment", "form_post"] {
            let asked = asking(&[("response_mode", mode)]);
            assert_eq!(error_of(&browser, &asked).await, "invalid_request");
        }
        code(&browser, &asking(&[("response_mode", "query")])).await;
    });
}

#[test]
fn a_scope_that_is_no_list_of_names_is_invalid() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let asked = asking(&[("scope", "openid \"profile\"")]);
        assert_eq!(error_of(&browser, &asked).await, "invalid_scope");
    });
}

#[test]
fn codes_are_of_128_bits_and_more_and_none_comes_twice() {
    on_the_bare_core(async |face, _| {
        let browser = person(&face).await;
        let mut codes = Vec::new();
        for _ in 0..50 {
            let code = code(&browser, &asking(&[])).await;
            // 62 symbols: 5.95 bits each.
            assert!(code.len() >= 22 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            codes.push(code);
        }
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 50);
    });
}

#[test]
fn scripts_of_other_sites_may_not_read_where_people_are_sent() {
    on_the_bare_core(async |face, _| {
        for path in [
            path(&request("shop", CALLBACK)),
            "/auth/end_session".to_owned(),
        ] {
            for method in [Method::GET, Method::OPTIONS] {
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header(header::ORIGIN, "https://shop.example")
                    .header("access-control-request-method", "GET")
                    .body(bytes::Bytes::new());
                let answer = face.program().raw(request.unwrap()).await;
                assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
            }
        }
    });
}

/// What waits for the person is found again whatever the browser did meanwhile, for half an hour.
#[test]
fn a_request_waits_for_the_person_and_not_for_ever() {
    on_the_bare_core(async |face, _| {
        let browser = face.browser();
        let asked = browser.get(&path(&asking(&[]))).await;
        assert!(must_sign_in(&asked));
        let back = back_from(&asked);
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
        ticket(&browser.get(&back).await);
        ticket(&browser.get(&back).await); // the page is loaded again
        let later = std::time::Duration::from_secs(30 * 60);
        face.stage.clock.advance(later);
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
        assert_eq!(browser.get(&back).await.status(), 400);
    });
}

/// A node took the request out of the store to look at it, and died before it had put it back.
#[test]
fn a_node_that_dies_takes_no_request_along() {
    on_the_bare_core(async |face, _| {
        let browser = face.browser();
        let back = back_from(&browser.get(&path(&asking(&[]))).await);
        let name = back.split("transaction=").nth(1).unwrap();
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
        for _ in 0..3 {
            let taken = face.stage.engine.take::<Value>("oauth request", name);
            assert!(taken.await.unwrap().is_some());
            ticket(&browser.get(&back).await);
        }
    });
}
