//! The two pages as HTML: one frame, the script that fills it, and what the script has to know.

use countersign_core::{ChainId, Engine};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{
    LOGIN_JS, Pages, SESSIONS_JS,
    assets::{self, Asset, HTML},
    target,
};
use crate::reply::Reply;

/// What the script has to know.
#[derive(Serialize)]
struct Boot<'a> {
    site: &'a str,
    words: &'a std::collections::BTreeMap<String, String>,
    return_to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_to: Option<String>,
    chains: Vec<BootChain<'a>>,
    /// Whether to ask for a signature even of who is signed in.
    again: bool,
    demo: bool,
}

#[derive(Serialize)]
struct BootChain<'a> {
    id: &'a ChainId,
    label: &'a str,
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
        }
    }

    fn html(&self, boot: &Boot<'_>, name: &str, script: &Asset) -> Reply {
        let boot = serde_json::to_string(boot).expect("the page's data are JSON");
        let places = [
            ("{lang}", &*self.page.lang),
            ("{title}", &*escaped(&self.site)),
            ("{base}", &*escaped(&self.base)),
            ("{boot}", &*in_script(&boot)),
            ("{base}", &*escaped(&self.base)),
            ("{script}", name),
            ("{integrity}", script.digest()),
        ];
        // Front to back, so that nothing that was put in is looked at again.
        let (mut page, mut rest) = (String::new(), HTML);
        for (place, value) in places {
            let (before, after) = rest
                .split_once(place)
                .expect("the page has its places in this order");
            page += before;
            page += value;
            rest = after;
        }
        page += rest;
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src 'self'; img-src data:; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            script.digest()
        );
        let policy = HeaderValue::from_str(&policy).expect("base64 is a header value");
        let mut reply = Reply::new(StatusCode::OK, page.into())
            .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .header(OPENER_POLICY, "same-origin")
            .header(RESOURCE_POLICY, "same-origin");
        reply.set(header::CONTENT_SECURITY_POLICY, policy);
        reply
    }
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
