//! The O rows: authorization code, PKCE, redirect URIs, client authentication.

use countersign_core::RefreshToken;
use countersign_sso::{Client, ClientError, RedirectUri};
use countersign_store_memory::MemorySessions;
use countersign_testkit::{
    ORIGIN, Stage, ethereum_wallet,
    faults::{Flaky, Mood},
    rig::{Answer, Bare, Browser},
};
use countersign_tests::sso::{
    CALLBACK, VERIFIER, allow, basic, challenge, code, form, on_every_face, parts, path, person,
    provider, redeem, redirected, request, ticket,
};
use http::header;

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        answer.refusal(),
        (status, code.to_owned()),
        "{}",
        answer.text()
    );
}

/// A page, and no way on.
fn is_fault(answer: &Answer, what: &str) {
    assert_eq!(answer.status(), 400, "{what}");
    assert_eq!(answer.header("location"), "", "{what}");
    assert!(answer.text().contains("This did not work"), "{what}");
}

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
fn o05_a_code_is_good_with_its_own_redirect_uri_only() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        for uri in ["https://shop.example/other", ""] {
            let code = code(&browser, &request("shop", CALLBACK)).await;
            let answer = redeem(&face, basic("shop", clients.shop.expose()), &code, uri).await;
            refused(&answer, 400, "invalid_grant");
        }
    });
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
fn o07_a_replayed_code_ends_what_its_first_use_began() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        let code = code(&browser, &request("shop", CALLBACK)).await;
        let shop = || basic("shop", clients.shop.expose());
        let first = redeem(&face, shop(), &code, CALLBACK).await;
        assert_eq!(first.status(), 200, "{}", first.text());
        let token = first.json()["access_token"].as_str().unwrap().to_owned();
        let bearer = |token: &str| {
            let mut program = face.program();
            let value = format!("Bearer {token}").parse().unwrap();
            program.headers.insert(header::AUTHORIZATION, value);
            program
        };
        assert_eq!(bearer(&token).get("/auth/userinfo").await.status(), 200);

        let second = redeem(&face, shop(), &code, CALLBACK).await;
        refused(&second, 400, "invalid_grant");
        let answer = bearer(&token).get("/auth/userinfo").await;
        refused(&answer, 401, "invalid_token");
        let refresh = first.json()["refresh_token"].as_str().unwrap().to_owned();
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &*refresh),
        ];
        let answer = form(&face.program(), "/auth/token", shop(), &pairs).await;
        refused(&answer, 400, "invalid_grant");
    });
}

#[test]
fn o08_of_sixty_four_racing_redemptions_one_wins() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        let code = code(&browser, &request("shop", CALLBACK)).await;
        let racers = (0..64).map(|_| {
            let shop = basic("shop", clients.shop.expose());
            redeem(&face, shop, &code, CALLBACK)
        });
        let answers = futures_util::future::join_all(racers).await;
        let won = answers.iter().filter(|answer| answer.status() == 200);
        assert_eq!(won.count(), 1, "{}", face.name);
        for lost in answers.iter().filter(|answer| answer.status() != 200) {
            refused(lost, 400, "invalid_grant");
        }
    });
}

#[test]
fn o09_a_code_is_worth_nothing_to_another_client() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        let code = code(&browser, &request("shop", CALLBACK)).await;
        let rival = basic("rival", clients.rival.expose());
        refused(
            &redeem(&face, rival, &code, CALLBACK).await,
            400,
            "invalid_grant",
        );
    });
}

#[test]
fn o10_a_code_ends_after_a_minute() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        for (seconds, status) in [(59, 200), (60, 400)] {
            let code = code(&browser, &request("shop", CALLBACK)).await;
            face.stage
                .clock
                .advance(std::time::Duration::from_secs(seconds));
            let shop = basic("shop", clients.shop.expose());
            let answer = redeem(&face, shop, &code, CALLBACK).await;
            assert_eq!(answer.status(), status, "{}", answer.text());
        }
    });
}

#[test]
fn o11_there_is_no_request_without_pkce_by_s256() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        for (name, value) in [
            ("code_challenge", ""),
            ("code_challenge", "short"),
            (
                "code_challenge",
                "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
            ),
            ("code_challenge_method", ""),
            ("code_challenge_method", "plain"),
            ("code_challenge_method", "s256"),
        ] {
            let mut request = request("shop", CALLBACK);
            request.insert(name, value.to_owned());
            let params = redirected(&browser.get(&path(&request)).await);
            assert_eq!(params.one("error").unwrap(), Some("invalid_request"));
            assert_eq!(params.one("code").unwrap(), None);
        }
    });
}

