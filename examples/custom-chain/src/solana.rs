//! Sign-in with Solana: ed25519 keys in base58, texts as Solana's wallet standard writes them.

use countersign::{AccountId, ChainId, ChainVerifier, TextProfile, Verified, VerifyError};
use ed25519_dalek::{Signature, VerifyingKey};

/// Solana's mainnet and devnet.
#[derive(Debug)]
pub struct Solana;

#[countersign::async_trait]
impl ChainVerifier for Solana {
    fn namespace(&self) -> &str {
        "solana"
    }
    fn chains(&self) -> &[ChainId] {
        &*CHAINS
    }
    fn label(&self, _: &ChainId) -> &str {
        "Solana"
    }
    fn profile(&self) -> &'static TextProfile {
        &TEXT
    }
    fn chain_named(&self, name: &str) -> Option<ChainId> {
        match name.strip_prefix("solana:").unwrap_or(name) {
            "mainnet" => Some(CHAINS[0].clone()),
            "devnet" => Some(CHAINS[1].clone()),
            reference => ChainId::new("solana", reference).ok(),
        }
    }
    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        public_key(address)?;
        AccountId::canonical(chain, address).map_err(|_| VerifyError::address("not base58"))
    }
    async fn verify(&self, a: &AccountId, text: &str, sig: &[u8]) -> Result<Verified, VerifyError> {
        let sig = Signature::from_slice(sig).map_err(|_| VerifyError::signature("not 64 bytes"))?;
        let key = public_key(a.address())?;
        match key.verify_strict(text.as_bytes(), &sig) {
            Ok(()) => Ok(Verified::key(a, "ed25519")),
            Err(_) if key.is_weak() => Err(VerifyError::weak_key()),
            Err(_) => Err(VerifyError::bad_signature()),
        }
    }
}

fn public_key(address: &str) -> Result<VerifyingKey, VerifyError> {
    let mut key = [0; 32];
    let is_whole = bs58::decode(address).onto(&mut key) == Ok(32);
    let key = VerifyingKey::from_bytes(&key).ok().filter(|_| is_whole);
    key.ok_or_else(|| VerifyError::address("not an ed25519 key in base58"))
}

const TEXT: TextProfile = TextProfile {
    blank_lines: 1, // where there is no statement; CAIP-122 has two
    ..TextProfile::CAIP122
};
const MAINNET: &str = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";
const DEVNET: &str = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
static CHAINS: std::sync::LazyLock<[ChainId; 2]> =
    std::sync::LazyLock::new(|| [MAINNET, DEVNET].map(|name| name.parse().expect("CAIP-2")));
