//! `application/x-www-form-urlencoded`, as queries and bodies carry it, in and out.

use std::fmt::Write as _;

use crate::error::{OAuthCode, OAuthError};

/// The parameters of a request. One without a value counts as left out; one that stands twice is
/// refused when it is asked for (RFC 6749 section 3.1).
///
/// ```
/// use countersign_sso::Params;
///
/// let params = Params::parse("scope=openid+profile&state=a%26b&empty=").unwrap();
/// assert_eq!(params.one("scope").unwrap(), Some("openid profile"));
/// assert_eq!(params.one("state").unwrap(), Some("a&b"));
/// assert_eq!(params.one("empty").unwrap(), None);
/// ```
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads them; `None` for what is not percent-encoded UTF-8.
    pub fn parse(text: &str) -> Option<Self> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let read = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((form_urldecode(name)?, form_urldecode(value)?))
        });
        read.collect::<Option<_>>().map(Self)
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// `invalid_request` if it stands twice.
    pub fn one(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            let twice = "a parameter stands twice";
            return Err(OAuthError::new(OAuthCode::InvalidRequest, twice));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` if it is not, or stands twice.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.one(name)?.ok_or(OAuthError::new(
            OAuthCode::InvalidRequest,
            "a required parameter is missing",
        ))
    }

    /// Whether it is there with a value, once or more often.
    pub fn has(&self, name: &str) -> bool {
        let mut pairs = self.0.iter();
        pairs.any(|(key, value)| key == name && !value.is_empty())
    }

    /// Those of these names alone.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let named = |(name, _): &&(String, String)| names.contains(&name.as_str());
        Self(self.0.iter().filter(named).cloned().collect())
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Of pairs, as JSON has them.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// They may hold secrets.
impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Encodes pairs; everything but unreserved characters as percent and hex.
pub fn form_urlencode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        encode(name, &mut text);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}"); // a String takes everything
        }
    }
}

pub(crate) fn form_urldecode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
