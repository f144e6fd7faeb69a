//! Every way the engine says no: one table from error to stable code, class and fixed text.

use std::{borrow::Cow, fmt, time::Duration};

/// A boxed source error, as plugins hand it in.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What the engine answers when it does not do what was asked.
///
/// It carries a stable [`Code`], never the caller's input and never a secret. The source, where
/// there is one, is for the log.
///
/// ```
/// use countersign_core::{Class, Code, Error};
///
/// let error = Error::from(Code::NonceInvalid);
/// assert_eq!(error.code().as_str(), "nonce_invalid");
/// assert_eq!(error.class(), Class::Unauthenticated);
/// ```
#[derive(Debug)]
pub struct Error {
    code: Code,
    field: Option<&'static str>,
    retry_after: Option<Duration>,
    source: Option<BoxError>,
}

impl Error {
    /// An error with what caused it.
    pub fn with_source(code: Code, source: impl Into<BoxError>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::from(code)
        }
    }

    /// A request that lacks one of its fields (`field_missing`).
    pub fn missing(field: &'static str) -> Self {
        Self {
            field: Some(field),
            ..Self::from(Code::FieldMissing)
        }
    }

    /// A quota that is used up until `retry_after` has passed (`rate_limited`).
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::from(Code::RateLimited)
        }
    }

    /// The stable code, as it goes over the wire.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What kind of answer it is; an HTTP layer maps it to a status.
    pub fn class(&self) -> Class {
        self.code.class()
    }

    /// How long to wait before trying again, where waiting helps.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
            .or_else(|| (self.class() == Class::Unavailable).then_some(Duration::from_secs(1)))
    }

    /// The text for people: fixed per code, but for the name of a missing field.
    pub fn description(&self) -> Cow<'static, str> {
        match self.field {
            Some(field) => format!("expected the field `{field}` in the body").into(),
            None => self.code.description().into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self {
            code,
            field: None,
            retry_after: None,
            source: None,
        }
    }
}

impl From<VerifyError> for Error {
    fn from(error: VerifyError) -> Self {
        Self::with_source(error.code, error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Conflict => Code::InternalError,
            StoreError::Full | StoreError::Unavailable(_) | StoreError::Corrupt(_) => {
                Code::StoreUnavailable
            }
        };
        Self::with_source(code, error)
    }
}

/// What kind of answer an [`Error`] is. Exhaustive: a layer that renders errors maps them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request cannot be read (HTTP 400).
    Malformed,
    /// The proof or the credential is not good (HTTP 401).
    Unauthenticated,
    /// Known, and refused all the same (HTTP 403).
    Forbidden,
    /// Nothing stands there (HTTP 404).
    NotFound,
    /// The endpoint has no such method (HTTP 405).
    MethodNotAllowed,
    /// The request took too long to arrive (HTTP 408).
    Timeout,
    /// The request or a part of it is over its limit (HTTP 413).
    TooLarge,
    /// The body is not of the one accepted type (HTTP 415).
    MediaType,
    /// A field is missing (HTTP 422).
    Incomplete,
    /// A quota is used up (HTTP 429).
    Limited,
    /// The header block is over its limit (HTTP 431).
    HeadersTooLarge,
    /// A fault of ours or of a plugin (HTTP 500).
    Internal,
    /// A store or a chain does not answer; trying again may help (HTTP 503).
    Unavailable,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $class:ident $description:literal;)*) => {
        /// The stable error codes. What one means never changes; new ones may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it goes over the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What kind of answer the code is.
            pub fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            /// The fixed text for people. It never holds input or internals.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => $description,)* }
            }
        }
    };
}

