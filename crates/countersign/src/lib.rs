//! Wallet sign-in for Rust servers. A user proves that they hold a key: the server challenges, the
//! wallet signs a text that names the site, the server checks it and gives a session.
//!
//! This crate only gathers what you name in your manifest; each feature is one plug:
//!
//! | Feature | What it adds |
//! |---|---|
//! | `ethereum` | [`ethereum`]: Sign-In with Ethereum (ERC-4361) |
//! | `contract-wallets` | contract wallets by ERC-1271 and ERC-6492, their delegates, ENS names: [`ethereum::Rpc`] and [`ethereum::Ens`] |
//! | `polkadot` | [`polkadot`]: Polkadot, Kusama, Westend and other Substrate networks (CAIP-122, SIWS) |
//! | `secp256k1` | Ethereum's keys recovered by libsecp256k1, in half the time: needs a C compiler |
//! | `siwe` | conversions from and to the `siwe` crate's message |
//! | `signer` | wallets that sign, of each chain that is enabled: for tools and tests |
//! | `jwt` | [`jwt`]: access tokens that other services can read, keys that rotate; installs no process-wide `CryptoProvider` |
//! | `rs256` | RS256 for these tokens, by aws-lc-rs (which is built with a C compiler) |
//! | `memory` | the `memory:` store |
//! | `redis`, `redis-cluster`, `redis-sentinel` | the `redis:` and `rediss:` store, and those of several nodes; opening a `rediss:` URL installs rustls's ring provider for the process if there is none |
//! | `postgres`, `mysql`, `sqlite` | the stores of these databases |
//! | `login-page` | [`LoginPage`]: a page to sign in on, a list of sessions, and `client.js` for pages of one's own |
//! | `polkadot-sso` | [`dialects::PolkadotSso`]: the endpoints of a Polkadot SSO server, for applications written for one |
//! | `quickstart` | [`dialects::Quickstart`]: the endpoints of the Sign-In with Ethereum quickstart for Express |
//! | `sso` | [`sso`]: other applications sign people in here, by OAuth 2.1 and OpenID Connect |
//! | `ssx` | [`dialects::Ssx`]: the endpoints of an SSX server, for apps with its browser SDK |
//! | `thirdweb` | [`dialects::Thirdweb`]: the endpoints of thirdweb's auth |
//! | `metrics` | [`metrics`]: counts and times for the recorder of your choice |
//! | `actix` | [`actix`]: the adapter for Actix Web |
//! | `axum` | [`axum`]: the adapter for axum |
//! | `poem` | [`poem`]: the adapter for Poem |
//! | `rocket` | [`rocket`]: the adapter for Rocket |
//! | `warp` | [`warp`]: the adapter for Warp |

pub mod stores;

pub use countersign_core::*;
#[cfg(feature = "login-page")]
pub use countersign_http::LoginPage;
#[cfg(feature = "metrics")]
pub use countersign_http::metrics;
pub use countersign_http::{AuthHttp, BODY_LIMIT, LONG_BODY_LIMIT, Peer, ProxyHeader, dialects};

#[cfg(feature = "actix")]
pub use countersign_actix as actix;
#[cfg(feature = "axum")]
pub use countersign_axum as axum;
#[cfg(feature = "ethereum")]
pub use countersign_ethereum as ethereum;
#[cfg(feature = "jwt")]
pub use countersign_jwt as jwt;
#[cfg(feature = "poem")]
pub use countersign_poem as poem;
#[cfg(feature = "polkadot")]
pub use countersign_polkadot as polkadot;
#[cfg(feature = "rocket")]
pub use countersign_rocket as rocket;
#[cfg(feature = "sso")]
pub use countersign_sso as sso;
#[cfg(feature = "warp")]
pub use countersign_warp as warp;

/// The README's example, compiled.
#[cfg(all(doctest, feature = "ethereum", feature = "memory", feature = "poem"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
