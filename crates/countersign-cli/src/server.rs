//! The server to sign in to: its address, and requests to it as a browser sends them.

use std::{collections::BTreeMap, io::ErrorKind, str::FromStr, time::Duration};

use cookie::Cookie;
use countersign::Origin;
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::{HeaderMap, HeaderName, Response, StatusCode, header},
};

use crate::failure::Failure;

/// Where a server's endpoints are: an origin and a base path.
#[derive(Debug, Clone)]
pub(crate) struct ServerUrl {
    pub(crate) origin: Origin,
    base: String,
}

impl ServerUrl {
    pub(crate) fn endpoint(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.base)
    }
}

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let origin = Origin::of_uri(text).ok_or("not a URL such as https://app.example")?;
        if text.contains(['?', '#']) {
            return Err("a query or a fragment does not belong here");
        }
        if !origin.is_https() && !origin.is_loopback() {
            return Err(
                "plain http is for this machine only: the session would travel in the clear",
            );
        }
        let (_, after_scheme) = text.split_once("://").unwrap_or_default();
        let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
        let base = match path.trim_end_matches('/') {
            "" => "/auth",
            base => base,
        };
        Ok(Self {
            origin,
            base: base.to_owned(),
        })
    }
}

/// A client of one server, with a cookie jar.
#[derive(Debug)]
pub(crate) struct Server {
    url: ServerUrl,
    agent: Agent,
    jar: BTreeMap<String, String>,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The cookies, as `name=value`, that the jar did not know by their names.
    pub(crate) new_cookies: Vec<String>,
}

impl Answer {
    /// A text of the body.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }
}

impl Server {
    pub(crate) fn new(url: ServerUrl) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A proof goes to the server it was made for and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("countersign-cli/", env!("CARGO_PKG_VERSION")));
        if url.origin.is_loopback() {
            config = config.proxy(None);
        }
        Self {
            agent: config.build().into(),
            url,
            jar: BTreeMap::new(),
        }
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let url = self.url.endpoint(path);
        let mut request = self.agent.post(&url);
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let response = request.send(body.to_string());
        self.answer(&format!("POST {url}"), response)
    }

    pub(crate) fn get(&mut self, path: &str, bearer: Option<&str>) -> Result<Answer, Failure> {
        let url = self.url.endpoint(path);
        let mut request = self.agent.get(&url);
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = request.call();
        self.answer(&format!("GET {url}"), response)
    }

    /// Origin and cookies, as the site's own page would send them.
    fn headers(&self) -> Vec<(HeaderName, String)> {
        let mut headers = vec![(header::ORIGIN, self.url.origin.to_string())];
        if !self.jar.is_empty() {
            let pairs: Vec<_> = self.jar.iter().map(pair).collect();
            headers.push((header::COOKIE, pairs.join("; ")));
        }
        headers
    }

    fn answer(
        &mut self,
        request: &str,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, Failure> {
        let broken = |error: ureq::Error| {
            let hint = match &error {
                ureq::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => {
                    "; is the server running, and is this its port?"
                }
                _ => "",
            };
            Failure::refused(format_args!("{request}: {error}{hint}"))
        };
        let mut response = response.map_err(broken)?;
        let limited = response.body_mut().with_config().limit(MAX_ANSWER);
        let text = limited.read_to_string().map_err(broken)?;
        let body = serde_json::from_str::<Value>(&text).unwrap_or_default();
        let status = response.status();
        if !status.is_success() || !body.is_object() {
            return Err(refusal(request, status, response.headers(), &body));
        }
        Ok(Answer {
            status,
            body,
            new_cookies: keep_cookies(&mut self.jar, response.headers()),
        })
    }
}

/// The server's code and words, in one line.
fn refusal(request: &str, status: StatusCode, headers: &HeaderMap, body: &Value) -> Failure {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let Some(code) = text("error") else {
        let status = status.as_u16();
        return Failure::refused(format_args!(
            "{request} answered {status}, not as a countersign server does; is the base path right?"
        ));
    };
    let mut line = code.to_owned();
    if let Some(description) = text("error_description") {
        line.extend([": ", description]);
    }
    line.extend([" (", request, " answered ", status.as_str()]);
    if let Some(seconds) = headers.get(header::RETRY_AFTER) {
        let seconds = String::from_utf8_lossy(seconds.as_bytes());
        line.extend(["; try again in ", &seconds, " s"]);
    }
    line.push(')');
    if code == "origin_rejected" {
        line.push_str("; it goes by another address: sign in at that one");
    }
    Failure::refused(line)
}

/// Keeps the cookies of an answer. There is one server, and a run of seconds: neither domain nor
/// path nor age tells cookies apart, only their removal counts.
fn keep_cookies(jar: &mut BTreeMap<String, String>, headers: &HeaderMap) -> Vec<String> {
    let mut new = Vec::new();
    let texts = headers.get_all(header::SET_COOKIE).iter();
    let cookies = texts.filter_map(|text| Cookie::parse(text.to_str().ok()?).ok());
    for cookie in cookies {
        let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
        if cookie.max_age().is_some_and(|age| !age.is_positive()) {
            jar.remove(&name);
            continue;
        }
        let text = pair((&name, &value));
        if jar.insert(name, value).is_none() {
            new.push(text);
        }
    }
    new
}

fn pair((name, value): (&String, &String)) -> String {
    format!("{name}={value}")
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 256 * 1024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_an_origin_and_a_base_path() {
        let endpoint = |url: &str| {
            let url: ServerUrl = url.parse().unwrap();
            url.endpoint("/verify")
        };
        for (url, expected) in [
            ("https://app.example", "https://app.example/auth/verify"),
            (
                "https://App.Example:443/",
                "https://app.example/auth/verify",
            ),
            ("http://[::1]:3000", "http://[::1]:3000/auth/verify"),
            (
                "https://app.example/api/auth/",
                "https://app.example/api/auth/verify",
            ),
        ] {
            assert_eq!(endpoint(url), expected);
        }
        for wrong in [
            "app.example",
            "ftp://app.example",
            "http://app.example",
            "https://user@app.example",
            "https://app.example/auth?next=/",
            "https://app.example/#",
            "https://app.example/a b",
        ] {
            assert!(wrong.parse::<ServerUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cookie_is_new_once_and_may_be_taken_back() {
        let mut jar = BTreeMap::new();
        let mut keep = |text: &str| {
            let headers = HeaderMap::from_iter([(header::SET_COOKIE, text.parse().unwrap())]);
            (keep_cookies(&mut jar, &headers), jar.len())
        };
        assert_eq!(keep("a=1; HttpOnly; Path=/"), (vec!["a=1".to_owned()], 1));
        assert_eq!(keep("a=2; Max-Age=3600"), (vec![], 1));
        assert_eq!(keep("a=; Max-Age=0"), (vec![], 0));
    }
}
