//! Access tokens that must not be good.

use std::{collections::BTreeMap, time::Duration};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use countersign_core::policy::TimeRules;
use countersign_core::{
    Attach, BoxError, Credential, Engine, Identity, Secret, Session, async_trait,
};
use countersign_http::AuthHttp;
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing, Phase};
use countersign_store_memory::{MemorySessions, stores};
use countersign_testkit::{
    ORIGIN, Stage,
    faults::{Flaky, Mood},
    rig::Bare,
    run,
};
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, header};
use serde_json::{Map, Value};

use super::*;

/// The seed of the server's key: what a test needs to forge with a good signature.
const SEED: [u8; 32] = [7; 32];

fn private_jwk() -> Map<String, Value> {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "d": URL_SAFE_NO_PAD.encode(SEED)});
    jwk.as_object().unwrap().clone()
}

fn issuer() -> Jwt {
    Jwt::new(KeyRing::of(Key::from_jwk(&private_jwk()).unwrap()))
}

/// Runs a test on every face of a server that signs its tokens with [`SEED`].
fn with_tokens(test: impl AsyncFn(Face)) {
    with_engine(ORIGIN, |b| b.tokens(issuer()), test);
}

/// The answer to a program's sign-in for a token.
async fn token_sign_in(program: &Browser<'_>) -> Value {
    let wallet = ethereum_wallet(1);
    let ask = json!({
        "chain": "eip155:1", "account": wallet.address(), "credential": "token",
    });
    let challenge = program.post("/auth/challenge", ask).await.json();
    let mut body = proof(&wallet, challenge["message"].as_str().unwrap());
    body["credential"] = "token".into();
    let answer = program.post("/auth/verify", body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.cookies().len(), 0);
    answer.json()
}

/// What the server says to a bearer token, at the guard and at its own endpoint alike.
async fn shown(face: &Face, token: &str) -> (u16, String) {
    let program = face.program();
    let mut answers = Vec::new();
    for path in ["/me", "/auth/session"] {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Default::default())
            .unwrap();
        let answer = program.raw(request).await;
        let said = match answer.status().as_u16() {
            200 => (200, String::new()),
            _ => answer.refusal(),
        };
        answers.push(said);
    }
    assert_eq!(answers[0], answers[1], "{token}");
    answers.remove(0)
}

async fn assert_invalid(face: &Face, token: &str, what: &str) {
    let said = shown(face, token).await;
    assert_eq!(
        said,
        (401, "token_invalid".to_owned()),
        "{} {what}: {token}",
        face.name
    );
}

/// A real token's parts, to be forged.
struct Model {
    header: Value,
    claims: Value,
    token: String,
    refresh: String,
}

async fn model(face: &Face) -> Model {
    let answer = token_sign_in(&face.program()).await;
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let part = |index| {
        let part: &str = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let model = Model {
        header: part(0),
        claims: part(1),
        refresh: answer["refresh_token"].as_str().unwrap().to_owned(),
        token: token.clone(),
    };
    assert_eq!(shown(face, &token).await.0, 200);
    // The forger's pen works: signed anew, it is good.
    let again = signed(&model.header.to_string(), &model.claims.to_string());
    assert_eq!(shown(face, &again).await.0, 200);
    model
}

fn unsigned(header: &str, payload: &str) -> String {
    let encode = |text| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", encode(header), encode(payload))
}

/// Signed with the server's own key.
fn signed(header: &str, payload: &str) -> String {
    let message = unsigned(header, payload);
    let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

impl Model {
    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        signed(&header.to_string(), &self.claims.to_string())
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        signed(&self.header.to_string(), &claims.to_string())
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name).unwrap();
        signed(&self.header.to_string(), &claims.to_string())
    }
}

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
fn j01_tokens_without_a_signature() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let old = model.token.rsplit_once('.').unwrap().1;
        for alg in ["none", "None", "nOnE", "NONE", ""] {
            let mut header = model.header.clone();
            header["alg"] = alg.into();
            let message = unsigned(&header.to_string(), &model.claims.to_string());
            for signature in ["", old] {
                assert_invalid(&face, &format!("{message}.{signature}"), alg).await;
            }
            assert_invalid(&face, &message, alg).await;
            assert_invalid(
                &face,
                &signed(&header.to_string(), &model.claims.to_string()),
                alg,
            )
            .await;
        }
        let message = model.token.rsplit_once('.').unwrap().0;
        assert_invalid(&face, &format!("{message}."), "signature cut off").await;
    });
}

