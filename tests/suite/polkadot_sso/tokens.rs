//! Who is signed in, refresh tokens, and how often one may ask.

use super::*;

#[test]
fn a_session_is_shown_without_its_refresh_token_and_to_its_own_token_alone() {
    run(async {
        let (site, rig) = bare();
        let tokens = tokens(&site, &rig).await;
        let (access, refresh) = (&tokens["access_token"], &tokens["refresh_token"]);
        let (access, refresh) = (access.as_str().unwrap(), refresh.as_str().unwrap());
        let shown = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert!(!shown.text().contains(refresh) && !shown.text().contains("refresh"));
        for (method, path) in [
            (Method::GET, "/api/auth/session"),
            (Method::POST, "/api/auth/logout"),
        ] {
            for token in [refresh, "", "a.b.c"] {
                let answer = bearing(&rig, method.clone(), path, token).await;
                assert_eq!(answer.refusal(), refusal("token_invalid", 401), "{token}");
            }
            let answer = program(&rig).send(method.clone(), path, None).await;
            assert_eq!(answer.refusal(), refusal("token_invalid", 401));
        }
        // It is the application's, and opens nothing of the person's own.
        let own = bearing(&rig, Method::GET, "/auth/session", access).await;
        assert_eq!(own.refusal(), refusal("token_invalid", 401));

        // Who signed in with a cookie is nobody here.
        let browser = Browser::on(&rig, ORIGIN);
        assert_eq!(browser.sign_in(&alice()).await.status(), 200);
        let answer = browser.get("/api/auth/session").await;
        assert_eq!(answer.refusal(), refusal("token_invalid", 401));

        // A client that may not know the account does not learn it here, and gets no refresh token.
        let code = code(&rig, "plain", "https://plain.example/").await;
        let secret = Some(&*site.secrets["plain"]);
        let body = redemption("plain", secret, &code, "https://plain.example/");
        let tokens = program(&rig).post("/api/auth/token", body).await.json();
        assert_eq!(tokens.get("refresh_token"), None);
        let access = tokens["access_token"].as_str().unwrap();
        let answer = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert_eq!(answer.refusal(), refusal("insufficient_scope", 403));

        site.stage.clock.advance(Duration::from_secs(900));
        let late = bearing(&rig, Method::GET, "/api/auth/session", access).await;
        assert_eq!(late.refusal(), refusal("token_invalid", 401));
    });
}

#[test]
fn a_refresh_token_counts_once_and_for_its_client_and_for_seven_days() {
    run(async {
        let (site, rig) = bare();
        let program = program(&rig);
        let refresh = async |client: &str, token: &Value| {
            let body = json!({
                "grant_type": "refresh_token", "client_id": client,
                "client_secret": site.secrets[client], "refresh_token": token,
            });
            program.post("/api/auth/token", body).await
        };
        let first = tokens(&site, &rig).await["refresh_token"].take();
        let stolen = refresh("rival", &first).await;
        assert_eq!(stolen.refusal(), refusal("invalid_grant", 400));
        let second = refresh("shop", &first).await.json()["refresh_token"].take();
        site.stage.clock.advance(Duration::from_secs(3600));
        let third = refresh("shop", &second).await.json()["refresh_token"].take();
        site.stage.clock.advance(Duration::from_secs(60));
        let replayed = refresh("shop", &second).await;
        assert_eq!(replayed.refusal(), refusal("invalid_grant", 400));
        let after = refresh("shop", &third).await;
        assert_eq!(
            after.refusal(),
            refusal("invalid_grant", 400),
            "all are over"
        );

        let token = tokens(&site, &rig).await["refresh_token"].take();
        site.stage.clock.advance(Duration::from_secs(7 * 24 * 3600));
        assert_eq!(
            refresh("shop", &token).await.refusal(),
            refusal("invalid_grant", 400)
        );
    });
}

#[test]
fn ten_challenges_five_signatures_and_five_tokens_a_minute_are_answered() {
    run(async {
        let site = site(Stage::limited(ORIGIN, parts), |dialect| dialect);
        let rig = Bare(site.auth.clone());
        let program = program(&rig);
        let query = path(&query("shop", CALLBACK, &alice()));
        for (most, ask) in [(10, "challenge"), (5, "verify"), (5, "token")] {
            for n in 0..=most {
                let answer = match ask {
                    "challenge" => program.get(&query).await,
                    ask => program.post(&format!("/api/auth/{ask}"), json!({})).await,
                };
                let is_limited = answer.status() == 429;
                assert_eq!(is_limited, n == most, "{ask} {n}: {}", answer.text());
                if is_limited {
                    assert_eq!(answer.refusal().1, "rate_limited");
                    assert!(answer.json()["message"].is_string());
                    let wait: u64 = answer.header("retry-after").parse().unwrap();
                    assert!((1..=60).contains(&wait), "{wait}");
                    site.stage.clock.advance(Duration::from_secs(wait));
                    let answer = match ask {
                        "challenge" => program.get(&query).await,
                        ask => program.post(&format!("/api/auth/{ask}"), json!({})).await,
                    };
                    assert_ne!(answer.status(), 429, "{ask} after {wait} s");
                }
            }
        }
    });
}
