//! One node: an engine behind Poem, over the store that all nodes share.

use std::{
    io::Read,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_core::policy::Lifetimes;
use countersign_core::{
    Engine, Secret, Session, SessionId, SessionStore, StoreError, Stores, Subject, Timestamp,
    async_trait,
};
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_jwt::{Jwt, Key, KeyRing};
use countersign_poem::countersign;
use countersign_sso::StaticClients;
use countersign_store_redis::RedisStores;
use countersign_store_sql::{MySqlStores, PgStores, SqliteStores};
use poem::{Route, Server, listener::TcpAcceptor};
use sha2::{Digest, Sha256};

use crate::{application, broken::Broken, dice::Dice};

/// What a node is told on its command line.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The store's URL.
    pub store: String,
    /// The database's epoch.
    pub epoch: String,
    /// How many seconds a session lives without use; the default if there is none.
    pub idle: Option<u64>,
    /// For how many seconds a refresh token may be shown again; the default if there is none.
    pub grace: Option<u64>,
    /// Up to how many milliseconds a session comes late that is read.
    pub slow_reads: u64,
    /// How many connections to the database it may hold; the default if 0.
    pub connections: u32,
    /// Where it listens; at any port if 0.
    pub port: u16,
    /// What is broken on purpose.
    pub broken: Option<Broken>,
}

impl Order {
    /// As words of a command line.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec!["node".to_owned(), self.store.clone(), self.epoch.clone()];
        words.push(self.idle.unwrap_or(0).to_string());
        words.push(
            self.grace
                .map_or_else(String::new, |grace| grace.to_string()),
        );
        words.push(self.slow_reads.to_string());
        words.push(self.connections.to_string());
        words.push(self.port.to_string());
        words.push(self.broken.map_or("", Broken::name).to_owned());
        words
    }

    fn read(words: &[String]) -> Option<Self> {
        let [
            store,
            epoch,
            idle,
            grace,
            slow_reads,
            connections,
            port,
            broken,
        ] = words
        else {
            return None;
        };
        Some(Self {
            store: store.clone(),
            epoch: epoch.clone(),
            idle: idle.parse().ok().filter(|idle| *idle > 0),
            grace: grace.parse().ok(),
            slow_reads: slow_reads.parse().ok()?,
            connections: connections.parse().ok()?,
            port: port.parse().ok()?,
            broken: match broken.as_str() {
                "" => None,
                name => Some(name.parse().ok()?),
            },
        })
    }
}

/// Serves until its standard input ends, which it does when the driver is gone. The first line it
/// writes is its port.
pub fn main(words: &[String]) -> ExitCode {
    let Some(order) = Order::read(words) else {
        eprintln!("a node is started by the driver");
        return ExitCode::FAILURE;
    };
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    countersign_testkit::run(serve(order));
    ExitCode::SUCCESS
}

async fn serve(order: Order) {
    let mut stores = open(&order).await;
    if order.slow_reads > 0 {
        stores.sessions = Arc::new(Slow {
            sessions: stores.sessions,
            most: order.slow_reads,
            dice: Mutex::new(Dice::new(std::process::id().into())),
        });
    }
    if let Some(broken) = order.broken {
        stores = broken.apply(stores);
    }
    let mut lifetimes = Lifetimes::default();
    if let Some(idle) = order.idle {
        lifetimes.cookie_idle = Duration::from_secs(idle);
    }
    if let Some(grace) = order.grace {
        lifetimes.refresh_grace = Duration::from_secs(grace);
    }
    let engine = Engine::builder(ORIGIN)
        .chain(Ethereum::mainnet())
        .stores(stores)
        .secret(Secret::new(SECRET))
        .tokens(Jwt::new(keys()))
        .lifetimes(lifetimes)
        .without_limits()
        .build()
        .expect("a sound configuration");
    let clients = StaticClients::new(application::clients()).expect("each once");
    let auth = AuthHttp::new(engine).sso(clients).expect("a public key");
    let app = Route::new()
        .nest_no_strip(auth.base(), countersign(auth.clone()))
        .at(AuthHttp::HEALTH_PATH, countersign(auth));
    let listener = std::net::TcpListener::bind(("127.0.0.1", order.port)).expect("a free port");
    listener.set_nonblocking(true).expect("a socket of ours");
    let port = listener.local_addr().expect("a bound socket").port();
    let acceptor = TcpAcceptor::from_std(listener).expect("a listening socket");
    say(port);
    let served = Server::new_with_acceptor(acceptor).run(app).await;
    served.expect("the server runs on");
}

#[allow(clippy::print_stdout)] // that is how the driver hears it
fn say(port: u16) {
    println!("{port}");
}

async fn open(order: &Order) -> Stores {
    use countersign_store_redis::Options as RedisOptions;
    use countersign_store_sql::Options as SqlOptions;

    let scheme = order.store.split(':').next().unwrap_or_default();
    let mut options = SqlOptions::default().epoch(&order.epoch).expect("an epoch");
    if order.connections > 0 {
        options = options.connections(order.connections);
    }
    let store = &order.store;
    let opened = "the store is there";
    match scheme {
        "memory" => countersign_store_memory::stores(),
        "sqlite" => SqliteStores::connect(store, options)
            .await
            .expect(opened)
            .into(),
        "postgres" => PgStores::connect(store, options)
            .await
            .expect(opened)
            .into(),
        "mysql" => MySqlStores::connect(store, options)
            .await
            .expect(opened)
            .into(),
        _ => {
            let stores = RedisStores::connect(store, RedisOptions::default()).await;
            stores.expect(opened).into()
        }
    }
}

/// The key that all nodes sign with: an Ed25519 key in PKCS #8 (RFC 8410).
pub fn keys() -> KeyRing {
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend_from_slice(&Sha256::digest(SECRET));
    let body = STANDARD.encode(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    KeyRing::of(Key::from_pem(&pem).expect("a key"))
}

/// A store whose answers to `find` come late: between what the node reads and what it writes,
/// others have time.
#[derive(Debug)]
struct Slow {
    sessions: Arc<dyn SessionStore>,
    most: u64,
    dice: Mutex<Dice>,
}

#[async_trait]
impl SessionStore for Slow {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.sessions.insert(session).await
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let found = self.sessions.find(id).await;
        let late = self.dice.lock().unwrap().millis(0, self.most);
        tokio::time::sleep(late).await;
        found
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        self.sessions.replace(session).await
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.sessions.remove(id).await
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.sessions.of_subject(subject).await
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        self.sessions.remove_all(subject).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.sessions.purge(before).await
    }
}

/// The site that all nodes are.
pub const ORIGIN: &str = "https://app.example";
const SECRET: &str = "a secret of many letters, 0123456789, that all nodes of a run share";