#[test]
fn j02_hs256_with_the_public_key_as_its_secret() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let public = ed25519_dalek::SigningKey::from_bytes(&SEED).verifying_key();
        let published = face.program().get("/.well-known/jwks.json").await.json();
        let x = published["keys"][0]["x"].as_str().unwrap().to_owned();
        let secrets: [Vec<u8>; 4] = [
            public.to_bytes().to_vec(),
            x.into_bytes(),
            published["keys"][0].to_string().into_bytes(),
            Vec::new(),
        ];
        for alg in ["HS256", "EdDSA"] {
            let mut header = model.header.clone();
            header["alg"] = alg.into();
            let message = unsigned(&header.to_string(), &model.claims.to_string());
            for secret in &secrets {
                let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
                mac.update(message.as_bytes());
                let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
                assert_invalid(&face, &format!("{message}.{signature}"), alg).await;
            }
        }
        // A right signature under another name of its algorithm.
        for alg in ["HS256", "ES256", "eddsa", "Ed25519", "RS256"] {
            assert_invalid(&face, &model.with_header("alg", alg.into()), alg).await;
        }
    });
}

#[test]
fn j03_es256_in_the_header_over_a_secp256k1_key() {
    use k256::ecdsa::signature::Signer as _;

    let jwk = json!({"kty": "EC", "crv": "secp256k1", "d": URL_SAFE_NO_PAD.encode([9; 32])});
    let key = Key::from_jwk(jwk.as_object().unwrap()).unwrap();
    let issuer = Jwt::new(KeyRing::of(key));
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer.clone()),
        async |face| {
            let answer = token_sign_in(&face.program()).await;
            let token = answer["access_token"].as_str().unwrap();
            let (header, rest) = token.split_once('.').unwrap();
            let (payload, _) = rest.split_once('.').unwrap();
            let header = URL_SAFE_NO_PAD.decode(header).unwrap();
            let header: Value = serde_json::from_slice(&header).unwrap();
            assert_eq!(header["alg"], "ES256K");
            let signing = k256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
            for (alg, expected) in [("ES256K", 200), ("ES256", 401), ("ES256k", 401)] {
                let mut header = header.clone();
                header["alg"] = alg.into();
                let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header.to_string()));
                let signature: k256::ecdsa::Signature = signing.sign(message.as_bytes());
                let signature = signature.normalize_s();
                let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()));
                assert_eq!(shown(&face, &token).await.0, expected, "{alg}");
                // The twin with the high S would be a second text of one token.
                let (r, s) = signature.split_scalars();
                let twin = k256::ecdsa::Signature::from_scalars(r, -*s).unwrap();
                let twin = format!("{message}.{}", URL_SAFE_NO_PAD.encode(twin.to_bytes()));
                assert_eq!(shown(&face, &twin).await.0, 401, "{alg}, high S");
            }
        },
    );
}

#[test]
fn j04_kids_that_are_paths_queries_or_long() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let long = "k".repeat(65);
        for kid in [
            "../../../dev/null",
            "' OR 1=1 --",
            "https://evil.example/keys",
            "",
            &long,
            "é",
        ] {
            assert_invalid(&face, &model.with_header("kid", kid.into()), kid).await;
        }
        for kid in [json!(null), json!(7), json!([model.header["kid"]])] {
            assert_invalid(&face, &model.with_header("kid", kid), "not a text").await;
        }
        let engine = &face.stage.engine;
        let huge = model.with_header("kid", "k".repeat(10 * 1024).into());
        let refused = engine
            .authenticate(Credential::Bearer(&huge))
            .await
            .unwrap_err();
        assert_eq!(refused.code().as_str(), "token_invalid");
    });
}

