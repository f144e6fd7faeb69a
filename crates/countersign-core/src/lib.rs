//! The engine of countersign: a server challenges, a wallet signs a text that names the site, the
//! engine checks it and gives a session.
//!
//! This crate knows names ([`ChainId`], [`AccountId`], [`Subject`]), the text ([`SignIn`],
//! [`TextProfile`]), the rules for it, the [ports](ChainVerifier) for chains and stores, and the
//! [`Engine`] that puts them in order. It has no HTTP, no database and no runtime: verifiers,
//! stores and adapters are crates of their own.

mod caip;
mod challenge;
mod engine;
mod error;
mod event;
mod from_session;
mod identity;
mod origin;
pub mod policy;
mod ports;
mod secret;
mod session;
mod sign_in;
mod time;

pub use async_trait::async_trait;
pub use caip::{AccountId, ChainId, NameError};
pub use challenge::{Ask, Challenge, Context, Proof, SIGN_IN};
pub use engine::{
    Credential, Durability, Engine, EngineBuilder, Granted, LookUp, Proved, Purged, Refreshed,
    SignedIn, Stores, Tokens, WeakEngine,
};
pub use error::{
    BoxError, Class, Code, ConfigError, ConfigFault, Error, StoreError, TokenError, VerifyError,
};
pub use event::Event;
pub use from_session::{FromSession, Recent};
pub use identity::{Identity, Subject};
pub use origin::{Origin, OriginError};
pub use ports::{
    attach::Attach,
    events::{EventSink, TracingEvents},
    gate::Gate,
    limits::{Limits, Quota, RateLimiter, Verdict},
    nonces::{NonceStore, OneTime},
    registry::Registry,
    sessions::SessionStore,
    tokens::{AccessToken, Claims, Expected, IdClaims, Jwks, TokenIssuer},
    verifier::{ChainVerifier, Verified},
    wallet::Wallet,
};
pub use secret::{Binding, RefreshSeed, RefreshToken, Secret, SessionId, SessionToken};
pub use session::{Grant, RefreshState, Session, SessionKind, Standing};
pub use sign_in::{
    ChainText, DomainText, Field, NonceText, SignIn, StatementText, TextDialect, TextForms,
    TextProfile, UriText, label_of,
};
pub use time::{Clock, DateTime, SystemClock, Timestamp};
