//! Requests of all kinds, good and bad: over two thousand, made by crossing short lists.

use bytes::Bytes;
use countersign_http::BODY_LIMIT;
use http::{Method, Request, header, request::Builder};

use crate::{rig::Chunked, stage::ORIGIN};

/// All of them. What depends on the connection (a cut body, two `Host` headers) is not among them.
pub fn corpus() -> Vec<Request<Bytes>> {
    let mut corpus = Vec::new();
    corpus.extend(every_path_by_every_method());
    corpus.extend(preflights());
    corpus.extend(bodies_of_every_type());
    corpus.extend(bodies_around_the_limit());
    corpus.extend(odd_headers());
    corpus.extend(odd_queries());
    corpus
}

fn every_path_by_every_method() -> Vec<Request<Bytes>> {
    let mut found = Vec::new();
    for path in PATHS.into_iter().chain(ODD_PATHS) {
        for method in METHODS {
            for origin in ORIGINS {
                let request = Request::builder().method(method).uri(path);
                found.push(with(request, [("origin", origin)], b""));
            }
        }
    }
    found
}

fn preflights() -> Vec<Request<Bytes>> {
    let mut found = Vec::new();
    for path in PATHS {
        for origin in ORIGINS {
            for asked in ["POST", "DELETE", "PATCH", ""] {
                let request = Request::builder().method(Method::OPTIONS).uri(path);
                let headers = [
                    ("origin", origin),
                    ("access-control-request-method", asked),
                    ("access-control-request-headers", "content-type, x-other"),
                ];
                found.push(with(request, headers, b""));
            }
        }
    }
    found
}

fn bodies_of_every_type() -> Vec<Request<Bytes>> {
    let mut found = Vec::new();
    for path in ["/auth/challenge", "/auth/verify", "/auth/logout"] {
        for body in BODIES {
            for content_type in TYPES {
                for chunked in [false, true] {
                    let request = Request::post(path);
                    let mut request = with(request, [("content-type", content_type)], body);
                    if chunked {
                        request.extensions_mut().insert(Chunked);
                    }
                    found.push(request);
                }
            }
        }
    }
    found
}

fn bodies_around_the_limit() -> Vec<Request<Bytes>> {
    let mut found = Vec::new();
    for path in ["/auth/challenge", "/auth/verify", "/auth/logout/all"] {
        for length in [BODY_LIMIT - 1, BODY_LIMIT, BODY_LIMIT + 1, 3 * BODY_LIMIT] {
            for content_type in ["application/json", "text/plain"] {
                for chunked in [false, true] {
                    let body = vec![b' '; length];
                    let request = Request::post(path);
                    let mut request = with(request, [("content-type", content_type)], &body);
                    if chunked {
                        request.extensions_mut().insert(Chunked);
                    }
                    found.push(request);
                }
            }
        }
    }
    found
}

fn odd_headers() -> Vec<Request<Bytes>> {
    let mut found = Vec::new();
    let places = [
        (Method::GET, "/auth/session"),
        (Method::GET, "/auth/sessions"),
        (Method::GET, "/auth/nonce"),
        (Method::GET, "/me"),
        (Method::POST, "/auth/logout"),
        (Method::POST, "/auth/challenge"),
        (Method::DELETE, "/auth/sessions/abc"),
    ];
    for (method, path) in places {
        for headers in ODD_HEADERS {
            let request = Request::builder().method(method.clone()).uri(path);
            found.push(with(request, headers.iter().copied(), b""));
        }
        for (name, value) in [
            ("x-long", "a".repeat(17_000)),
            ("cookie", "a=b; ".repeat(1_000)),
        ] {
            let request = Request::builder().method(method.clone()).uri(path);
            found.push(with(request, [(name, &*value)], b""));
        }
    }
    found
}

fn odd_queries() -> Vec<Request<Bytes>> {
    let mut found = Vec::new();
    for path in [
        "/auth/nonce",
        "/auth/session",
        "/auth/sessions",
        "/auth/nothing",
    ] {
        for query in ODD_QUERIES {
            for method in [Method::GET, Method::HEAD] {
                let request = Request::builder()
                    .method(method)
                    .uri(format!("{path}?{query}"));
                found.push(with(request, [], b""));
            }
        }
    }
    found
}

