//! What stands between a server and its chain: counts the questions, and has moods.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, extract::State, routing::post};
use bytes::Bytes;
use countersign_testkit::rig::{OnSocket, Rig};
use http::{Request, Response};
use serde_json::{Value, json};

/// How a node answers.
#[derive(Debug, Clone)]
pub enum Mood {
    /// As the chain does.
    Honest,
    /// As the chain does, five seconds later.
    Slow,
    /// With a status and a text.
    Status(u16, &'static str),
    /// With the first half of an answer.
    Truncated,
    /// Elsewhere.
    Redirects(String),
    /// With this result to every call, and code everywhere.
    Lies(&'static str),
    /// With this error to every call and question for code.
    Refuses(Value),
    /// For another chain.
    OnChain(u64),
    /// With more bytes than anybody reads.
    Endless,
}

/// A node on a free port, in front of a chain.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<NodeState>,
}

#[derive(Debug)]
struct NodeState {
    chain: SocketAddr,
    mood: Mutex<Mood>,
    asked: Mutex<Vec<Value>>,
}

impl Node {
    /// Starts an honest one.
    pub async fn before(chain: SocketAddr) -> Self {
        let state = Arc::new(NodeState {
            chain,
            mood: Mutex::new(Mood::Honest),
            asked: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .fallback(post(answer))
            .with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, state }
    }

    /// Its URL, with what looks like a key in it.
    pub fn url(&self) -> String {
        format!("http://{}/v2/{KEY}", self.address)
    }

    /// Changes its mood.
    pub fn becomes(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// What it was asked since the last time, but for the chain's number.
    pub fn asked(&self) -> Vec<Value> {
        let mut asked = std::mem::take(&mut *self.state.asked.lock().unwrap());
        asked.retain(|question| question["method"] != "eth_chainId");
        asked
    }
}

/// The secret in the URL of a [`Node`].
const KEY: &str = "k3y-that-nobody-may-see";

async fn answer(State(state): State<Arc<NodeState>>, body: Bytes) -> Response<Body> {
    let question: Value = serde_json::from_slice(&body).unwrap();
    let method = question["method"].as_str().unwrap().to_owned();
    state.asked.lock().unwrap().push(question);
    let mood = state.mood.lock().unwrap().clone();
    let of = |result: Value| json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
    match mood {
        Mood::Honest => honest(state.chain, body).await,
        Mood::Slow => {
            tokio::time::sleep(Duration::from_secs(5)).await;
            honest(state.chain, body).await
        }
        Mood::Status(status, text) => Response::builder()
            .status(status)
            .body(text.to_owned().into())
            .unwrap(),
        Mood::Truncated => {
            let whole = forward(state.chain, body).await;
            Response::new(whole.slice(..whole.len() / 2).into())
        }
        Mood::Redirects(to) => Response::builder()
            .status(307)
            .header("location", to)
            .body(Body::empty())
            .unwrap(),
        Mood::Lies(word) => match &*method {
            "eth_call" => Response::new(of(word.into()).into()),
            "eth_getCode" => Response::new(of("0x00".into()).into()),
            _ => honest(state.chain, body).await,
        },
        Mood::Refuses(error) => match &*method {
            "eth_chainId" => honest(state.chain, body).await,
            _ => Response::new(
                json!({"jsonrpc": "2.0", "id": 1, "error": error})
                    .to_string()
                    .into(),
            ),
        },
        Mood::OnChain(id) => match &*method {
            "eth_chainId" => Response::new(of(format!("{id:#x}").into()).into()),
            _ => honest(state.chain, body).await,
        },
        Mood::Endless => Response::new(" ".repeat(8 * 1024 * 1024).into()),
    }
}

async fn honest(chain: SocketAddr, body: Bytes) -> Response<Body> {
    Response::new(forward(chain, body).await.into())
}

/// Hands a question to a chain.
pub(super) async fn forward(chain: SocketAddr, body: Bytes) -> Bytes {
    let request = Request::post("/")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    OnSocket(chain).send(request).await.into_body()
}
