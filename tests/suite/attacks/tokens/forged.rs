//! Signatures, headers and spellings that nobody here made.

use super::*;

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
        let huge = model.with_header("kid", "k".repeat(10 * 1024).into());
        assert_engine_refuses(&face, &huge).await;
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
        for huge in [
            model.with_claim("padding", "x".repeat(1024 * 1024).into()),
            format!("{}.x.y", URL_SAFE_NO_PAD.encode("[".repeat(10_000))),
        ] {
            assert_engine_refuses(&face, &huge).await;
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
