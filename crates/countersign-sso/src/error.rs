//! How an OAuth endpoint says no: the codes of RFC 6749, 6750, 7009 and OpenID Connect.

use std::fmt;

use countersign_core::{Code, Error};

/// A protocol error: a code that clients act upon, and a fixed text. Never the client's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct OAuthError {
    code: OAuthCode,
    description: &'static str,
}

impl OAuthError {
    pub(crate) const fn new(code: OAuthCode, description: &'static str) -> Self {
        Self { code, description }
    }

    /// The code.
    pub fn code(&self) -> OAuthCode {
        self.code
    }

    /// The text for people.
    pub fn description(&self) -> &'static str {
        self.description
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// The codes of [`OAuthError`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum OAuthCode { $($(#[$doc])* $name,)* }

        impl OAuthCode {
            /// The code as it goes over the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A parameter is missing, stands twice, or is not what it must be.
    InvalidRequest "invalid_request";
    /// The client is unknown, or did not prove itself.
    InvalidClient "invalid_client";
    /// The code or the refresh token is not good.
    InvalidGrant "invalid_grant";
    /// The client may not use this grant.
    UnauthorizedClient "unauthorized_client";
    /// There is no such grant here.
    UnsupportedGrantType "unsupported_grant_type";
    /// There is no such response type here.
    UnsupportedResponseType "unsupported_response_type";
    /// The scope is unknown, malformed, or more than was allowed.
    InvalidScope "invalid_scope";
    /// The person said no.
    AccessDenied "access_denied";
    /// Nobody is signed in, and nobody may be asked.
    LoginRequired "login_required";
    /// The person would have to be asked, and may not be.
    InteractionRequired "interaction_required";
    /// The `request` parameter is not supported.
    RequestNotSupported "request_not_supported";
    /// The `request_uri` parameter is not supported.
    RequestUriNotSupported "request_uri_not_supported";
    /// The access token is not good (RFC 6750 section 3.1).
    InvalidToken "invalid_token";
    /// The access token does not reach so far (RFC 6750 section 3.1).
    InsufficientScope "insufficient_scope";
}

impl fmt::Display for OAuthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an endpoint did not do what was asked: by the protocol, or by the engine (a quota, a store
/// that is away).
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The protocol says no.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The engine does.
    #[error(transparent)]
    Engine(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error.code() {
            Code::InvalidGrant => OAuthError::new(
                OAuthCode::InvalidGrant,
                "the code or the token is not valid",
            )
            .into(),
            Code::TokenInvalid => {
                OAuthError::new(OAuthCode::InvalidToken, "the access token is not valid").into()
            }
            _ => Self::Engine(error),
        }
    }
}

impl From<countersign_core::StoreError> for Refusal {
    fn from(error: countersign_core::StoreError) -> Self {
        Self::Engine(error.into())
    }
}
