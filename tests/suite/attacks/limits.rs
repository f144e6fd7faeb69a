//! Rate limits, and whose quota a request spends.

use bytes::Bytes;
use countersign_core::{Limits, Quota, RateLimiter, StoreError, Timestamp, Verdict, async_trait};
use countersign_http::{AuthHttp, ProxyHeader};
use countersign_store_memory::MemoryLimiter;
use countersign_testkit::{ORIGIN, Stage, rig::Rig, run};
use countersign_tests::{FACES, every_rig, rig};
use futures_util::future::join_all;
use http::Request;

use super::*;

/// Every face of a server whose clients may ask for so many challenges a minute.
async fn with_limit(
    limit: u32,
    change: impl Fn(AuthHttp) -> AuthHttp,
    test: impl AsyncFn(&'static str, &dyn Rig),
) {
    let limits = Limits {
        challenge: Quota::per_minute(limit),
        ..Limits::default()
    };
    for name in FACES {
        let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limits(limits));
        let rig = rig(name, change(AuthHttp::new(stage.engine))).await;
        test(name, &*rig).await;
    }
}

/// The status of a nonce that is asked for with a header.
async fn asked(rig: &dyn Rig, name: &str, value: &str) -> u16 {
    let request = Request::get("/auth/nonce").header(name, value);
    let request = request.body(Bytes::new()).unwrap();
    rig.send(request).await.status().as_u16()
}

fn behind_loopback(auth: AuthHttp) -> AuthHttp {
    auth.behind(ProxyHeader::XForwardedFor, &["127.0.0.0/8", "10.0.0.0/8"])
        .unwrap()
}

#[test]
fn l01_forwarding_headers_of_a_peer_that_is_no_proxy() {
    run(with_limit(
        3,
        |auth| auth,
        async |name, rig| {
            for (n, header) in ["x-forwarded-for", "x-real-ip", "forwarded"]
                .iter()
                .enumerate()
            {
                assert_eq!(
                    asked(rig, header, &format!("192.0.2.{n}")).await,
                    200,
                    "{name}"
                );
            }
            assert_eq!(
                asked(rig, "x-forwarded-for", "192.0.2.9").await,
                429,
                "{name}"
            );
            assert_eq!(
                asked(rig, "forwarded", "for=192.0.2.9").await,
                429,
                "{name}"
            );
            assert_eq!(asked(rig, "x-real-ip", "192.0.2.9").await, 429, "{name}");
        },
    ));
    // A proxy that is named, but not this one; and the header that our proxy does not write.
    let elsewhere = |auth: AuthHttp| {
        auth.behind(ProxyHeader::XForwardedFor, &["192.0.2.250"])
            .unwrap()
    };
    run(with_limit(1, elsewhere, async |name, rig| {
        assert_eq!(
            asked(rig, "x-forwarded-for", "192.0.2.1").await,
            200,
            "{name}"
        );
        assert_eq!(
            asked(rig, "x-forwarded-for", "192.0.2.2").await,
            429,
            "{name}"
        );
    }));
    run(with_limit(1, behind_loopback, async |name, rig| {
        assert_eq!(
            asked(rig, "forwarded", "for=192.0.2.1").await,
            200,
            "{name}"
        );
        assert_eq!(
            asked(rig, "forwarded", "for=192.0.2.2").await,
            429,
            "{name}"
        );
    }));
}

#[test]
fn l02_behind_named_proxies_the_right_most_other_hop_counts() {
    run(with_limit(1, behind_loopback, async |name, rig| {
        for (hops, status) in [
            ("192.0.2.1", 200),
            ("192.0.2.1", 429),
            ("192.0.2.2", 200),
            ("198.51.100.1, 192.0.2.2", 429), // what the client claims does not count
            ("198.51.100.1, 192.0.2.3, 10.1.1.1", 200),
            ("198.51.100.2, 192.0.2.3, 10.2.2.2, 10.1.1.1", 429),
        ] {
            assert_eq!(
                asked(rig, "x-forwarded-for", hops).await,
                status,
                "{name} {hops}"
            );
        }
    }));
}

#[test]
fn l03_a_64_network_and_a_mapped_address_are_one_client() {
    run(with_limit(5, behind_loopback, async |name, rig| {
        let mut admitted = 0;
        for n in 0..100 {
            let address = format!("2001:db8:1:2:{n:x}::{n:x}");
            admitted += u32::from(asked(rig, "x-forwarded-for", &address).await == 200);
        }
        assert_eq!(admitted, 5, "{name}");
        assert_eq!(
            asked(rig, "x-forwarded-for", "2001:db8:1:3::1").await,
            200,
            "{name}"
        );
        for _ in 0..5 {
            assert_eq!(
                asked(rig, "x-forwarded-for", "::ffff:192.0.2.1").await,
                200,
                "{name}"
            );
        }
        assert_eq!(
            asked(rig, "x-forwarded-for", "192.0.2.1").await,
            429,
            "{name}"
        );
    }));
}

#[test]
fn l04_clients_without_an_address_share_one_quota() {
    run(async {
        let limits = Limits {
            challenge: Quota::per_minute(3),
            ..Limits::default()
        };
        let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limits(limits));
        let auth = AuthHttp::new(stage.engine);
        for n in 0..6 {
            let mut request = Request::get("/auth/nonce").body(Bytes::new()).unwrap();
            if n % 2 == 0 {
                request
                    .extensions_mut()
                    .insert(countersign_http::Peer(None));
            }
            let expected = if n < 3 { 200 } else { 429 };
            assert_eq!(auth.handle(request).await.status(), expected);
        }
    });
}

