//! A client of the nodes: requests over connections that are kept, and the steps of a sign-in.

use std::{collections::HashMap, net::SocketAddr, sync::Mutex, time::Duration};

use bytes::Bytes;
use countersign_core::Wallet;
use countersign_ethereum::EthereumWallet;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{history::Heard, node::ORIGIN};

/// Sends requests, each over a connection that no other request uses meanwhile.
#[derive(Debug, Default)]
pub struct Client {
    idle: Mutex<HashMap<SocketAddr, Vec<SendRequest<Full<Bytes>>>>>,
}

/// An answer, or nothing.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status; 0 if there was no answer.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Value,
    /// `name=value` of the cookies it sets.
    pub cookies: Vec<String>,
    /// After how many seconds to try again.
    pub retry_after: Option<u32>,
}

impl Answer {
    fn read(answer: &Response<Bytes>) -> Self {
        let after = answer.headers().get(header::RETRY_AFTER);
        Self {
            status: answer.status().as_u16(),
            body: serde_json::from_slice(answer.body()).unwrap_or_default(),
            cookies: cookies(answer).map(str::to_owned).collect(),
            retry_after: after.and_then(|value| value.to_str().ok()?.parse().ok()),
        }
    }

    /// What it means for whoever asked for something that can be refused for good.
    pub fn heard(&self) -> Heard {
        match self.status {
            200..=204 => Heard::Yes,
            400..=404 => Heard::No,
            _ => Heard::Nothing,
        }
    }

    /// The error's code.
    pub fn code(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// Sends a request; an answer that does not come within ten seconds is none.
    pub async fn send(
        &self,
        node: SocketAddr,
        method: Method,
        path: &str,
        cookies: &str,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "app.example")
            .header(header::ORIGIN, ORIGIN);
        if let Some(token) = cookies.strip_prefix("Bearer ") {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        } else if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request = request.body(Full::new(body)).expect("a sound request");
        let answer = self.ask(node, request).await;
        answer.map_or_else(Answer::default, |answer| Answer::read(&answer))
    }

    /// Sends any request; none if there is no answer within ten seconds.
    pub async fn ask(
        &self,
        node: SocketAddr,
        request: Request<Full<Bytes>>,
    ) -> Option<Response<Bytes>> {
        let answer = tokio::time::timeout(PATIENCE, self.exchange(node, request)).await;
        answer.ok().flatten()
    }

    async fn exchange(
        &self,
        node: SocketAddr,
        request: Request<Full<Bytes>>,
    ) -> Option<Response<Bytes>> {
        let kept = self.idle.lock().unwrap().get_mut(&node).and_then(Vec::pop);
        let mut sender = match kept.filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => {
                let socket = TcpStream::connect(node).await.ok()?;
                socket.set_nodelay(true).ok()?;
                let (sender, connection) = handshake(TokioIo::new(socket)).await.ok()?;
                tokio::spawn(connection);
                sender
            }
        };
        sender.ready().await.ok()?;
        let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let mut idle = self.idle.lock().unwrap();
        idle.entry(node).or_default().push(sender);
        Some(Response::from_parts(parts, body))
    }

    /// Asks for a challenge and signs it: the body for `/auth/verify`, and the cookies that go with
    /// it.
    pub async fn prove(
        &self,
        node: SocketAddr,
        wallet: &EthereumWallet,
        credential: &str,
    ) -> Result<Proof, Answer> {
        let ask = json!({
            "chain": wallet.chain().as_str(),
            "account": wallet.address(),
            "credential": credential,
        });
        let path = "/auth/challenge";
        let answer = self.send(node, Method::POST, path, "", Some(&ask)).await;
        let Some(message) = answer.body["message"].as_str() else {
            return Err(answer);
        };
        let signature = format!("0x{}", hex::encode(wallet.sign(message)));
        let body = json!({"message": message, "signature": signature, "credential": credential});
        Ok(Proof {
            body,
            cookies: answer.cookies.join("; "),
        })
    }

    /// Shows a proof.
    pub async fn verify(&self, node: SocketAddr, proof: &Proof) -> Answer {
        let (path, body) = ("/auth/verify", Some(&proof.body));
        self.send(node, Method::POST, path, &proof.cookies, body)
            .await
    }

    /// Asks who is signed in.
    pub async fn read(&self, node: SocketAddr, credential: &str) -> Answer {
        self.send(node, Method::GET, "/auth/session", credential, None)
            .await
    }

    /// Signs out.
    pub async fn sign_out(&self, node: SocketAddr, credential: &str) -> Answer {
        let (path, body) = ("/auth/logout", Some(&Value::Null));
        self.send(node, Method::POST, path, credential, body).await
    }
}

/// What is shown to `/auth/verify`.
#[derive(Debug, Clone)]
pub struct Proof {
    body: Value,
    cookies: String,
}

/// What opens the session that an answer to `/auth/verify` acknowledges: the cookies, or the
/// bearer token.
pub fn credential(answer: &Answer) -> String {
    match answer.body["access_token"].as_str() {
        Some(token) => format!("Bearer {token}"),
        None => answer.cookies.join("; "),
    }
}

/// `name=value` of the cookies that an answer sets.
pub fn cookies(answer: &Response<Bytes>) -> impl Iterator<Item = &str> {
    let values = answer.headers().get_all(header::SET_COOKIE).iter();
    values.filter_map(|value| value.to_str().ok()?.split(';').next())
}

/// A wallet; another number is another one.
pub fn wallet(number: usize) -> EthereumWallet {
    let mut key = [0x5A; 32];
    key[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    let chain = "eip155:1".parse().expect("a chain");
    EthereumWallet::from_bytes(&key, chain).expect("a key")
}

const PATIENCE: Duration = Duration::from_secs(10);
