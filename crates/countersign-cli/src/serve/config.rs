//! The configuration: a TOML file, and what the environment says instead.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use countersign::{
    Limits, ProxyHeader, Quota, Secret,
    dialects::PolkadotSso,
    policy::Lifetimes,
    sso::{Client, ClientRegistry},
};
use serde::Deserialize;

use crate::failure::Failure;

/// All options; each is described in `dist/countersign.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) origin: Option<String>,
    pub(crate) listen: SocketAddr,
    pub(crate) store: Option<String>,
    pub(crate) secret_file: Option<PathBuf>,
    pub(crate) retired_secret_files: Vec<PathBuf>,
    pub(crate) keys: PathBuf,
    pub(crate) statement: Option<String>,
    pub(crate) ethereum: Vec<u64>,
    pub(crate) polkadot: bool,
    pub(crate) max_connections: usize,
    pub(crate) log: LogFormat,
    pub(crate) proxies: Option<Proxies>,
    pub(crate) limits: LimitsConfig,
    pub(crate) lifetimes: LifetimesConfig,
    pub(crate) metrics: MetricsConfig,
    pub(crate) polkadot_sso: Option<PolkadotSsoConfig>,
    pub(crate) clients: Vec<Client>,
    /// By `--dev` or `COUNTERSIGN_DEV=1` alone: a file that is copied to a server must not hold it.
    #[serde(skip)]
    pub(crate) dev: bool,
    /// By `COUNTERSIGN_SECRET` alone: files of configuration get around.
    #[serde(skip)]
    pub(crate) secret: Option<Secret>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The proxies that are believed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proxies {
    header: ProxyHeaderName,
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProxyHeaderName {
    XForwardedFor,
    Forwarded,
}

/// Requests of one address in a minute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsConfig {
    challenge: u32,
    verify: u32,
    token: u32,
    pub(crate) enabled: bool,
}

/// In seconds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LifetimesConfig {
    session_idle: u64,
    session: u64,
    refresh: u64,
    access: u64,
}

/// Where metrics are read; nowhere, if it is not said.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricsConfig {
    pub(crate) listen: Option<SocketAddr>,
}

/// The endpoints of Polkadot SSO, and what one address may ask of them in a minute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PolkadotSsoConfig {
    challenge: u32,
    verify: u32,
    token: u32,
    legacy_get_verify: bool,
}

impl Config {
    /// Reads the file, if there is one, then the environment.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let mut config = match path {
            None => Self::default(),
            Some(path) => {
                let named = |error: &dyn std::fmt::Display| {
                    Failure::usage(format_args!("{}: {error}", path.display()))
                };
                let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
                toml::from_str(&text).map_err(|error| not_read(path, &text, &error))?
            }
        };
        config.override_by(|name| std::env::var(name).ok())?;
        Ok(config)
    }

    fn override_by(&mut self, get: impl Fn(&str) -> Option<String>) -> Result<(), Failure> {
        let wrong =
            |name: &str, expected: &str| Failure::usage(format_args!("{name} is not {expected}"));
        let address = "an address with a port, such as 127.0.0.1:8080";
        if let Some(origin) = get("COUNTERSIGN_ORIGIN") {
            self.origin = Some(origin);
        }
        if let Some(listen) = get("COUNTERSIGN_LISTEN") {
            self.listen = listen
                .parse()
                .map_err(|_| wrong("COUNTERSIGN_LISTEN", address))?;
        }
        if let Some(listen) = get("COUNTERSIGN_METRICS_LISTEN") {
            let listen = listen.parse();
            let listen = listen.map_err(|_| wrong("COUNTERSIGN_METRICS_LISTEN", address))?;
            self.metrics.listen = Some(listen);
        }
        if let Some(store) = get("COUNTERSIGN_STORE") {
            self.store = Some(store);
        }
        if let Some(secret) = get("COUNTERSIGN_SECRET") {
            self.secret = Some(Secret::new(secret));
        }
        if let Some(keys) = get("COUNTERSIGN_KEYS") {
            self.keys = keys.into();
        }
        match get("COUNTERSIGN_LOG").as_deref() {
            None => {}
            Some("text") => self.log = LogFormat::Text,
            Some("json") => self.log = LogFormat::Json,
            Some(_) => return Err(wrong("COUNTERSIGN_LOG", "`text` or `json`")),
        }
        match get("COUNTERSIGN_DEV").as_deref() {
            None | Some("" | "0") => {}
            Some("1") => self.dev = true,
            Some(_) => return Err(wrong("COUNTERSIGN_DEV", "`1` or `0`")),
        }
        Ok(())
    }

    /// The store's URL: in memory for `dev`, else a file beside us.
    pub(crate) fn store(&self) -> &str {
        let fallback = match self.dev {
            true => "memory:",
            false => "sqlite:countersign.db",
        };
        self.store.as_deref().unwrap_or(fallback)
    }

    /// The secret, out of the environment or its file.
    pub(crate) fn secret(&self) -> Result<Option<Secret>, Failure> {
        match (&self.secret, &self.secret_file) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Some(path)) => read_secret(path).map(Some),
            (None, None) => Ok(None),
        }
    }

    pub(crate) fn retired_secrets(&self) -> Result<Vec<Secret>, Failure> {
        let paths = self.retired_secret_files.iter();
        paths.map(|path| read_secret(path)).collect()
    }
}

fn read_secret(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path)
        .map(zeroize::Zeroizing::new)
        .map_err(|error| {
            let path = path.display();
            Failure::usage(format_args!(
                "the secret's file {path}: {error}; `openssl rand -base64 48` makes a secret"
            ))
        })?;
    Ok(Secret::new(text.trim()))
}

