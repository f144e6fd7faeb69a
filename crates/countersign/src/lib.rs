//! Wallet sign-in for Rust servers. A user proves that they hold a key: the server challenges, the
//! wallet signs a text that names the site, the server checks it and gives a session.
//!
//! This crate only gathers what you name in your manifest; each feature is one plug:
//!
//! | Feature | What it adds |
//! |---|---|
//! | `ethereum` | [`ethereum`]: Sign-In with Ethereum (ERC-4361) |
//! | `siwe` | conversions from and to the `siwe` crate's message |
//! | `signer` | wallets that sign, of each chain that is enabled: for tools and tests |
//! | `jwt` | [`jwt`]: access tokens that other services can read, keys that rotate; installs no process-wide `CryptoProvider` |
//! | `memory` | the `memory:` store |
//! | `poem` | [`poem`]: the adapter for Poem |

pub mod stores;

pub use countersign_core::*;
pub use countersign_http::{AuthHttp, BODY_LIMIT, Peer};

#[cfg(feature = "ethereum")]
pub use countersign_ethereum as ethereum;
#[cfg(feature = "jwt")]
pub use countersign_jwt as jwt;
#[cfg(feature = "poem")]
pub use countersign_poem as poem;
