//! What a token says, well signed, and is still not good for.

use super::*;

#[test]
fn what_a_token_says() {
    with_tokens(async |face| {
        let model = model(&face).await;
        assert_eq!(model.header["typ"], "at+jwt");
        assert_eq!(model.header["alg"], "EdDSA");
        let address = ethereum_wallet(1).address();
        assert_eq!(model.claims["iss"], ORIGIN);
        assert_eq!(model.claims["aud"], ORIGIN);
        assert_eq!(model.claims["client_id"], ORIGIN);
        assert_eq!(model.claims["sub"], format!("eip155:{address}"));
        assert_eq!(model.claims["account"], format!("eip155:1:{address}"));
        assert_eq!(model.claims["amr"], json!(["eip191"]));
        let number = |name: &str| model.claims[name].as_i64().unwrap();
        assert_eq!(number("exp") - number("iat"), 15 * 60);
        assert_eq!(number("nbf"), number("iat"));
        assert_eq!(number("auth_time"), number("iat"));
        let keys = face.program().get("/.well-known/jwks.json").await;
        assert_eq!(keys.header("cache-control"), "public, max-age=300");
        assert_eq!(keys.json()["keys"][0]["kid"], model.header["kid"]);
        assert_eq!(keys.json()["keys"][0].get("d"), None);
    });
}

#[test]
fn j07_other_tokens_as_access_tokens() {
    with_tokens(async |face| {
        let model = model(&face).await;
        for typ in [
            "JWT",
            "AT+JWT",
            "application/at+jwt",
            "at+jwt ",
            "id+jwt",
            "logout+jwt",
            "",
        ] {
            assert_invalid(&face, &model.with_header("typ", typ.into()), typ).await;
        }
        let mut header = model.header.clone();
        header.as_object_mut().unwrap().remove("typ");
        let bare = signed(&header.to_string(), &model.claims.to_string());
        assert_invalid(&face, &bare, "no typ").await;
        let nonce = face
            .program()
            .get("/auth/nonce?credential=token")
            .await
            .text();
        let sid = model.claims["sid"].as_str().unwrap();
        for other in [&*model.refresh, &*nonce, sid] {
            assert_invalid(&face, other, "another kind of token").await;
        }
    });
}

#[test]
fn j08_audiences_that_are_not_ours() {
    with_tokens(async |face| {
        let model = model(&face).await;
        for aud in [
            json!("https://other.example"),
            json!("https://app"),
            json!("https://app.example/"),
            json!("https://app.example.evil.io"),
            json!(""),
            json!(null),
            json!([ORIGIN, "https://other.example"]),
            json!({"aud": ORIGIN}),
        ] {
            assert_invalid(&face, &model.with_claim("aud", aud), "aud").await;
        }
        assert_invalid(&face, &model.without_claim("aud"), "no aud").await;
    });
}

#[test]
fn j09_issuers_that_are_not_ours() {
    with_tokens(async |face| {
        let model = model(&face).await;
        for iss in [
            "https://other.example",
            "https://app.example/",
            "http://app.example",
            "app.example",
            "",
        ] {
            assert_invalid(&face, &model.with_claim("iss", iss.into()), iss).await;
        }
        assert_invalid(&face, &model.without_claim("iss"), "no iss").await;
    });
}

#[test]
fn j10_expiries_that_are_no_whole_seconds() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let exp = model.claims["exp"].as_i64().unwrap();
        for value in [
            json!(exp.to_string()),
            json!(exp as f64 + 0.5),
            json!(exp as f64),
            json!(-1),
            json!(0),
            json!(u64::MAX),
            json!(i64::MAX),
            json!(true),
            json!([exp]),
            json!(null),
        ] {
            assert_invalid(&face, &model.with_claim("exp", value), "exp").await;
        }
        assert_invalid(&face, &model.without_claim("exp"), "no exp").await;
        let text = model.claims.to_string();
        for number in ["1e400", "1e30", "01", "+1", "0x7fffffff", "NaN"] {
            let payload = text.replace(&format!("\"exp\":{exp}"), &format!("\"exp\":{number}"));
            assert_ne!(payload, text);
            assert_invalid(&face, &signed(&model.header.to_string(), &payload), number).await;
        }
        // The last second, and the one after.
        let end = Timestamp::from_secs(exp);
        face.stage.clock.set(end - Duration::from_millis(1));
        assert_eq!(shown(&face, &model.token).await.0, 200);
        face.stage.clock.set(end);
        assert_invalid(&face, &model.token, "now == exp").await;
    });
}