codes! {
    /// The request is not what the endpoint takes.
    RequestMalformed "request_malformed" Malformed "the request is malformed";
    /// The signed text breaks the grammar.
    MessageMalformed "message_malformed" Malformed "the message is not a valid sign-in text";
    /// The signed text is of another version.
    UnsupportedVersion "unsupported_version" Malformed "this version of the sign-in text is not supported";
    /// The address is not one of its chain, or not in canonical form.
    AddressInvalid "address_invalid" Malformed "the address is not valid on its chain";
    /// The signature is not of a readable form.
    SignatureMalformed "signature_malformed" Malformed "the signature cannot be read";
    /// No verifier serves the chain.
    ChainUnsupported "chain_unsupported" Malformed "this chain is not supported";
    /// The refresh token is not good (RFC 6749 section 5.2).
    InvalidGrant "invalid_grant" Malformed "the refresh token is not valid";
    /// The text names another site.
    DomainMismatch "domain_mismatch" Unauthenticated "the message was made for another domain";
    /// The text's URI is of another site.
    UriMismatch "uri_mismatch" Unauthenticated "the message was made for another URI";
    /// The text names a chain that is not allowed here.
    ChainNotAllowed "chain_not_allowed" Unauthenticated "the chain of the message is not allowed";
    /// The text names another account than the challenge.
    AddressMismatch "address_mismatch" Unauthenticated "the message names another account than the challenge";
    /// The signature does not prove the account.
    InvalidSignature "invalid_signature" Unauthenticated "the signature is not valid for this account";
    /// The key is one for which anybody can forge signatures.
    WeakKey "weak_key" Unauthenticated "the key of this account is weak";
    /// The nonce was not issued here, was used, or belongs to somebody else.
    NonceInvalid "nonce_invalid" Unauthenticated "the nonce is unknown or was used";
    /// The challenge of this browser has expired.
    ChallengeExpired "challenge_expired" Unauthenticated "the challenge has expired";
    /// The challenge of this client was answered already; only dialects whose clients ask tell it.
    ChallengeUsed "challenge_used" Unauthenticated "the challenge was used";
    /// The text is not valid yet.
    NotYetValid "not_yet_valid" Unauthenticated "the message is not valid yet";
    /// The text is no longer valid.
    MessageExpired "message_expired" Unauthenticated "the message has expired";
    /// The text was issued too long ago, or in the future.
    IssuedAtOutOfRange "issued_at_out_of_range" Unauthenticated "the message was issued too long ago or in the future";
    /// There is no live session.
    SessionRequired "session_required" Unauthenticated "sign in first";
    /// The bearer token is not good.
    TokenInvalid "token_invalid" Unauthenticated "the access token is not valid";
    /// The request comes from a page that may not send it.
    OriginRejected "origin_rejected" Forbidden "requests from this origin are refused";
    /// The gate refused the identity.
    NotAdmitted "not_admitted" Forbidden "this account is not admitted";
    /// Nothing stands there.
    NotFound "not_found" NotFound "there is nothing here";
    /// The endpoint has no such method.
    MethodNotAllowed "method_not_allowed" MethodNotAllowed "the method is not allowed here";
    /// The request did not arrive in time.
    RequestTimeout "request_timeout" Timeout "the request did not arrive in time";
    /// The body is over the limit.
    RequestTooLarge "request_too_large" TooLarge "the request is too large";
    /// The signed text or one of its fields is over the limit.
    MessageTooLarge "message_too_large" TooLarge "the message is too large";
    /// The body is not JSON.
    UnsupportedMediaType "unsupported_media_type" MediaType "send application/json";
    /// A field is missing; the description names it.
    FieldMissing "field_missing" Incomplete "a field is missing";
    /// A quota is used up.
    RateLimited "rate_limited" Limited "too many requests, try again later";
    /// The header block is over the limit.
    HeadersTooLarge "headers_too_large" HeadersTooLarge "the request headers are too large";
    /// A plugin failed.
    PluginError "plugin_error" Internal "a part of the server failed";
    /// We failed.
    InternalError "internal_error" Internal "the server failed";
    /// A store does not answer.
    StoreUnavailable "store_unavailable" Unavailable "the store is unavailable, try again";
    /// A chain does not answer.
    ChainUnavailable "chain_unavailable" Unavailable "the chain is unavailable, try again";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a [`ChainVerifier`](crate::ChainVerifier) answers: why a text or a signature is refused.
///
/// ```
/// use countersign_core::{Code, VerifyError};
///
/// let error = VerifyError::signature("the signature is not 64 bytes");
/// assert_eq!(error.code(), Code::SignatureMalformed);
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct VerifyError {
    code: Code,
    detail: &'static str,
    source: Option<BoxError>,
}

impl VerifyError {
    /// The text breaks the grammar (`message_malformed`); `detail` says where, for tools and logs.
    pub fn message(detail: &'static str) -> Self {
        Self::new(Code::MessageMalformed, detail)
    }

    /// The text or one of its fields is over its cap (`message_too_large`).
    pub fn too_large(detail: &'static str) -> Self {
        Self::new(Code::MessageTooLarge, detail)
    }

    /// The text is of another version (`unsupported_version`).
    pub fn version() -> Self {
        Self::new(
            Code::UnsupportedVersion,
            "the version is not the one of this text",
        )
    }

    /// The text is of a chain this verifier does not know at all (`chain_unsupported`).
    pub fn chain(detail: &'static str) -> Self {
        Self::new(Code::ChainUnsupported, detail)
    }

    /// The address is not valid or not canonical (`address_invalid`).
    pub fn address(detail: &'static str) -> Self {
        Self::new(Code::AddressInvalid, detail)
    }

    /// The signature has not the shape of one (`signature_malformed`).
    pub fn signature(detail: &'static str) -> Self {
        Self::new(Code::SignatureMalformed, detail)
    }

    /// The signature does not prove the account (`invalid_signature`): one answer for a wrong
    /// key, a wrong curve and garbage.
    pub fn bad_signature() -> Self {
        Self::new(
            Code::InvalidSignature,
            "the signature does not prove the account",
        )
    }

    /// Anybody can forge signatures of this key (`weak_key`).
    pub fn weak_key() -> Self {
        Self::new(Code::WeakKey, "signatures of this key can be forged")
    }

    /// The chain could not be asked (`chain_unavailable`): neither valid nor invalid.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::new(Code::ChainUnavailable, "the chain could not be asked").with_source(source)
    }

    /// Keeps what caused it, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Where it is wrong, in fixed words: for tools and logs, not for the wire.
    pub fn detail(&self) -> &'static str {
        self.detail
    }

    fn new(code: Code, detail: &'static str) -> Self {
        Self {
            code,
            detail,
            source: None,
        }
    }
}

