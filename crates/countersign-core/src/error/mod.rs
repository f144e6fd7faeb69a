//! Every way the engine and its plugs say no.

mod code;
mod config;

use std::{borrow::Cow, fmt, time::Duration};

pub use code::{Class, Code};
pub use config::{ConfigError, ConfigFault};

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
