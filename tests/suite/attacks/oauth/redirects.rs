//! Where people are sent: redirect URIs, and what comes along.

use super::*;

#[test]
fn o01_another_redirect_uri_leads_to_a_page_and_nowhere_else() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        for uri in [
            "https://shop.example/callback?a=b",
            "https://shop.example/Callback",
            "https://shop.example/callback/",
            "https://shop.example:443/callback",
            "https://shop.example/call%62ack",
            "https://SHOP.example/callback",
            "https://shop.example.evil.example/callback",
            "http://shop.example/callback",
            "//shop.example/callback",
            "",
        ] {
            let answer = browser.get(&path(&request("shop", uri))).await;
            is_fault(&answer, uri);
        }
    });
}

#[test]
fn o02_redirect_uris_that_could_mean_two_places_are_not_registered() {
    for uri in [
        "https://*.shop.example/callback",
        "https://shop.example/callback#here",
        "https://shop.example/a/../callback",
        "https://shop.example/a/%2e%2e/callback",
        "https://shop.example/a/%2E./callback",
        "https://shop.example\\@evil.example/",
        "https://shop@evil.example/",
        "https://shöp.example/",
        "https://Shop.example/",
        "https:///callback",
        "https:callback",
        "http://shop.example/callback",
        "/callback",
        "",
    ] {
        let read = Client::public("shop", "Shop", &[uri]);
        assert_eq!(read, Err(ClientError::RedirectUri), "{uri}");
    }
}

#[test]
fn o03_only_the_port_of_a_loopback_address_may_vary() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        for (uri, is_good) in [
            ("http://127.0.0.1/callback", true),
            ("http://127.0.0.1:49152/callback", true),
            ("http://127.0.0.1:1/callback", true),
            ("http://127.0.0.1:/callback", false),
            ("http://127.0.0.1:99999/callback", false),
            ("http://127.0.0.1:49152/callback/", false),
            ("http://127.0.0.1:49152@evil.example/callback", false),
            ("http://127.0.0.1.evil.example/callback", false),
            ("https://127.0.0.1:49152/callback", false),
            ("http://localhost:49152/callback", false),
            ("http://[::1]:49152/callback", false),
        ] {
            let answer = browser.get(&path(&request("desk", uri))).await;
            if is_good {
                ticket(&answer);
            } else {
                is_fault(&answer, uri);
            }
        }
    });
    let named = RedirectUri::parse("http://localhost:3000/callback").unwrap();
    assert!(!named.matches("http://localhost:3001/callback"));
    let web = RedirectUri::parse("https://shop.example/callback").unwrap();
    assert!(!web.matches("https://shop.example:8443/callback"));
}

#[test]
fn o04_schemes_that_run_or_belong_to_nobody_are_refused() {
    for uri in [
        "javascript:alert(1)",
        "data:text/html,hello",
        "vbscript:x",
        "file:///etc/passwd",
        "myapp:/callback",
        "ftp://shop.example/",
        "COM.example.desk:/callback",
    ] {
        assert!(RedirectUri::parse(uri).is_err(), "{uri}");
    }
    assert!(RedirectUri::parse("com.example.desk:/callback").is_ok());
}

#[test]
fn o06_what_the_browser_changes_on_the_way_changes_nothing() {
    on_every_face(async |face, _| {
        let browser = face.browser();
        let asked = browser.get(&path(&request("shop", CALLBACK))).await;
        let back = redirected(&asked);
        let back = back.one("return_to").unwrap().unwrap();
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
        let edited = format!(
            "{back}&client_id=rival&redirect_uri=https%3A%2F%2Frival.example%2Fcallback&state=x"
        );
        let page = browser.get(&edited).await;
        assert!(page.text().contains("shop.example"), "{}", page.text());
        let answer = allow(&browser, &page).await;
        assert!(answer.header("location").starts_with(CALLBACK));
        assert_eq!(redirected(&answer).one("state").unwrap(), Some("a state"));
    });
}

#[test]
fn o15_the_state_comes_back_verbatim_or_the_request_is_refused() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        let fits = "x".repeat(512);
        for state in ["a\nb", "&client_id=x", "ü %26 +", "'\"><script>", &*fits] {
            let mut request = request("shop", CALLBACK);
            request.insert("state", state.to_owned());
            let page = browser.get(&path(&request)).await;
            let answer = match page.status().as_u16() {
                200 => allow(&browser, &page).await,
                _ => page,
            };
            assert_eq!(redirected(&answer).one("state").unwrap(), Some(state));
        }
        for state in [String::new(), "x".repeat(513), "x".repeat(4_096)] {
            let mut request = request("shop", CALLBACK);
            request.insert("state", state);
            let params = redirected(&browser.get(&path(&request)).await);
            assert_eq!(params.one("error").unwrap(), Some("invalid_request"));
            assert_eq!(params.one("state").unwrap(), None);
        }
    });
}

#[test]
fn o16_every_answer_names_the_one_issuer() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        let issuer = face.stage.engine.origin().as_str().to_owned();
        for document in ["openid-configuration", "oauth-authorization-server"] {
            let answer = browser.get(&format!("/.well-known/{document}")).await;
            assert_eq!(answer.json()["issuer"], *issuer);
            assert_eq!(
                answer.json()["authorization_response_iss_parameter_supported"],
                true
            );
        }
        let mut wrong = request("shop", CALLBACK);
        wrong.insert("response_type", "token".to_owned());
        for request in [request("shop", CALLBACK), wrong] {
            let page = browser.get(&path(&request)).await;
            let answer = match page.status().as_u16() {
                200 => allow(&browser, &page).await,
                _ => page,
            };
            assert_eq!(redirected(&answer).one("iss").unwrap(), Some(&*issuer));
        }
    });
}

#[test]
fn o17_no_error_is_sent_to_an_address_that_is_not_the_clients() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        let mut strange = request("stranger", "https://evil.example/");
        strange.insert("response_type", "token".to_owned());
        is_fault(&browser.get(&path(&strange)).await, "unknown client");
        let mut strange = request("shop", "https://evil.example/");
        strange.insert("prompt", "none".to_owned());
        is_fault(&browser.get(&path(&strange)).await, "foreign redirect URI");
        let twice = format!(
            "{}&redirect_uri=https%3A%2F%2Fevil.example%2F",
            path(&request("shop", CALLBACK))
        );
        is_fault(&browser.get(&twice).await, "two redirect URIs");
        let twice = format!("{}&client_id=rival", path(&request("shop", CALLBACK)));
        is_fault(&browser.get(&twice).await, "two clients");
    });
}

#[test]
fn o22_whoever_is_sent_on_is_sent_by_303() {
    on_every_face(async |face, _| {
        let browser = face.browser();
        let asked = browser.get(&path(&request("shop", CALLBACK))).await;
        assert_eq!(asked.status(), 303);
        let pairs = [("client_id", "shop")];
        let posted = form(&browser, "/auth/authorize", None, &pairs).await;
        assert_eq!(posted.status(), 303);
        assert_eq!(posted.header("location"), "/auth/authorize?client_id=shop");
        let browser = person(&face).await;
        let page = browser.get(&path(&request("shop", CALLBACK))).await;
        assert_eq!(allow(&browser, &page).await.status(), 303);
    });
}