/// Where the file is wrong, and how; its lines are not shown, since they may hold a password.
fn not_read(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    let what = error.message().replace('\n', ", ");
    Failure::usage(format_args!("{}:{line}: {what}", path.display()))
}

impl Proxies {
    pub(crate) fn header(&self) -> ProxyHeader {
        match self.header {
            ProxyHeaderName::XForwardedFor => ProxyHeader::XForwardedFor,
            ProxyHeaderName::Forwarded => ProxyHeader::Forwarded,
        }
    }
}

impl LimitsConfig {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            challenge: Quota::per_minute(self.challenge),
            verify: Quota::per_minute(self.verify),
            token: Quota::per_minute(self.token),
        }
    }
}

impl PolkadotSsoConfig {
    pub(crate) fn endpoints(&self, clients: impl ClientRegistry) -> PolkadotSso {
        let endpoints = PolkadotSso::new(clients).limits(Limits {
            challenge: Quota::per_minute(self.challenge),
            verify: Quota::per_minute(self.verify),
            token: Quota::per_minute(self.token),
        });
        match self.legacy_get_verify {
            true => endpoints.legacy_get_verify(),
            false => endpoints,
        }
    }
}

impl LifetimesConfig {
    pub(crate) fn lifetimes(&self) -> Lifetimes {
        use std::time::Duration;

        Lifetimes {
            cookie_idle: Duration::from_secs(self.session_idle),
            cookie_absolute: Duration::from_secs(self.session),
            token_absolute: Duration::from_secs(self.refresh),
            access: Duration::from_secs(self.access),
            ..Lifetimes::default()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origin: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            store: None,
            secret_file: None,
            retired_secret_files: Vec::new(),
            keys: "keys.json".into(),
            statement: None,
            ethereum: vec![1],
            polkadot: true,
            max_connections: 10_000,
            log: LogFormat::Text,
            proxies: None,
            limits: LimitsConfig::default(),
            lifetimes: LifetimesConfig::default(),
            metrics: MetricsConfig::default(),
            polkadot_sso: None,
            clients: Vec::new(),
            dev: false,
            secret: None,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            challenge: limits.challenge.limit,
            verify: limits.verify.limit,
            token: limits.token.limit,
            enabled: true,
        }
    }
}

impl Default for PolkadotSsoConfig {
    fn default() -> Self {
        let limits = PolkadotSso::LIMITS;
        Self {
            challenge: limits.challenge.limit,
            verify: limits.verify.limit,
            token: limits.token.limit,
            legacy_get_verify: false,
        }
    }
}

impl Default for LifetimesConfig {
    fn default() -> Self {
        let lifetimes = Lifetimes::default();
        Self {
            session_idle: lifetimes.cookie_idle.as_secs(),
            session: lifetimes.cookie_absolute.as_secs(),
            refresh: lifetimes.token_absolute.as_secs(),
            access: lifetimes.access.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_documented_file_holds_every_option_at_its_default() {
        let text = include_str!("../../dist/countersign.toml");
        // What is commented out is an example, or the default.
        let all: String = text
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        let read: Config = toml::from_str(&all).unwrap();
        let options: toml::Table = toml::from_str(&all).unwrap();
        for option in [
            "origin",
            "listen",
            "store",
            "secret_file",
            "retired_secret_files",
            "keys",
            "statement",
            "ethereum",
            "polkadot",
            "max_connections",
            "log",
            "proxies",
            "limits",
            "lifetimes",
            "metrics",
            "polkadot_sso",
            "clients",
        ] {
            assert!(options.contains_key(option), "{option} is not documented");
        }
        let default = Config::default();
        assert_eq!(read.listen, default.listen);
        assert_eq!(read.lifetimes.lifetimes(), default.lifetimes.lifetimes());
        assert_eq!(read.limits.limits(), default.limits.limits());
        assert_eq!(read.max_connections, default.max_connections);
        let said = format!("{:?}", read.polkadot_sso.unwrap());
        assert_eq!(said, format!("{:?}", PolkadotSsoConfig::default()));
        let bare: Config = toml::from_str(text).unwrap();
        assert!(bare.clients.is_empty() && bare.proxies.is_none());
        assert!(read.metrics.listen.is_some() && bare.metrics.listen.is_none());
        assert!(bare.polkadot_sso.is_none());
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for text in [
            "orign = \"https://id.example\"",
            "dev = true",
            "secret = \"x\"",
            "[limits]\nverfy = 1",
            "[lifetimes]\nforever = 1",
            "[metrics]\nport = 1",
            "[polkadot_sso]\nget_verify = true",
            "[[clients]]\nid = \"a\"\nname = \"A\"\nredirect_uris = []\ncolour = \"red\"",
            "[[clients]]\nid = \"a\"\nname = \"A\"\nredirect_uris = [\"javascript:1\"]",
        ] {
            assert!(toml::from_str::<Config>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let mut config: Config = toml::from_str("origin = \"https://a.example\"").unwrap();
        let from = |name: &str| match name {
            "COUNTERSIGN_ORIGIN" => Some("https://b.example".to_owned()),
            "COUNTERSIGN_STORE" => Some("memory:".to_owned()),
            _ => None,
        };
        config.override_by(from).unwrap();
        assert_eq!(config.origin.as_deref(), Some("https://b.example"));
        assert_eq!(config.store(), "memory:");
        let wrong = |name: &str| (name == "COUNTERSIGN_LISTEN").then(|| "here".to_owned());
        assert!(config.override_by(wrong).is_err());
    }
}
