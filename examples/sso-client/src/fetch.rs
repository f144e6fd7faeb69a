//! The HTTP client: hyper with rustls, for a crate that would bring a whole one of its own.

use std::{fmt, sync::Arc, time::Duration};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use openidconnect::{HttpRequest, HttpResponse};

use crate::settings::Fault;

#[derive(Clone)]
pub(crate) struct Fetch(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Fetch {
    pub(crate) fn new() -> Result<Self, Fault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// One request. Redirects are not followed: a provider has no reason to send its clients elsewhere.
    pub(crate) async fn send(self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let exchange = async {
            let response = self.0.request(request.map(Full::from)).await?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MOST).collect().await?.to_bytes();
            Ok::<_, Fault>(HttpResponse::from_parts(parts, body.to_vec()))
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(answered) => answered.map_err(FetchError),
            Err(elapsed) => Err(FetchError(elapsed.into())),
        }
    }
}

/// No answer came.
#[derive(Debug)]
pub(crate) struct FetchError(Fault);

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl std::error::Error for FetchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// How long an answer may take, and how many bytes it may have.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST: usize = 256 * 1024;
