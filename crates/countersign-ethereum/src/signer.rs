//! A key that signs like a wallet: for tools and tests.

use std::fmt;

use countersign_core::{ChainId, Wallet};
use k256::ecdsa::{SigningKey, VerifyingKey};

use crate::{address::Address, signature::personal_digest};

/// A secp256k1 key that answers challenges by `personal_sign`.
pub struct EthereumWallet {
    chain: ChainId,
    key: SigningKey,
}

impl EthereumWallet {
    /// From the 32 bytes of a private key; `None` if they are not one.
    pub fn from_bytes(key: &[u8; 32], chain: ChainId) -> Option<Self> {
        Some(Self {
            chain,
            key: SigningKey::from_slice(key).ok()?,
        })
    }

    /// A fresh key.
    pub fn random(chain: ChainId) -> Self {
        loop {
            let mut key = [0; 32];
            getrandom::fill(&mut key).expect("the operating system gives randomness");
            // All but one in 2^128 of these are keys.
            if let Some(wallet) = Self::from_bytes(&key, chain.clone()) {
                return wallet;
            }
        }
    }
}

impl Wallet for EthereumWallet {
    fn chain(&self) -> &ChainId {
        &self.chain
    }

    fn address(&self) -> String {
        let point = VerifyingKey::from(&self.key).to_sec1_point(false);
        let key = point.as_bytes()[1..].try_into();
        let key = key.expect("an uncompressed point has 65 bytes");
        Address::of_key(key).to_string()
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        let (signature, recovery_id) = self.key.sign_prehash_recoverable(&personal_digest(message));
        let mut bytes = signature.to_vec();
        bytes.push(27 + recovery_id.to_byte());
        bytes
    }
}

impl fmt::Debug for EthereumWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EthereumWallet({})", self.address())
    }
}
