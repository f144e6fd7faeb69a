//! The headers of a request, of whatever type the framework keeps them in.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The headers of a request, for guards: an adapter for a framework with header types of its own
/// implements it, so that nothing is copied.
///
/// ```
/// use countersign_http::SentHeaders;
/// use http::{HeaderName, header};
///
/// /// Names in lower case, as they came.
/// struct Pairs(Vec<(String, Vec<u8>)>);
///
/// impl SentHeaders for Pairs {
///     fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
///         let named = self.0.iter().filter(move |pair| pair.0 == name.as_str());
///         named.map(|(_, value)| &**value)
///     }
/// }
///
/// let sent = Pairs(vec![("cookie".to_owned(), b"theme=dark".to_vec())]);
/// assert_eq!(sent.values(&header::COOKIE).next(), Some(&b"theme=dark"[..]));
/// assert_eq!(sent.values(&header::AUTHORIZATION).next(), None);
/// ```
///
/// # Contract
/// - `values` gives the value of *every* header of that name, whatever its case was, in the order in
///   which they came: a guard refuses a second session cookie because it sees both.
pub trait SentHeaders {
    /// The values of all headers of this name.
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]>;
}

impl SentHeaders for HeaderMap {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

/// A value as text: visible ASCII, spaces and tabs.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    let is_visible = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
    value
        .iter()
        .all(is_visible)
        .then(|| str::from_utf8(value).ok())?
}
