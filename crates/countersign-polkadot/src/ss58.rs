//! SS58, the text of 32-byte accounts: base58 of network prefix, account and checksum.
//!
//! ```
//! use countersign_polkadot::ss58;
//!
//! let text = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
//! let (prefix, account) = ss58::decode(text).unwrap();
//! assert_eq!(prefix, 42);
//! assert_eq!(ss58::encode(prefix, &account).unwrap(), text);
//! ```

use blake2::{Blake2b512, Digest};

use crate::base58;

/// The prefix that names no network.
pub const GENERIC: u16 = 42;

/// The text of an account on the network with this prefix.
///
/// # Errors
/// [`Ss58Error`] for 46, 47 and what is over 16383: no network has these.
pub fn encode(prefix: u16, account: &[u8; 32]) -> Result<String, Ss58Error> {
    if !is_prefix(prefix) {
        return Err(Ss58Error);
    }
    let mut bytes = [0; LONGEST];
    let head = match prefix {
        0..64 => {
            bytes[0] = prefix as u8;
            1
        }
        _ => {
            bytes[0] = (prefix >> 2) as u8 & 0x3f | 0x40;
            bytes[1] = (prefix >> 8) as u8 | (prefix << 6) as u8;
            2
        }
    };
    let body = head + account.len();
    bytes[head..body].copy_from_slice(account);
    let checksum = checksum(&bytes[..body]);
    bytes[body..body + CHECKSUM].copy_from_slice(&checksum);
    Ok(base58::encode(&bytes[..body + CHECKSUM]))
}

/// Prefix and account of a text. There is one text for each: the short forms for account indices,
/// small prefixes in two bytes and bodies of other lengths are refused.
///
/// # Errors
/// [`Ss58Error`] for everything but that text.
pub fn decode(text: &str) -> Result<(u16, [u8; 32]), Ss58Error> {
    let mut buffer = [0; LONGEST];
    let bytes = base58::decode(text, &mut buffer).ok_or(Ss58Error)?;
    let (prefix, rest) = match *bytes {
        [first @ 0..64, ref rest @ ..] => (u16::from(first), rest),
        [first @ 64..128, second, ref rest @ ..] => {
            let low = first << 2 | second >> 6;
            let prefix = u16::from_le_bytes([low, second & 0x3f]);
            if prefix < 64 {
                return Err(Ss58Error); // one byte says it as well
            }
            (prefix, rest)
        }
        _ => return Err(Ss58Error),
    };
    let (account, found) = rest.split_first_chunk().ok_or(Ss58Error)?;
    // Base58 has one text for all bytes, so this is the one text of this account.
    let body = &bytes[..bytes.len() - found.len()];
    if is_prefix(prefix) && *found == checksum(body) {
        Ok((prefix, *account))
    } else {
        Err(Ss58Error)
    }
}

/// Whether a network can have this prefix.
pub(crate) fn is_prefix(prefix: u16) -> bool {
    prefix <= MAX_PREFIX && !matches!(prefix, 46 | 47)
}

/// A text that is not the SS58 text of a 32-byte account, or a prefix that no network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the SS58 text of a 32-byte account")]
pub struct Ss58Error;

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest = Blake2b512::new()
        .chain_update(b"SS58PRE")
        .chain_update(bytes)
        .finalize();
    [digest[0], digest[1]]
}

const MAX_PREFIX: u16 = 16_383;
const CHECKSUM: usize = 2;
const LONGEST: usize = 2 + 32 + CHECKSUM;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_read_back_or_refused_by_rule() {
        for account in [[0; 32], [0x5a; 32], [0xff; 32]] {
            for prefix in 0..=MAX_PREFIX {
                match encode(prefix, &account) {
                    Ok(text) => assert_eq!(decode(&text), Ok((prefix, account)), "{prefix}"),
                    Err(Ss58Error) => assert!(matches!(prefix, 46 | 47), "{prefix}"),
                }
            }
        }
        for prefix in [MAX_PREFIX + 1, 0x8000, u16::MAX] {
            assert_eq!(encode(prefix, &[1; 32]), Err(Ss58Error));
        }
    }

    #[test]
    fn no_other_bytes_are_read() {
        // Whatever the first two bytes are, with a right checksum: one text, one account.
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let mut bytes = vec![first, second];
                bytes.extend([0x5a; 32]);
                bytes.extend(checksum(&bytes));
                let read = decode(&bs58::encode(bytes).into_string());
                let is_canonical = (64..128).contains(&first)
                    && (second & 0x3f > 0 || first << 2 | second >> 6 >= 64);
                assert_eq!(read.is_ok(), is_canonical, "{first} {second}");
            }
        }
    }
}
