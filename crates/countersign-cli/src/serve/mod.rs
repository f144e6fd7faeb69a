//! `countersign serve`: a wallet identity provider in one process.

mod config;
mod demo;
mod metrics;
mod provider;
mod server;

use std::{
    io::{ErrorKind, IsTerminal},
    net::SocketAddr,
    process::ExitCode,
};

use tokio::{net::TcpListener, signal::unix::SignalKind, sync::watch};

use crate::{
    args::{ConfigArgs, ServeArgs},
    failure::Failure,
    output,
};

pub(crate) use config::Config;
pub(crate) use provider::{open, static_clients};

use config::LogFormat;
use metrics::Metrics;

/// Serves until it is told to end (SIGTERM, SIGINT).
pub(crate) fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let mut config = Config::read(args.config.config.as_deref())?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.dev |= args.dev;
    if let Some(store) = &args.store {
        config.store = Some(store.clone());
    }
    begin_log(config.log);
    runtime()?.block_on(serve(config))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the configuration and builds everything but the listener: what is wrong is said, and
/// nothing is served.
pub(crate) fn check(args: &ConfigArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(args.config.as_deref())?;
    metrics::address(&config)?;
    let address = config.listen;
    let built = provider::build(&config, address);
    runtime()?.block_on(built)?;
    output::line("the configuration is good");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::refused)
}

async fn serve(config: Config) -> Result<(), Failure> {
    let listener = bind(config.listen).await?;
    // First of all, so that nothing is missed.
    let metrics = match metrics::address(&config)? {
        Some(address) => Some((Metrics::install()?, bind(address).await?)),
        None => None,
    };
    let address: SocketAddr = listener.local_addr().map_err(Failure::refused)?;
    let site = provider::build(&config, address).await?;
    let origin = site.auth.engine().origin().to_string();
    if config.dev {
        output::line("dev mode: a throw-away secret and key; for this machine only");
        output::line(format_args!("try it: open {origin}/demo in a browser"));
        output::line(format_args!(
            "or with an application of your own: client_id `{}`, no secret, redirect_uri \
             http://127.0.0.1:PORT/callback; `SSO_ISSUER={origin} cargo run -p sso-client` is one",
            provider::EXAMPLE
        ));
    }
    if let Some((_, listener)) = &metrics {
        let address = listener.local_addr().map_err(Failure::refused)?;
        output::line(format_args!("metrics at http://{address}/metrics"));
    }
    output::line(format_args!("listening on {address} as {origin}"));
    let mut terminate =
        tokio::signal::unix::signal(SignalKind::terminate()).map_err(Failure::refused)?;
    let (ending, told) = watch::channel(());
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        drop(ending);
    };
    let watched = async move {
        if let Some((metrics, listener)) = metrics {
            let mut told = told;
            let over = async move { while told.changed().await.is_ok() {} };
            metrics.serve(listener, over).await;
        }
    };
    let served = server::serve(listener, site, config.max_connections, stop);
    tokio::join!(served, watched);
    output::line("ended");
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => "; `--listen` or the file names another address",
            _ => "",
        };
        Failure::refused(format_args!("{address}: {error}{hint}"))
    })
}

fn begin_log(format: LogFormat) {
    use tracing_subscriber::{EnvFilter, fmt};

    let filter =
        EnvFilter::try_from_env("COUNTERSIGN_LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal()) // colours are noise in a file or a journal
        .with_writer(std::io::stderr);
    // A log that somebody else began stays.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
