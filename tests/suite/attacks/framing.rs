//! Where one request ends and the next begins: messages that two readers would cut differently,
//! and floods of HTTP/2 frames.

use std::{net::SocketAddr, time::Duration};

use countersign_http::AuthHttp;
use countersign_testkit::{Stage, run};
use countersign_tests::every_socket;
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What a server must do with a message.
#[derive(Debug, Clone, Copy)]
enum Must {
    /// 400, and nothing more on this connection.
    Refuse,
    /// One answer, whatever it is, and nothing more on this connection.
    AnswerOnceAndClose,
    /// 400; the next request may follow.
    Say400,
    /// As without it: 401.
    TakeNoNotice,
}

#[test]
fn h09_requests_that_two_readers_would_cut_differently() {
    use Must::*;
    run(async {
        let auth = AuthHttp::new(Stage::ethereum().engine);
        let sockets = every_socket(&auth).await;
        let cases = [
            // RFC 9112 section 6.1: refused, or read by Transfer-Encoding alone and then closed.
            (
                AnswerOnceAndClose,
                post("Content-Length: 4\r\nTransfer-Encoding: chunked", HIDDEN),
            ),
            (
                AnswerOnceAndClose,
                post("Transfer-Encoding: chunked\r\nContent-Length: 4", HIDDEN),
            ),
            (
                Refuse,
                post("Content-Length: 0\r\nContent-Length: 5", "hello"),
            ),
            (
                Refuse,
                post("Content-Length: 5\r\nContent-Length: 0", "hello"),
            ),
            (Refuse, post("Content-Length: 0, 0", "")),
            (Refuse, post("Content-Length: +0", "")),
            (Refuse, post("Transfer-Encoding: xchunked", HIDDEN)),
            (Refuse, post("Transfer-Encoding: chunked, identity", HIDDEN)),
            (Refuse, get("X-Long: a\r\n b")),
            (Refuse, get("X-Long : a")),
            (Refuse, get("X-Long: a\rb")),
            (Say400, get("Host: evil.example")),
            // RFC 9112 section 3.2.2: this form must be taken. No host is ever looked at.
            (
                TakeNoNotice,
                get("X-A: b").replace("GET ", "GET http://evil.example"),
            ),
        ];
        let asked = sockets
            .iter()
            .flat_map(|socket| cases.iter().map(|case| judge(*socket, case.0, &case.1)));
        join_all(asked).await;
    });
}

async fn judge((name, address): (&str, SocketAddr), must: Must, message: &str) {
    let (heard, closed) = exchange(address, message.as_bytes()).await;
    let answers = heard.matches("HTTP/1.1 ").count();
    let status = heard.get(9..12).unwrap_or_default();
    let is_well = match must {
        Must::Refuse => (answers, status, closed) == (1, "400", true),
        Must::AnswerOnceAndClose => (answers, closed) == (1, true),
        Must::Say400 => (answers, status) == (1, "400"),
        Must::TakeNoNotice => (answers, status) == (1, "401"),
    };
    assert!(
        is_well,
        "{name}, {must:?}: {message:?}: closed {closed}, {heard:?}"
    );
}

/// Sends bytes and gives what comes back until the server closes, or says nothing for a while;
/// and whether it closed.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> (String, bool) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let _ = socket.write_all(bytes).await; // it may have closed already
    let mut heard = Vec::new();
    let mut piece = [0; 16_384];
    let closed = loop {
        // After an answer a second one, or the end, comes soon if at all.
        let patience = Duration::from_secs(if heard.is_empty() { 20 } else { 1 });
        match timeout(patience, socket.read(&mut piece)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(count)) => heard.extend_from_slice(&piece[..count]),
            Err(_) => break false,
        }
    };
    (String::from_utf8_lossy(&heard).into_owned(), closed)
}

fn post(framing: &str, body: &str) -> String {
    format!("POST /auth/logout HTTP/1.1\r\nHost: app.example\r\n{framing}\r\n\r\n{body}")
}

fn get(header: &str) -> String {
    format!("GET /auth/session HTTP/1.1\r\nHost: app.example\r\n{header}\r\n\r\n")
}

/// To a reader of chunks: nothing, and another request. To a reader of four bytes: other things.
const HIDDEN: &str = "0\r\n\r\nGET /auth/session HTTP/1.1\r\nHost: app.example\r\n\r\n";

#[test]
fn h10_floods_of_http2_frames() {
    run(async {
        let auth = AuthHttp::new(Stage::ethereum().engine).body_deadline(Duration::from_secs(1));
        for (name, address) in every_socket(&auth).await {
            let resets = (0..FLOOD).flat_map(|n| {
                let stream = 2 * n + 1;
                [
                    frame(HEADERS, END_HEADERS | END_STREAM, stream, REQUEST),
                    frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]),
                ]
            });
            let endless = [frame(HEADERS, 0, 1, REQUEST)]
                .into_iter()
                .chain((0..FLOOD).map(|_| frame(CONTINUATION, 0, 1, b"\x00\x03x-a\x0aaaaaaaaaaa")));
            let post = [REQUEST, b"\x0f\x10\x10application/json"].concat();
            let empty = [frame(HEADERS, END_HEADERS, 1, &post)]
                .into_iter()
                .chain((0..FLOOD).map(|_| frame(DATA, 0, 1, b"")));
            for (what, frames) in [
                ("rapid reset", resets.collect::<Vec<_>>()),
                ("CONTINUATION", endless.collect()),
                ("empty DATA", empty.collect()),
            ] {
                let stopped = is_stopped(address, &frames.concat()).await;
                assert!(stopped, "{name} goes on with {what}");
                let (heard, _) = exchange(address, get("Connection: close").as_bytes()).await;
                assert!(heard.starts_with("HTTP/1.1 401"), "{name}, {what}: {heard}");
            }
        }
    });
}

/// Whether the server closes, or says GOAWAY, while somebody sends these frames. One that speaks no
/// HTTP/2 closes at once.
async fn is_stopped(address: SocketAddr, frames: &[u8]) -> bool {
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut from, mut to) = socket.into_split();
    let hello = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    let speak = async {
        let _ = to.write_all(&hello).await;
        let _ = to.write_all(frames).await;
        std::future::pending().await
    };
    let listen = async {
        let mut head = [0; 9];
        while from.read_exact(&mut head).await.is_ok() && head[3] != GOAWAY {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            if from.read_exact(&mut payload).await.is_err() {
                break;
            }
        }
        true
    };
    tokio::select! {
        never = speak => never,
        ended = timeout(Duration::from_secs(20), listen) => ended.is_ok(),
    }
}

/// One frame (RFC 9113 section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `POST http://a/auth/verify`, in HPACK without a table (RFC 7541 section 6.2.2).
const REQUEST: &[u8] = b"\x83\x86\x01\x01a\x04\x0c/auth/verify";
/// More than any of them takes.
const FLOOD: u32 = 20_000;
