//! The token endpoint: RFC 6749 sections 2.3, 3.2, 4.1.3, 5.1 and 5.2, RFC 9068 section 2, OpenID Connect Core
//! section 3.1.3.

use bytes::Bytes;
use countersign_tests::sso::{
    CALLBACK, VERIFIER, basic, code, on_the_bare_core, person, redeem, request,
};
use http::{Method, Request, header};

use super::{ask, asking, assert_refused, bearer, claims, head, shop, text, tokens, tokens_for};

#[test]
fn a_token_is_asked_for_by_post_alone() {
    on_the_bare_core(async |face, _| {
        let program = face.program();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = program.send(method, "/auth/token", None).await;
            assert_eq!(answer.status(), 405);
            assert!(answer.header("allow").contains("POST"));
        }
    });
}

#[test]
fn tokens_are_kept_by_no_cache() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let code = code(&browser, &asking(&[])).await;
        let answer = redeem(&face, shop(&clients), &code, CALLBACK).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("pragma"), "no-cache");
        assert_eq!(answer.header("content-type"), "application/json");
    });
}

#[test]
fn an_answer_names_the_type_the_life_and_the_scope_of_its_token() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let asked = asking(&[("scope", "openid unheard-of offline_access")]);
        let answer = tokens_for(&face, &clients, &browser, &asked).await;
        assert_eq!(answer["token_type"], "Bearer");
        let life = face.stage.engine.access_lifetime().as_secs();
        assert_eq!(answer["expires_in"], life);
        assert_eq!(answer["scope"], "offline_access openid");
        let access = claims(text(&answer, "access_token"));
        assert_eq!(access["exp"], access["iat"].as_u64().unwrap() + life);
    });
}

#[test]
fn parameters_of_a_token_request_that_are_not_known_change_nothing() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let code = code(&browser, &asking(&[])).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("resource", "https://api.example"),
            ("client_assertion", ""),
            ("an_unknown_one", "x"),
        ];
        let answer = ask(&face, "token", shop(&clients), &pairs).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
    });
}

#[test]
fn a_token_request_that_says_a_thing_twice_is_invalid() {
    on_the_bare_core(async |face, clients| {
        for name in ["grant_type", "code", "redirect_uri", "code_verifier"] {
            let pairs = [
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
                (name, "authorization_code"),
            ];
            let answer = ask(&face, "token", shop(&clients), &pairs).await;
            assert_refused(&answer, 400, "invalid_request");
        }
    });
}

#[test]
fn a_token_request_that_lacks_something_or_is_no_form_is_invalid() {
    on_the_bare_core(async |face, clients| {
        for pairs in [
            &[][..],
            &[("grant_type", "authorization_code")],
            &[("grant_type", ""), ("code", "x")],
            &[("grant_type", "refresh_token")],
        ] {
            let answer = ask(&face, "token", shop(&clients), pairs).await;
            assert_refused(&answer, 400, "invalid_request");
        }
        let request = Request::post("/auth/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, shop(&clients).unwrap())
            .body(Bytes::from_static(b"grant_type=%zz"));
        let answer = face.program().raw(request.unwrap()).await;
        assert_refused(&answer, 400, "invalid_request");
    });
}

#[test]
fn the_header_is_read_percent_encoded_and_raw() {
    on_the_bare_core(async |face, clients| {
        let secret = clients.shop.expose();
        let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let lower = basic("shop", secret).unwrap().replacen("Basic", "basic", 1);
        for header in [basic("shop", secret), basic("shop", &encoded), Some(lower)] {
            let answer = ask(&face, "token", header, &[("grant_type", "x")]).await;
            assert_refused(&answer, 400, "unsupported_grant_type");
        }
    });
}

#[test]
fn a_secret_in_the_form_is_as_good_as_in_the_header() {
    on_the_bare_core(async |face, clients| {
        let secret = clients.shop.expose();
        for (secret, status, error) in [
            (secret, 400, "unsupported_grant_type"),
            ("wrong", 401, "invalid_client"),
        ] {
            let pairs = [
                ("grant_type", "x"),
                ("client_id", "shop"),
                ("client_secret", secret),
            ];
            assert_refused(&ask(&face, "token", None, &pairs).await, status, error);
        }
    });
}

#[test]
fn a_public_client_names_itself_and_has_its_codes_alone() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let uri = "http://127.0.0.1:4000/callback";
        let code = code(&browser, &request("desk", uri)).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", uri),
            ("code_verifier", VERIFIER),
        ];
        let nobody = ask(&face, "token", None, &pairs).await;
        assert_refused(&nobody, 401, "invalid_client");
        let named = [&pairs[..], &[("client_id", "desk")]].concat();
        let answer = ask(&face, "token", None, &named).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let theirs = super::tokens(&face, &clients, &browser).await;
        assert_eq!(claims(text(&theirs, "access_token"))["client_id"], "shop");
    });
}

