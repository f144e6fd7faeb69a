//! Where the endpoints are, what an engine must have, and other dialects beside them.

use super::*;

#[test]
fn each_path_can_be_another_and_two_of_one_are_refused() {
    run(async {
        let moved = |dialect: PolkadotSso| {
            dialect
                .challenge_at("/polkadot/challenge")
                .verify_at("/polkadot/verify")
                .token_at("/polkadot/token")
                .session_at("/polkadot/session")
                .logout_at("/polkadot/logout")
        };
        let site = site(Stage::built(ORIGIN, parts), moved);
        let rig = Bare(site.auth.clone());
        let (program, wallet) = (program(&rig), alice());
        let path = path(&query("shop", CALLBACK, &wallet)).replace("/api/auth", "/polkadot");
        let challenge = program.get(&path).await.json();
        let body = signed(&wallet, &challenge);
        led(&program.post("/polkadot/verify", body).await);
        let page = boot(&Browser::on(&rig, ORIGIN).get(&path).await);
        assert_eq!(page["signing"]["verify"], "/polkadot/verify");
        assert_eq!(program.get("/polkadot/challenge.js").await.status(), 200);
        for path in ["token", "session", "logout"] {
            let method = if path == "session" {
                Method::GET
            } else {
                Method::POST
            };
            let answer = program
                .send(method, &format!("/polkadot/{path}"), None)
                .await;
            assert_ne!(answer.status(), 404, "{path}");
        }

        let clients = StaticClients::new([]).unwrap();
        let engine = site.stage.engine;
        let refused = AuthHttp::at("/api/auth", engine.clone()).with(PolkadotSso::new(clients));
        let error = refused.unwrap_err();
        let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["CFG_PLUGIN_CONFLICT"; 4], "{error}");
    });
}

#[test]
fn an_engine_without_keys_or_without_polkadot_cannot_carry_it() {
    let stage = countersign_testkit::Stage::ethereum();
    let clients = StaticClients::new([]).unwrap();
    let refused = AuthHttp::new(stage.engine).with(PolkadotSso::new(clients));
    let error = refused.unwrap_err();
    let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["CFG_PART_MISSING", "CFG_SSO_KEYS"], "{error}");
}

#[test]
fn limits_that_admit_nothing_and_a_look_that_is_none_are_refused() {
    let stage = Stage::built(ORIGIN, parts);
    let limits = Limits {
        token: Quota::per_minute(0),
        ..PolkadotSso::LIMITS
    };
    let dialect = PolkadotSso::new(StaticClients::new([]).unwrap())
        .limits(limits)
        .look(LoginPage::new().lang("<en>"));
    let error = AuthHttp::new(stage.engine).with(dialect).unwrap_err();
    let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["CFG_LIMITS", "CFG_PAGE"], "{error}");
}

#[test]
fn two_dialects_on_one_path_keep_their_rules_and_their_words() {
    run(async {
        let site = site(Stage::built(ORIGIN, parts), |dialect| {
            dialect.challenge_at("/both")
        });
        let auth = site.auth.with(Quickstart::at("/nonce", "/both")).unwrap();
        let rig = Bare(auth);
        let elsewhere = "https://elsewhere.example";
        for (method, status, anybody) in [("GET", 204, "*"), ("POST", 403, "")] {
            let preflight = Request::options("/both")
                .header(header::ORIGIN, elsewhere)
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, method);
            let preflight = preflight.body(Bytes::new()).unwrap();
            let answer = Browser::program(&rig).raw(preflight).await;
            assert_eq!(answer.status(), status, "{method}");
            assert_eq!(answer.header("access-control-allow-origin"), anybody);
        }
        let refused = Browser::on(&rig, elsewhere).post("/both", json!({})).await;
        assert_eq!(refused.refusal(), refusal("origin_rejected", 403));
        let missing = Browser::on(&rig, ORIGIN).post("/both", json!({})).await;
        let words = "Expected prepareMessage object as body.";
        assert_eq!(missing.json()["message"], words);
        let good = path(&query("shop", CALLBACK, &alice())).replace("/api/auth/challenge", "/both");
        let asked = program(&rig).get(&good).await;
        assert_eq!(
            (
                asked.status().as_u16(),
                asked.header("access-control-allow-origin")
            ),
            (200, "*")
        );
    });
}

#[test]
fn a_preflight_is_answered_for_any_page_without_cookies() {
    run(async {
        let (_, rig) = bare();
        for path in ["challenge", "verify", "token", "session", "logout"] {
            let method = if matches!(path, "challenge" | "session") {
                "GET"
            } else {
                "POST"
            };
            let request = Request::options(format!("/api/auth/{path}"))
                .header(header::ORIGIN, "https://elsewhere.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, method);
            let answer = Browser::program(&rig)
                .raw(request.body(Bytes::new()).unwrap())
                .await;
            assert_eq!(answer.status(), 204, "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    });
}
