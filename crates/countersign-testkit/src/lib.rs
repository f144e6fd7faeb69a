//! For testing what plugs into countersign: each contract line of a port is one named test.
//!
//! ```ignore
//! countersign_testkit::nonce_store_suite!(MyStore::fresh().await);
//! countersign_testkit::session_store_suite!(MyStore::fresh().await);
//! countersign_testkit::chain_verifier_suite!(MyChain, wallet = MyWallet::from_seed);
//! ```
//!
//! Every case is a public function too, so a suite can be taken apart. A case fails by panicking.
//! Time is in the test's hand ([`ManualClock`]); nothing sleeps.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod adapter;
mod clock;
pub mod corpus;
pub mod faults;
pub mod limiter;
pub mod nonces;
#[cfg(feature = "servers")]
pub mod npm;
pub mod person;
pub mod planted;
pub mod races;
pub mod registries;
pub mod rig;
#[cfg(feature = "servers")]
pub mod servers;
pub mod sessions;
pub mod smoke;
mod stage;
pub mod tokens;
pub mod vectors;
pub mod verifier;

use std::future::Future;

pub use clock::ManualClock;
pub use countersign_ethereum::EthereumWallet;
#[cfg(feature = "polkadot")]
pub use countersign_polkadot::PolkadotWallet;
pub use stage::{ORIGIN, Stage, at_start, ethereum_wallet};

/// Runs a case on a runtime of its own.
pub fn run<F: Future>(case: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
        .block_on(case)
}

/// The wallet's address; saves an import.
pub fn address(wallet: &dyn countersign_core::Wallet) -> String {
    wallet.address()
}

/// Stamps one `#[test]` per case, each with a subject of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! stamp {
    ($module:path, [$($case:ident),* $(,)?], $arguments:tt) => {
        $(
            #[test]
            fn $case() {
                use $module as cases;
                $crate::run(async { cases::$case $arguments.await });
            }
        )*
    };
}
