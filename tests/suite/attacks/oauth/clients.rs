//! Who applications are, and what they may ask for.

use super::*;

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
