//! The two pages as HTML: one frame, the script that fills it, and what the script has to know.

use countersign_core::{ChainId, Engine};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{
    LOGIN_CSS, LOGIN_JS, LoginPage, Pages, SESSIONS_JS,
    assets::{self, Asset, HTML},
    target,
};
use crate::reply::Reply;

/// What the script has to know.
#[derive(Serialize)]
pub(super) struct Boot<'a> {
    pub(super) site: &'a str,
    pub(super) words: &'a std::collections::BTreeMap<String, String>,
    pub(super) return_to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancel_to: Option<String>,
    pub(super) chains: Vec<BootChain<'a>>,
    /// Whether to ask for a signature even of who is signed in.
    pub(super) again: bool,
    pub(super) demo: bool,
    /// The one thing to sign, where that is settled already.
    #[cfg(feature = "polkadot-sso")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signing: Option<super::signing::Signing<'a>>,
}

#[derive(Serialize)]
pub(super) struct BootChain<'a> {
    pub(super) id: &'a ChainId,
    pub(super) label: &'a str,
}

impl Pages {
    pub(super) fn login_page(&self, engine: &Engine, query: &str) -> Reply {
        let chains = engine.chains();
        let boot = Boot {
            return_to: target::path_in(query, "return_to")
                .unwrap_or_else(|| self.page.home.clone()),
            cancel_to: target::path_in(query, "cancel_to"),
            chains: chains.map(|(id, label)| BootChain { id, label }).collect(),
            again: target::parameter(query, "again").is_some_and(|value| value == "1"),
            demo: self.demo,
            ..self.boot()
        };
        self.html(&boot, LOGIN_JS, self.login_script())
    }

    pub(super) fn sessions_page(&self) -> Reply {
        self.html(&self.boot(), SESSIONS_JS, &assets::SESSIONS)
    }

    fn boot(&self) -> Boot<'_> {
        Boot {
            site: &self.site,
            words: &self.page.words,
            return_to: self.page.home.clone(),
            cancel_to: None,
            chains: Vec::new(),
            again: false,
            demo: false,
            #[cfg(feature = "polkadot-sso")]
            signing: None,
        }
    }

    fn html(&self, boot: &Boot<'_>, name: &str, script: &Asset) -> Reply {
        let at = |name: &str| format!("{}/{name}", self.base);
        let files = Files {
            style: &at(LOGIN_CSS),
            script: &at(name),
        };
        frame(&self.page, boot, &files, script)
    }
}

/// Where the files of a page are.
pub(super) struct Files<'a> {
    pub(super) style: &'a str,
    pub(super) script: &'a str,
}

/// The one frame of all pages, with the script that fills it: nothing else runs there, and nothing
/// is loaded from elsewhere.
pub(super) fn frame(page: &LoginPage, boot: &Boot<'_>, files: &Files<'_>, script: &Asset) -> Reply {
    let title = escaped(boot.site);
    let boot = serde_json::to_string(boot).expect("the page's data are JSON");
    let places = [
        ("{lang}", &*page.lang),
        ("{title}", &*title),
        ("{style}", &*escaped(files.style)),
        ("{boot}", &*in_script(&boot)),
        ("{script}", &*escaped(files.script)),
        ("{integrity}", script.digest()),
    ];
    // Front to back, so that nothing that was put in is looked at again.
    let (mut html, mut rest) = (String::new(), HTML);
    for (place, value) in places {
        let (before, after) = rest
            .split_once(place)
            .expect("the page has its places in this order");
        html += before;
        html += value;
        rest = after;
    }
    html += rest;
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src 'self'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        script.digest()
    );
    let policy = HeaderValue::from_str(&policy).expect("base64 is a header value");
    let mut reply = Reply::new(StatusCode::OK, html.into())
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(OPENER_POLICY, "same-origin")
        .header(RESOURCE_POLICY, "same-origin");
    reply.set(header::CONTENT_SECURITY_POLICY, policy);
    reply
}

/// Text between tags or in a quoted attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// JSON in a script element: it can neither end the element nor a line of script.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
