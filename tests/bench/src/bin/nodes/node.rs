//! A node: countersign on axum, and bare handlers beside it.

use axum::{Json, Router, routing};
use countersign_axum::{SignedIn, countersign};
use countersign_core::{Engine, EngineBuilder, Secret};
use countersign_counts::{ORIGIN, recover};
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_store_redis::{Options, RedisStores};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Builder};

/// Serves on one thread until it is killed.
pub(crate) fn serve(port: u16, store: &str) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = Engine::builder(ORIGIN)
            .chain(Ethereum::mainnet())
            .secret(Secret::random())
            .without_limits();
        let auth = AuthHttp::new(with_stores(engine, store).await.build().unwrap());
        let app = Router::new()
            .route("/bare", routing::get(async || "hello"))
            .route("/recover", routing::post(recovers))
            .route("/me", routing::get(me))
            .merge(countersign(auth.clone()))
            .with_state(auth);
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, app).await.unwrap();
    });
}

async fn with_stores(engine: EngineBuilder, store: &str) -> EngineBuilder {
    if store == "memory" {
        return engine.stores(countersign_store_memory::stores());
    }
    let stores = RedisStores::connect(store, Options::default()).await;
    engine.stores(stores.unwrap().into())
}

async fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}", session.identity.account.address())
}

/// What no sign-in can do without.
async fn recovers(Json(proof): Json<Value>) -> String {
    let of = |name: &str| proof[name].as_str().unwrap_or_default();
    hex::encode(recover(of("message"), of("signature")))
}
