//! The demo application of `serve --dev`: a page that signs in by OpenID Connect, as any other would.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::provider::Site;

/// The answer, if the request is for the demo application and there is one.
pub(crate) fn answer<B>(site: &Site, request: &Request<B>) -> Option<Response<Bytes>> {
    if !site.demo || request.method() != Method::GET {
        return None;
    }
    let (content_type, body) = match request.uri().path() {
        "/" => return Some(see_other("/demo")),
        // Its address is registered once: who came by `localhost` would not be let back.
        "/demo" if !is_at_home(site, request) => {
            let origin = site.auth.engine().origin();
            return Some(see_other(&format!("{origin}/demo")));
        }
        "/demo" | "/demo/callback" => ("text/html; charset=utf-8", PAGE),
        "/demo/app.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    };
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

fn is_at_home<B>(site: &Site, request: &Request<B>) -> bool {
    let origin = site.auth.engine().origin().to_string();
    let own = origin.split_once("://").map(|(_, host)| host.as_bytes());
    let asked = request.headers().get(header::HOST);
    asked.map(HeaderValue::as_bytes) == own
}

fn see_other(location: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(location).expect("an origin is a header value");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

const PAGE: &str = include_str!("../../assets/demo.html");
const SCRIPT: &str = include_str!("../../assets/demo.js");
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";
