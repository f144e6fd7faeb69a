//! A node: countersign on axum, and bare handlers beside it.

use std::{env, process::Command};

use axum::{Json, Router, routing};
use countersign_axum::{SignedIn, countersign};
use countersign_bench::Server;
use countersign_core::{Engine, EngineBuilder, Secret};
use countersign_counts::{ORIGIN, recover};
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_store_memory::Cached;
use countersign_store_redis::{Options, RedisStores};
use redis::AsyncCommands as _;
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Builder};

/// Starts this same program, as `serve PORT STORE`.
pub(crate) fn start(store: &str) -> Server {
    let address = Server::free_address();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["serve", &address.port().to_string(), store]);
    Server::start(&command, address)
}

/// Whether it was started so: then it has served until it was killed.
pub(crate) fn has_served() -> bool {
    let words: Vec<_> = env::args().skip(1).collect();
    let [serve, port, store] = &words[..] else {
        return false;
    };
    let is_asked = serve == "serve";
    if is_asked {
        serve_on(port.parse().unwrap(), store);
    }
    is_asked
}

/// On one thread.
fn serve_on(port: u16, store: &str) {
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
        let app = match redis_of(store) {
            Some(url) => app.merge(one_get(url).await),
            None => app,
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, app).await.unwrap();
    });
}

/// The stores of `memory`, of a Redis by its URL, or `cached+` and that.
async fn with_stores(engine: EngineBuilder, store: &str) -> EngineBuilder {
    let Some(url) = redis_of(store) else {
        return engine.stores(countersign_store_memory::stores());
    };
    let stores = RedisStores::connect(url, Options::default()).await.unwrap();
    let engine = engine.stores(stores.clone().into());
    if store.starts_with(CACHED) {
        return engine.sessions(Cached::new(stores));
    }
    engine
}

fn redis_of(store: &str) -> Option<&str> {
    let url = store.strip_prefix(CACHED).unwrap_or(store);
    url.starts_with("redis://").then_some(url)
}

/// A handler that does nothing but ask Redis once, for as many bytes as a session has.
async fn one_get(url: &str) -> Router {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let set = connection.set::<_, _, ()>(KEY, "x".repeat(420));
    set.await.unwrap();
    let get = async move || {
        let kept: Vec<u8> = connection.clone().get(KEY).await.unwrap();
        format!("hello {}", String::from_utf8_lossy(&kept[..42]))
    };
    Router::new().route("/get", routing::get(get))
}

async fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}", session.identity.account.address())
}

/// What no sign-in can do without.
async fn recovers(Json(proof): Json<Value>) -> String {
    let of = |name: &str| proof[name].as_str().unwrap_or_default();
    hex::encode(recover(of("message"), of("signature")))
}

/// Before the URL of a Redis whose sessions are remembered for a moment.
pub(crate) const CACHED: &str = "cached+";
const KEY: &str = "a-key-as-long-as-that-of-a-session-which-is-46";
