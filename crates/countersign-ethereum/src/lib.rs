//! Sign-In with Ethereum (ERC-4361) for countersign: the `eip155` namespace, EIP-55 addresses and
//! EIP-191 signatures of externally owned accounts. With the feature `contract-wallets` also contract
//! wallets: ERC-1271, ERC-6492, their delegates, and ENS names.
//!
//! The feature `secp256k1` recovers keys by libsecp256k1, Bitcoin Core's library in C, in half the
//! time; the answers are the same.
//!
//! ```
//! use countersign_core::ChainVerifier;
//! use countersign_ethereum::Ethereum;
//!
//! let chains = Ethereum::mainnet().also(10);
//! assert_eq!(chains.chains()[1].as_str(), "eip155:10");
//! ```

mod address;
mod contract_account;
#[cfg(feature = "contract-wallets")]
mod contracts;
#[cfg(feature = "siwe")]
mod interop;
mod recovery;
#[cfg(feature = "contract-wallets")]
mod rpc;
mod signature;
#[cfg(feature = "signer")]
mod signer;
mod verifier;

pub use address::{Address, AddressError};
pub use contract_account::ContractAccount;
#[cfg(feature = "contract-wallets")]
pub use contracts::{
    Answer, Call, ChainReader, DELEGATE_REGISTRY, ENS_REGISTRY, Ens, EnsName, Unavailable,
};
#[cfg(feature = "siwe")]
pub use interop::{from_siwe, to_siwe};
#[cfg(feature = "contract-wallets")]
pub use rpc::{Rpc, RpcBuilder};
#[cfg(feature = "signer")]
pub use signer::EthereumWallet;
pub use verifier::Ethereum;

/// [`Address`] by a name that stands beside those of other chains: `SignedIn<EthereumAddress>`.
pub type EthereumAddress = Address;
