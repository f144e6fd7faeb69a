//! The yardsticks: the hash and the curve operation alone, by the same libraries.

use countersign_core::ChainVerifier as _;
use countersign_polkadot::{Polkadot, ss58};
use sha3::{Digest, Keccak256};

use crate::SignInText;

/// The address behind a `personal_sign` signature in hex: hash, recover, hash.
///
/// # Panics
/// If there is none.
pub fn recover(message: &str, signature: &str) -> [u8; 20] {
    let mut bytes = [0; 65];
    hex::decode_to_slice(&signature[2..], &mut bytes).expect("65 bytes of hex");
    let digest: [u8; 32] = Keccak256::new()
        .chain_update(b"\x19Ethereum Signed Message:\n")
        .chain_update(message.len().to_string())
        .chain_update(message)
        .finalize()
        .into();
    let key = key_of(
        &digest,
        bytes.first_chunk().expect("64 of 65"),
        bytes[64] - 27,
    );
    let mut address = [0; 20];
    address.copy_from_slice(&Keccak256::digest(key)[12..]);
    address
}

#[cfg(not(feature = "secp256k1"))]
fn key_of(digest: &[u8; 32], rs: &[u8; 64], parity: u8) -> [u8; 64] {
    use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

    let signature = Signature::from_slice(rs).expect("a signature");
    let id = RecoveryId::from_byte(parity).expect("a parity");
    let key = VerifyingKey::recover_from_prehash(digest, &signature, id).expect("a key");
    let point = key.to_sec1_point(false);
    point.as_bytes()[1..].try_into().expect("64 of 65")
}

#[cfg(feature = "secp256k1")]
fn key_of(digest: &[u8; 32], rs: &[u8; 64], parity: u8) -> [u8; 64] {
    use secp256k1::{
        Message,
        ecdsa::{RecoverableSignature, RecoveryId},
    };

    let id = RecoveryId::from_u8_masked(parity);
    let signature = RecoverableSignature::from_compact(rs, id).expect("a signature");
    let key = signature.recover(Message::from_digest(*digest));
    let key = key.expect("a key").serialize_uncompressed();
    key[1..].try_into().expect("64 of 65")
}

/// A Substrate key, a signature and what was signed, ready to be checked.
#[derive(Debug)]
pub struct Signed {
    key: [u8; 32],
    signature: [u8; 64],
    wrapped: String,
}

impl Signed {
    /// Takes a text apart.
    ///
    /// # Panics
    /// If it is none of a Substrate account.
    pub fn of(text: &SignInText) -> Self {
        let read = Polkadot::new().parse(&text.message).expect("a text");
        let mut signature = [0; 64];
        hex::decode_to_slice(&text.signature[2..], &mut signature).expect("64 bytes of hex");
        Self {
            key: ss58::decode(&read.address).expect("an address").1,
            signature,
            wrapped: format!("<Bytes>{}</Bytes>", text.message),
        }
    }

    /// Checks it as sr25519.
    ///
    /// # Panics
    /// If it is not good.
    pub fn sr25519(&self) {
        let key = schnorrkel::PublicKey::from_bytes(&self.key).expect("a key");
        let signature = schnorrkel::Signature::from_bytes(&self.signature).expect("a signature");
        key.verify_simple(b"substrate", self.wrapped.as_bytes(), &signature)
            .expect("it is good");
    }

    /// Checks it as ed25519, strictly.
    ///
    /// # Panics
    /// If it is not good.
    pub fn ed25519(&self) {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.key).expect("a key");
        key.verify_strict(self.wrapped.as_bytes(), &self.signature.into())
            .expect("it is good");
    }
}

/// The library that recovers Ethereum's keys, here and in the verifier.
pub const BACKEND: &str = if cfg!(feature = "secp256k1") {
    "libsecp256k1"
} else {
    "k256"
};
