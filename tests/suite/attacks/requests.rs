//! Requests that are odd, too large, too slow or cut off.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use countersign_core::NonceStore;
use countersign_http::{AuthHttp, BODY_LIMIT};
use countersign_store_memory::{MemoryNonces, MemorySessions};
use countersign_testkit::{
    ORIGIN, Stage,
    faults::{Flaky, Mood},
    rig::{Bare, Chunked},
    run,
};
use countersign_tests::every_socket;
use futures_util::FutureExt;
use http::{Method, Request};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::*;

/// A request with a body of one's own.
fn raw(method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body)).unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// Sends bytes, leaves the connection open, and gives what comes back until the server closes it
/// or has said enough.
async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut heard = Vec::new();
    let mut piece = [0; 4_096];
    let listen = async {
        while !String::from_utf8_lossy(&heard).contains("\r\n\r\n") {
            match socket.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(count) => heard.extend_from_slice(&piece[..count]),
            }
        }
    };
    timeout(Duration::from_secs(20), listen)
        .await
        .expect("no answer and no end");
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn h01_bodies_over_the_limit_stated_or_chunked() {
    on_every_face(async |face| {
        for path in [
            "/auth/challenge",
            "/auth/verify",
            "/auth/logout",
            "/auth/logout/all",
        ] {
            for chunked in [false, true] {
                let mut request = raw(Method::POST, path, &[JSON], &vec![b' '; BODY_LIMIT + 1]);
                if chunked {
                    request.extensions_mut().insert(Chunked);
                }
                let answer = face.program().raw(request).await;
                assert_refused(&answer, (413, "request_too_large"), face.name);
            }
        }
    });
}

#[test]
fn h03_bodies_that_stall() {
    run(async {
        let stage = Stage::ethereum();
        let auth = AuthHttp::new(stage.engine).body_deadline(Duration::from_millis(50));
        for (name, address) in every_socket(&auth).await {
            for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
                let begun = if framing.starts_with('T') {
                    "20\r\n"
                } else {
                    ""
                };
                let request = format!(
                    "POST /auth/verify HTTP/1.1\r\nHost: app.example\r\n\
                    Content-Type: application/json\r\n{framing}\r\n\r\n{begun}{{\"message\": \"hello wo"
                );
                let heard = say(address, request.as_bytes()).await;
                assert!(
                    heard.starts_with("HTTP/1.1 408 "),
                    "{name}, {framing}: {heard:?}"
                );
            }
        }
    });
}

/// Half a request is never acted on: the nonce stays, and the proof is good afterwards.
#[test]
fn a_body_that_is_cut_off_is_no_body() {
    run(async {
        let stage = Stage::ethereum();
        let auth = AuthHttp::new(stage.engine);
        for (name, address) in every_socket(&auth).await {
            let rig = countersign_testkit::rig::OnSocket(address);
            let browser = Browser::on(&rig, ORIGIN);
            let wallet = ethereum_wallet(1);
            let text = browser.challenge(&wallet).await;
            let binding = browser.cookie("__Host-countersign-pre").unwrap();
            let body = proof(&wallet, &text).to_string();
            let mut socket = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST /auth/verify HTTP/1.1\r\nHost: app.example\r\nOrigin: {ORIGIN}\r\n\
                Cookie: __Host-countersign-pre={binding}\r\nContent-Type: application/json\r\n\
                Content-Length: {}\r\n\r\n",
                body.len() + 1
            );
            // The whole proof is there, but one byte of what was announced never comes.
            socket
                .write_all(format!("{head}{body}").as_bytes())
                .await
                .unwrap();
            socket.shutdown().await.unwrap();
            let mut heard = Vec::new();
            let _ = socket.read_to_end(&mut heard).await;
            let heard = String::from_utf8_lossy(&heard);
            assert!(!heard.contains(" 200 "), "{name}: {heard}");
            assert_eq!(browser.verify(&wallet, &text).await.status(), 200, "{name}");
        }
    });
}

