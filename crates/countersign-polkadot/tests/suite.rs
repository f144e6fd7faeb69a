//! The verifier suite of the testkit, for keys of every scheme.

#![allow(clippy::unwrap_used)]

use countersign_polkadot::{Network, PolkadotWallet, Scheme};

fn wallet(scheme: Scheme, seed: [u8; 32]) -> PolkadotWallet {
    PolkadotWallet::from_seed(scheme, &seed, &Network::POLKADOT).unwrap()
}

macro_rules! suite_for {
    ($($name:ident: $scheme:ident),*) => { $(
        mod $name {
            use countersign_polkadot::{Polkadot, Scheme};

            countersign_testkit::chain_verifier_suite!(
                Polkadot::new(),
                wallet = |seed| super::wallet(Scheme::$scheme, seed)
            );
        }
    )* };
}

suite_for!(sr25519: Sr25519, ed25519: Ed25519, ecdsa: Ecdsa, ethereum: Ethereum);
