//! Cookies and cross-site requests.

use bytes::Bytes;
use cookie::SameSite;
use countersign_core::{Engine, Secret};
use countersign_store_memory::stores;
use http::{Method, Request};

use super::{domains::faults, *};

const SESSION: &str = "__Host-countersign";
const BINDING: &str = "__Host-countersign-pre";

#[test]
fn k01_our_cookies_have_every_attribute() {
    on_every_face(async |face| {
        let browser = face.browser();
        let cookies = browser.sign_in(&ethereum_wallet(1)).await.cookies();
        let names: Vec<_> = cookies.iter().map(|cookie| cookie.name()).collect();
        assert_eq!(names, [SESSION, BINDING]);
        let cleared = browser.post("/auth/logout", json!({})).await.cookies();
        for cookie in cookies.iter().chain(&cleared) {
            assert_eq!(cookie.secure(), Some(true), "{cookie}");
            assert_eq!(cookie.http_only(), Some(true), "{cookie}");
            assert_eq!(cookie.same_site(), Some(SameSite::Lax), "{cookie}");
            assert_eq!(cookie.path(), Some("/"), "{cookie}");
            assert_eq!(cookie.domain(), None, "{cookie}");
        }
        assert_eq!(cleared.len(), 1, "the session's cookie is taken back");
    });
    // On loopback the prefix and Secure fall away, and the port is in the name.
    with_engine(
        "http://127.0.0.1:3000",
        |b| b,
        async |face| {
            let cookies = face.browser().sign_in(&ethereum_wallet(1)).await.cookies();
            let names: Vec<_> = cookies.iter().map(|cookie| cookie.name()).collect();
            assert_eq!(names, ["countersign-3000", "countersign-pre-3000"]);
            assert!(cookies.iter().all(|cookie| cookie.secure().is_none()));
        },
    );
    // For front ends of other sites, and only when asked for, SameSite falls.
    let cross = "https://shop.example";
    with_engine(
        "https://app.example",
        |b| b.also_from("https://other.test").cross_site_cookies(),
        async |face| {
            let cookies = face.browser().sign_in(&ethereum_wallet(1)).await.cookies();
            assert!(
                cookies
                    .iter()
                    .all(|c| c.same_site() == Some(SameSite::None) && c.secure() == Some(true)),
                "{cross}"
            );
        },
    );
}

#[test]
fn k02_plain_http_beyond_loopback() {
    assert_eq!(faults("http://app.example"), ["CFG_INSECURE_ORIGIN"]);
    assert_eq!(faults("http://localhost.evil.io"), ["CFG_INSECURE_ORIGIN"]);
    assert!(faults("http://localhost:3000").is_empty());
}

#[test]
fn k03_two_cookies_of_one_name() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let own = browser.cookie(SESSION).unwrap();
        for planted in [
            format!("{SESSION}=x; {SESSION}={own}"),
            format!("{SESSION}={own}; {SESSION}={own}"),
        ] {
            let tossed = face.browser();
            let request = Request::get("/auth/session").header("cookie", planted);
            let answer = tossed.raw(request.body(Bytes::new()).unwrap()).await;
            assert_refused(&answer, (400, "request_malformed"), face.name);
        }
        assert_eq!(
            browser.get("/auth/session").await.status(),
            200,
            "none was chosen, none ended"
        );
    });
}

#[test]
fn k04_posts_of_foreign_pages() {
    on_every_face(async |face| {
        let mut browser = signed_in(&face).await;
        for path in [
            "/auth/logout",
            "/auth/logout/all",
            "/auth/verify",
            "/auth/challenge",
        ] {
            for origin in [
                "https://evil.example",
                "null",
                "https://sub.app.example",
                "http://app.example",
                "app.example",
            ] {
                browser.origin = Some(origin.to_owned());
                let answer = browser.post(path, json!({})).await;
                assert_refused(
                    &answer,
                    (403, "origin_rejected"),
                    &format!("{path} from {origin}"),
                );
                assert!(answer.header("access-control-allow-origin").is_empty());
            }
            browser.origin = None; // with a cookie but no origin
            for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
                browser.headers.clear();
                if let Some(site) = site {
                    browser
                        .headers
                        .insert("sec-fetch-site", site.parse().unwrap());
                }
                let answer = browser.post(path, json!({})).await;
                assert_refused(
                    &answer,
                    (403, "origin_rejected"),
                    &format!("{path}, {site:?}"),
                );
            }
        }
        browser.headers.clear();
        assert_eq!(
            browser.get("/auth/session").await.status(),
            200,
            "nothing has happened"
        );
        browser
            .headers
            .insert("sec-fetch-site", "same-origin".parse().unwrap());
        assert_eq!(browser.post("/auth/logout", json!({})).await.status(), 204);
    });
}