/// What a store answers when it cannot do what its contract says.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something stands there already, or has changed meanwhile; nothing was written.
    #[error("the record exists or has changed meanwhile")]
    Conflict,
    /// The store's stated capacity is used up; nothing was written and nothing was dropped.
    #[error("the store is full")]
    Full,
    /// The store cannot be reached or did not answer in time. What was asked may have happened.
    #[error("the store is unavailable")]
    Unavailable(#[source] BoxError),
    /// What the store holds cannot be read.
    #[error("the stored record cannot be read")]
    Corrupt(#[source] BoxError),
}

impl StoreError {
    /// The store cannot be reached or did not answer in time.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable(source.into())
    }

    /// What the store holds cannot be read.
    pub fn corrupt(source: impl Into<BoxError>) -> Self {
        Self::Corrupt(source.into())
    }
}

/// What a [`TokenIssuer`](crate::TokenIssuer) answers.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token is not good: one answer, whatever is wrong with it.
    #[error("the token is not valid")]
    Invalid,
    /// The keys cannot be reached.
    #[error("the keys are unavailable")]
    Unavailable(#[source] BoxError),
}

/// Why an engine was not built: *every* fault at once, each with its stable `CFG_*` code.
///
/// ```
/// use countersign_core::Engine;
///
/// let error = Engine::builder("http://app.example").build().unwrap_err();
/// let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
/// assert!(codes.contains(&"CFG_INSECURE_ORIGIN"));
/// assert!(codes.contains(&"CFG_SECRET_MISSING"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<ConfigFault>,
}

/// One thing that is missing or contradictory in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The stable code, such as `CFG_ORIGIN`.
    pub code: &'static str,
    /// What is wrong and how to mend it. Never holds a secret.
    pub detail: String,
}

impl ConfigError {
    /// The faults, in the order the configuration was read. Never empty.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }
}

impl From<ConfigFault> for ConfigError {
    fn from(fault: ConfigFault) -> Self {
        Self {
            faults: vec![fault],
        }
    }
}

impl From<Vec<ConfigFault>> for ConfigError {
    fn from(faults: Vec<ConfigFault>) -> Self {
        Self { faults }
    }
}

impl ConfigFault {
    /// A fault with its code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is refused:")?;
        for ConfigFault { code, detail } in &self.faults {
            write!(f, "\n  {code}: {detail}")?;
        }
        Ok(())
    }
}

/// As for people: this is what a `main` that returns the error prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}
