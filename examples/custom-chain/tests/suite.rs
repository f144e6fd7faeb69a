//! The verifier suite of the testkit: one line, once there is a wallet that signs.

#![allow(clippy::unwrap_used)]

use countersign::{ChainId, ChainVerifier, Wallet};
use custom_chain::Solana;
use ed25519_dalek::{Signer, SigningKey};

countersign_testkit::chain_verifier_suite!(Solana, wallet = SolanaWallet::from_seed);

#[derive(Debug)]
struct SolanaWallet {
    chain: ChainId,
    key: SigningKey,
}

impl SolanaWallet {
    fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            chain: Solana.chains()[0].clone(),
            key: SigningKey::from_bytes(&seed),
        }
    }
}

impl Wallet for SolanaWallet {
    fn chain(&self) -> &ChainId {
        &self.chain
    }

    fn address(&self) -> String {
        bs58::encode(self.key.verifying_key()).into_string()
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        self.key.sign(message.as_bytes()).to_vec()
    }
}