#[test]
fn o12_a_wrong_verifier_gets_nothing() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        let (short, long) = ("a".repeat(42), "a".repeat(129));
        let (odd, other) = (format!("{}!", "a".repeat(43)), "b".repeat(43));
        for (verifier, made_of) in [
            (&*short, &*short),
            (&long, &long),
            (&odd, &odd),
            (&other, VERIFIER),
            ("", VERIFIER),
        ] {
            let mut request = request("shop", CALLBACK);
            request.insert("code_challenge", challenge(made_of));
            let code = code(&browser, &request).await;
            let pairs = [
                ("grant_type", "authorization_code"),
                ("code", &*code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", verifier),
            ];
            let shop = basic("shop", clients.shop.expose());
            let answer = form(&face.program(), "/auth/token", shop, &pairs).await;
            refused(&answer, 400, "invalid_grant");
        }
    });
}

/// There are no codes without a challenge, for clients with a secret neither: a verifier is never
/// sent in vain.
#[test]
fn o13_no_code_comes_of_a_request_whose_challenge_was_taken_out() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        let mut stripped = request("shop", CALLBACK);
        stripped.remove("code_challenge");
        stripped.remove("code_challenge_method");
        let params = redirected(&browser.get(&path(&stripped)).await);
        assert_eq!(params.one("error").unwrap(), Some("invalid_request"));
        let shop = basic("shop", clients.shop.expose());
        let answer = redeem(
            &face,
            shop,
            params.one("code").unwrap().unwrap_or("x"),
            CALLBACK,
        );
        refused(&answer.await, 400, "invalid_grant");
    });
}

#[test]
fn o14_no_page_holds_a_verifier_or_a_challenge() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        let page = browser.get(&path(&request("shop", CALLBACK))).await;
        let text = page.text();
        ticket(&page);
        for secret in ["code_verifier", "code_challenge", &challenge(VERIFIER)] {
            assert!(!text.contains(secret), "{text}");
        }
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
fn o18_a_client_proves_itself_in_one_way_and_never_in_the_query() {
    on_every_face(async |face, clients| {
        let secret = clients.shop.expose();
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", "x"),
            ("client_id", "shop"),
            ("client_secret", secret),
        ];
        let program = face.program();
        let both = form(&program, "/auth/token", basic("shop", secret), &pairs).await;
        refused(&both, 400, "invalid_request");
        let query = format!("/auth/token?client_id=shop&client_secret={secret}");
        let answer = form(&program, &query, None, &pairs[..2]).await;
        refused(&answer, 400, "invalid_request");
        let named = [("grant_type", "x"), ("client_id", "rival")];
        let other = form(&program, "/auth/token", basic("shop", secret), &named).await;
        refused(&other, 401, "invalid_client");
    });
}

#[test]
fn o19_a_wrong_secret_and_an_unknown_client_are_one_answer() {
    on_every_face(async |face, clients| {
        let mut answers = Vec::new();
        for (id, secret) in [
            ("shop", "wrong"),
            ("shop", clients.rival.expose()),
            ("stranger", clients.shop.expose()),
            ("eip155:0x", clients.shop.expose()),
            ("desk", "a public client has none"),
        ] {
            let pairs = [("grant_type", "authorization_code"), ("code", "x")];
            let answer = form(&face.program(), "/auth/token", basic(id, secret), &pairs).await;
            refused(&answer, 401, "invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Basic "));
            answers.push(answer.comparable());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    });
}

#[test]
fn o20_a_client_with_a_secret_must_show_it() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        let code = code(&browser, &request("shop", CALLBACK)).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_id", "shop"),
        ];
        let answer = form(&face.program(), "/auth/token", None, &pairs).await;
        refused(&answer, 401, "invalid_client");
    });
}

#[test]
fn o21_a_code_is_no_token() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        let code = code(&browser, &request("shop", CALLBACK)).await;
        let mut program = face.program();
        let value = format!("Bearer {code}").parse().unwrap();
        program.headers.insert(header::AUTHORIZATION, value);
        refused(&program.get("/auth/userinfo").await, 401, "invalid_token");
        refused(&program.get("/auth/session").await, 401, "token_invalid");
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

#[test]
fn o23_nobody_registers_a_client_over_the_network() {
    on_every_face(async |face, _| {
        let browser = person(&face).await;
        for path in ["/auth/register", "/register", "/auth/clients"] {
            let answer = browser
                .post(path, serde_json::json!({"redirect_uris": []}))
                .await;
            assert_eq!(answer.status(), 404, "{path}");
        }
        let metadata = browser.get("/.well-known/openid-configuration").await;
        assert!(metadata.json().get("registration_endpoint").is_none());
    });
}

