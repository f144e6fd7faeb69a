//! Where a front end lives: scheme, host and port (RFC 6454).

use std::{fmt, net::IpAddr, str::FromStr};

use iri_string::types::UriStr;

/// An `http` or `https` origin in its one canonical text: lower case, without the default port.
///
/// ```
/// use countersign_core::Origin;
///
/// let origin: Origin = "https://App.Example:443".parse().unwrap();
/// assert_eq!(origin.as_str(), "https://app.example");
/// assert_eq!(origin.authority(), "app.example");
/// assert!("https://app.example/path".parse::<Origin>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    text: Box<str>,
    scheme: Scheme,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
}

impl Origin {
    /// The origin of an absolute URI: what it begins with, canonically. `None` if it is not an
    /// `http(s)` URI with a plain host, or carries user info.
    pub fn of_uri(uri: &str) -> Option<Self> {
        let uri = UriStr::new(uri).ok()?;
        let scheme = Scheme::read(uri.scheme_str())?;
        let authority = uri.authority_components()?;
        let port = match authority.port() {
            None | Some("") => scheme.default_port(),
            Some(port) if port.starts_with('0') => return None, // none, or another spelling
            Some(port) => port.parse().ok()?,
        };
        if authority.userinfo().is_some() || !is_host(authority.host()) {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        let text = if port == scheme.default_port() {
            format!("{}://{host}", scheme.as_str())
        } else {
            format!("{}://{host}:{port}", scheme.as_str())
        };
        Some(Self {
            text: text.into(),
            scheme,
            port,
        })
    }

    /// The canonical text, as browsers send it in `Origin`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.scheme.as_str()
    }

    /// Host, and port unless it is the scheme's default: the domain of a sign-in text.
    pub fn authority(&self) -> &str {
        &self.text[self.scheme.as_str().len() + "://".len()..]
    }

    /// The host alone, an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// The port, stated or by default.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        self.host() == "localhost" || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// Whether a browser holds both for the same site, as far as that can be told without a list
    /// of public suffixes: same scheme, and hosts that share their last two labels.
    pub(crate) fn is_same_site(&self, other: &Self) -> bool {
        let parent = |host: &'_ str| {
            let mut labels = host.rsplit('.');
            Some((labels.next()?.to_owned(), labels.next()?.to_owned()))
        };
        let shares_parent = || {
            self.ip().is_none()
                && parent(self.host()).is_some()
                && parent(self.host()) == parent(other.host())
        };
        self.scheme == other.scheme && (self.host() == other.host() || shares_parent())
    }

    /// Whether both name this machine by the same port: one server under two names.
    pub(crate) fn is_loopback_alias(&self, other: &Self) -> bool {
        self.is_loopback() && other.is_loopback() && self.port == other.port
    }

    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .ok()
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let bare = text.bytes().filter(|byte| *byte == b'/').count() == 2
            && !text.contains(['?', '#'])
            && !text.ends_with(':');
        bare.then(|| Self::of_uri(text))
            .flatten()
            .ok_or(OriginError)
    }
}

/// A text that is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an origin of the form scheme://host[:port]")]
pub struct OriginError;

impl Scheme {
    fn read(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("http") => Some(Self::Http),
            _ if text.eq_ignore_ascii_case("https") => Some(Self::Https),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A DNS name, an IPv4 address or a bracketed IPv6 address; the trailing dot and percent-encoding
/// that URIs allow are not.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        let address = inner.parse::<std::net::Ipv6Addr>();
        return address.is_ok_and(|address| address.to_string() == inner.to_ascii_lowercase());
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b == b'-' || b == b'_' || b.is_ascii_alphanumeric())
    };
    // Browsers read a host whose last label is a number as an IPv4 address.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|first: char| first.is_ascii_digit())
        && (last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x"));
    let is_plain = !is_number || host.parse::<std::net::Ipv4Addr>().is_ok();
    host.len() <= 253 && host.split('.').all(is_label) && is_plain
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn one_origin_has_one_text() {
        for (text, canonical) in [
            ("HTTPS://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:443", "http://app.example:443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(origin(text).as_str(), canonical);
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "",
            "null",
            "app.example",
            "https://",
            "https:///",
            "https://app.example/",
            "https://u@app.example",
            "https://u:p@app.example",
            "https://app.example?x",
            "https://app.example#x",
            "ftp://app.example",
            "https://app.example:99999",
            "https://app.example:",
            "https://app.example.",
            "https://*.example",
            "https://é.example",
            "https://%61pp.example",
            "https://[::1",
            "https://a b",
            "https://app..example",
            "https://app.example\\",
            "javascript:alert(1)",
            "https:app.example",
            "https://app.example:0",
            "https://app.example:0443",
            "https://10.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://app.0x7f",
            "http://[0:0:0:0:0:0:0:1]",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_and_site_are_told_apart() {
        assert!(origin("http://localhost:3000").is_loopback());
        assert!(origin("http://127.1.2.3").is_loopback());
        assert!(origin("http://[::1]:1").is_loopback());
        assert!(!origin("http://localhost.evil.io").is_loopback());
        assert!(
            origin("https://a.app.example").is_same_site(&origin("https://b.app.example:8443"))
        );
        assert!(!origin("https://app.example").is_same_site(&origin("http://app.example")));
        assert!(!origin("http://10.0.0.1").is_same_site(&origin("http://11.0.0.1")));
        assert!(!origin("http://localhost:1").is_same_site(&origin("http://127.0.0.1:1")));
        assert!(origin("http://localhost:1").is_loopback_alias(&origin("http://127.0.0.1:1")));
    }

    #[test]
    fn a_uri_has_the_origin_it_begins_with() {
        assert_eq!(
            Origin::of_uri("https://app.example/a?b#c")
                .unwrap()
                .as_str(),
            "https://app.example"
        );
        for uri in [
            "/a",
            "did:key:z6Mk",
            "javascript:alert(1)",
            "https://u@app.example/",
            "https:app.example",
        ] {
            assert!(Origin::of_uri(uri).is_none(), "{uri}");
        }
    }
}
