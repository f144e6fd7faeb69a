//! Edges that an attacker once looked for, and that no row of the table names.

use std::time::Duration;

use bytes::Bytes;
use countersign_core::{
    Engine, Limits, Quota, Secret,
    policy::{Lifetimes, TimeRules},
};
use countersign_http::AuthHttp;
use countersign_store_memory::stores;
use countersign_testkit::{ORIGIN, Stage, rig::Bare, run};
use http::Request;

use super::*;

const SESSION: &str = "__Host-countersign";

#[test]
fn another_cookie_of_odd_bytes_does_not_hide_ours() {
    on_every_face(async |face| {
        let browser = signed_in(&face).await;
        let own = browser.cookie(SESSION).unwrap();
        let odd = [
            b"name=Jos\xc3\xa9; ".as_slice(),
            format!("{SESSION}={own}").as_bytes(),
        ]
        .concat();
        let with_odd = |path: &str, method: &str| {
            Request::builder()
                .method(method)
                .uri(path)
                .header("cookie", http::HeaderValue::from_bytes(&odd).unwrap())
                .body(Bytes::new())
                .unwrap()
        };
        let other = face.browser();
        assert_eq!(
            other.raw(with_odd("/auth/session", "GET")).await.status(),
            200
        );
        assert_eq!(
            other.raw(with_odd("/auth/logout", "POST")).await.status(),
            204
        );
        let left = browser.get("/auth/session").await.status();
        assert_eq!(left, 401, "{}", face.name);
    });
}

#[test]
fn signing_out_ends_every_credential_that_came() {
    on_every_face(async |face| {
        let mut browser = signed_in(&face).await;
        let kept = browser.cookie(SESSION).unwrap();
        for bearer in ["Bearer stale", "Bearer ", "Bearer"] {
            browser
                .headers
                .insert("authorization", bearer.parse().unwrap());
            let refused = browser.get("/auth/session").await;
            assert_refused(&refused, (401, "token_invalid"), bearer);
        }
        let out = browser.post("/auth/logout", json!({})).await;
        assert_eq!((out.status().as_u16(), out.cookies().len()), (204, 1));
        let old = face.browser();
        old.plant(SESSION, &kept);
        assert_eq!(old.get("/auth/session").await.status(), 401);
    });
}

#[test]
fn a_resource_cannot_add_a_line_to_the_text() {
    on_every_face(async |face| {
        let account = ethereum_wallet(1).address();
        for resources in [
            json!(["a:b\n- c:d"]),
            json!(["a:b\nResources:"]),
            json!(["not a uri"]),
            json!([""]),
        ] {
            for account in [Some(&account), None] {
                let ask = json!({"chain": "eip155:1", "account": account, "resources": resources});
                let answer = face.browser().post("/auth/challenge", ask).await;
                assert_refused(&answer, (400, "request_malformed"), &resources.to_string());
            }
        }
        let many = json!({"chain": "eip155:1", "resources": vec!["a:b"; 33]});
        let answer = face.browser().post("/auth/challenge", many).await;
        assert_refused(&answer, (413, "message_too_large"), "33 resources");
    });
}

#[test]
fn a_list_is_no_object_and_a_map_is_no_word() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let text = face.browser().challenge(&wallet).await;
        let proof = proof(&wallet, &text);
        let list = json!([proof["message"], proof["signature"], null, "token"]);
        let answer = face.program().post("/auth/verify", list).await;
        assert_refused(&answer, (400, "request_malformed"), face.name);
        for credential in [
            json!({"token": null}),
            json!("Token"),
            json!(1),
            json!(null),
        ] {
            let ask = json!({"chain": "eip155:1", "credential": credential});
            let answer = face.program().post("/auth/challenge", ask).await;
            assert_refused(&answer, (400, "request_malformed"), &credential.to_string());
        }
    });
}

#[test]
fn a_port_has_one_spelling() {
    with_engine(
        "http://127.0.0.1:3912",
        |b| b,
        async |face| {
            let browser = face.browser();
            let domain = verify_edited(&browser, |s| s.domain = "127.0.0.1:03912".into()).await;
            assert_refused(&domain, (401, "domain_mismatch"), face.name);
            let uri =
                verify_edited(&browser, |s| s.uri = Some("http://127.0.0.1:003912".into())).await;
            assert_refused(&uri, (401, "uri_mismatch"), face.name);
        },
    );
}

