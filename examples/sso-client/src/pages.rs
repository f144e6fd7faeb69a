//! The pages: home, profile, and what went wrong.

use std::fmt::Write as _;

use axum::{
    http::{HeaderValue, header},
    response::{Html, Response},
};

use crate::provider::{Failure, Person};

pub(crate) fn home(issuer: &str) -> Html<String> {
    page(&format!(
        "<h1>An application</h1>\n<p>You are signed out.</p>\n\
         <p>It knows nothing of wallets: people sign in at <code>{}</code>, by OpenID Connect.</p>\n\
         <p><a class=\"button\" href=\"/sign-in\">Sign in</a></p>",
        escape(issuer)
    ))
}

pub(crate) fn profile(person: &Person) -> Html<String> {
    let mut rows = String::new();
    for (label, value) in &person.claims {
        let _ = writeln!(
            rows,
            "<dt>{label}</dt><dd><code>{}</code></dd>",
            escape(value)
        );
    }
    page(&format!(
        "<h1>You are signed in</h1>\n<p>Hello <code>{}</code>.</p>\n<dl>\n{rows}</dl>\n\
         <p>An application keys its people by <code>{}</code>.</p>\n\
         <form method=\"post\" action=\"/sign-out\"><button class=\"button\">Sign out</button></form>",
        escape(&person.name),
        escape(&person.subject)
    ))
}

pub(crate) fn failure(failure: &Failure) -> Html<String> {
    page(&format!(
        "<h1>You are not signed in</h1>\n<p role=\"alert\">Because {}.</p>\n\
         <p><a class=\"button\" href=\"/sign-in\">Try again</a> <a href=\"/\">Home</a></p>",
        escape(&failure.to_string())
    ))
}

/// What every answer of a site with people should say.
pub(crate) async fn harden(mut response: Response) -> Response {
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(content: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>An application</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n<main>\n{content}\n</main>\n</html>\n"
    ))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

const STYLE: &str = ":root{color-scheme:light dark;font:1.05rem/1.6 system-ui,sans-serif}\
main{max-width:38rem;margin:12vh auto;padding:0 1.2rem}\
code{overflow-wrap:anywhere}dt{font-weight:600;margin-top:.6rem}dd{margin:0}\
.button{font:inherit;display:inline-block;padding:.4rem 1.2rem;margin-right:.8rem;border:1px solid;\
border-radius:.5rem;background:none;color:inherit;text-decoration:none;cursor:pointer}";
