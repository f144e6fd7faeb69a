//! OAuth 2.1 and OpenID Connect for countersign: other applications sign people in with a wallet, by
//! the authorization code flow, and know nothing of wallets.
//!
//! A [`Provider`] stands on an [`Engine`](countersign_core::Engine) with a token issuer and knows its
//! [`Client`]s by a [`ClientRegistry`]. It takes parsed requests and gives answers; what they look like
//! over HTTP is the business of `countersign-http`.
//!
//! What is offered: the authorization code (RFC 6749 section 4.1) with PKCE by S256 for every client
//! (RFC 7636), refresh, revocation (RFC 7009), introspection (RFC 7662), metadata (RFC 8414), the
//! issuer in every answer (RFC 9207), access tokens that are JWTs (RFC 9068), the security practice of
//! RFC 9700, and of OpenID Connect Core, Discovery and RP-Initiated Logout what belongs to that flow.
//! There is no implicit flow, no password grant and no plain PKCE.
//!
//! ```
//! use countersign_sso::{Client, StaticClients};
//!
//! let (shop, secret) = Client::confidential("shop", "The Shop", &["https://shop.example/callback"])?;
//! let clients = StaticClients::new([shop])?;
//! assert_eq!(secret.expose().len(), 43);
//! # let _ = clients;
//! # Ok::<_, countersign_sso::ClientError>(())
//! ```

mod authentication;
mod authorize;
mod client;
mod code;
mod consent;
mod error;
mod logout;
mod metadata;
mod params;
mod provider;
mod redirect;
mod registry;
mod request;
mod scopes;
mod signature;
mod token;
mod tokens;

pub use authorize::Authorization;
pub use client::{Client, ClientError, ClientId, ClientSecret, ConsentRule, SecretDigest};
pub use consent::Question;
pub use error::{OAuthCode, OAuthError, Refusal};
pub use logout::Logout;
pub use params::{Params, form_urlencode};
pub use provider::Provider;
pub use redirect::RedirectUri;
pub use registry::{ClientRegistry, StaticClients, StoredClients};
pub use scopes::Scopes;
pub use signature::{SignatureAnswer, SignatureFault, SignatureRequest};
pub use token::TokenAnswer;