#[test]
fn j05_headers_that_bring_keys_or_demands() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let jwk = face.program().get("/.well-known/jwks.json").await.json()["keys"][0].clone();
        for (name, value) in [
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/cert")),
            ("jwk", jwk),
            ("x5c", json!(["MIIB"])),
            ("x5t", json!("abc")),
            ("crit", json!(["exp"])),
            ("crit", json!([])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
            ("cty", json!("JWT")),
        ] {
            assert_invalid(&face, &model.with_header(name, value), name).await;
        }
    });
}

#[test]
fn j06_ten_thousand_unknown_kids() {
    run(async {
        // That nothing here could ask anybody is j19 and e05: there is no HTTP client in the tree.
        let stage = Stage::built(ORIGIN, |b| b.chain(Ethereum::mainnet()).tokens(issuer()));
        let tokens = stage
            .sign_in(&ethereum_wallet(1))
            .await
            .unwrap()
            .tokens
            .unwrap();
        let (_, rest) = tokens.access.expose().split_once('.').unwrap();
        for number in 0..10_000 {
            let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": format!("kid-{number}")});
            let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
            let refused = stage.engine.authenticate(Credential::Bearer(&token)).await;
            assert_eq!(refused.unwrap_err().code().as_str(), "token_invalid");
        }
        assert_eq!(stage.engine.jwks().unwrap().keys.len(), 1);
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
fn j14_large_deep_and_foreign_forms() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(2_500), "]".repeat(2_500));
        assert_invalid(&face, &signed(&model.header.to_string(), &deep), "deep").await;
        assert_invalid(
            &face,
            &signed(&deep, &model.claims.to_string()),
            "deep header",
        )
        .await;
        let padded = model.with_claim("padding", "x".repeat(8 * 1024).into());
        assert_invalid(&face, &padded, "over 8 KiB").await;
        let jwe = format!("{}.a.b", model.token);
        assert_invalid(&face, &jwe, "five parts").await;
        for parts in ["..", "...", ".", "a.b", "a.b.c.d"] {
            assert_invalid(&face, parts, "parts").await;
        }
        let engine = &face.stage.engine;
        for huge in [
            model.with_claim("padding", "x".repeat(1024 * 1024).into()),
            format!("{}.x.y", URL_SAFE_NO_PAD.encode("[".repeat(10_000))),
        ] {
            let refused = engine
                .authenticate(Credential::Bearer(&huge))
                .await
                .unwrap_err();
            assert_eq!(refused.code().as_str(), "token_invalid");
        }
    });
}

