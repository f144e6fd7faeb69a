//! The Ethereum address of a key, and what a wallet signs in its name.

use k256::ecdsa::{
    RecoveryId, Signature, SigningKey, VerifyingKey, signature::hazmat::PrehashVerifier,
};
use sha3::{Digest, Keccak256};

/// The address of a public key, with the capitals of EIP-55.
pub(crate) fn of(key: &VerifyingKey) -> String {
    let hash = Keccak256::digest(&key.to_sec1_point(false).as_bytes()[1..]);
    let lower = hex::encode(&hash[12..]);
    let hash = Keccak256::digest(lower.as_bytes());
    let digits = lower.chars().enumerate().map(|(index, digit)| {
        let nibble = hash[index / 2] >> (4 * (1 - index % 2)) & 0xf;
        if nibble >= 8 {
            digit.to_ascii_uppercase()
        } else {
            digit
        }
    });
    format!("0x{}", digits.collect::<String>())
}

/// `personal_sign` (EIP-191) as wallets give it: `0x`, r, s and 27 or 28.
pub(crate) fn personal_sign(key: &SigningKey, message: &[u8]) -> String {
    let (signature, recovery) = key.sign_prehash_recoverable(&personal_hash(message));
    format!(
        "0x{}{:02x}",
        hex::encode(signature.to_bytes()),
        27 + recovery.to_byte()
    )
}

/// Whether this is the signature that [`personal_sign`] could have given: of this key, with a low
/// S, and saying the truth about the point.
pub(crate) fn is_personal_signature(key: &VerifyingKey, message: &[u8], text: &[u8]) -> bool {
    // One signature, one text: small letters only.
    if text.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let Some(bytes) = text
        .strip_prefix(b"0x")
        .and_then(|digits| hex::decode(digits).ok())
    else {
        return false;
    };
    let Some((last, both)) = bytes.split_last() else {
        return false;
    };
    let (Ok(signature), Some(recovery @ (0 | 1))) =
        (Signature::from_slice(both), last.checked_sub(27))
    else {
        return false;
    };
    let hash = personal_hash(message);
    let is_low = signature.normalize_s() == signature;
    let recovered = RecoveryId::from_byte(recovery)
        .and_then(|id| VerifyingKey::recover_from_prehash(&hash, &signature, id).ok());
    is_low && recovered.as_ref() == Some(key) && key.verify_prehash(&hash, &signature).is_ok()
}

fn personal_hash(message: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(format!("\x19Ethereum Signed Message:\n{}", message.len()));
    hasher.update(message);
    hasher.finalize().into()
}
