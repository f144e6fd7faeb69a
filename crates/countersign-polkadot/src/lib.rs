//! Sign-in with Polkadot and other Substrate networks for countersign: the `polkadot` namespace,
//! SS58 and 20-byte accounts, and sr25519, ed25519, ecdsa and Ethereum-type signatures over
//! CAIP-122 and SIWS texts.
//!
//! ```
//! use countersign_core::ChainVerifier;
//! use countersign_polkadot::{Network, Polkadot};
//!
//! let polkadot = Polkadot::new() // Polkadot, Kusama and Westend
//!     .network(Network {
//!         label: "Astar".into(),
//!         alias: "astar".into(),
//!         genesis: "9eb76c5184c4ab8679d2d5d819fdf90b".into(),
//!         prefix: 5,
//!     })
//!     .unwrap();
//! assert_eq!(polkadot.chains().len(), 4);
//! ```
//!
//! One key is one subject on all networks: the subject is the key's SS58 text with the generic
//! prefix 42, or its EIP-55 text where the account has 20 bytes.
//!
//! The address of a multisig, a pure proxy or a derived account stands for no key, so nothing can
//! be signed in its name: such a sign-in is `invalid_signature`. Let the members sign in, each
//! with an account of their own.

mod accounts;
mod base58;
mod dialect;
mod networks;
mod polkadot_account;
mod signature;
#[cfg(feature = "signer")]
mod signer;
pub mod ss58;
mod verifier;

pub use dialect::SIWS;
pub use networks::{Network, NetworkError};
pub use polkadot_account::PolkadotAccount;
#[cfg(feature = "signer")]
pub use signer::{PolkadotWallet, Scheme, UnknownScheme};
pub use verifier::Polkadot;

/// The CAIP-2 namespace of all Substrate networks.
const NAMESPACE: &str = "polkadot";