#[test]
fn j15_other_spellings_of_a_good_token() {
    with_tokens(async |face| {
        let model = model(&face).await;
        let parts: Vec<_> = model.token.split('.').collect();
        let raw = |index: usize| URL_SAFE_NO_PAD.decode(parts[index]).unwrap();
        let spelled = |header: &str, payload: &str, signature: &str| {
            format!("{header}.{payload}.{signature}")
        };
        assert_invalid(
            &face,
            &spelled(parts[0], parts[1], &URL_SAFE.encode(raw(2))),
            "padded",
        )
        .await;
        assert_invalid(&face, &format!("{}=", model.token), "padded").await;
        // 64 bytes leave four bits of the last digit unused.
        let last = parts[2].chars().last().unwrap();
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let next = digits.chars().nth(digits.find(last).unwrap() + 1).unwrap();
        let stray = format!("{}{next}", &model.token[..model.token.len() - 1]);
        assert_invalid(&face, &stray, "stray bits").await;
        let standard = spelled(parts[0], parts[1], &format!("{}+/", &parts[2][..84]));
        assert_invalid(&face, &standard, "standard alphabet").await;
        assert_ne!(STANDARD.encode(raw(2)), parts[2]);
        let spaced = spelled(parts[0], &format!("{} ", parts[1]), parts[2]);
        assert_invalid(&face, &spaced, "space").await;
        assert_invalid(&face, &format!(" {}", model.token), "leading space").await;
        assert_invalid(&face, &model.token.replace('.', ".."), "dots").await;
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

#[test]
fn j17_signed_out_and_a_store_that_is_away() {
    let sessions = Flaky::new(MemorySessions::default());
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer()).sessions(sessions.clone()),
        async |face| {
            let model = model(&face).await;
            sessions.set(Mood::Down);
            assert_eq!(
                shown(&face, &model.token).await,
                (503, "store_unavailable".to_owned())
            );
            // An application that wants expiry only gets that, and its own routes alone.
            let stateless = AuthHttp::new(face.stage.engine.clone()).stateless();
            let mut headers = http::HeaderMap::new();
            let bearer = format!("Bearer {}", model.token).parse().unwrap();
            headers.insert(header::AUTHORIZATION, bearer);
            let session = stateless.authenticate(&headers).await.unwrap();
            assert_eq!(session.identity.subject.as_str(), model.claims["sub"]);
            sessions.set(Mood::Well);

            let request = Request::post("/auth/logout")
                .header(header::AUTHORIZATION, &headers[header::AUTHORIZATION])
                .body(Default::default())
                .unwrap();
            assert_eq!(face.program().raw(request).await.status(), 204);
            assert_invalid(&face, &model.token, "signed out").await;
            assert!(stateless.authenticate(&headers).await.is_ok());
            let rig = Bare(stateless.clone());
            let program = Browser::program(&rig);
            let request = Request::get("/auth/session")
                .header(header::AUTHORIZATION, &headers[header::AUTHORIZATION])
                .body(Default::default())
                .unwrap();
            assert_eq!(
                program.raw(request).await.status(),
                401,
                "our endpoints stay strict"
            );
            face.stage.clock.advance(Duration::from_secs(15 * 60));
            assert!(stateless.authenticate(&headers).await.is_err(), "expired");
        },
    );
}

#[test]
fn j18_rotation_while_clients_come_and_go() {
    let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
    with_engine(
        ORIGIN,
        |b| b.tokens(Jwt::new(ring.clone())),
        async |face| {
            let now = face.stage.engine.now();
            let published = async || {
                let keys = face.program().get("/.well-known/jwks.json").await.json();
                let keys = keys["keys"].as_array().unwrap().clone();
                keys.iter()
                    .map(|key| key["kid"].as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            let token = async || {
                let answer = token_sign_in(&face.program()).await;
                answer["access_token"].as_str().unwrap().to_owned()
            };
            let old = token().await;
            // Next: published first, signs nothing.
            let next = Key::generate(Algorithm::Es256);
            ring.add(next.clone(), now + Duration::from_secs(3_600))
                .unwrap();
            assert!(published().await.contains(&next.kid().to_owned()));
            let header = |token: &str| {
                let header = URL_SAFE_NO_PAD
                    .decode(token.split('.').next().unwrap())
                    .unwrap();
                serde_json::from_slice::<Value>(&header).unwrap()["kid"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            let until_now = header(&token().await);
            assert_ne!(until_now, next.kid());
            // Current: it signs; tokens of the one before it are good for their time.
            ring.rotate(now, Duration::from_secs(15 * 60)).unwrap();
            let new = token().await;
            assert_eq!(header(&new), next.kid());
            assert_eq!(shown(&face, &old).await.0, 200, "old key");
            assert_eq!(shown(&face, &new).await.0, 200, "new key");
            assert!(published().await.contains(&until_now));
            // Retired: refused at once, and published no more.
            ring.retire(&until_now, now).unwrap();
            assert_invalid(&face, &old, "retired key").await;
            assert_eq!(shown(&face, &new).await.0, 200);
            assert!(!published().await.contains(&until_now));
            // Put back as it was for the next face.
            let fresh = Key::generate(Algorithm::EdDsa);
            ring.add(fresh, now).unwrap();
        },
    );
}

#[test]
fn j18_ten_thousand_requests_while_keys_rotate_three_times() {
    run(async {
        let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
        let first = ring.list(at_start())[0].kid.clone();
        let stage = Stage::built(ORIGIN, |b| {
            b.chain(Ethereum::mainnet()).tokens(Jwt::new(ring.clone()))
        });
        let oldest = stage
            .sign_in(&ethereum_wallet(1))
            .await
            .unwrap()
            .tokens
            .unwrap();
        let done = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut clients = tokio::task::JoinSet::new();
        for number in 1..=10 {
            let (stage, done) = (stage.clone(), done.clone());
            clients.spawn(async move {
                let mut pair = stage
                    .sign_in(&ethereum_wallet(number))
                    .await
                    .unwrap()
                    .tokens
                    .unwrap();
                for request in 0..1_000 {
                    let bearer = Credential::Bearer(pair.access.expose());
                    stage.engine.authenticate(bearer).await.unwrap();
                    if request % 100 == 99 {
                        let token = pair.refresh.expose();
                        let context = countersign_core::Context::token();
                        pair = stage.engine.refresh(&token, &context).await.unwrap().tokens;
                    }
                    done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            });
        }
        let now = stage.engine.now();
        for rotation in 1..=3 {
            while done.load(std::sync::atomic::Ordering::SeqCst) < rotation * 2_500 {
                tokio::task::yield_now().await;
            }
            ring.add(
                Key::generate(Algorithm::EdDsa),
                now + Duration::from_secs(3_600),
            )
            .unwrap();
            ring.rotate(now, Duration::from_secs(15 * 60)).unwrap();
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        assert_eq!(done.load(std::sync::atomic::Ordering::SeqCst), 10_000);
        let bearer = Credential::Bearer(oldest.access.expose());
        assert!(stage.engine.authenticate(bearer).await.is_ok());
        ring.retire(&first, now).unwrap();
        assert!(
            stage.engine.authenticate(bearer).await.is_err(),
            "a retired key"
        );
    });
}

#[test]
fn j18_a_ring_in_a_file_is_read_anew_when_it_changes() {
    let folder = std::env::temp_dir().join(format!("countersign-ring-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("keys.json");
    let now = at_start();
    let writer = KeyRing::of(Key::generate(Algorithm::EdDsa));
    writer.save(&path).unwrap();
    let reader = KeyRing::open_watched(&path, Duration::ZERO).unwrap();
    assert_eq!(reader.list(now), writer.list(now));
    writer
        .add(
            Key::generate(Algorithm::Es256),
            now + Duration::from_secs(60),
        )
        .unwrap();
    writer.save(&path).unwrap();
    assert_eq!(reader.list(now), writer.list(now), "a next key");
    let next = writer.rotate(now, Duration::from_secs(900)).unwrap();
    writer.save(&path).unwrap();
    reader.reload().unwrap(); // its size may be the same within one tick of the file system's clock
    let current = reader
        .list(now)
        .into_iter()
        .find(|key| key.phase == Phase::Current);
    assert_eq!(current.unwrap().kid, next);
    std::fs::write(&path, b"{ half a ring").unwrap();
    assert_eq!(
        reader.list(now),
        writer.list(now),
        "a broken file leaves the keys"
    );
    assert!(reader.reload().is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn j20_shared_secrets_that_are_short_or_known() {
    for secret in [
        "short-secret",
        "",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "your-secret-goes-here-and-is-long-enough",
        "complex_password_at_least_32_characters_long",
    ] {
        let error = Key::hs256(secret).unwrap_err();
        assert_eq!(error.faults()[0].code, "CFG_SECRET_WEAK", "{secret}");
    }
    let good = Key::generate(Algorithm::Hs256);
    assert_eq!(
        good.public_jwk(),
        None,
        "a shared secret is never published"
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
