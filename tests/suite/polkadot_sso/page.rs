//! The page, and signatures by `GET`.

use super::*;

#[test]
fn the_page_is_for_the_browser_that_it_is_shown_in() {
    run(async {
        let (site, rig) = bare();
        let wallet = alice();
        let query = query("shop", CALLBACK, &wallet);
        let browser = Browser::on(&rig, ORIGIN);
        let page = browser.get(&path(&query)).await;
        let text = page.text();
        assert!(
            !text.contains("<Shop>") && !text.contains(VERIFIER),
            "{text}"
        );
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"));
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store");
        for file in ["/api/auth/challenge.js", "/api/auth/challenge.css"] {
            assert!(text.contains(file));
            assert_eq!(browser.get(file).await.status(), 200);
        }
        let boot = boot(&page);
        let challenge = &boot["signing"];
        assert_eq!(challenge["account"], wallet.address());
        assert_eq!(challenge["destination"], "shop.example");
        let cancel = boot["cancel_to"].as_str().unwrap();
        assert!(cancel.starts_with(CALLBACK) && cancel.contains("error=access_denied"));

        // Another browser, or a program, cannot even spend it.
        let body = signed(&wallet, challenge);
        let other = Browser::on(&rig, ORIGIN);
        other.get(&path(&query)).await;
        for stranger in [&other, &program(&rig)] {
            let answer = verify(stranger, body.clone()).await;
            assert_eq!(answer.refusal(), refusal("nonce_invalid", 401));
        }
        // Nor can another site in the same browser.
        let mut elsewhere = Browser::on(&rig, "https://evil.example");
        let binding = browser.cookie("__Host-countersign-pre").unwrap();
        elsewhere.plant("__Host-countersign-pre", &binding);
        let answer = verify(&elsewhere, body.clone()).await;
        assert_eq!(answer.refusal(), refusal("origin_rejected", 403));
        elsewhere.origin = None;
        let answer = verify(&elsewhere, body.clone()).await;
        assert_eq!(answer.refusal(), refusal("origin_rejected", 403));

        let params = redirected(&verify(&browser, body.clone()).await);
        assert!(params.one("code").unwrap().is_some());
        assert_eq!(params.one("iss").unwrap(), Some(ORIGIN));
        let again = verify(&browser, body.clone()).await;
        assert_eq!(again.refusal(), refusal("challenge_used", 401));
        assert_eq!(
            verify(&other, body.clone()).await.refusal(),
            refusal("nonce_invalid", 401)
        );
        site.stage.clock.advance(Duration::from_secs(300));
        let late = verify(&browser, body.clone()).await;
        assert_eq!(late.refusal(), refusal("challenge_expired", 401));
        assert_eq!(
            verify(&other, body).await.refusal(),
            refusal("nonce_invalid", 401)
        );
    });
}

#[test]
fn a_signature_by_get_is_refused_but_where_an_old_page_needs_it() {
    run(async {
        let wallet = alice();
        let by_get = |challenge: &Value| {
            let body = signed(&wallet, challenge);
            let pairs = ["challenge_id", "address", "signature"];
            let pairs = pairs.map(|name| (name, body[name].as_str().unwrap()));
            format!("/api/auth/verify?{}", form_urlencode(pairs))
        };
        let (_, rig) = bare();
        let program = program(&rig);
        let challenge = asked(&program, &query("shop", CALLBACK, &wallet)).await;
        let answer = program.get(&by_get(&challenge)).await;
        assert_eq!(answer.refusal(), refusal("method_not_allowed", 405));
        assert_eq!(answer.header("allow"), "OPTIONS, POST");
        led(&verify(&program, signed(&wallet, &challenge)).await);

        let legacy = site(Stage::built(ORIGIN, parts), PolkadotSso::legacy_get_verify);
        let rig = Bare(legacy.auth);
        let program = self::program(&rig);
        let challenge = asked(&program, &query("shop", CALLBACK, &wallet)).await;
        led(&program.get(&by_get(&challenge)).await);
        let again = program.get(&by_get(&challenge)).await;
        assert_eq!(again.refusal(), refusal("challenge_used", 401));
    });
}
