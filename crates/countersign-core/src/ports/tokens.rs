//! The port of access tokens.

use std::{fmt, fmt::Debug, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{caip::AccountId, error::TokenError, identity::Subject, time::Timestamp};

/// Issues and checks access tokens that other services can read (RFC 9068).
///
/// # Contract
/// - `verify` accepts only what `issue` of the same keys made: the algorithm belongs to the key,
///   never to the token's header.
/// - `verify` demands issuer, audience, expiry and type; a token that lacks one is not good.
/// - One answer for every fault: [`TokenError::Invalid`]. Keys that cannot be reached are
///   [`TokenError::Unavailable`], never `Invalid`.
/// - `jwks` holds public keys only: the current one, the next, and retired ones until the last
///   token they signed has ended.
#[async_trait]
pub trait TokenIssuer: Debug + Send + Sync + 'static {
    /// Signs a token.
    ///
    /// # Errors
    /// [`TokenError::Unavailable`] if the keys cannot be reached.
    async fn issue(&self, claims: &Claims) -> Result<AccessToken, TokenError>;

    /// Checks a token.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], [`TokenError::Unavailable`].
    async fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, TokenError>;

    /// Signs an ID token (OpenID Connect Core 1.0 section 2). It can never pass for an access token,
    /// nor one of those for it. The keys of `jwks` must check it: a shared secret signs none.
    ///
    /// # Errors
    /// [`TokenError::Unavailable`] if the keys cannot be reached, or the issuer has none for this.
    async fn issue_id(&self, claims: &IdClaims) -> Result<AccessToken, TokenError> {
        let _ = claims;
        Err(TokenError::Unavailable(
            "this issuer signs no ID tokens".into(),
        ))
    }

    /// What an ID token of `issuer` says, also one that has expired: a hint, no credential.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], [`TokenError::Unavailable`].
    async fn read_id(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<IdClaims, TokenError> {
        let _ = (token, issuer, now);
        Err(TokenError::Invalid)
    }

    /// The public keys (RFC 7517) at `now`.
    fn jwks(&self, now: Timestamp) -> Jwks;
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: who issued it.
    pub issuer: String,
    /// `sub`: who signed in.
    pub subject: Subject,
    /// `aud`: whom it is for.
    pub audience: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `jti`: the token's own name.
    pub token_id: String,
    /// `sid`: the text of its [`SessionId`](crate::SessionId), which opens nothing.
    pub session: String,
    /// `client_id`: the client it was issued to; the engine's own origin for its own clients.
    pub client: String,
    /// `auth_time`: when the signature was checked.
    pub authenticated_at: Timestamp,
    /// `amr`: how it was proved.
    pub method: String,
    /// The account that was shown (CAIP-10).
    pub account: AccountId,
    /// `scope`: what an application was allowed; the holder's own tokens name none.
    pub scope: Option<String>,
    /// What the application added; none of the [reserved](Self::RESERVED) names.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Claims {
    /// The names that only the engine sets: what RFC 7519, RFC 9068 and this crate give a meaning.
    pub const RESERVED: &[&str] = &[
        "iss",
        "sub",
        "aud",
        "iat",
        "nbf",
        "exp",
        "jti",
        "sid",
        "client_id",
        "auth_time",
        "amr",
        "acr",
        "account",
        "scope",
        "cnf",
        "act",
        "may_act",
        "azp",
        "nonce",
    ];
}

/// What an ID token says about a sign-in (OpenID Connect Core 1.0 section 2).
#[derive(Debug, Clone)]
pub struct IdClaims {
    /// `iss`: who issued it.
    pub issuer: String,
    /// `sub`: who signed in.
    pub subject: Subject,
    /// `aud`: the client it is for.
    pub audience: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `auth_time`: when the signature was checked.
    pub authenticated_at: Timestamp,
    /// `amr`: how it was proved.
    pub method: String,
    /// `sid`: the session of the client, as in its access tokens.
    pub session: String,
    /// `nonce`: what the client sent.
    pub nonce: Option<String>,
    /// `at_hash` is made of it; `None` when read.
    pub access_token: Option<AccessToken>,
    /// What else it says; none of the [reserved](Claims::RESERVED) names but `account`.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// What a token must say to be good here.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The one issuer.
    pub issuer: &'a str,
    /// The one audience.
    pub audience: &'a str,
    /// The engine's clock.
    pub now: Timestamp,
    /// How far clocks may differ.
    pub leeway: Duration,
}

/// A token for the client.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AccessToken(String);

impl AccessToken {
    /// Wraps the text of a token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be handed to the client and to nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A JSON Web Key Set (RFC 7517) of public keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys, each a JSON Web Key.
    pub keys: Vec<serde_json::Map<String, serde_json::Value>>,
}