#[test]
fn h04_header_blocks_too_long_or_of_too_many_fields() {
    on_every_face(async |face| {
        let mut long = raw(Method::GET, "/auth/session", &[], b"");
        long.headers_mut()
            .insert("x-long", "a".repeat(16 * 1024).parse().unwrap());
        assert_refused(
            &face.program().raw(long).await,
            (431, "headers_too_large"),
            face.name,
        );
        let mut many = raw(Method::GET, "/auth/session", &[], b"");
        for _ in 0..101 {
            many.headers_mut().append("x-many", "a".parse().unwrap());
        }
        // The framework may have been first to refuse.
        let status = face.program().raw(many).await.status().as_u16();
        assert!(matches!(status, 431 | 400), "{}: {status}", face.name);
    });
}

#[test]
fn h05_bodies_of_another_type_or_encoding() {
    on_every_face(async |face| {
        let good = br#"{"chain":"eip155:1"}"#;
        for headers in [
            &[][..],
            &[("content-type", "text/plain")],
            &[("content-type", "application/json; charset=utf-16")],
            &[("content-type", "application/jsonp")],
            &[("content-type", "application/x-www-form-urlencoded")],
            &[JSON, ("content-encoding", "gzip")],
            &[JSON, JSON],
        ] {
            for path in ["/auth/challenge", "/auth/verify", "/auth/logout"] {
                let answer = face
                    .program()
                    .raw(raw(Method::POST, path, headers, good))
                    .await;
                let label = format!("{} {path} {headers:?}", face.name);
                assert_refused(&answer, (415, "unsupported_media_type"), &label);
            }
        }
    });
}

