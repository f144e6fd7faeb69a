//! Who may use a refresh token, and until when.

use super::*;

#[test]
fn r04_a_token_of_another_client() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        // The native endpoint knows no clients: it takes no such field.
        for field in ["client_id", "client_secret"] {
            let mut body = json!({"refresh_token": pair.refresh});
            body[field] = "other".into();
            let answer = face.program().post("/auth/refresh", body).await;
            assert_refused(&answer, (400, "request_malformed"), field);
        }
        // Of another server, and with another session's name.
        let other = stage(10);
        let (foreign, _) = token_of(&other, 1).await;
        assert_refused(&refresh(&face, &foreign).await, INVALID, "another server");
        let second = sign_in(&face).await;
        let crossed = format!("{}{}", &pair.refresh[..40], &second.refresh[40..]);
        assert_refused(&refresh(&face, &crossed).await, INVALID, "crossed");
        assert!(is_live(&face, &pair.access).await && is_live(&face, &second.access).await);
    });
}

#[test]
fn r05_a_wider_scope() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        let body = json!({"refresh_token": pair.refresh, "scope": "admin"});
        let answer = face.program().post("/auth/refresh", body).await;
        assert_refused(&answer, (400, "request_malformed"), "scope");
        assert_eq!(
            refresh(&face, &pair.refresh).await.status(),
            200,
            "nothing was used"
        );
    });
}

#[test]
fn r06_no_sliding_past_the_absolute_end() {
    with_tokens(async |face| {
        let mut pair = sign_in(&face).await;
        for _ in 0..6 {
            face.stage.clock.advance(Duration::from_secs(24 * 3_600));
            pair = Pair::of(&refresh(&face, &pair.refresh).await.json());
        }
        face.stage
            .clock
            .advance(Duration::from_secs(24 * 3_600 - 60));
        let last = refresh(&face, &pair.refresh).await.json();
        assert_eq!(last["expires_in"], 60, "no longer than the session");
        face.stage.clock.advance(Duration::from_secs(60));
        let token = last["refresh_token"].as_str().unwrap();
        assert_refused(&refresh(&face, token).await, INVALID, "seven days");
        assert!(!is_live(&face, last["access_token"].as_str().unwrap()).await);
    });
}

/// Lets people in until it is told otherwise.
#[derive(Debug, Clone, Default)]
struct Ban(Arc<AtomicBool>);

#[async_trait]
impl Gate for Ban {
    async fn admit(&self, _: &Identity) -> Result<bool, BoxError> {
        Ok(!self.0.load(Ordering::SeqCst))
    }
}

#[test]
fn r07_after_sign_out_and_after_a_ban() {
    let ban = Ban::default();
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer()).gate(ban.clone()),
        async |face| {
            for way_out in ["/auth/logout", "/auth/logout/all"] {
                let pair = sign_in(&face).await;
                let request = http::Request::post(way_out)
                    .header("authorization", format!("Bearer {}", pair.access))
                    .body(Default::default())
                    .unwrap();
                assert_eq!(face.program().raw(request).await.status(), 204);
                assert_refused(&refresh(&face, &pair.refresh).await, INVALID, way_out);
            }
            let pair = sign_in(&face).await;
            ban.0.store(true, Ordering::SeqCst);
            assert_refused(&refresh(&face, &pair.refresh).await, INVALID, "banned");
            ban.0.store(false, Ordering::SeqCst);
            assert_refused(
                &refresh(&face, &pair.refresh).await,
                INVALID,
                "and signed out",
            );
            assert!(!is_live(&face, &pair.access).await);
        },
    );
}

#[test]
fn r09_one_kind_of_token_as_another() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        assert!(!is_live(&face, &pair.refresh).await);
        let browser = signed_in(&face).await;
        let cookie = browser.cookie("__Host-countersign").unwrap();
        let bare = pair.refresh.trim_start_matches("csr_").to_owned();
        let padded = format!("{}=", pair.refresh);
        for other in [&*pair.access, &*cookie, &*bare, &*padded, "", "csr_"] {
            assert_refused(&refresh(&face, other).await, INVALID, other);
        }
        assert_eq!(
            refresh(&face, &pair.refresh).await.status(),
            200,
            "nothing was used"
        );
    });
}

#[test]
fn r11_what_the_store_holds_makes_no_token() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        assert!(pair.refresh.starts_with("csr_") && pair.refresh.len() == 98);
        let subject = format!("eip155:{}", ethereum_wallet(1).address())
            .parse()
            .unwrap();
        let sessions = face.stage.engine.sessions(&subject).await.unwrap();
        let dump = serde_json::to_string(&sessions).unwrap();
        assert!(!dump.contains(&pair.refresh) && !dump.contains(&pair.access));
        // All that the row holds, and a key of one's own: not a token of this server.
        let thief = Stage::built(ORIGIN, |b| {
            let stores = stores();
            b.chain(Ethereum::mainnet())
                .tokens(issuer())
                .stores(stores)
                .secret(Secret::random())
        });
        let (forged, _) = token_of(&thief, 1).await;
        let spliced = format!("{}{}", &pair.refresh[..54], &forged[54..]);
        assert_refused(&refresh(&face, &spliced).await, INVALID, "spliced");
        let shown = format!("{:?}", sessions[0].refresh);
        assert!(shown.contains("[redacted]"), "{shown}");
        assert_eq!(refresh(&face, &pair.refresh).await.status(), 200);
    });
}

#[test]
fn a_retired_secret_still_checks_and_no_longer_makes() {
    run(async {
        let (stores, old, new) = (stores(), Secret::random(), Secret::random());
        let built = |secret: &Secret, retired: Option<&Secret>| {
            Stage::built(ORIGIN, |b| {
                let b = b
                    .chain(Ethereum::mainnet())
                    .tokens(issuer())
                    .stores(stores.clone());
                let b = b.secret(secret.clone());
                match retired {
                    Some(retired) => b.retired_secret(retired.clone()),
                    None => b,
                }
            })
        };
        let (token, _) = token_of(&built(&old, None), 1).await;
        let without = built(&new, None);
        assert_eq!(
            refreshed(&without.engine, &token).await,
            Err(Code::InvalidGrant)
        );
        let (_, next) = refreshed(&built(&new, Some(&old)).engine, &token)
            .await
            .unwrap();
        assert!(refreshed(&without.engine, &next).await.is_ok());
    });
}
