//! The verifier suite of the testkit.

#![allow(clippy::unwrap_used)]

use countersign_ethereum::{Ethereum, EthereumWallet};

fn wallet(seed: [u8; 32]) -> EthereumWallet {
    EthereumWallet::from_bytes(&seed, "eip155:1".parse().unwrap()).unwrap()
}

countersign_testkit::chain_verifier_suite!(Ethereum::mainnet().also(10), wallet = wallet);
