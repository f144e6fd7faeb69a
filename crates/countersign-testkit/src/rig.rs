//! A server to be tested, bare or behind a framework, and the browser that visits it.

use std::{net::SocketAddr, sync::Mutex};

use bytes::Bytes;
use cookie::Cookie;
use countersign_core::{Wallet, async_trait};
use countersign_http::{AuthHttp, Peer};
use futures_util::stream;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// A server with countersign's endpoints under `/auth` and a guarded `GET /me`, which answers
/// `hello <CAIP-10 account>`.
#[async_trait]
pub trait Rig: Send + Sync {
    /// Sends a request and waits for the whole answer. [`Chunked`] among its extensions asks for
    /// a body in pieces, without a stated length.
    async fn send(&self, request: Request<Bytes>) -> Response<Bytes>;
}

/// Marks a request whose body is to be sent in pieces.
#[derive(Debug, Clone, Copy)]
pub struct Chunked;

/// No framework at all: [`AuthHttp::handle`].
#[derive(Debug, Clone)]
pub struct Bare(pub AuthHttp);

#[async_trait]
impl Rig for Bare {
    async fn send(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        request
            .extensions_mut()
            .insert(Peer(Some([127, 0, 0, 1].into())));
        if request.uri().path() == "/me" && request.method() == Method::GET {
            return match self.0.guard(request.method(), request.headers()).await {
                Ok(session) => Response::new(format!("hello {}", session.identity.account).into()),
                Err(error) => self.0.refuse(&error),
            };
        }
        self.0.handle(request).await
    }
}

/// A server on a socket.
#[derive(Debug, Clone, Copy)]
pub struct OnSocket(pub SocketAddr);

#[async_trait]
impl Rig for OnSocket {
    async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (mut parts, body) = request.into_parts();
        if !parts.headers.contains_key(header::HOST) {
            let host = self.0.to_string().parse().unwrap();
            parts.headers.insert(header::HOST, host);
        }
        let body: BoxBody<Bytes, std::io::Error> = if parts.extensions.get::<Chunked>().is_some() {
            let pieces: Vec<_> = body
                .chunks(1_000)
                .map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece))))
                .collect();
            BodyExt::boxed(StreamBody::new(stream::iter(pieces)))
        } else {
            Full::new(body).map_err(|never| match never {}).boxed()
        };
        let socket = TcpStream::connect(self.0).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .unwrap();
        let driver = tokio::spawn(connection);
        let answer = sender
            .send_request(Request::from_parts(parts, body))
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        drop(sender);
        driver.abort();
        Response::from_parts(parts, body)
    }
}

impl std::fmt::Debug for Browser<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// A client with a cookie jar, that says which page it is on.
pub struct Browser<'a> {
    rig: &'a dyn Rig,
    /// The value of its `Origin` header, if it sends one.
    pub origin: Option<String>,
    /// Headers it sends besides.
    pub headers: HeaderMap,
    jar: Mutex<Vec<(String, String)>>,
}

impl<'a> Browser<'a> {
    /// A browser on a page of `origin`.
    pub fn on(rig: &'a dyn Rig, origin: &str) -> Self {
        Self {
            rig,
            origin: Some(origin.to_owned()),
            ..Self::program(rig)
        }
    }

    /// A program: it keeps cookies if it gets any, but names no origin.
    pub fn program(rig: &'a dyn Rig) -> Self {
        Self {
            rig,
            origin: None,
            headers: HeaderMap::new(),
            jar: Mutex::default(),
        }
    }

    /// The value of a cookie whose name begins so.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    }