#[test]
fn invalid_client_comes_with_a_challenge_of_the_scheme_that_was_used() {
    on_the_bare_core(async |face, _| {
        let answer = ask(
            &face,
            "token",
            basic("shop", "wrong"),
            &[("grant_type", "x")],
        )
        .await;
        assert_refused(&answer, 401, "invalid_client");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Basic realm="), "{challenge}");
    });
}

#[test]
fn errors_are_json_of_plain_characters() {
    on_the_bare_core(async |face, clients| {
        let long = "ü\"\\".repeat(20);
        for pairs in [
            &[("grant_type", &*long)][..],
            &[("grant_type", "authorization_code"), ("code", &*long)],
            &[("grant_type", "refresh_token"), ("refresh_token", &*long)],
        ] {
            let answer = ask(&face, "token", shop(&clients), pairs).await;
            assert_eq!(answer.status(), 400);
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("cache-control"), "no-store");
            let body = answer.json();
            for name in ["error", "error_description"] {
                let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) && !b"\"\\".contains(&byte);
                assert!(text(&body, name).bytes().all(is_plain), "{body}");
            }
        }
    });
}

#[test]
fn a_code_is_worth_nothing_once_the_person_signed_out() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let code = code(&browser, &asking(&[])).await;
        let out = browser.post("/auth/logout", serde_json::json!({})).await;
        assert_eq!(out.status(), 204);
        let answer = redeem(&face, shop(&clients), &code, CALLBACK).await;
        assert_refused(&answer, 400, "invalid_grant");
    });
}

#[test]
fn access_tokens_are_of_their_own_type_and_signed() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let access = text(&answer, "access_token");
        let head = head(access);
        assert_eq!(head["typ"], "at+jwt");
        assert_eq!(head["alg"], "EdDSA");
        let keys = browser.get("/.well-known/jwks.json").await.json();
        assert_eq!(head["kid"], keys["keys"][0]["kid"]);
        let (body, _) = access.rsplit_once('.').unwrap();
        let forged = bearer(&face, &format!("{body}.{}", "A".repeat(86)));
        assert_refused(&forged.get("/auth/userinfo").await, 401, "invalid_token");
    });
}

#[test]
fn access_tokens_say_who_for_whom_and_until_when() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let access = claims(text(&answer, "access_token"));
        assert_eq!(access["iss"], *face.stage.engine.origin().as_str());
        assert_eq!(access["client_id"], "shop");
        assert_eq!(access["scope"], "offline_access openid profile");
        assert_eq!(access["sub"], claims(text(&answer, "id_token"))["sub"]);
        assert!(!text(&access, "aud").is_empty());
        assert!(access["exp"].is_u64() && access["iat"].is_u64());
        let other = tokens(&face, &clients, &browser).await;
        let other = claims(text(&other, "access_token"));
        assert_ne!(text(&access, "jti"), text(&other, "jti"));
    });
}

#[test]
fn an_application_cannot_act_as_the_person_with_its_token() {
    on_the_bare_core(async |face, clients| {
        let browser = person(&face).await;
        let answer = tokens(&face, &clients, &browser).await;
        let program = bearer(&face, text(&answer, "access_token"));
        for path in ["/auth/session", "/auth/sessions", "/me"] {
            assert_eq!(program.get(path).await.status(), 401, "{path}");
        }
    });
}
