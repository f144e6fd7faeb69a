//! axum with tower-sessions in memory and the siwe crate: `tower-sessions PORT`.

use axum::{Json, Router, http::StatusCode, routing};
use peers::{Proof, port};
use siwe::generate_nonce;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = Router::new()
        .route("/nonce", routing::get(nonce))
        .route("/verify", routing::post(verify))
        .route("/me", routing::get(me))
        .layer(SessionManagerLayer::new(MemoryStore::default()).with_secure(false));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port())).await.expect("a free port");
    axum::serve(listener, app).await.expect("it serves");
}

async fn nonce(session: Session) -> Result<String, StatusCode> {
    let nonce = generate_nonce();
    session.insert("nonce", &nonce).await.map_err(internal)?;
    Ok(nonce)
}

async fn verify(session: Session, Json(proof): Json<Proof>) -> Result<&'static str, StatusCode> {
    let nonce: Option<String> = session.remove("nonce").await.map_err(internal)?;
    let address = proof.address(nonce.as_deref()).await.ok_or(StatusCode::UNAUTHORIZED)?;
    session.cycle_id().await.map_err(internal)?;
    session.insert("address", address).await.map_err(internal)?;
    Ok("true")
}

async fn me(session: Session) -> Result<String, StatusCode> {
    let address: Option<String> = session.get("address").await.map_err(internal)?;
    address.map(|address| format!("hello {address}")).ok_or(StatusCode::UNAUTHORIZED)
}

fn internal<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}
