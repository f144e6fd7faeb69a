//! `countersign serve`: a wallet identity provider in one process.

mod config;
mod demo;
mod provider;
mod server;

use std::{net::SocketAddr, process::ExitCode};

use tokio::{net::TcpListener, signal::unix::SignalKind};

use crate::{
    args::{ConfigArgs, ServeArgs},
    failure::Failure,
    output,
};

pub(crate) use config::Config;
pub(crate) use provider::{open, static_clients};

use config::LogFormat;

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
    let listener = TcpListener::bind(config.listen).await;
    let listener =
        listener.map_err(|error| Failure::refused(format_args!("{}: {error}", config.listen)))?;
    let address: SocketAddr = listener.local_addr().map_err(Failure::refused)?;
    let site = provider::build(&config, address).await?;
    let origin = site.auth.engine().origin().to_string();
    if config.dev {
        output::line("dev mode: a throw-away secret and key; for this machine only");
        output::line(format_args!("try it: open {origin}/demo in a browser"));
        output::line(format_args!(
            "or with an application of your own: client_id `{}`, no secret, redirect_uri \
             http://127.0.0.1:PORT/callback; `cargo run -p sso-client` is one",
            provider::EXAMPLE
        ));
    }
    output::line(format_args!("listening on {address} as {origin}"));
    let mut terminate =
        tokio::signal::unix::signal(SignalKind::terminate()).map_err(Failure::refused)?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    server::serve(listener, site, config.max_connections, stop).await;
    output::line("ended");
    Ok(())
}

fn begin_log(format: LogFormat) {
    use tracing_subscriber::{EnvFilter, fmt};

    let filter =
        EnvFilter::try_from_env("COUNTERSIGN_LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that somebody else began stays.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
