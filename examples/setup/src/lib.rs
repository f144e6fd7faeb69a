//! What all example apps share: the environment they read, and the page they show.
//!
//! | Variable | Default | Meaning |
//! |---|---|---|
//! | `PORT` | `3000` | where to listen, on 127.0.0.1 |
//! | `COUNTERSIGN_ORIGIN` | `http://127.0.0.1:$PORT` | the site's origin, as browsers see it; by default `http://localhost:$PORT` counts too |
//! | `COUNTERSIGN_SECRET` | none | at least 32 bytes; without one, a loopback origin runs in `dev` mode |
//! | `COUNTERSIGN_DEV` | `0` | `1` asks for `dev` mode: a throw-away secret, loopback only |
//! | `COUNTERSIGN_STORE` | `memory:` | where sessions and nonces are kept: also `redis://…`, `postgres://…`, `mysql://…`, `sqlite:…`, each with the app's feature of that name |
//! | `COUNTERSIGN_LIMITS` | `on` | `off` for load tests, on loopback only |

use std::{env, io::IsTerminal, net::SocketAddr};

use countersign::{Engine, EngineBuilder, Origin, Secret, stores};

/// What the examples call themselves on the login page.
pub const TITLE: &str = "the example";

/// The public page of the examples.
pub const PAGE: &str = include_str!("../assets/page.html");

/// Its script.
pub const SCRIPT: &str = include_str!("../assets/page.js");

/// The policy the page is served with: nothing but itself.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/// A fault of the environment, in words.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What the environment says.
#[derive(Debug)]
pub struct Settings {
    port: u16,
    origin: Option<String>,
    secret: Option<Secret>,
    dev: bool,
    store: String,
    limits: bool,
}

impl Settings {
    /// Reads the environment, and sets the log up.
    ///
    /// # Errors
    /// A variable that cannot be read.
    pub fn from_env() -> Result<Self, Fault> {
        let filter =
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .init();
        Ok(Self {
            port: match variable("PORT")? {
                Some(port) => port
                    .parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or_else(|| format!("PORT={port} is not a port"))?,
                None => 3000,
            },
            origin: variable("COUNTERSIGN_ORIGIN")?,
            secret: variable("COUNTERSIGN_SECRET")?.map(Secret::new),
            dev: switch("COUNTERSIGN_DEV", "1", "0")?.unwrap_or(false),
            store: variable("COUNTERSIGN_STORE")?.unwrap_or_else(|| "memory:".to_owned()),
            limits: switch("COUNTERSIGN_LIMITS", "on", "off")?.unwrap_or(true),
        })
    }

    /// An engine with all that the environment decides; the app adds its chains.
    ///
    /// # Errors
    /// The store cannot be opened, or limits are off beyond loopback.
    pub async fn engine(&self) -> Result<EngineBuilder, Fault> {
        let own = self.own_origin();
        let stores = stores::connect(&self.store).await.map_err(not_opened)?;
        let mut builder = Engine::builder(&own).stores(stores);
        if self.origin.is_none() {
            builder = builder.also_from(&format!("http://localhost:{}", self.port));
        }
        let is_loopback = own
            .parse::<Origin>()
            .is_ok_and(|origin| origin.is_loopback());
        if self.dev || self.secret.is_none() && is_loopback {
            eprintln!("*** dev mode: the secret is thrown away at exit; for this machine only ***");
            builder = builder.dev();
        }
        if self.secret.is_none() && !self.dev && !is_loopback {
            eprintln!("*** set COUNTERSIGN_SECRET: `openssl rand -base64 48` makes one ***");
        }
        if let Some(secret) = &self.secret {
            builder = builder.secret(secret.clone());
        }
        if !self.limits {
            if !is_loopback {
                return Err("COUNTERSIGN_LIMITS=off is for loopback origins only".into());
            }
            builder = builder.without_limits();
        }
        Ok(builder)
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Why the app cannot listen, and what to do.
    pub fn taken(&self, error: impl std::fmt::Display) -> Fault {
        format!("{}: {error}; PORT names another port", self.address()).into()
    }

    /// Says where the app is, and what to try next.
    pub fn announce(&self) {
        let at = self.own_origin();
        eprintln!("\nListening: open {at} in a browser.");
        eprintln!(
            "In dev mode its login page has a demo wallet. Or be the wallet, in another terminal:\n"
        );
        eprintln!("    cargo run -p countersign-cli -- sign-in {at} --chain eip155:1 --new-key\n");
        eprintln!("or with `--chain polkadot`, where the app serves that.\n");
    }

    fn own_origin(&self) -> String {
        self.origin
            .clone()
            .unwrap_or_else(|| format!("http://127.0.0.1:{}", self.port))
    }
}

/// Returns when somebody asks the process to end, by Ctrl-C or SIGTERM. Requests in flight are then
/// answered, and no more are taken.
///
/// # Panics
/// If the process cannot listen for signals.
pub async fn shutdown() {
    let interrupted = async {
        let heard = tokio::signal::ctrl_c().await;
        heard.expect("a process can hear Ctrl-C");
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut asked = signal(SignalKind::terminate()).expect("a process can hear SIGTERM");
        let mut interrupted = std::pin::pin!(interrupted);
        std::future::poll_fn(|context| {
            if interrupted.as_mut().poll(context).is_ready() {
                return std::task::Poll::Ready(());
            }
            asked.poll_recv(context).map(drop)
        })
        .await;
    }
    #[cfg(not(unix))]
    interrupted.await;
}

/// In the examples a store is a feature of the app.
fn not_opened(error: stores::ConnectError) -> Fault {
    match &error {
        stores::ConnectError::FeatureOff { feature, .. } => {
            let feature = feature.split('-').next().unwrap_or(feature);
            format!("{error}: run the app with `--features {feature}`").into()
        }
        _ => error.into(),
    }
}

fn variable(name: &str) -> Result<Option<String>, Fault> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(format!("{name}: {error}").into()),
    }
}

fn switch(name: &str, on: &str, off: &str) -> Result<Option<bool>, Fault> {
    match variable(name)? {
        None => Ok(None),
        Some(value) if value == on => Ok(Some(true)),
        Some(value) if value == off => Ok(Some(false)),
        Some(value) => Err(format!("{name}={value}: say {on} or {off}").into()),
    }
}
