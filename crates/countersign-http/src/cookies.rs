//! Our two cookies: the session's, and the one that binds a challenge to its browser.

use std::borrow::Cow;

use cookie::{Cookie, SameSite};
use countersign_core::{Binding, Code, Engine, Error, SessionToken};
use http::{HeaderValue, header};
use memchr::memchr;

use crate::SentHeaders;

/// What the cookies of one site are called and where they go.
///
/// On https they are `__Host-` cookies. On loopback http that prefix is not to be had; there the
/// port is in the name, because browsers share cookies between ports.
#[derive(Debug, Clone)]
pub(crate) struct CookieNames {
    session: Cow<'static, str>,
    binding: Cow<'static, str>,
    secure: bool,
    same_site: SameSite,
}

impl CookieNames {
    pub(crate) fn of(engine: &Engine) -> Self {
        let origin = engine.origin();
        let secure = origin.is_https();
        let (session, binding) = if secure {
            ("__Host-countersign".into(), "__Host-countersign-pre".into())
        } else {
            let port = origin.port();
            (
                format!("countersign-{port}").into(),
                format!("countersign-pre-{port}").into(),
            )
        };
        let same_site = if engine.is_cross_site() {
            SameSite::None
        } else {
            SameSite::Lax
        };
        Self {
            session,
            binding,
            secure,
            same_site,
        }
    }

    /// Hands the session to the browser: until the browser closes, or the session ends.
    pub(crate) fn set_session(&self, token: &SessionToken) -> HeaderValue {
        self.write(&self.session, token.expose(), None)
    }

    pub(crate) fn clear_session(&self) -> HeaderValue {
        self.write(&self.session, String::new(), Some(0))
    }

    pub(crate) fn set_binding(&self, binding: &Binding) -> HeaderValue {
        self.write(&self.binding, binding.expose(), Some(BINDING_SECONDS))
    }

    fn write(&self, name: &str, value: String, max_age: Option<i64>) -> HeaderValue {
        let mut cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(self.same_site);
        if let Some(seconds) = max_age {
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        HeaderValue::from_str(&cookie.build().to_string()).expect("base64url is a header value")
    }
}

/// What came in of our two cookies.
#[derive(Default)]
pub(crate) struct Cookies<'a> {
    pub(crate) session: Option<&'a str>,
    pub(crate) binding: Option<&'a str>,
}

impl<'a> Cookies<'a> {
    /// Reads ours among all cookies. Two of one name are refused: one of them was planted, and
    /// there is no telling which.
    pub(crate) fn read(headers: &'a impl SentHeaders, names: &CookieNames) -> Result<Self, Error> {
        let mut cookies = Self::default();
        for header in headers.values(&header::COOKIE) {
            // Bytes, not text: what other cookies hold must not hide ours.
            let mut rest = header;
            while !rest.is_empty() {
                let end = memchr(b';', rest).unwrap_or(rest.len());
                let pair = &rest[..end];
                rest = rest.get(end + 1..).unwrap_or_default();
                let (place, value) = if let Some(value) = value_of(&names.session, pair) {
                    (&mut cookies.session, value)
                } else if let Some(value) = value_of(&names.binding, pair) {
                    (&mut cookies.binding, value)
                } else {
                    continue;
                };
                let value = str::from_utf8(value).unwrap_or(UNREADABLE);
                if place.replace(value).is_some() {
                    return Err(Code::RequestMalformed.into());
                }
            }
        }
        Ok(cookies)
    }

    pub(crate) fn any(&self) -> bool {
        self.session.is_some() || self.binding.is_some()
    }

    /// The token in the session cookie, if it has the shape of one.
    pub(crate) fn session_token(&self) -> Option<SessionToken> {
        self.session.and_then(SessionToken::parse)
    }

    /// The binding in the other one, if it has the shape of one.
    pub(crate) fn binding(&self) -> Option<Binding> {
        self.binding.and_then(Binding::parse)
    }
}

/// The value of a `name=value` pair, if that is its name; spaces around either do not count.
fn value_of<'a>(name: &str, pair: &'a [u8]) -> Option<&'a [u8]> {
    let rest = pair.trim_ascii_start().strip_prefix(name.as_bytes())?;
    let value = rest.trim_ascii_start().strip_prefix(b"=")?;
    Some(value.trim_ascii())
}

/// Stands for a value that is no text: it is there, and it opens nothing.
const UNREADABLE: &str = "\u{fffd}";

/// A browser keeps its binding for an hour after it last asked for a challenge.
const BINDING_SECONDS: i64 = 60 * 60;