    /// All its cookies: names and values.
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.jar.lock().unwrap().clone()
    }

    /// Plants a cookie.
    pub fn plant(&self, name: &str, value: &str) {
        let mut jar = self.jar.lock().unwrap();
        jar.retain(|(key, _)| key != name);
        jar.push((name.to_owned(), value.to_owned()));
    }

    /// Forgets all cookies.
    pub fn forget(&self) {
        self.jar.lock().unwrap().clear();
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Any request of this browser, as JSON if there is a body.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        self.raw(request.body(body).unwrap()).await
    }

    /// Any request, with this browser's headers and cookies added.
    pub async fn raw(&self, mut request: Request<Bytes>) -> Answer {
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        if let Some(origin) = &self.origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let cookies: Vec<_> = self
            .jar
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            headers.append(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        let answer = Answer(self.rig.send(request).await);
        for cookie in answer.cookies() {
            let mut jar = self.jar.lock().unwrap();
            jar.retain(|(name, _)| name != cookie.name());
            if cookie.max_age() != Some(cookie::time::Duration::ZERO) {
                jar.push((cookie.name().to_owned(), cookie.value().to_owned()));
            }
        }
        answer
    }

    /// Asks for a challenge for the wallet's account; gives the text to sign.
    pub async fn challenge(&self, wallet: &dyn Wallet) -> String {
        let ask = json!({"chain": wallet.chain().as_str(), "account": wallet.address()});
        let answer = self.post("/auth/challenge", ask).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text());
        answer.json()["message"].as_str().unwrap().to_owned()
    }

    /// Hands in a text with the wallet's signature.
    pub async fn verify(&self, wallet: &dyn Wallet, message: &str) -> Answer {
        self.post("/auth/verify", proof(wallet, message)).await
    }

    /// The whole sign-in.
    pub async fn sign_in(&self, wallet: &dyn Wallet) -> Answer {
        let message = self.challenge(wallet).await;
        self.verify(wallet, &message).await
    }
}

/// The body of `POST /auth/verify`.
pub fn proof(wallet: &dyn Wallet, message: &str) -> Value {
    let signature = format!("0x{}", hex::encode(wallet.sign(message)));
    json!({"message": message, "signature": signature})
}

/// An answer, with the questions tests ask of it.
#[derive(Debug)]
pub struct Answer(pub Response<Bytes>);

impl Answer {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// A header's value; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.0
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.0.body()).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.0.body()).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The status and the error code.
    pub fn refusal(&self) -> (u16, String) {
        let code = self.json()["error"].as_str().unwrap_or_default().to_owned();
        (self.status().as_u16(), code)
    }

    /// The cookies it sets.
    pub fn cookies(&self) -> Vec<Cookie<'static>> {
        let values = self.0.headers().get_all(header::SET_COOKIE).iter();
        values
            .map(|value| Cookie::parse(value.to_str().unwrap().to_owned()).unwrap())
            .collect()
    }

    /// What two adapters must agree on: status, headers in order, body; without what differs from
    /// answer to answer.
    pub fn comparable(&self) -> String {
        let mut headers: Vec<String> = Vec::new();
        for (name, value) in self.0.headers() {
            let value = match name.as_str() {
                "date" | "content-length" | "connection" | "transfer-encoding" => continue,
                "server" | "permissions-policy" => continue, // Rocket adds them to every answer
                "set-cookie" => mask_cookie(value.to_str().unwrap()),
                _ => value.to_str().unwrap().to_owned(),
            };
            headers.push(format!("{name}: {value}"));
        }
        headers.sort();
        let mut body = self.text();
        if let Ok(Value::Object(mut object)) = serde_json::from_str::<Value>(&body) {
            for masked in [
                "request_id",
                "nonce",
                "message",
                "access_token",
                "refresh_token",
            ] {
                if object.contains_key(masked) {
                    object.insert(masked.to_owned(), json!("(masked)"));
                }
            }
            body = Value::Object(object).to_string();
        } else if body.len() == 24 {
            body = "(nonce)".to_owned();
        }
        format!(
            "{}\n{}\n\n{body}",
            self.status().as_u16(),
            headers.join("\n")
        )
    }
}

/// `name=value; attributes` with the value masked, unless it is empty.
fn mask_cookie(text: &str) -> String {
    let (name, rest) = text.split_once('=').unwrap();
    let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
    format!(
        "{name}={};{attributes}",
        if value.is_empty() { "" } else { "(masked)" }
    )
}
