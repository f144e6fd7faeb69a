//! From the configuration to a provider that answers.

use std::{net::SocketAddr, sync::Arc};

use countersign::{
    AuthHttp, ConfigError, ConfigFault, Engine, LoginPage, Stores,
    ethereum::Ethereum,
    jwt::{Algorithm, Jwt, Key, KeyRing, RingError},
    metrics::{MetricsEvents, counted},
    polkadot::Polkadot,
    sso::{Client, ClientRegistry, RedirectUri, StaticClients, StoredClients},
    stores,
};

use super::config::Config;
use crate::failure::Failure;

/// What is served.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) auth: AuthHttp,
    /// Whether the demo application is served too.
    pub(crate) demo: bool,
}

pub(crate) async fn build(config: &Config, address: SocketAddr) -> Result<Site, Failure> {
    let origin = match (&config.origin, config.dev) {
        (Some(origin), _) => origin.clone(),
        (None, true) => format!("http://{address}"),
        (None, false) => {
            let missing = "no origin: the option `origin` of the file, or COUNTERSIGN_ORIGIN, says under \
                           which https address people see this server; to try it: `serve --dev`";
            return Err(Failure::usage(missing));
        }
    };
    let stores = open(config).await?;
    let ring = match config.dev && !config.keys.exists() {
        true => KeyRing::of(Key::generate(Algorithm::EdDsa)),
        false => KeyRing::open(&config.keys).map_err(|error| {
            let keys = config.keys.display();
            let hint = match error {
                RingError::File(_) => {
                    format!("; `countersign keys new --ring {keys}` makes one")
                }
                _ => "; the option `keys` names the file of `countersign keys new`".to_owned(),
            };
            Failure::usage(format_args!("{keys}: {error}{hint}"))
        })?,
    };
    let registry = stores.registry.clone();
    let mut builder = Engine::builder(&origin)
        .stores(counted(stores))
        .events(MetricsEvents::new())
        .tokens(Jwt::new(ring))
        .limits(config.limits.limits())
        .lifetimes(config.lifetimes.lifetimes());
    if !config.limits.enabled {
        builder = builder.without_limits();
    }
    if let Some((first, more)) = config.ethereum.split_first() {
        let chains = more.iter();
        builder = builder.chain(chains.fold(Ethereum::chain(*first), |all, id| all.also(*id)));
    }
    if config.polkadot {
        builder = builder.chain(Polkadot::new());
    }
    if let Some(statement) = &config.statement {
        builder = builder.statement(statement);
    }
    if let Some(secret) = config.secret()? {
        builder = builder.secret(secret);
    }
    for secret in config.retired_secrets()? {
        builder = builder.retired_secret(secret);
    }
    if config.dev {
        builder = builder.dev();
    }
    let engine = builder.build().map_err(in_words_of_the_file)?;
    let first = static_clients(config, &origin)?;
    let auth = AuthHttp::new(engine).with_health();
    let auth = auth.login_page(LoginPage::new())?;
    let clients: Arc<dyn ClientRegistry> = match registry {
        Some(registry) => Arc::new(StoredClients::new(registry, first)),
        None => Arc::new(first),
    };
    let mut auth = auth.sso(clients.clone())?;
    if let Some(polkadot_sso) = &config.polkadot_sso {
        let endpoints = polkadot_sso.endpoints(clients);
        auth = auth.with(endpoints)?;
    }
    if let Some(proxies) = &config.proxies {
        let addresses: Vec<_> = proxies.addresses.iter().map(String::as_str).collect();
        auth = auth.behind(proxies.header(), &addresses)?;
    }
    Ok(Site {
        auth,
        demo: config.dev,
    })
}

/// The engine speaks of calls to its builder; whoever writes a file knows its options.
fn in_words_of_the_file(error: ConfigError) -> Failure {
    let faults = error.faults().iter().cloned().map(|fault| {
        let detail = match fault.code {
            "CFG_SECRET_MISSING" => {
                "no secret: the option `secret_file` names a file with one, or COUNTERSIGN_SECRET holds \
                 it; `openssl rand -base64 48` makes one"
            }
            "CFG_DEV" => "--dev is for this machine alone: loopback addresses and origins",
            _ => return fault,
        };
        ConfigFault::new(fault.code, detail)
    });
    ConfigError::from(faults.collect::<Vec<_>>()).into()
}

pub(crate) async fn open(config: &Config) -> Result<Stores, Failure> {
    stores::connect(config.store())
        .await
        .map_err(|error| Failure::refused(format_args!("the store: {error:?}")))
}

/// The clients of the file, and in `dev` two more: the demo application, and one for an application on
/// this machine that somebody is writing.
pub(crate) fn static_clients(config: &Config, origin: &str) -> Result<StaticClients, Failure> {
    let mut clients = config.clients.clone();
    if config.dev {
        let demo = format!("{origin}/demo");
        for (id, name, callback, goodbye) in [
            (
                "demo",
                "The demo application",
                format!("{demo}/callback"),
                &*demo,
            ),
            // At any port (RFC 8252 section 7.3).
            (
                EXAMPLE,
                "An application on this machine",
                "http://127.0.0.1/callback".to_owned(),
                "http://127.0.0.1/",
            ),
        ] {
            if clients.iter().any(|client| client.id.as_str() == id) {
                continue; // the file knows better
            }
            let mut client = Client::public(id, name, &[&callback]).map_err(Failure::usage)?;
            let goodbye = RedirectUri::parse(goodbye).map_err(Failure::usage)?;
            client.post_logout_redirect_uris = vec![goodbye];
            clients.push(client);
        }
    }
    StaticClients::new(clients).map_err(Failure::usage)
}

/// The client of `dev` for applications of one's own.
pub(crate) const EXAMPLE: &str = "example";
