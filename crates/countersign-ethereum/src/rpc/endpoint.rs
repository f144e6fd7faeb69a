//! One node: a URL, the connections to it, and whether it is on the right chain.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header, uri::Scheme};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

use super::json::{Reply, quantity, question, read};
use crate::Answer;

pub(super) struct Endpoint {
    uri: Uri,
    chain_id: u64,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// When it last said that it is on the right chain.
    checked: Mutex<Option<Instant>>,
}

/// Why a node gave no answer, in words that hold nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Silent,
    Unreachable,
    Status(StatusCode),
    TooLarge,
    Garbled,
    Refused(i64),
    AnotherChain(u64),
}

impl Endpoint {
    /// `None` if the text is no URL of a node.
    pub(super) fn at(url: &str, chain_id: u64) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let is_web = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
        let authority = uri.authority()?;
        if !is_web || authority.host().is_empty() || authority.as_str().contains('@') {
            return None;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .ok()?
            .https_or_http()
            .enable_http1()
            .build();
        Some(Self {
            uri,
            chain_id,
            client: Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
                .build(connector),
            checked: Mutex::new(None),
        })
    }

    /// Asks a node that is on the right chain.
    pub(super) async fn ask(&self, method: &str, params: &Value) -> Result<Answer, Trouble> {
        let checked = *self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.is_none_or(|at| at.elapsed() > CHECKED_FOR) {
            self.check_chain().await?;
        }
        match self.send(method, params).await? {
            Reply::Data(data) => Ok(Answer::Returned(data)),
            Reply::Failed => Ok(Answer::Failed),
            Reply::Refused(code) => Err(Trouble::Refused(code)),
        }
    }

    /// Asks for the chain, and notes that it is the right one.
    pub(super) async fn check_chain(&self) -> Result<(), Trouble> {
        let body = self.post("eth_chainId", &json!([])).await?;
        let found = quantity(&body.ok_or(Trouble::TooLarge)?).ok_or(Trouble::Garbled)?;
        let is_right = found == self.chain_id;
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = is_right.then(Instant::now);
        if is_right {
            Ok(())
        } else {
            Err(Trouble::AnotherChain(found))
        }
    }

    async fn send(&self, method: &str, params: &Value) -> Result<Reply, Trouble> {
        match self.post(method, params).await? {
            Some(body) => read(&body).ok_or(Trouble::Garbled),
            // A contract may return as much as it likes; nothing that counts is so long.
            None if method == "eth_call" => Ok(Reply::Failed),
            None => Err(Trouble::TooLarge),
        }
    }

    /// The body of a 200; `None` if it is over the limit. Redirects are not followed.
    async fn post(&self, method: &str, params: &Value) -> Result<Option<Bytes>, Trouble> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.uri)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(Full::from(question(method, params)))
            .map_err(|_| Trouble::Unreachable)?;
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|_| Trouble::Unreachable)?;
        if answer.status() != StatusCode::OK {
            return Err(Trouble::Status(answer.status()));
        }
        match Limited::new(answer.into_body(), MAX_ANSWER).collect().await {
            Ok(body) => Ok(Some(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Ok(None),
            Err(_) => Err(Trouble::Unreachable),
        }
    }
}

/// The host alone: keys stand in paths, queries and sub-domains' user names.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri.host().unwrap_or_default())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("it did not answer in time"),
            Self::Unreachable => f.write_str("it cannot be reached, or broke off"),
            Self::Status(status) => write!(f, "it answered with status {}", status.as_u16()),
            Self::TooLarge => f.write_str("its answer is too large"),
            Self::Garbled => f.write_str("its answer is no answer of JSON-RPC 2.0"),
            Self::Refused(code) => write!(f, "it refused with code {code}"),
            Self::AnotherChain(id) => write!(f, "it is on chain {id}"),
        }
    }
}

/// How long a node is believed to be on the chain that it named.
const CHECKED_FOR: Duration = Duration::from_secs(60);

/// Room for the largest code there is (24 KiB, EIP-170) in hex, and to spare.
const MAX_ANSWER: usize = 256 * 1024;

const IDLE_CONNECTIONS: usize = 8;
