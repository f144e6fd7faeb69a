//! The stable codes: one table from code to class and fixed text.

use std::fmt;

/// What kind of answer an [`Error`](crate::Error) is. Exhaustive: a layer that renders errors maps them all.
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