/// A request with some headers; one whose value is empty is left away.
fn with<'a>(
    mut request: Builder,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: &[u8],
) -> Request<Bytes> {
    for (name, value) in headers {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    request.body(Bytes::copy_from_slice(body)).unwrap()
}

/// The same request once more.
pub(crate) fn copy(request: &Request<Bytes>) -> Request<Bytes> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    if let Some(chunked) = request.extensions().get::<Chunked>() {
        copy.extensions_mut().insert(*chunked);
        copy.headers_mut().remove(header::CONTENT_LENGTH);
    }
    copy
}

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE",
];

const ORIGINS: [&str; 4] = ["", ORIGIN, "https://evil.example", "null"];

const PATHS: [&str; 10] = [
    "/auth/challenge",
    "/auth/nonce",
    "/auth/verify",
    "/auth/session",
    "/auth/sessions",
    "/auth/sessions/abc",
    "/auth/logout",
    "/auth/logout/all",
    "/healthz",
    "/.well-known/jwks.json",
];

const ODD_PATHS: [&str; 22] = [
    "/auth/",
    "/auth/Nonce",
    "/auth/nonce/",
    "/auth//nonce",
    "/auth/./nonce",
    "/auth/../auth/nonce",
    "/auth/%6eonce",
    "/auth/nonce%00",
    "/auth/nonce%2f",
    "/auth/nonce%",
    "/auth/nonce;x=1",
    "/auth/%2e%2e/me",
    "/auth/assets/../../etc/passwd",
    "/auth/nothing",
    "/auth/verify/",
    "/auth/VERIFY",
    "/auth/sessions/",
    "/auth/sessions/a/b",
    "/auth/sessions/%61bc",
    "/auth/sessions/a%2fb",
    "/auth/logout/",
    "/auth/logout/all/",
];

const BODIES: [&[u8]; 16] = [
    b"",
    b"{}",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    br#"{"chain":1}"#,
    br#"{"chain":"eip155:1"}"#,
    br#"{"chain":"eip155:1","credential":"token"}"#,
    br#"{"chain":"eip155:1","chain":"eip155:1"}"#,
    br#"{"chain":"eip155:1","x":1}"#,
    br#"{"chain":"\ud800"}"#,
    br#"{"chain":1e999}"#,
    br#"{"message":"hello","signature":"0x00"}"#,
    br#"{"message":{},"signature":[]}"#,
    b"_method=DELETE&chain=eip155%3A1",
];

const TYPES: [&str; 8] = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=utf-16",
    "APPLICATION/JSON",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "",
];

const ODD_HEADERS: [&[(&str, &str)]; 24] = [
    &[("cookie", "__Host-countersign=a; __Host-countersign=b")],
    &[
        ("cookie", "__Host-countersign=a"),
        ("cookie", "__Host-countersign=b"),
    ],
    &[(
        "cookie",
        "__Host-countersign-pre=a; __Host-countersign-pre=a",
    )],
    &[("cookie", "__Host-countersign=x")],
    &[("cookie", "__Host-countersign")],
    &[("cookie", "__Host-countersign=")],
    &[("cookie", ";;;=;=x;__Host-countersign=%41")],
    &[("cookie", "other=1; __Host-countersign-pre=%00")],
    &[("authorization", "Bearer x")],
    &[("authorization", "bearer x")],
    &[("authorization", "Bearer x"), ("authorization", "Bearer x")],
    &[("authorization", "Basic eDp5")],
    &[("authorization", "Bearer")],
    &[
        ("authorization", "Bearer x"),
        ("cookie", "__Host-countersign=x"),
    ],
    &[("origin", ORIGIN), ("origin", ORIGIN)],
    &[("origin", "HTTPS://APP.EXAMPLE")],
    &[("sec-fetch-site", "cross-site")],
    &[
        ("sec-fetch-site", "same-origin"),
        ("cookie", "__Host-countersign=x"),
    ],
    &[("x-http-method-override", "DELETE")],
    &[
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-host", "evil.example"),
    ],
    &[
        ("forwarded", "for=192.0.2.1;host=evil.example"),
        ("x-real-ip", "192.0.2.1"),
    ],
    &[("content-encoding", "gzip")],
    &[
        ("content-type", "application/json"),
        ("content-type", "application/json"),
    ],
    &[("accept", "text/html"), ("accept-encoding", "gzip, br")],
];

const ODD_QUERIES: [&str; 8] = [
    "credential=token",
    "credential=x",
    "credential=token&credential=token",
    "credential=cookie",
    "x=1",
    "a=%00&%",
    "",
    "?credential=token",
];
