//! What may come in: how much, of what type, and for how long.

use std::{borrow::Cow, pin::pin, time::Duration};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use countersign_core::{Code, Error};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, header};
use serde::Deserialize;

/// The longest request body, in bytes, where signatures are those of keys.
pub const BODY_LIMIT: usize = 16 * 1024;

/// The same where contract wallets sign in: a signature of 16 KiB and its text, as JSON.
pub const LONG_BODY_LIMIT: usize = 64 * 1024;

/// Reads a body that arrives in pieces; keeps up to one byte past the limit. What a client sends
/// beyond that is read and dropped for a while, so that it gets to hear the answer.
pub(crate) async fn read<S, B, E>(
    stream: S,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes, Error>
where
    S: Stream<Item = Result<B, E>>,
    B: Buf,
{
    let collect = async {
        let mut stream = pin!(stream);
        let mut body = BytesMut::new();
        let mut received = 0_usize;
        while let Some(piece) = stream.next().await {
            // A body that is cut off is no body: half a request is never acted on.
            let piece = piece.map_err(|_| Error::from(Code::RequestMalformed))?;
            received = received.saturating_add(piece.remaining());
            let room = (limit + 1).saturating_sub(body.len());
            let take = room.min(piece.remaining());
            body.put(piece.take(take));
            if received > DRAIN_LIMIT {
                break;
            }
        }
        Ok(body.freeze())
    };
    match tokio::time::timeout(deadline, collect).await {
        Ok(body) => body,
        Err(elapsed) => Err(Error::with_source(Code::RequestTimeout, elapsed)),
    }
}

/// Refuses header blocks over 16 KiB or 100 fields, and two hosts (RFC 9112 section 3.2).
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), Error> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(Code::HeadersTooLarge.into());
    }
    if headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Err(Code::RequestMalformed.into());
    }
    Ok(())
}

/// Refuses bodies over the limit, and ones that are not plain JSON in UTF-8, or a form where forms
/// are taken.
pub(crate) fn check(
    headers: &HeaderMap,
    body: &Bytes,
    limit: usize,
    forms: bool,
) -> Result<(), Error> {
    if body.len() > limit {
        return Err(Code::RequestTooLarge.into());
    }
    let encoded = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|value| value != "identity");
    let is_readable = body.is_empty() || is_json(headers) || forms && is_form(headers);
    if encoded || !is_readable {
        return Err(Code::UnsupportedMediaType.into());
    }
    Ok(())
}

/// A string in a JSON body: borrowed from it where nothing in it is escaped.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Reads a JSON body: an unknown or repeated field, or one of another type, is malformed.
pub(crate) fn json<'a, T: Deserialize<'a>>(
    headers: &HeaderMap,
    body: &'a Bytes,
) -> Result<T, Error> {
    if !is_json(headers) {
        return Err(Code::UnsupportedMediaType.into());
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Code::RequestMalformed.into()); // serde would take a list for an object
    }
    serde_json::from_slice(body).map_err(|e| Error::with_source(Code::RequestMalformed, e))
}

/// Whether the body is `application/x-www-form-urlencoded`.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/x-www-form-urlencoded")
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/json")
}

/// Whether the one `Content-Type` is this, in UTF-8.
fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let (essence, parameter) = value.split_once(';').unwrap_or((value, ""));
    let parameter = parameter.trim();
    let charset = parameter.is_empty()
        || parameter.eq_ignore_ascii_case("charset=utf-8")
        || parameter.eq_ignore_ascii_case("charset=\"utf-8\"");
    essence.trim_end().eq_ignore_ascii_case(wanted) && charset
}

const DRAIN_LIMIT: usize = 1024 * 1024;
/// How long a body may take, unless it is said otherwise.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 16 * 1024;
