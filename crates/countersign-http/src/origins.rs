//! Whose pages may speak to us: the origin rule, and CORS for the configured origins.

use countersign_core::{Code, Engine, Error, Origin};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::{
    SentHeaders,
    cookies::{CookieNames, Cookies},
    mounts::Pages,
    reply::{Reply, listed},
    route::Route,
};

/// The configured origin that a request names; `None` if it names none at all.
///
/// # Errors
/// `origin_rejected` for one that is not configured, `null` and whatever is no origin.
pub(crate) fn of<'a>(
    engine: &'a Engine,
    headers: &impl SentHeaders,
) -> Result<Option<&'a Origin>, Error> {
    let mut values = headers.values(&header::ORIGIN);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    // Browsers send an origin in its one canonical text: any other is not ours, whatever it means.
    let is_sent = |origin: &&Origin| origin.as_str().as_bytes() == value;
    let configured = engine.origins().iter().find(is_sent);
    let configured = configured.filter(|_| values.next().is_none());
    configured.map(Some).ok_or(Code::OriginRejected.into())
}

/// Whether a request that changes something may.
///
/// An origin that is named must be configured. Where none is named, a request that brings one of
/// our cookies is refused, unless the browser says it comes from our own page; one without cookies
/// acts for nobody but itself.
pub(crate) fn check(
    engine: &Engine,
    headers: &impl SentHeaders,
    names: &CookieNames,
) -> Result<(), Error> {
    if of(engine, headers)?.is_some() {
        return Ok(());
    }
    let site = headers.values(&SEC_FETCH_SITE).next();
    let ours = matches!(site, Some(b"same-origin"));
    let foreign = matches!(site, Some(b"cross-site" | b"same-site"));
    if foreign || !ours && Cookies::read(headers, names)?.any() {
        return Err(Code::OriginRejected.into());
    }
    Ok(())
}

/// The method that a request is about: of a preflight, the one it asks for.
pub(crate) fn intended(method: &Method, headers: &HeaderMap) -> Method {
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let asked = asked.filter(|_| *method == Method::OPTIONS);
    asked
        .and_then(|asked| Method::from_bytes(asked.as_bytes()).ok())
        .unwrap_or_else(|| method.clone())
}

/// Answers a CORS preflight, for the configured origins only.
pub(crate) fn preflight(
    engine: &Engine,
    headers: &HeaderMap,
    route: &Route<'_>,
) -> Result<Reply, Error> {
    if route.pages(&intended(&Method::OPTIONS, headers)) == Pages::Ours {
        of(engine, headers)?;
    }
    let mut reply = Reply::no_content().allow(route.methods());
    let methods = listed(route.methods());
    reply.set(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    Ok(reply
        .header(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        )
        .header(header::ACCESS_CONTROL_MAX_AGE, "600"))
}

/// Lets the page of a configured origin read the answer; any page, where it brings no cookies.
pub(crate) fn allow(engine: &Engine, headers: &HeaderMap, pages: Pages, reply: &mut Reply) {
    reply.set(header::VARY, HeaderValue::from_static("origin"));
    match pages {
        Pages::Ours => {}
        Pages::Anybodys => {
            let anybody = HeaderValue::from_static("*");
            reply.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
            return;
        }
        #[cfg(feature = "sso")]
        Pages::Nobodys => return,
    }
    if let Ok(Some(origin)) = of(engine, headers) {
        let origin = HeaderValue::from_str(origin.as_str()).expect("an origin is a header value");
        reply.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        reply.set(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        reply.set(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("retry-after"),
        );
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