/// In one process; what several nodes share is a matter of the store.
#[test]
fn l05_of_200_parallel_calls_no_more_than_the_limit_pass() {
    run(with_limit(
        5,
        |auth| auth,
        async |name, rig| {
            let calls = (0..200).map(|_| asked(rig, "accept", "*/*"));
            let admitted = join_all(calls)
                .await
                .into_iter()
                .filter(|status| *status == 200)
                .count();
            assert_eq!(admitted, 5, "{name}");
        },
    ));
}

#[test]
fn l06_other_spellings_and_flows_are_the_same_bucket_or_nothing() {
    run(with_limit(
        2,
        |auth| auth,
        async |name, rig| {
            let browser = Browser::on(rig, ORIGIN);
            assert_eq!(browser.get("/auth/nonce").await.status(), 200);
            assert_eq!(
                browser.get("/auth/nonce?credential=token").await.status(),
                200
            );
            let ask = json!({"chain": "eip155:1"});
            assert_eq!(
                browser.post("/auth/challenge", ask.clone()).await.status(),
                429,
                "{name}"
            );
            assert_eq!(browser.get("/auth/nonce?x=1").await.status(), 429, "{name}");
            for path in [
                "/auth//nonce",
                "/auth/Nonce",
                "/auth/nonce/",
                "/auth/%6eonce",
            ] {
                assert_eq!(browser.get(path).await.status(), 404, "{name} {path}");
            }
        },
    ));
}

#[test]
fn l07_a_limiter_that_is_down() {
    #[derive(Debug)]
    struct Down;

    #[async_trait]
    impl RateLimiter for Down {
        async fn take(
            &self,
            _: &str,
            _: Quota,
            _: u32,
            _: Timestamp,
        ) -> Result<Verdict, StoreError> {
            Err(StoreError::Unavailable("told to".into()))
        }
        async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    run(async {
        let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limiter(Down));
        for (name, rig) in every_rig(&AuthHttp::new(stage.engine.clone())).await {
            let browser = Browser::on(&*rig, ORIGIN);
            let verify = json!({"message": "x", "signature": "0x00"});
            for answer in [
                browser.get("/auth/nonce").await,
                browser
                    .post("/auth/challenge", json!({"chain": "eip155:1"}))
                    .await,
                browser.post("/auth/verify", verify).await,
            ] {
                assert_refused(&answer, (503, "store_unavailable"), name);
                assert_eq!(answer.header("retry-after"), "1");
            }
        }
    });
}

#[test]
fn l08_random_keys_do_not_fill_the_memory() {
    run(async {
        let limiter = MemoryLimiter::with_capacity(1_000);
        let now = countersign_testkit::at_start();
        for n in 0..100_000 {
            limiter
                .take(&format!("key {n}"), Quota::per_minute(5), 1, now)
                .await
                .unwrap();
        }
        let later = now + std::time::Duration::from_secs(3_600);
        let kept = limiter.purge(later).await.unwrap();
        assert!(kept <= 1_001, "{kept} clients were told apart");
    });
}

#[test]
fn l09_failing_on_purpose_for_the_address_of_another() {
    run(async {
        let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()));
        let auth = behind_loopback(AuthHttp::new(stage.engine));
        for (name, rig) in every_rig(&auth).await {
            let from = |address: &str| {
                let mut browser = Browser::on(&*rig, ORIGIN);
                browser
                    .headers
                    .insert("x-forwarded-for", address.parse().unwrap());
                browser
            };
            let (attacker, victim) = (from("192.0.2.66"), from("192.0.2.1"));
            let wallet = ethereum_wallet(1);
            for _ in 0..61 {
                let ask = json!({"chain": "eip155:1", "account": wallet.address()});
                let answer = attacker.post("/auth/challenge", ask).await;
                if let Some(text) = answer.json()["message"].as_str() {
                    attacker.verify(&ethereum_wallet(9), text).await;
                }
            }
            assert_eq!(attacker.get("/auth/nonce").await.status(), 429, "{name}");
            assert_eq!(victim.sign_in(&wallet).await.status(), 200, "{name}");
        }
    });
}

#[test]
fn l10_the_promised_limits_hold_on_each_route() {
    run(async {
        let routes: [(&str, Option<serde_json::Value>, u32); 3] = [
            ("/auth/nonce", None, 60),
            ("/auth/challenge", Some(json!({"chain": "eip155:1"})), 60),
            (
                "/auth/verify",
                Some(json!({"message": "x", "signature": "0x00"})),
                30,
            ),
        ];
        for (path, body, limit) in routes {
            for name in FACES {
                let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()));
                let rig = rig(name, AuthHttp::new(stage.engine)).await;
                let browser = Browser::on(&*rig, ORIGIN);
                for n in 0..=limit {
                    let answer = match &body {
                        Some(body) => browser.post(path, body.clone()).await,
                        None => browser.get(path).await,
                    };
                    assert_eq!(answer.status() == 429, n == limit, "{name} {path} {n}");
                }
            }
        }
    });
}