#[test]
fn o24_there_is_no_implicit_flow_no_password_and_no_other_grant() {
    on_every_face(async |face, clients| {
        let browser = person(&face).await;
        for response_type in ["token", "id_token", "code id_token", "none", "CODE"] {
            let mut request = request("shop", CALLBACK);
            request.insert("response_type", response_type.to_owned());
            let params = redirected(&browser.get(&path(&request)).await);
            let error = params.one("error").unwrap();
            assert_eq!(error, Some("unsupported_response_type"), "{response_type}");
        }
        for grant_type in ["password", "client_credentials", "implicit"] {
            let pairs = [
                ("grant_type", grant_type),
                ("username", "a"),
                ("password", "b"),
            ];
            let shop = basic("shop", clients.shop.expose());
            let answer = form(&face.program(), "/auth/token", shop, &pairs).await;
            refused(&answer, 400, "unsupported_grant_type");
        }
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let api = basic("api", clients.api.expose());
        let answer = form(&face.program(), "/auth/token", api, &pairs).await;
        refused(&answer, 400, "unauthorized_client");
    });
}

#[test]
fn o25_revoking_says_nothing_of_tokens_but_knows_its_clients() {
    on_every_face(async |face, clients| {
        let program = face.program();
        let shop = || basic("shop", clients.shop.expose());
        for token in ["unknown", "a.b.c", &format!("csr_{}", "A".repeat(94))] {
            let answer = form(&program, "/auth/revoke", shop(), &[("token", token)]).await;
            assert_eq!(answer.status(), 200, "{}", answer.text());
        }
        let nobody = form(&program, "/auth/revoke", None, &[("token", "unknown")]).await;
        refused(&nobody, 401, "invalid_client");
    });
}

/// RFC 7009 section 2.2.1: the client must not believe that the token is gone.
#[test]
fn o25_while_the_store_is_away_revoking_says_so() {
    countersign_testkit::run(async {
        let sessions = Flaky::new(MemorySessions::default());
        let with = |builder| parts(builder).sessions(sessions.clone());
        let stage = Stage::built(ORIGIN, with);
        let (auth, clients) = provider(&stage);
        let rig = Bare(auth);
        let program = Browser::program(&rig);
        sessions.set(Mood::Down);
        let token = RefreshToken::parse(&format!("csr_{}", "A".repeat(94))).map(|t| t.expose());
        let pairs = [("token", &*token.unwrap())];
        let shop = basic("shop", clients.shop.expose());
        let answer = form(&program, "/auth/revoke", shop, &pairs).await;
        refused(&answer, 503, "store_unavailable");
        assert!(!answer.header("retry-after").is_empty());
    });
}

#[test]
fn o26_nobody_is_asked_where_nobody_may_be_asked() {
    on_every_face(async |face, _| {
        let mut silent = request("shop", CALLBACK);
        silent.insert("prompt", "none".to_owned());
        let stranger = face.browser();
        let params = redirected(&stranger.get(&path(&silent)).await);
        assert_eq!(params.one("error").unwrap(), Some("login_required"));

        let browser = person(&face).await;
        let params = redirected(&browser.get(&path(&silent)).await);
        assert_eq!(params.one("error").unwrap(), Some("interaction_required"));
        code(&browser, &request("shop", CALLBACK)).await;
        let params = redirected(&browser.get(&path(&silent)).await);
        assert!(params.one("code").unwrap().is_some(), "allowed before");
    });
}

#[test]
fn o27_client_assertions_and_proofs_of_possession_are_not_offered() {
    on_every_face(async |face, _| {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", "x"),
            ("client_id", "shop"),
            ("client_assertion", "a.b.c"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
        ];
        let answer = form(&face.program(), "/auth/token", None, &pairs).await;
        refused(&answer, 400, "invalid_request");
        let metadata = face
            .program()
            .get("/.well-known/openid-configuration")
            .await;
        let text = metadata.text();
        assert!(!text.contains("private_key_jwt") && !text.contains("dpop"));
    });
}

#[test]
fn o28_no_client_is_called_as_a_person_is() {
    for id in [
        "eip155:0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A",
        "https://app.example",
        "",
        "a b",
        "a/b",
    ] {
        let read = Client::public(id, "Shop", &[CALLBACK]);
        assert_eq!(read, Err(ClientError::Id), "{id}");
    }
}
