//! Access tokens that must not be good.

mod claims;
mod forged;
mod keys;

use std::{collections::BTreeMap, time::Duration};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use countersign_core::policy::TimeRules;
use countersign_core::{
    Attach, BoxError, Credential, Engine, Identity, Secret, Session, async_trait,
};
use countersign_http::AuthHttp;
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing, Phase};
use countersign_store_memory::{MemorySessions, stores};
use countersign_testkit::{
    ORIGIN, Stage,
    faults::{Flaky, Mood},
    rig::Bare,
    run,
};
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, header};
use serde_json::{Map, Value};

use super::*;

/// The seed of the server's key: what a test needs to forge with a good signature.
const SEED: [u8; 32] = [7; 32];

fn private_jwk() -> Map<String, Value> {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "d": URL_SAFE_NO_PAD.encode(SEED)});
    jwk.as_object().unwrap().clone()
}

pub(super) fn issuer() -> Jwt {
    Jwt::new(KeyRing::of(Key::from_jwk(&private_jwk()).unwrap()))
}

/// Runs a test on every face of a server that signs its tokens with [`SEED`].
pub(super) fn with_tokens(test: impl AsyncFn(Face)) {
    with_engine(ORIGIN, |b| b.tokens(issuer()), test);
}

/// The answer to a program's sign-in for a token.
async fn token_sign_in(program: &Browser<'_>) -> Value {
    let wallet = ethereum_wallet(1);
    let ask = json!({
        "chain": "eip155:1", "account": wallet.address(), "credential": "token",
    });
    let challenge = program.post("/auth/challenge", ask).await.json();
    let mut body = proof(&wallet, challenge["message"].as_str().unwrap());
    body["credential"] = "token".into();
    let answer = program.post("/auth/verify", body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.cookies().len(), 0);
    answer.json()
}

/// What the server says to a bearer token, at the guard and at its own endpoint alike.
async fn shown(face: &Face, token: &str) -> (u16, String) {
    let program = face.program();
    let mut answers = Vec::new();
    for path in ["/me", "/auth/session"] {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Default::default())
            .unwrap();
        let answer = program.raw(request).await;
        let said = match answer.status().as_u16() {
            200 => (200, String::new()),
            _ => answer.refusal(),
        };
        answers.push(said);
    }
    assert_eq!(answers[0], answers[1], "{token}");
    answers.remove(0)
}

async fn assert_invalid(face: &Face, token: &str, what: &str) {
    let said = shown(face, token).await;
    assert_eq!(
        said,
        (401, "token_invalid".to_owned()),
        "{} {what}: {token}",
        face.name
    );
}

/// The same of a token that no request could carry.
async fn assert_engine_refuses(face: &Face, token: &str) {
    let engine = &face.stage.engine;
    let refused = engine.authenticate(Credential::Bearer(token)).await;
    assert_eq!(refused.unwrap_err().code().as_str(), "token_invalid");
}

/// A real token's parts, to be forged.
struct Model {
    header: Value,
    claims: Value,
    token: String,
    refresh: String,
}

async fn model(face: &Face) -> Model {
    let answer = token_sign_in(&face.program()).await;
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let part = |index| {
        let part: &str = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let model = Model {
        header: part(0),
        claims: part(1),
        refresh: answer["refresh_token"].as_str().unwrap().to_owned(),
        token: token.clone(),
    };
    assert_eq!(shown(face, &token).await.0, 200);
    // The forger's pen works: signed anew, it is good.
    let again = signed(&model.header.to_string(), &model.claims.to_string());
    assert_eq!(shown(face, &again).await.0, 200);
    model
}

fn unsigned(header: &str, payload: &str) -> String {
    let encode = |text| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", encode(header), encode(payload))
}

/// Signed with the server's own key.
fn signed(header: &str, payload: &str) -> String {
    let message = unsigned(header, payload);
    let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

impl Model {
    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        signed(&header.to_string(), &self.claims.to_string())
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        signed(&self.header.to_string(), &claims.to_string())
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name).unwrap();
        signed(&self.header.to_string(), &claims.to_string())
    }
}
