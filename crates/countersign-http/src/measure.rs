//! One request, or one look of a guard: a span around it, its count and its time.

use std::pin::Pin;
#[cfg(feature = "metrics")]
use std::time::Instant;

use countersign_core::Error;
use tracing::{Instrument, Span, field::Empty};

use crate::reply::Reply;

/// Works on a request to one of our endpoints.
pub(crate) async fn request(endpoint: &str, work: Pin<&mut impl Future<Output = Reply>>) -> Reply {
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

/// A guard's look at a request to a route of the application.
pub(crate) struct Look {
    span: Span,
    #[cfg(feature = "metrics")]
    begun: Instant,
}

impl Look {
    pub(crate) fn begin() -> Self {
        Self {
            span: tracing::debug_span!(target: "countersign", "guard", code = Empty),
            #[cfg(feature = "metrics")]
            begun: Instant::now(),
        }
    }

    /// What the look's work happens in.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn end(self, refused: Option<&Error>) {
        if let Some(error) = refused {
            self.span.record("code", error.code().as_str());
        }
        #[cfg(feature = "metrics")]
        crate::metrics::guard(refused, self.begun.elapsed());
    }
}
