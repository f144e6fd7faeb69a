//! Refresh tokens that must not be good, and the races for one that is.

mod faults;
mod holders;
mod races;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign_core::{
    AccessToken, BoxError, Claims, Code, Context, Credential, Engine, Event, EventSink, Expected,
    Gate, Identity, Jwks, Secret, Session, SessionId, SessionStore, StoreError, Subject, Timestamp,
    TokenError, TokenIssuer, async_trait, policy::Lifetimes,
};
use countersign_jwt::Jwt;
use countersign_store_memory::{MemorySessions, stores};
use countersign_testkit::{ORIGIN, Stage, run};
use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    tokens::{issuer, with_tokens},
    *,
};

const INVALID: Refusal = (400, "invalid_grant");

fn stage(grace: u64) -> Stage {
    let lifetimes = Lifetimes {
        refresh_grace: Duration::from_secs(grace),
        ..Lifetimes::default()
    };
    Stage::built(ORIGIN, |b| {
        b.chain(Ethereum::mainnet())
            .tokens(issuer())
            .lifetimes(lifetimes)
    })
}

/// A program's pair of tokens.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

async fn sign_in(face: &Face) -> Pair {
    let (wallet, program) = (ethereum_wallet(1), face.program());
    let ask = json!({"chain": "eip155:1", "account": wallet.address(), "credential": "token"});
    let challenge = program.post("/auth/challenge", ask).await.json();
    let mut body = proof(&wallet, challenge["message"].as_str().unwrap());
    body["credential"] = "token".into();
    Pair::of(&program.post("/auth/verify", body).await.json())
}

async fn refresh(face: &Face, token: &str) -> Answer {
    let body = json!({"refresh_token": token});
    face.program().post("/auth/refresh", body).await
}

async fn is_live(face: &Face, access: &str) -> bool {
    let request = http::Request::get("/me")
        .header("authorization", format!("Bearer {access}"))
        .body(Default::default())
        .unwrap();
    face.program().raw(request).await.status() == 200
}

async fn refreshed(engine: &Engine, token: &str) -> Result<(String, String), Code> {
    let refreshed = engine.refresh(token, &Context::token()).await;
    let tokens = refreshed.map_err(|error| error.code())?.tokens;
    Ok((tokens.access.expose().to_owned(), tokens.refresh.expose()))
}

/// A fresh session's refresh token, and its subject.
async fn token_of(stage: &Stage, wallet: u8) -> (String, Subject) {
    let signed_in = stage.sign_in(&ethereum_wallet(wallet)).await.unwrap();
    let subject = signed_in.session.identity.subject.clone();
    (signed_in.tokens.unwrap().refresh.expose(), subject)
}
