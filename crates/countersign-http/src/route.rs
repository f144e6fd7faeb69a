//! Which endpoint a path means, and which methods it has.

use http::Method;

/// An endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Challenge,
    Nonce,
    Verify,
    Refresh,
    Keys,
    Session,
    Sessions,
    OneSession(&'a str),
    Logout,
    LogoutAll,
    /// At its one path, whatever the base path is.
    Health,
}

impl<'a> Route<'a> {
    /// Paths are compared byte for byte: no decoding, no other letter case, no slash too many.
    pub(crate) fn find(path: &'a str, base: &str) -> Option<Self> {
        if path == HEALTH {
            return Some(Self::Health);
        }
        if path == KEYS {
            return Some(Self::Keys);
        }
        Some(match path.strip_prefix(base)? {
            "/challenge" => Self::Challenge,
            "/nonce" => Self::Nonce,
            "/verify" => Self::Verify,
            "/refresh" => Self::Refresh,
            "/session" => Self::Session,
            "/sessions" => Self::Sessions,
            "/logout" => Self::Logout,
            "/logout/all" => Self::LogoutAll,
            rest => {
                let handle = rest.strip_prefix("/sessions/")?;
                let is_handle = !handle.is_empty() && !handle.contains('/');
                is_handle.then_some(Self::OneSession(handle))?
            }
        })
    }

    /// The value of `Allow`.
    pub(crate) fn methods(&self) -> &'static str {
        match self {
            Self::Challenge | Self::Verify | Self::Refresh | Self::Logout | Self::LogoutAll => {
                "OPTIONS, POST"
            }
            Self::Nonce | Self::Keys | Self::Session | Self::Sessions | Self::Health => {
                "GET, HEAD, OPTIONS"
            }
            Self::OneSession(_) => "DELETE, OPTIONS",
        }
    }

    pub(crate) fn allows(&self, method: &Method) -> bool {
        self.methods()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }

    pub(crate) fn changes_state(&self, method: &Method) -> bool {
        !matches!(*method, Method::GET | Method::HEAD)
    }
}

/// Where other services look for the public keys, whatever the base path is.
pub(crate) const HEALTH: &str = "/healthz";
pub(crate) const KEYS: &str = "/.well-known/jwks.json";
