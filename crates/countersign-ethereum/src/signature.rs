//! EIP-191 signatures: the digest of a text, and the address that signed it.

use countersign_core::VerifyError;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest, Keccak256};

use crate::address::Address;

/// The digest that `personal_sign` signs (EIP-191, version `0x45`): over the bytes as they are,
/// with their length in decimal.
pub(crate) fn personal_digest(message: &str) -> [u8; 32] {
    Keccak256::new()
        .chain_update(b"\x19Ethereum Signed Message:\n")
        .chain_update(message.len().to_string())
        .chain_update(message)
        .finalize()
        .into()
}

/// The address whose key made a 65-byte signature `r ‖ s ‖ v` over a digest.
///
/// `v` is 0, 1, 27 or 28. Of the two signatures that fit every message, only the one with the low
/// `s` counts: the library does not look at it while recovering.
pub(crate) fn recover(digest: &[u8; 32], signature: &[u8]) -> Result<Address, VerifyError> {
    let [rs @ .., v] = signature else {
        return Err(VerifyError::signature("the signature is empty"));
    };
    if rs.len() != 64 {
        return Err(VerifyError::signature("the signature is not 65 bytes"));
    }
    let parity = match v {
        0 | 27 => 0,
        1 | 28 => 1,
        _ => return Err(VerifyError::bad_signature()),
    };
    let bad = |_| VerifyError::bad_signature();
    let signature = Signature::from_slice(rs).map_err(bad)?;
    if signature.normalize_s() != signature {
        return Err(VerifyError::bad_signature());
    }
    let recovery_id = RecoveryId::from_byte(parity).ok_or_else(VerifyError::bad_signature)?;
    let key = VerifyingKey::recover_from_prehash(digest, &signature, recovery_id).map_err(bad)?;
    Ok(address_of(&key))
}

pub(crate) fn address_of(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    let uncompressed = point.as_bytes()[1..]
        .try_into()
        .expect("an uncompressed point has 65 bytes");
    Address::of_key(uncompressed)
}
