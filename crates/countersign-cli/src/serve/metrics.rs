//! What Prometheus reads, at an address of its own.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use super::{config::Config, server, server::Answers};
use crate::failure::Failure;

/// The recorder of this process, as it is read.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts from now on.
    pub(crate) fn install() -> Result<Self, Failure> {
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(Failure::refused)?;
        describe();
        Ok(Self(handle))
    }

    /// Answers until `stop`.
    pub(crate) async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let upkeep = async {
            // What was measured piles up until it is read or put in order.
            let mut every = tokio::time::interval(UPKEEP);
            loop {
                every.tick().await;
                self.0.run_upkeep();
            }
        };
        tokio::select! {
            () = server::serve(listener, self.clone(), MAX_CONNECTIONS, stop) => {}
            () = upkeep => {}
        }
    }
}

impl Answers for Metrics {
    async fn answer(&self, _peer: SocketAddr, request: Request<Incoming>) -> Response<Bytes> {
        if request.uri().path() != "/metrics" {
            return plain(StatusCode::NOT_FOUND, "there is nothing but /metrics\n");
        }
        if request.method() != Method::GET {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "GET alone\n");
            let get = HeaderValue::from_static("GET");
            response.headers_mut().insert(header::ALLOW, get);
            return response;
        }
        plain(StatusCode::OK, self.0.render())
    }
}

/// The address, if there is one that nobody else has.
pub(crate) fn address(config: &Config) -> Result<Option<SocketAddr>, Failure> {
    match config.metrics.listen {
        Some(address) if address == config.listen && address.port() != 0 => {
            let words =
                "metrics.listen is where people are served: give metrics an address of their own";
            Err(Failure::usage(words))
        }
        listen => Ok(listen),
    }
}

fn plain(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};

    describe_counter!(
        "countersign_challenges_total",
        "Challenges and nonces given out."
    );
    describe_counter!(
        "countersign_sign_ins_total",
        "Proofs, by what came of them."
    );
    describe_counter!(
        "countersign_refreshes_total",
        "Refresh tokens, by what came of them."
    );
    describe_counter!(
        "countersign_limited_total",
        "Clients that spent their quota."
    );
    describe_gauge!(
        "countersign_sessions",
        "Sessions begun by this process since it started, minus those ended."
    );
    describe_counter!(
        "countersign_http_requests_total",
        "Requests to the endpoints."
    );
    describe_histogram!(
        "countersign_http_request_seconds",
        "How long requests took."
    );
    describe_gauge!("countersign_build_info", "1, with the version that runs.");
    gauge!("countersign_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Seconds: a sign-in is a few milliseconds where its store is near, the deadline of a request 10 s.
const BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const UPKEEP: Duration = Duration::from_secs(5);
/// Who reads metrics is few.
const MAX_CONNECTIONS: usize = 16;
