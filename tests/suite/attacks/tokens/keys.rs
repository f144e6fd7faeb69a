//! Keys that change or are weak, and tokens whose session has ended.

use super::*;

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