/// The bodies of H6 to H8, which are all malformed.
fn malformed() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| {
        let times = (BODY_LIMIT - 100) / (open.len() + close.len());
        (open.repeat(times) + &close.repeat(times)).into_bytes()
    };
    let mut bodies: Vec<Vec<u8>> = [
        r#"{"chain":"eip155:1","chain":"eip155:1"}"#,
        r#"{"chain":"eip155:1","x":1}"#,
        r#"{"chain":1e999}"#,
        r#"{"chain":"\ud800"}"#,
        "{\"chain\":\"eip155:1\0\"}",
        r#"{"chain":[]}"#,
        r#"{"chain":{}}"#,
        r#"{"chain":"eip155:1","account":7}"#,
        r#"{"chain":"eip155:1","resources":{}}"#,
        r#"{"chain":"eip155:1","credential":"both"}"#,
        r#"{"message":{},"signature":"0x00"}"#,
        r#"{"message":"x","signature":[]}"#,
        r#"{"nonce":[]}"#,
        "[]",
        "7",
        "null",
        "",
        "{",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    bodies.extend([
        b"{\"chain\":\"\xff\xfe\"}".to_vec(),
        deep("[", "]"),
        deep(r#"{"chain":"#, "}"),
    ]);
    bodies
}

async fn assert_malformed(face: &Face, bodies: &[Vec<u8>]) {
    for body in bodies {
        for path in ["/auth/challenge", "/auth/verify"] {
            let answer = face
                .program()
                .raw(raw(Method::POST, path, &[JSON], body))
                .await;
            let label = format!(
                "{} {path} {:?}",
                face.name,
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
            assert_refused(&answer, (400, "request_malformed"), &label);
        }
    }
}

#[test]
fn h06_repeated_and_unknown_fields() {
    on_every_face(async |face| assert_malformed(&face, &malformed()[..2]).await);
}

#[test]
fn h07_json_that_is_deep_huge_or_no_text() {
    on_every_face(async |face| assert_malformed(&face, &malformed()[2..]).await);
}

#[test]
fn h08_fields_of_another_type() {
    on_every_face(async |face| assert_malformed(&face, &malformed()[5..13]).await);
}

#[test]
fn h11_other_methods_and_their_overrides() {
    on_every_face(async |face| {
        for (method, path) in [
            (Method::TRACE, "/auth/session"),
            (Method::TRACE, "/auth/verify"),
            (Method::HEAD, "/auth/verify"),
            (Method::HEAD, "/auth/challenge"),
            (Method::PUT, "/auth/logout"),
            (Method::PATCH, "/auth/sessions/abc"),
        ] {
            let answer = face
                .program()
                .raw(raw(method.clone(), path, &[], b""))
                .await;
            assert_eq!(answer.status(), 405, "{} {method} {path}", face.name);
        }
        let browser = signed_in(&face).await;
        for headers in [
            [
                ("x-http-method-override", "POST"),
                ("x-method-override", "POST"),
            ],
            [
                ("x-http-method", "POST"),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
        ] {
            let answer = browser
                .raw(raw(Method::GET, "/auth/logout", &headers, b""))
                .await;
            assert_eq!(answer.status(), 405, "{}", face.name);
        }
        // A form that names another method is a POST with a body of the wrong type.
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let request = raw(Method::POST, "/auth/session", &form, b"_method=GET&x=1");
        assert_eq!(browser.raw(request).await.status(), 405, "{}", face.name);
        let request = raw(Method::POST, "/auth/logout", &form, b"_method=DELETE");
        assert_eq!(browser.raw(request).await.status(), 415, "{}", face.name);
        assert_eq!(browser.get("/me").await.status(), 200, "{}", face.name);
    });
}

#[test]
fn h12_paths_that_climb() {
    on_every_face(async |face| {
        for path in [
            "/auth/assets/../../etc/passwd",
            "/auth/../etc/passwd",
            "/auth/%2e%2e/etc/passwd",
            "/auth/..%2f..%2fetc/passwd",
            "/auth/assets/%5c..%5cetc",
        ] {
            let status = face.program().get(path).await.status().as_u16();
            assert!(
                matches!(status, 404 | 400),
                "{} {path}: {status}",
                face.name
            );
        }
    });
}

#[test]
fn h13_a_client_that_leaves_at_an_await_point() {
    run(async {
        let nonces = Flaky::new(MemoryNonces::default());
        let sessions = Flaky::new(MemorySessions::default());
        let stage = Stage::built(ORIGIN, |b| {
            b.chain(Ethereum::mainnet())
                .nonces(nonces.clone())
                .sessions(sessions.clone())
        });
        let rig = Bare(AuthHttp::new(stage.engine));
        let wallet = ethereum_wallet(1);
        let browser = Browser::on(&rig, ORIGIN);
        // At the claim: nothing has happened, the proof is good afterwards.
        let text = browser.challenge(&wallet).await;
        nonces.set(Mood::Hangs);
        assert!(browser.verify(&wallet, &text).now_or_never().is_none());
        nonces.set(Mood::Well);
        assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
        // At the session: the nonce is spent, and there is no session that nobody knows of.
        let text = browser.challenge(&wallet).await;
        sessions.set(Mood::Hangs);
        assert!(browser.verify(&wallet, &text).now_or_never().is_none());
        sessions.set(Mood::Well);
        assert_refused(
            &browser.verify(&wallet, &text).await,
            (401, "nonce_invalid"),
            "again",
        );
        let listed = browser.get("/auth/sessions").await.json();
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(nonces.consume("unknown").await.unwrap(), None);
    });
}

#[test]
fn h14_malformed_bodies_leave_the_process_standing() {
    on_every_face(async |face| {
        for body in malformed() {
            for path in [
                "/auth/challenge",
                "/auth/verify",
                "/auth/logout",
                "/auth/logout/all",
            ] {
                let answer = face
                    .program()
                    .raw(raw(Method::POST, path, &[JSON], &body))
                    .await;
                assert!(answer.status().as_u16() < 500, "{} {path}", face.name);
            }
        }
        signed_in(&face).await;
    });
}
