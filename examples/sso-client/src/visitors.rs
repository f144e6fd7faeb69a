//! Who is here, by a cookie: on the way to the provider, or signed in. A real application has this already.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};

use crate::provider::{Asked, Person};

#[derive(Clone)]
pub(crate) enum Visitor {
    Leaving(Asked),
    SignedIn(Box<Person>),
}

pub(crate) struct Visitors {
    all: Mutex<HashMap<String, (Visitor, Instant)>>,
    cookie: String,
    is_secure: bool,
}

impl Visitors {
    pub(crate) fn of(origin: &str) -> Self {
        // Cookies ignore ports: another application of this machine must not have the same name.
        let port = origin
            .rsplit(':')
            .next()
            .filter(|port| port.parse::<u16>().is_ok());
        Self {
            all: Mutex::default(),
            cookie: port.map_or_else(
                || "sso-client".to_owned(),
                |port| format!("sso-client-{port}"),
            ),
            is_secure: origin.starts_with("https:"),
        }
    }

    /// Keeps a visitor under a fresh name, and gives the cookie.
    pub(crate) fn welcome(&self, visitor: Visitor) -> String {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives randomness");
        let name = URL_SAFE_NO_PAD.encode(bytes);
        let lifetime = match visitor {
            Visitor::Leaving(_) => Duration::from_secs(10 * 60),
            Visitor::SignedIn(_) => Duration::from_secs(60 * 60),
        };
        let now = Instant::now();
        let mut all = self.lock();
        if all.len() >= MOST {
            all.retain(|_, (_, until)| *until > now);
        }
        if all.len() < MOST {
            all.insert(name.clone(), (visitor, now + lifetime));
        }
        self.write(name).to_string()
    }

    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<Visitor> {
        let all = self.lock();
        let (visitor, until) = all.get(&self.read(headers)?)?;
        (*until > Instant::now()).then(|| visitor.clone())
    }

    /// What was asked, if this browser is on its way. Any page can send a browser to the callback: who
    /// is signed in stays so.
    pub(crate) fn take_asked(&self, headers: &HeaderMap) -> Option<Asked> {
        let name = self.read(headers)?;
        let mut all = self.lock();
        let (Visitor::Leaving(asked), until) = all.get(&name)?.clone() else {
            return None;
        };
        all.remove(&name);
        (until > Instant::now()).then_some(asked)
    }

    pub(crate) fn take(&self, headers: &HeaderMap) -> Option<Visitor> {
        let (visitor, until) = self.lock().remove(&self.read(headers)?)?;
        (until > Instant::now()).then_some(visitor)
    }

    /// The cookie that takes the cookie away.
    pub(crate) fn farewell(&self) -> String {
        let mut cookie = self.write(String::new());
        cookie.make_removal();
        cookie.to_string()
    }

    fn write(&self, value: String) -> Cookie<'_> {
        // `Lax`: it must come along when the provider sends the browser back.
        Cookie::build((&*self.cookie, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .build()
    }

    fn read(&self, headers: &HeaderMap) -> Option<String> {
        let lines = headers.get_all(header::COOKIE).iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let cookie = cookies.find(|cookie| cookie.name() == self.cookie)?;
        Some(cookie.value().to_owned())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Visitor, Instant)>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many visitors fit into this example's memory.
const MOST: usize = 10_000;
