//! Answers: the one shape of errors, and the headers that every answer carries.

use std::borrow::Cow;

use bytes::Bytes;
use countersign_core::{Class, Code, Error};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    code: Option<Code>,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, body: Bytes) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(USUAL_HEADERS),
            body,
            code: None,
        }
    }

    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Bytes::new())
    }

    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        let mut body = Vec::with_capacity(1024);
        serde_json::to_writer(&mut body, value).expect("our answers are JSON");
        Self::new(status, body.into()).header(header::CONTENT_TYPE, "application/json")
    }

    /// A page for people. Its own origin must reach its forms, so the browser may name it there.
    #[cfg(feature = "sso")]
    pub(crate) fn page(status: StatusCode, html: String, policy: &HeaderValue) -> Self {
        let mut reply = Self::new(status, html.into())
            .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .header(header::REFERRER_POLICY, "same-origin");
        reply.set(header::CONTENT_SECURITY_POLICY, policy.clone());
        reply
    }

    /// The browser goes elsewhere, and with GET, whatever it came with.
    #[cfg(feature = "sso")]
    pub(crate) fn see_other(location: &str) -> Self {
        let mut reply = Self::no_content();
        reply.status = StatusCode::SEE_OTHER;
        match HeaderValue::from_str(location) {
            Ok(location) => reply.set(header::LOCATION, location),
            Err(_) => reply.status = StatusCode::INTERNAL_SERVER_ERROR, // ASCII by construction
        }
        reply
    }

    /// A protocol error of OAuth, in the shape that all errors have; with a `message` for clients of
    /// other systems.
    #[cfg(feature = "sso")]
    pub(crate) fn oauth(
        status: StatusCode,
        code: &'static str,
        text: &'static str,
        message: Option<&str>,
    ) -> Self {
        let request_id = request_id();
        tracing::debug!(target: "countersign", code, request_id, "refused");
        Self::json(
            status,
            &ErrorAnswer {
                error: code,
                error_description: text.into(),
                message,
                request_id,
            },
        )
    }

    pub(crate) fn text(text: String) -> Self {
        Self::new(StatusCode::OK, text.into())
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
    }

    /// `{"error", "error_description", "request_id"}`. The log gets the cause under the same id.
    pub(crate) fn error(error: &Error) -> Self {
        Self::error_saying(error, None)
    }

    /// The same with a `message`, which clients of other systems look for.
    pub(crate) fn error_saying(error: &Error, message: Option<&str>) -> Self {
        let request_id = request_id();
        let status = status_of(error.class());
        let cause = std::error::Error::source(error).map(|source| format!("{source:?}"));
        if status.is_server_error() {
            tracing::error!(target: "countersign", code = %error.code(), request_id, cause, "failed");
        } else {
            tracing::debug!(target: "countersign", code = %error.code(), request_id, cause, "refused");
        }
        let mut reply = Self::json(
            status,
            &ErrorAnswer {
                error: error.code().as_str(),
                error_description: error.description(),
                message,
                request_id,
            },
        )
        .of(error);
        if let Some(wait) = error.retry_after() {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            reply.set(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Bearer realm="countersign""#);
            reply.set(header::WWW_AUTHENTICATE, challenge);
        }
        reply
    }

    /// Remembers for the log and the counters what it answers.
    pub(crate) fn of(mut self, error: &Error) -> Self {
        self.code = Some(error.code());
        self
    }

    /// The error that it tells.
    pub(crate) fn code(&self) -> Option<Code> {
        self.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn allow(mut self, methods: &str) -> Self {
        self.set(header::ALLOW, listed(methods));
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.set(name, HeaderValue::from_static(value));
        self
    }

    /// One more cookie; each has a header of its own.
    pub(crate) fn cookie(mut self, cookie: HeaderValue) -> Self {
        self.headers.append(header::SET_COOKIE, cookie);
        self
    }

    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    pub(crate) fn drop_body(&mut self) {
        self.body = Bytes::new();
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        *headers = self.headers;
        for (name, value) in ALWAYS {
            headers.entry(name).or_insert(value);
        }
        response
    }
}

#[derive(Serialize)]
struct ErrorAnswer<'a> {
    error: &'static str,
    error_description: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    request_id: String,
}

/// A list of methods as a header.
pub(crate) fn listed(methods: &str) -> HeaderValue {
    HeaderValue::from_str(methods).expect("methods are ASCII")
}

fn status_of(class: Class) -> StatusCode {
    match class {
        Class::Malformed => StatusCode::BAD_REQUEST,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Class::Timeout => StatusCode::REQUEST_TIMEOUT,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::Incomplete => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Limited => StatusCode::TOO_MANY_REQUESTS,
        Class::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn request_id() -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    hex::encode(bytes)
}

/// Answers about sessions are for one client, for now, and never part of another page.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::VARY, HeaderValue::from_static("origin")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Those, the three of CORS, and a few: room for them is made at once.
const USUAL_HEADERS: usize = 14;
