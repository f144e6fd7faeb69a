//! The files of the login page: in the binary, each with the digest that browsers hold it to.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::reply::Reply;

/// A file that changes only with the program.
#[derive(Debug, Clone)]
pub(super) struct Asset {
    body: Bytes,
    content_type: &'static str,
    /// `sha256-…`, as `integrity` and Content Security Policy write it.
    digest: String,
}

impl Asset {
    pub(super) fn script(text: impl Into<Bytes>) -> Self {
        Self::new(text, "text/javascript; charset=utf-8")
    }

    pub(super) fn style(text: impl Into<Bytes>) -> Self {
        Self::new(text, "text/css; charset=utf-8")
    }

    fn new(text: impl Into<Bytes>, content_type: &'static str) -> Self {
        let body = text.into();
        let digest = format!("sha256-{}", STANDARD.encode(Sha256::digest(&body)));
        Self {
            body,
            content_type,
            digest,
        }
    }

    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The file, or 304 to a browser that has it (RFC 9110 section 13.1.2).
    pub(super) fn answer(&self, headers: &HeaderMap) -> Reply {
        let etag = format!("\"{}\"", self.digest);
        let is_known = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
            let mut known = value.as_bytes().split(|byte| *byte == b',');
            known.any(|known| {
                let known = known.trim_ascii();
                known == b"*" || known.strip_prefix(b"W/").unwrap_or(known) == etag.as_bytes()
            })
        });
        let mut reply = if is_known {
            Reply::new(StatusCode::NOT_MODIFIED, Bytes::new())
        } else {
            Reply::new(StatusCode::OK, self.body.clone())
                .header(header::CONTENT_TYPE, self.content_type)
        };
        let etag = HeaderValue::from_str(&etag).expect("base64 is a header value");
        reply.set(header::ETAG, etag);
        reply.header(header::CACHE_CONTROL, "public, no-cache")
    }
}

/// `client.js`, as any page of the site may import it.
pub(super) static CLIENT: LazyLock<Asset> = LazyLock::new(|| Asset::script(CLIENT_TEXT));

/// `ss58.js`, for pages that show addresses of Polkadot networks.
pub(super) static SS58: LazyLock<Asset> = LazyLock::new(|| Asset::script(SS58_TEXT));

/// The script of the login page with all that it imports, so that one digest covers everything that
/// runs there.
pub(super) static LOGIN: LazyLock<Asset> =
    LazyLock::new(|| bundle(&[CLIENT_TEXT, SS58_TEXT, LOGIN_TEXT]));

/// The same with the demo wallet in it.
pub(super) static LOGIN_WITH_DEMO: LazyLock<Asset> =
    LazyLock::new(|| bundle(&[CLIENT_TEXT, SS58_TEXT, DEMO_TEXT, LOGIN_TEXT]));

/// The script of the page with one thing to sign.
#[cfg(feature = "polkadot-sso")]
pub(super) static SIGNING: LazyLock<Asset> =
    LazyLock::new(|| bundle(&[CLIENT_TEXT, SS58_TEXT, SIGNING_TEXT, LOGIN_TEXT]));

/// The script of the list of sessions.
pub(super) static SESSIONS: LazyLock<Asset> =
    LazyLock::new(|| bundle(&[CLIENT_TEXT, SESSIONS_TEXT]));

fn bundle(modules: &[&str]) -> Asset {
    let lines = modules.iter().flat_map(|module| module.lines());
    let code = lines.filter(|line| !line.starts_with("import "));
    let code = code.map(|line| line.strip_prefix("export ").unwrap_or(line));
    Asset::script(squeezed(code))
}

/// The lines without what only readers need. Comments fill whole lines in these files, and no text
/// goes over a line's end.
pub(super) fn squeezed<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines.map(str::trim_start) {
        let is_comment = ["//", "/*"].iter().any(|start| line.starts_with(start));
        if !line.is_empty() && !is_comment {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

pub(super) const HTML: &str = include_str!("../../assets/login.html");
pub(super) const CSS: &str = include_str!("../../assets/login.css");
const CLIENT_TEXT: &str = include_str!("../../assets/client.js");
const SS58_TEXT: &str = include_str!("../../assets/ss58.js");
const LOGIN_TEXT: &str = include_str!("../../assets/login.js");
#[cfg(feature = "polkadot-sso")]
const SIGNING_TEXT: &str = include_str!("../../assets/signing.js");
const SESSIONS_TEXT: &str = include_str!("../../assets/sessions.js");
const DEMO_TEXT: &str = include_str!("../../assets/demo.js");