#[test]
fn j11_tokens_of_the_future() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let now = model.claims["nbf"].as_i64().unwrap();
        for name in ["nbf", "iat"] {
            assert_eq!(
                shown(&face, &model.with_claim(name, json!(now + 60)))
                    .await
                    .0,
                200
            );
            assert_invalid(&face, &model.with_claim(name, json!(now + 61)), name).await;
        }
    });
}

#[test]
fn j12_a_leeway_of_a_day() {
    let times = TimeRules {
        leeway: Duration::from_secs(24 * 3_600),
        ..TimeRules::default()
    };
    let builder = Engine::builder(ORIGIN).times(times).tokens(issuer());
    let error = builder.build().unwrap_err();
    assert!(
        error
            .faults()
            .iter()
            .any(|fault| fault.code == "CFG_LEEWAY")
    );
}

#[test]
fn j13_claims_that_stand_twice() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let text = model.claims.to_string();
        for name in model.claims.as_object().unwrap().keys() {
            let payload = format!(
                "{},\"{name}\":{}}}",
                &text[..text.len() - 1],
                model.claims[name]
            );
            assert_invalid(&face, &signed(&model.header.to_string(), &payload), name).await;
        }
        let header = model.header.to_string();
        let twice = format!("{},\"alg\":\"EdDSA\"}}", &header[..header.len() - 1]);
        assert_invalid(&face, &signed(&twice, &text), "alg twice").await;
    });
}

#[test]
fn j16_a_token_of_another_tenant() {
    // The same keys, the same stores, another audience; and another issuer.
    let (stores, secret) = (stores(), Secret::random());
    with_engine(
        ORIGIN,
        |b| {
            b.tokens(issuer())
                .stores(stores.clone())
                .secret(secret.clone())
        },
        async |face| {
            let own = model(&face).await;
            for (origin, audience) in [(ORIGIN, "tenant-2"), ("https://other.example", ORIGIN)] {
                let other = Stage::built(origin, |b| {
                    b.chain(Ethereum::mainnet())
                        .tokens(issuer())
                        .audience(audience)
                        .stores(stores.clone())
                        .secret(secret.clone())
                });
                let tokens = other
                    .sign_in(&ethereum_wallet(1))
                    .await
                    .unwrap()
                    .tokens
                    .unwrap();
                assert_invalid(&face, tokens.access.expose(), audience).await;
                let refused = other
                    .engine
                    .authenticate(Credential::Bearer(&own.token))
                    .await;
                assert_eq!(refused.unwrap_err().code().as_str(), "token_invalid");
            }
        },
    );
}

/// What an application adds, and what it may not.
#[derive(Debug)]
struct Adds(&'static str);

#[async_trait]
impl Attach for Adds {
    async fn data(&self, _: &Identity) -> Result<BTreeMap<String, Value>, BoxError> {
        Ok([("plan".to_owned(), json!("gold"))].into())
    }

    async fn claims(&self, session: &Session) -> Result<Map<String, Value>, BoxError> {
        Ok([(self.0.to_owned(), session.data["plan"].clone())]
            .into_iter()
            .collect())
    }
}

#[test]
fn b03_an_application_that_sets_the_engines_own_claims() {
    run(async {
        for name in countersign_core::Claims::RESERVED {
            let stage = Stage::built(ORIGIN, |b| {
                b.chain(Ethereum::mainnet())
                    .tokens(issuer())
                    .attach(Adds(name))
            });
            let error = stage.sign_in(&ethereum_wallet(1)).await.unwrap_err();
            assert_eq!(error.code().as_str(), "plugin_error", "{name}");
            let subject = format!("eip155:{}", ethereum_wallet(1).address())
                .parse()
                .unwrap();
            assert!(stage.engine.sessions(&subject).await.unwrap().is_empty());
        }
        let stage = Stage::built(ORIGIN, |b| {
            b.chain(Ethereum::mainnet())
                .tokens(issuer())
                .attach(Adds("plan"))
        });
        let tokens = stage
            .sign_in(&ethereum_wallet(1))
            .await
            .unwrap()
            .tokens
            .unwrap();
        let claims = stage
            .engine
            .check_token(tokens.access.expose())
            .await
            .unwrap();
        assert_eq!(claims.extra["plan"], "gold");
    });
}
