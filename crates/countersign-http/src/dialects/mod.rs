//! Endpoints of other systems, over the same engine: their existing clients sign in unchanged, and
//! every check holds. Each is a feature; [`AuthHttp::with`](crate::AuthHttp::with) serves one.

#[cfg(feature = "polkadot-sso")]
mod polkadot_sso;
#[cfg(feature = "quickstart")]
mod quickstart;
#[cfg(feature = "ssx")]
mod ssx;
#[cfg(feature = "thirdweb")]
mod thirdweb;

use crate::mounts::Endpoints;

#[cfg(feature = "polkadot-sso")]
pub use polkadot_sso::PolkadotSso;
#[cfg(feature = "quickstart")]
pub use quickstart::Quickstart;
#[cfg(feature = "ssx")]
pub use ssx::{Ssx, SsxSession};
#[cfg(feature = "thirdweb")]
pub use thirdweb::Thirdweb;

/// A set of endpoints of another system. Only this crate has some.
#[expect(private_bounds, reason = "sealed")]
pub trait Dialect: Endpoints + 'static {}
