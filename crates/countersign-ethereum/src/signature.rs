//! EIP-191 signatures: the digest of a text, and the address that signed it.

use countersign_core::VerifyError;
use sha3::{Digest, Keccak256};

use crate::{address::Address, recovery::key_of};

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
/// `s` counts: the libraries do not look at it while recovering.
pub(crate) fn recover(digest: &[u8; 32], signature: &[u8]) -> Result<Address, VerifyError> {
    let Some((rs, rest)) = signature.split_first_chunk::<64>() else {
        return Err(not_65_bytes());
    };
    let is_odd = match rest {
        [0 | 27] => false,
        [1 | 28] => true,
        [_] => return Err(VerifyError::bad_signature()),
        _ => return Err(not_65_bytes()),
    };
    if rs[32..] > HALF_ORDER[..] {
        return Err(VerifyError::bad_signature());
    }
    let key = key_of(digest, rs, is_odd).ok_or_else(VerifyError::bad_signature)?;
    Ok(Address::of_key(&key))
}

fn not_65_bytes() -> VerifyError {
    VerifyError::signature("the signature is not 65 bytes")
}

/// Half the order of the group, rounded down: the greatest low `s`.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];
