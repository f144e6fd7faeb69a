//! axum with axum-login over tower-sessions in memory, and the siwe crate: `axum-login PORT`.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, http::StatusCode, routing};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use peers::{Proof, port};
use siwe::generate_nonce;
use tower_sessions_of_axum_login::{MemoryStore, Session, SessionManagerLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    let app = Router::new()
        .route("/nonce", routing::get(nonce))
        .route("/verify", routing::post(verify))
        .route("/me", routing::get(me))
        .layer(AuthManagerLayerBuilder::new(Users::default(), sessions).build());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port())).await.expect("a free port");
    axum::serve(listener, app).await.expect("it serves");
}

/// Everybody who ever signed in.
#[derive(Clone, Default)]
struct Users(Arc<Mutex<HashMap<String, User>>>);

#[derive(Debug, Clone)]
struct User(String);

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.0.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AuthnBackend for Users {
    type User = User;
    type Credentials = (Proof, Option<String>);
    type Error = Infallible;

    async fn authenticate(&self, (proof, nonce): Self::Credentials) -> Result<Option<User>, Infallible> {
        let user = proof.address(nonce.as_deref()).await.map(User);
        if let Some(user) = &user {
            self.0.lock().expect("whole").insert(user.id(), user.clone());
        }
        Ok(user)
    }

    async fn get_user(&self, id: &String) -> Result<Option<User>, Infallible> {
        Ok(self.0.lock().expect("whole").get(id).cloned())
    }
}

type AuthSession = axum_login::AuthSession<Users>;

async fn nonce(session: Session) -> Result<String, StatusCode> {
    let nonce = generate_nonce();
    session.insert("nonce", &nonce).await.map_err(internal)?;
    Ok(nonce)
}

async fn verify(
    session: Session,
    mut auth: AuthSession,
    Json(proof): Json<Proof>,
) -> Result<&'static str, StatusCode> {
    let nonce: Option<String> = session.remove("nonce").await.map_err(internal)?;
    let user = auth.authenticate((proof, nonce)).await.map_err(internal)?;
    auth.login(&user.ok_or(StatusCode::UNAUTHORIZED)?).await.map_err(internal)?;
    Ok("true")
}

async fn me(auth: AuthSession) -> Result<String, StatusCode> {
    auth.user.map(|User(address)| format!("hello {address}")).ok_or(StatusCode::UNAUTHORIZED)
}

fn internal<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}
