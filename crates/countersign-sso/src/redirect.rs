//! Where a client wants people sent back to, and when two such addresses are one.

use std::fmt;

use iri_string::types::UriStr;
use serde::{Deserialize, Serialize};

use crate::client::ClientError;

/// A redirect URI that a client has registered (RFC 6749 section 3.1.2, RFC 8252, RFC 9700 section 2.1).
///
/// `https` to any host; `http` to this machine only; or a scheme of the application's own, with a dot
/// in it. It is compared character by character; only the port of `http://127.0.0.1` and
/// `http://[::1]` may vary, because a native application does not know it beforehand.
///
/// ```
/// use countersign_sso::RedirectUri;
///
/// let web = RedirectUri::parse("https://shop.example/callback").unwrap();
/// assert!(web.matches("https://shop.example/callback"));
/// assert!(!web.matches("https://shop.example/callback/"));
///
/// let native = RedirectUri::parse("http://127.0.0.1/callback").unwrap();
/// assert!(native.matches("http://127.0.0.1:49152/callback"));
/// assert!(RedirectUri::parse("https://*.shop.example/").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads one.
    ///
    /// # Errors
    /// [`ClientError::RedirectUri`].
    pub fn parse(text: &str) -> Result<Self, ClientError> {
        if is_registrable(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClientError::RedirectUri)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request's redirect URI is this one.
    pub fn matches(&self, asked: &str) -> bool {
        if self.0 == asked {
            return true;
        }
        match (without_loopback_port(&self.0), without_loopback_port(asked)) {
            (Some(ours), Some(theirs)) => ours == theirs && is_registrable(asked),
            _ => false,
        }
    }

    /// Whether only one application on the web can be at its end: the host's certificate says which.
    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = ClientError;

    fn try_from(text: String) -> Result<Self, ClientError> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

fn is_registrable(text: &str) -> bool {
    let plain = text.len() <= 2_048 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || text.contains(['\\', '#', '*']) {
        return false;
    }
    let Ok(uri) = UriStr::new(text) else {
        return false;
    };
    let climbs = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    let path = uri.path_str();
    if path.split('/').any(climbs) || path.to_ascii_lowercase().contains("%2e") {
        return false;
    }
    let scheme = uri.scheme_str();
    match (scheme, uri.authority_components()) {
        ("https", Some(authority)) => authority.userinfo().is_none() && is_host(authority.host()),
        ("http", Some(authority)) => {
            let host = authority.host();
            authority.userinfo().is_none() && ["127.0.0.1", "[::1]", "localhost"].contains(&host)
        }
        ("http" | "https", None) => false,
        // A scheme of its own is a domain name in reverse: it has a dot (RFC 8252 section 7.1).
        (own, authority) => {
            own.contains('.')
                && own == own.to_ascii_lowercase()
                && authority.is_none_or(|authority| authority.userinfo().is_none())
        }
    }
}

/// Letters, digits, dots and hyphens, in lower case; or an IPv6 address.
fn is_host(host: &str) -> bool {
    let is_name = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-'
    };
    let is_name = !host.starts_with('.') && !host.ends_with('.') && host.bytes().all(is_name);
    !host.is_empty() && (is_name || host.starts_with('['))
}

/// What is left of a loopback URI without its port.
fn without_loopback_port(text: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find_map(|host| {
            let rest = text.strip_prefix(host)?;
            let after_port = match rest.strip_prefix(':') {
                Some(rest) => {
                    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                    let port = &rest[..rest.len() - after.len()];
                    port.parse::<u16>().ok().filter(|port| *port > 0)?;
                    after
                }
                None => rest,
            };
            let is_whole = after_port.is_empty() || after_port.starts_with(['/', '?']);
            is_whole.then_some((host, after_port))
        })
}
