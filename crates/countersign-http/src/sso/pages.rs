//! The pages that people see on the way: plain HTML without scripts.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_sso::Question;
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::reply::Reply;

/// Asks whether an application may know who this is.
pub(super) fn consent(base: &str, question: &Question) -> Reply {
    let rows: String = question
        .scopes
        .iter()
        .filter_map(|scope| {
            let text = match *scope {
                "openid" => "know that it is you, whenever you come back",
                "profile" => "see the address and the chain of your account",
                "offline_access" => "go on knowing it while you are away, for 7 days",
                _ => return None,
            };
            Some(format!("<li>{text}</li>"))
        })
        .collect();
    let rows = if rows.is_empty() {
        "<li>know that somebody signed in</li>".to_owned()
    } else {
        rows
    };
    let (client, account) = (escape(&question.client), escape(&question.account));
    let (destination, ticket) = (escape(&question.destination), escape(&question.ticket));
    let content = format!(
        "<h1>{client} wants to know who you are</h1>\n\
         <p>You are signed in as <code>{account}</code>.</p>\n\
         <p>If you allow it, <b>{client}</b> (<code>{destination}</code>) can</p>\n<ul>{rows}</ul>\n\
         <form method=\"post\" action=\"{base}/authorize/decide\">\n\
         <input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\n\
         <button name=\"decision\" value=\"allow\">Allow</button>\n\
         <button name=\"decision\" value=\"deny\" class=\"plain\">No</button>\n</form>"
    );
    page(StatusCode::OK, "Allow?", &content)
}

/// Asks whether this person wants to sign out.
pub(super) fn logout(base: &str, ticket: &str) -> Reply {
    let ticket = escape(ticket);
    let content = format!(
        "<h1>Sign out?</h1>\n<p>An application asks to sign you out here.</p>\n\
         <form method=\"post\" action=\"{base}/end_session/confirm\">\n\
         <input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\n\
         <button>Sign out</button>\n</form>"
    );
    page(StatusCode::OK, "Sign out?", &content)
}

pub(super) fn signed_out() -> Reply {
    page(
        StatusCode::OK,
        "Signed out",
        "<h1>You are signed out</h1>\n<p>You can close this page.</p>",
    )
}

/// Says why nobody is sent anywhere.
pub(crate) fn fault(fault: &impl Told) -> Reply {
    let (code, text) = fault.told();
    let content = format!(
        "<h1>This did not work</h1>\n<p>The application that sent you here made a request that \
         cannot be answered: {}.</p>\n<p><code>{}</code></p>",
        escape(text),
        escape(code)
    );
    page(StatusCode::BAD_REQUEST, "This did not work", &content)
}

/// What a page can tell of a fault.
pub(crate) trait Told {
    fn told(&self) -> (&'static str, &'static str);
}

impl Told for super::errors::Fault {
    fn told(&self) -> (&'static str, &'static str) {
        (self.0.as_str(), self.1)
    }
}

impl Told for countersign_sso::OAuthError {
    fn told(&self) -> (&'static str, &'static str) {
        (self.code().as_str(), self.description())
    }
}

fn page(status: StatusCode, title: &str, content: &str) -> Reply {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<main>\n{content}\n</main>\n</html>\n"
    );
    Reply::page(status, html, &POLICY)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Without `form-action`: browsers hold it against the whole chain of redirects that follows a form,
/// and where an application sends people afterwards is not known here.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("base64 is a header value")
});

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#f6f6f4;color:#1c1c1a}\
main{max-width:30rem;margin:10vh auto;padding:2rem;background:#fff;border-radius:.75rem}\
h1{font-size:1.4rem;margin-top:0}code{overflow-wrap:anywhere}\
button{font:inherit;padding:.5rem 1.5rem;border-radius:.5rem;border:1px solid #1c1c1a;background:#1c1c1a;color:#fff}\
button.plain{background:none;color:inherit}\
@media(prefers-color-scheme:dark){body{background:#161615;color:#eee}main{background:#222220}\
button{background:#eee;color:#161615}}";