#[test]
fn k05_json_sent_as_something_else() {
    on_every_face(async |face| {
        let body = Bytes::from_static(br#"{"message":"x","signature":"0x"}"#);
        for content_type in [
            "text/plain",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "application/json-patch+json",
            "application/json; charset=utf-16",
            "",
        ] {
            for path in ["/auth/verify", "/auth/challenge", "/auth/logout"] {
                let request = Request::post(path).header("content-type", content_type);
                let answer = face
                    .program()
                    .raw(request.body(body.clone()).unwrap())
                    .await;
                assert_refused(&answer, (415, "unsupported_media_type"), content_type);
            }
        }
    });
}

#[test]
fn k06_signing_in_by_get() {
    on_every_face(async |face| {
        let browser = face.browser();
        for path in [
            "/auth/verify?message=x&signature=0x",
            "/auth/challenge?chain=eip155:1",
        ] {
            let answer = browser.get(path).await;
            assert_refused(&answer, (405, "method_not_allowed"), path);
            assert_eq!(answer.header("allow"), "OPTIONS, POST");
        }
    });
}

#[test]
fn k07_signing_out_by_get() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        for path in ["/auth/logout", "/auth/logout/all"] {
            for method in [Method::GET, Method::HEAD, Method::PUT] {
                assert_eq!(
                    browser.send(method, path, None).await.status(),
                    405,
                    "{path}"
                );
            }
        }
        assert_eq!(browser.get("/auth/session").await.status(), 200);
    });
}

#[test]
fn k08_cors_is_for_the_configured_origins() {
    let other = "https://shop.app.example";
    with_engine(
        "https://app.example",
        |b| b.also_from(other),
        async |face| {
            for (origin, allowed) in [
                ("https://app.example", true),
                (other, true),
                ("https://evil.example", false),
                ("https://shop.app.example.evil.io", false),
                ("null", false),
            ] {
                let mut browser = face.browser();
                browser.origin = Some(origin.to_owned());
                let preflight = browser.send(Method::OPTIONS, "/auth/verify", None).await;
                let read = browser.get("/auth/nonce").await;
                assert_eq!(
                    preflight.status(),
                    if allowed { 204 } else { 403 },
                    "{origin}"
                );
                for answer in [&preflight, &read] {
                    let expected = if allowed { origin } else { "" };
                    assert_eq!(
                        answer.header("access-control-allow-origin"),
                        expected,
                        "{origin}"
                    );
                    let credentials = if allowed { "true" } else { "" };
                    assert_eq!(
                        answer.header("access-control-allow-credentials"),
                        credentials
                    );
                    assert_eq!(answer.header("vary"), "origin");
                }
            }
            // A page of the second origin signs in, for its own domain.
            let mut shop = face.browser();
            shop.origin = Some(other.to_owned());
            let wallet = ethereum_wallet(1);
            let text = shop.challenge(&wallet).await;
            assert!(text.starts_with("shop.app.example wants you"));
            assert_eq!(shop.verify(&wallet, &text).await.status(), 200);
        },
    );
    let elsewhere = Engine::builder("https://app.example")
        .also_from("https://other.test")
        .chain(Ethereum::mainnet())
        .stores(stores())
        .secret(Secret::random())
        .build();
    assert_eq!(elsewhere.unwrap_err().faults()[0].code, "CFG_CORS");
}

#[test]
fn k09_cookies_too_long_or_too_many() {
    on_every_face(async |face| {
        let long = face.program();
        long.plant("x", &"y".repeat(17 * 1024));
        assert_refused(
            &long.get("/auth/session").await,
            (431, "headers_too_large"),
            face.name,
        );
        let session = signed_in(&face).await;
        session.plant("five", &"y".repeat(5 * 1024));
        for n in 0..100 {
            session.plant(&format!("c{n}"), "1");
        }
        assert_eq!(
            session.get("/auth/session").await.status(),
            200,
            "ours is found among them"
        );
    });
}

#[test]
fn k10_session_cookies_that_were_tampered_with() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let own = browser.cookie(SESSION).unwrap();
        let mut flipped = own.clone().into_bytes();
        flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
        for wrong in [
            String::from_utf8(flipped).unwrap(),
            own[1..].to_owned(),
            own[..45].to_owned(),
            format!("{own}A"),
            String::new(),
            "A".repeat(46),
            own.to_uppercase(),
        ] {
            let other = face.browser();
            other.plant(SESSION, &wrong);
            let answer = other.get("/auth/session").await;
            assert_refused(&answer, (401, "session_required"), &wrong);
            let taken_back = &answer.cookies()[0];
            assert_eq!((taken_back.name(), taken_back.value()), (SESSION, ""));
        }
        assert_eq!(browser.get("/auth/session").await.status(), 200);
        // A token of one kind is not accepted as the other.
        let mut bearer = face.program();
        bearer
            .headers
            .insert("authorization", format!("Bearer {own}").parse().unwrap());
        assert_refused(
            &bearer.get("/auth/session").await,
            (401, "token_invalid"),
            face.name,
        );
    });
}

#[test]
fn k11_the_session_token_is_in_no_answer() {
    on_every_face(async |face| {
        let browser = face.browser();
        let signed_in = browser.sign_in(&ethereum_wallet(1)).await;
        let token = browser.cookie(SESSION).unwrap();
        let binding = browser.cookie(BINDING).unwrap();
        for answer in [
            signed_in,
            browser.get("/auth/session").await,
            browser.get("/auth/sessions").await,
            browser.get("/me").await,
        ] {
            assert!(!answer.text().contains(&token) && !answer.text().contains(&binding));
            assert!(!answer.text().contains("token"), "{}", answer.text());
        }
    });
}
