//! The way to a Cluster: the client knows which node holds what.

use std::time::Duration;

use redis::{Client, Cmd, RedisResult, ServerErrorKind, Value, cluster_async::ClusterConnection};

use super::{CONNECT, DEADLINE, RESPONSE, connect, is, within};
use crate::{ConnectError, settings::Settings, tls::Roots, url::Many};

pub(crate) struct Cluster {
    connection: ClusterConnection,
    /// The nodes that the URL names.
    nodes: Vec<Client>,
}

impl Cluster {
    pub(super) async fn open(
        scheme: &str,
        rest: &str,
        roots: &Roots,
    ) -> Result<Self, ConnectError> {
        let many = Many::parse(rest, 6379)?;
        let base = scheme.trim_end_matches("+cluster");
        let urls = many.hosts.iter();
        let urls: Vec<_> = urls
            .map(|(host, port)| format!("{base}://{}{host}:{port}/", many.user))
            .collect();
        let builder = redis::cluster::ClusterClientBuilder::new(urls.clone())
            .retries(0) // what may have happened is not tried again; the rest is our own affair
            .connection_timeout(CONNECT)
            .response_timeout(RESPONSE);
        #[cfg(feature = "tls")]
        let builder = match roots.given() {
            Some(given) => builder.certs(given),
            None => builder,
        };
        let client = builder.build()?;
        let nodes = urls.into_iter().map(|url| roots.client(url));
        Ok(Self {
            connection: client.get_async_connection().await?,
            nodes: nodes.collect::<Result<_, _>>()?,
        })
    }

    pub(super) async fn settings(&self) -> RedisResult<Vec<Settings>> {
        let mut settings = Vec::new();
        for node in &self.nodes {
            // One that is down now says nothing against the others.
            if let Ok(mut connection) = connect(node).await {
                settings.push(Settings::read(&mut connection).await?);
            }
        }
        Ok(settings)
    }

    /// Sends a command again only if a node refused to look at it.
    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        within(DEADLINE, async {
            let mut connection = self.connection.clone();
            let mut tries = 0;
            loop {
                let error = match command.query_async(&mut connection).await {
                    Ok(value) => return Ok(value),
                    Err(error) => error,
                };
                let refused = [
                    ServerErrorKind::Moved,
                    ServerErrorKind::Ask,
                    ServerErrorKind::TryAgain,
                    ServerErrorKind::ClusterDown,
                    ServerErrorKind::ReadOnly,
                ];
                if tries == 5 || !refused.iter().any(|kind| is(&error, *kind)) {
                    return Err(error);
                }
                tries += 1;
                tokio::time::sleep(Duration::from_millis(20) * tries).await;
            }
        })
        .await
    }
}
