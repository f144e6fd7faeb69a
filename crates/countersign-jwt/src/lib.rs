//! Access tokens that other services can read: signed JWTs (RFC 9068), with keys that rotate.
//!
//! ```
//! use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
//!
//! let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
//! let issuer = Jwt::new(ring); // goes to `EngineBuilder::tokens`
//! # let _ = issuer;
//! ```
//!
//! [`Jwt`] is the `TokenIssuer`; [`KeyRing`] says which [`Key`] signs and which are still good.
//! The algorithm belongs to the key: what a token's header says is compared with it and decides
//! nothing.
//!
//! [`WalletJwt`] signs with the key of an admin wallet instead.
//!
//! It stands on `jsonwebtoken`'s algorithms and signer traits, with ed25519-dalek, p256 and hmac
//! behind them (aws-lc-rs for RS256, behind the feature `rs256`), and asks them directly: no
//! process-wide `CryptoProvider` is installed, and one that the application installs for itself
//! changes nothing here.

mod claims;
mod id_claims;
mod issuer;
mod jws;
mod key;
mod ring;
mod wallet;

pub use issuer::Jwt;
pub use key::{Algorithm, Key, KeyError};
pub use ring::{KeyRing, Phase, RingError, RingKey};
pub use wallet::{ThirdwebClaims, WalletJwt};
