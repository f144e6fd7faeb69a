//! Keys that sign like wallets: for tools and tests.

use std::{fmt, str::FromStr};

use countersign_core::{ChainId, Wallet};
use ed25519_dalek::Signer as _;
use k256::ecdsa::{SigningKey, VerifyingKey};
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use sha3::{Digest, Keccak256};

use crate::{
    accounts::{Account, blake2b_256},
    dialect::wrapped,
    networks::Network,
    signature::{ECDSA, ED25519, ETHEREUM, SIGNING_CONTEXT, SR25519},
};

/// What kind of key it is.
///
/// ```
/// use countersign_polkadot::Scheme;
///
/// assert_eq!("ed25519".parse(), Ok(Scheme::Ed25519));
/// assert_eq!(Scheme::Sr25519.to_string(), "sr25519");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Schnorr signatures over Ristretto: what most accounts are.
    Sr25519,
    /// As on a Ledger.
    Ed25519,
    /// secp256k1 with a 32-byte account.
    Ecdsa,
    /// secp256k1 with a 20-byte account.
    Ethereum,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sr25519, Self::Ed25519, Self::Ecdsa, Self::Ethereum];

    /// The name, as tools take it and as the identity's `method` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sr25519 => SR25519,
            Self::Ed25519 => ED25519,
            Self::Ecdsa => ECDSA,
            Self::Ethereum => ETHEREUM,
        }
    }
}

/// A key that answers challenges as a browser extension does: over the wrapped text, without a
/// byte for the scheme.
///
/// ```
/// use countersign_core::Wallet;
/// use countersign_polkadot::{Network, PolkadotWallet, Scheme};
///
/// let wallet = PolkadotWallet::from_seed(Scheme::Sr25519, &[7; 32], &Network::KUSAMA).unwrap();
/// assert_eq!(wallet.chain().reference(), "b0a8d493285c2df73290dfb7e61f870f");
/// assert_eq!(wallet.sign("app.example wants …").len(), 64);
/// ```
pub struct PolkadotWallet {
    chain: ChainId,
    address: String,
    key: Key,
}

impl PolkadotWallet {
    /// From the 32 bytes of a seed, as `@polkadot/keyring` reads them; `None` if they are not a
    /// key of this scheme, or if the network is none.
    pub fn from_seed(scheme: Scheme, seed: &[u8; 32], network: &Network) -> Option<Self> {
        let key = Key::from_seed(scheme, seed)?;
        Some(Self {
            chain: network.chain().ok()?,
            address: key.account().text(network.prefix).ok()?,
            key,
        })
    }

    /// A fresh key; `None` if the network is none.
    pub fn random(scheme: Scheme, network: &Network) -> Option<Self> {
        network.chain().ok()?;
        loop {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).expect("the operating system gives randomness");
            // All but one in 2^128 of these are keys.
            if let Some(wallet) = Self::from_seed(scheme, &seed, network) {
                return Some(wallet);
            }
        }
    }
}

impl Wallet for PolkadotWallet {
    fn chain(&self) -> &ChainId {
        &self.chain
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        self.key.sign(&wrapped(message))
    }
}

impl fmt::Debug for PolkadotWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolkadotWallet({})", self.address)
    }
}

enum Key {
    Sr25519(Box<Keypair>),
    Ed25519(ed25519_dalek::SigningKey),
    Ecdsa(SigningKey),
    Ethereum(SigningKey),
}

impl Key {
    fn from_seed(scheme: Scheme, seed: &[u8; 32]) -> Option<Self> {
        let secp256k1 = || SigningKey::from_slice(seed).ok();
        Some(match scheme {
            Scheme::Sr25519 => {
                let secret = MiniSecretKey::from_bytes(seed).ok()?;
                Self::Sr25519(Box::new(secret.expand_to_keypair(ExpansionMode::Ed25519)))
            }
            Scheme::Ed25519 => Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(seed)),
            Scheme::Ecdsa => Self::Ecdsa(secp256k1()?),
            Scheme::Ethereum => Self::Ethereum(secp256k1()?),
        })
    }

    fn account(&self) -> Account {
        match self {
            Self::Sr25519(key) => Account::Id32(key.public.to_bytes()),
            Self::Ed25519(key) => Account::Id32(key.verifying_key().to_bytes()),
            Self::Ecdsa(key) => Account::of_ecdsa(&VerifyingKey::from(key)),
            Self::Ethereum(key) => Account::of_ethereum(&VerifyingKey::from(key)),
        }
    }

    fn sign(&self, payload: &[u8]) -> Vec<u8> {
        match self {
            Self::Sr25519(key) => key.sign_simple(SIGNING_CONTEXT, payload).to_bytes().into(),
            Self::Ed25519(key) => key.sign(payload).to_bytes().into(),
            Self::Ecdsa(key) => recoverable(key, &blake2b_256(payload)),
            Self::Ethereum(key) => recoverable(key, &Keccak256::digest(payload).into()),
        }
    }
}

fn recoverable(key: &SigningKey, digest: &[u8; 32]) -> Vec<u8> {
    let (signature, recovery_id) = key.sign_prehash_recoverable(digest);
    let mut bytes = signature.to_vec();
    bytes.push(recovery_id.to_byte());
    bytes
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str() == text)
            .ok_or(UnknownScheme)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no [`Scheme`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scheme: say sr25519, ed25519, ecdsa or ethereum")]
pub struct UnknownScheme;
