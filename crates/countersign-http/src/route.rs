//! Which endpoint a path means, and which methods it has.

use countersign_core::Error;
use http::Method;

use crate::{
    mounts::{MountedPath, Mounts, Pages},
    reply::Reply,
};

/// An endpoint.
#[derive(Debug, Clone, Copy)]
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
    /// Of another system.
    Mounted(&'a MountedPath),
}

impl<'a> Route<'a> {
    /// Paths are compared byte for byte: no decoding, no other letter case, no slash too many.
    pub(crate) fn find(path: &'a str, base: &str, mounts: &'a Mounts) -> Option<Self> {
        Self::native(path, base).or_else(|| mounts.find(path).map(Self::Mounted))
    }

    /// One of our own endpoints.
    pub(crate) fn native(path: &'a str, base: &str) -> Option<Self> {
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

    /// What it is called in logs and counters: a fixed word, or a path that was configured.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Challenge => "challenge",
            Self::Nonce => "nonce",
            Self::Verify => "verify",
            Self::Refresh => "refresh",
            Self::Keys => "keys",
            Self::Session => "session",
            Self::Sessions => "sessions",
            Self::OneSession(_) => "one_session",
            Self::Logout => "logout",
            Self::LogoutAll => "logout_all",
            Self::Health => "health",
            Self::Mounted(path) => path.path(),
        }
    }

    /// The value of `Allow`.
    pub(crate) fn methods(&self) -> &'a str {
        match self {
            Self::Challenge | Self::Verify | Self::Refresh | Self::Logout | Self::LogoutAll => {
                "OPTIONS, POST"
            }
            Self::Nonce | Self::Keys | Self::Session | Self::Sessions | Self::Health => {
                "GET, HEAD, OPTIONS"
            }
            Self::OneSession(_) => "DELETE, OPTIONS",
            Self::Mounted(path) => path.allow(),
        }
    }

    pub(crate) fn allows(&self, method: &Method) -> bool {
        self.methods()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }

    /// Whose pages may speak to it by this method.
    pub(crate) fn pages(&self, method: &Method) -> Pages {
        match self {
            Self::Mounted(path) => path.speaker(method).endpoint().pages,
            Self::Keys => Pages::Anybodys,
            _ => Pages::Ours,
        }
    }

    /// The answer to a request of this method that was refused.
    pub(crate) fn refuse(&self, method: &Method, error: &Error) -> Reply {
        match self {
            Self::Mounted(path) => path.speaker(method).refuse(error),
            _ => Reply::error(error),
        }
    }

    pub(crate) fn takes_forms(&self, method: &Method) -> bool {
        match self {
            Self::Mounted(path) => path
                .handler(method)
                .is_some_and(|handler| handler.endpoint().takes_forms),
            _ => false,
        }
    }

    pub(crate) fn changes_state(&self, method: &Method) -> bool {
        !matches!(*method, Method::GET | Method::HEAD)
    }
}

/// Where other services look for the public keys, whatever the base path is.
pub(crate) const HEALTH: &str = "/healthz";
pub(crate) const KEYS: &str = "/.well-known/jwks.json";
