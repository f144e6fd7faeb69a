//! Protocol errors as answers: the status and the challenge that RFC 6749 and RFC 6750 give them.

use countersign_core::{Code, Error};
use countersign_sso::{OAuthCode, Refusal};
use http::{HeaderValue, StatusCode, header};

use crate::reply::Reply;

/// A code and a fixed text.
pub(crate) type Fault = (OAuthCode, &'static str);

pub(crate) const MALFORMED: Fault = (OAuthCode::InvalidRequest, "the request is malformed");

/// The answer of an endpoint that clients call.
pub(super) fn of_protocol(refusal: Refusal, had_header: bool) -> Result<Reply, Error> {
    match refusal {
        Refusal::OAuth(error) => Ok(reply(&(error.code(), error.description()), had_header)),
        Refusal::Engine(error) => Err(error),
    }
}

/// What remains where protocol errors are answered by a page or a redirect.
pub(super) fn of_engine(refusal: Refusal) -> Error {
    match refusal {
        Refusal::OAuth(error) => Error::with_source(Code::RequestMalformed, error),
        Refusal::Engine(error) => error,
    }
}

pub(super) fn reply(fault: &Fault, had_header: bool) -> Reply {
    saying(fault, None, had_header)
}

/// The same with a `message`, which clients of other systems look for.
pub(crate) fn saying((code, text): &Fault, message: Option<&str>, had_header: bool) -> Reply {
    let status = match code {
        OAuthCode::InvalidClient | OAuthCode::InvalidToken => StatusCode::UNAUTHORIZED,
        OAuthCode::InsufficientScope => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut reply = Reply::oauth(status, code.as_str(), text, message);
    let challenge = match code {
        OAuthCode::InvalidClient if had_header => r#"Basic realm="countersign", charset="UTF-8""#,
        OAuthCode::InvalidClient => r#"Basic realm="countersign""#,
        OAuthCode::InvalidToken => r#"Bearer error="invalid_token""#,
        OAuthCode::InsufficientScope => r#"Bearer error="insufficient_scope", scope="openid""#,
        _ => return reply,
    };
    reply.set(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    );
    reply
}
