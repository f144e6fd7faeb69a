//! One request, or one look of a guard: a span around it, its count and its time.

use std::pin::Pin;
#[cfg(feature = "metrics")]
use std::time::Instant;

use countersign_core::Error;
use tracing::{Instrument, field::Empty};

use crate::reply::Reply;

/// Works on a request to one of our endpoints.
pub(crate) async fn request(endpoint: &str, work: impl Future<Output = Reply>) -> Reply {
    let span = tracing::info_span!(
        target: "countersign", "request", endpoint, status = Empty, code = Empty
    );
    #[cfg(feature = "metrics")]
    let begun = Instant::now();
    let reply = work.instrument(span.clone()).await;
    span.record("status", reply.status().as_u16());
    span.record("code", reply.code().map(|code| code.as_str()));
    #[cfg(feature = "metrics")]
    crate::metrics::request(endpoint, &reply, begun.elapsed());
    reply
}

/// Looks at a request to a route of the application. The work stays where it was made.
pub(crate) async fn guard<T>(
    work: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> Result<T, Error> {
    let span = tracing::debug_span!(target: "countersign", "guard", code = Empty);
    #[cfg(feature = "metrics")]
    let begun = Instant::now();
    let result = work.instrument(span.clone()).await;
    if let Err(error) = &result {
        span.record("code", error.code().as_str());
    }
    #[cfg(feature = "metrics")]
    crate::metrics::guard(result.as_ref().err(), begun.elapsed());
    result
}