#[test]
fn a_large_ipv6_site_has_a_quota_of_its_own() {
    run(async {
        let limits = Limits {
            challenge: Quota::per_minute(2),
            ..Limits::default()
        };
        let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limits(limits));
        let mut admitted = 0;
        for network in 0..1_000_u16 {
            let client = std::net::Ipv6Addr::new(0x2001, 0xdb8, 7, network, 0, 0, 0, 1);
            let ask = countersign_core::Ask::any_chain().client(Some(client.into()));
            admitted += usize::from(stage.engine.challenge(ask).await.is_ok());
        }
        assert_eq!(admitted, 32, "sixteen times that of one /64");
        let elsewhere = "2001:db8:8::1".parse().ok();
        let ask = countersign_core::Ask::any_chain().client(elsewhere);
        stage.engine.challenge(ask).await.unwrap();
    });
}

#[test]
fn a_guard_lets_no_foreign_page_change_anything() {
    run(async {
        let stage = Stage::built(ORIGIN, |b| b.chain(Ethereum::mainnet()));
        let auth = AuthHttp::new(stage.engine.clone());
        let rig = Bare(auth.clone());
        let browser = Browser::on(&rig, ORIGIN);
        browser.sign_in(&ethereum_wallet(1)).await;
        let own = format!("{SESSION}={}", browser.cookie(SESSION).unwrap());
        let refused = async |method: &str, name: &'static str, value: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert("cookie", own.parse().unwrap());
            headers.insert(name, value.parse().unwrap());
            let method = method.parse().unwrap();
            let guarded = auth.guard(&method, &headers).await;
            guarded.err().map(|error| error.code().as_str())
        };
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for foreign in ["https://evil.example", "null", "https://sub.app.example"] {
                let answer = refused(method, "origin", foreign).await;
                assert_eq!(answer, Some("origin_rejected"), "{method} from {foreign}");
            }
            let answer = refused(method, "sec-fetch-site", "cross-site").await;
            assert_eq!(answer, Some("origin_rejected"), "{method}");
            assert_eq!(refused(method, "origin", ORIGIN).await, None);
            assert_eq!(refused(method, "sec-fetch-site", "same-origin").await, None);
        }
        assert_eq!(
            refused("GET", "origin", "https://evil.example").await,
            None,
            "it reads nothing"
        );
        // A program holds its token itself: nobody else's page can send it.
        let token = stage.sign_in(&ethereum_wallet(1)).await.unwrap().token;
        let mut headers = http::HeaderMap::new();
        let bearer = format!("Bearer {}", token.expose());
        headers.insert("authorization", bearer.parse().unwrap());
        auth.guard(&http::Method::POST, &headers).await.unwrap();
    });
}

#[test]
fn a_list_of_sessions_has_an_end() {
    run(async {
        let stage = Stage::ethereum();
        let auth = AuthHttp::new(stage.engine.clone());
        let rig = Bare(auth);
        let mut browser = Browser::program(&rig);
        let mut token = String::new();
        for _ in 0..130 {
            token = stage
                .sign_in(&ethereum_wallet(1))
                .await
                .unwrap()
                .token
                .expose();
        }
        browser
            .headers
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
        let listed = browser.get("/auth/sessions").await.json();
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 100);
    });
}

#[test]
fn lifetimes_that_make_no_sense_are_refused() {
    let odd = [Duration::ZERO, Duration::from_nanos(1), Duration::MAX];
    for value in odd {
        let builders = [
            builder().challenge_ttl(value),
            builder().times(TimeRules {
                message_age: value,
                ..TimeRules::default()
            }),
            builder().lifetimes(Lifetimes {
                cookie_idle: value,
                ..Lifetimes::default()
            }),
            builder().lifetimes(Lifetimes {
                cookie_absolute: value,
                ..Lifetimes::default()
            }),
            builder().lifetimes(Lifetimes {
                token_absolute: value,
                ..Lifetimes::default()
            }),
        ];
        for builder in builders {
            let error = builder.build().unwrap_err();
            assert_eq!(error.faults()[0].code, "CFG_TTL", "{value:?}: {error}");
        }
    }
    let forever = Quota {
        limit: 1,
        period: Duration::MAX,
    };
    let limits = Limits {
        verify: forever,
        ..Limits::default()
    };
    assert_eq!(
        builder().limits(limits).build().unwrap_err().faults()[0].code,
        "CFG_LIMITS"
    );
    let sentence = "x wants you to sign in with your Ethereum account:";
    let error = builder().statement(sentence).build().unwrap_err();
    assert_eq!(error.faults()[0].code, "CFG_STATEMENT");
    assert!(
        format!("{error:?}").starts_with("the configuration is refused"),
        "readable from main"
    );
}

fn builder() -> countersign_core::EngineBuilder {
    Engine::builder(ORIGIN)
        .chain(Ethereum::mainnet())
        .stores(stores())
        .secret(Secret::random())
}
