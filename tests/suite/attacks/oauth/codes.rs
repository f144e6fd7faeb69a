//! Authorization codes, and the proof keys that go with them.

use super::*;

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
