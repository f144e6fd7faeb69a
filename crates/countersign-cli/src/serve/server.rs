//! The HTTP servers: HTTP/1.1 by hyper, with deadlines, a bound on connections and an end.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use countersign::Peer;
use http::{Request, Response};
use http_body_util::{BodyDataStream, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::{demo, provider::Site};

/// What answers requests.
pub(crate) trait Answers: Clone + Send + 'static {
    fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Bytes>> + Send;
}

/// Serves until `stop`; then lets go of idle connections and gives the others a while to finish.
pub(crate) async fn serve(
    listener: TcpListener,
    site: impl Answers,
    max_connections: usize,
    stop: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(max_connections));
    let (ending, ended) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        // Whoever comes while all slots are taken waits in the listener's queue.
        let slot = tokio::select! {
            () = &mut stop => break,
            slot = slots.clone().acquire_owned() => slot.expect("nobody closes it"),
        };
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let (site, ended) = (site.clone(), ended.clone());
                connections.spawn(async move {
                    connection(stream, peer, site, ended).await;
                    drop(slot);
                });
            }
            Err(error) => {
                // Out of file handles: better slow than gone.
                tracing::warn!(target: "countersign", %error, "no connection taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    tracing::info!(target: "countersign", "ending");
    let _ = ending.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!(target: "countersign", "connections cut off");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    site: impl Answers,
    mut ended: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let site = site.clone();
        async move {
            let response = site.answer(peer, request).await;
            Ok::<_, Infallible>(response.map(Full::new))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let done = tokio::select! {
        done = connection.as_mut() => done,
        _ = ended.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = done {
        tracing::debug!(target: "countersign", %error, "connection ended");
    }
}

impl Answers for Site {
    async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Response<Bytes> {
        let began = Instant::now();
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let response = match demo::answer(self, &request) {
            Some(response) => response,
            None => {
                let mut request = request.map(BodyDataStream::new);
                request.extensions_mut().insert(Peer(Some(peer.ip())));
                self.auth.handle_stream(request).await
            }
        };
        // The path alone: a query may hold a code, a state or a token.
        tracing::info!(
            target: "countersign::access", %method, path, status = response.status().as_u16(),
            milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), "request",
        );
        response
    }
}

/// How long the header block may take, and a connection may be idle.
const HEADERS: Duration = Duration::from_secs(10);
/// How long requests may take to finish once the server ends.
const GRACE: Duration = Duration::from_secs(20);
