//! Accounts: the 32 bytes behind an SS58 text, or the 20 bytes of an Ethereum-type key.

use blake2::{Blake2b, Digest, digest::consts::U32};
use k256::ecdsa::VerifyingKey;
use sha3::Keccak256;

use crate::ss58;

/// An account, whatever its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// An sr25519 or ed25519 key, or the hash of an ecdsa key.
    Id32([u8; 32]),
    /// The tail of the hash of an Ethereum-type key.
    Id20([u8; 20]),
}

impl Account {
    /// Reads a text in one of these SS58 prefixes, or an EIP-55 text.
    pub(crate) fn parse(text: &str, prefixes: &[u16]) -> Option<Self> {
        if let Some(digits) = text.strip_prefix("0x") {
            let mut bytes = [0; 20];
            hex::decode_to_slice(digits, &mut bytes).ok()?;
            let account = Self::Id20(bytes);
            return (eip55(&bytes) == text).then_some(account);
        }
        let (prefix, bytes) = ss58::decode(text).ok()?;
        prefixes.contains(&prefix).then_some(Self::Id32(bytes))
    }

    /// The one text on a network with this prefix.
    pub(crate) fn text(&self, prefix: u16) -> Result<String, ss58::Ss58Error> {
        match self {
            Self::Id32(bytes) => ss58::encode(prefix, bytes),
            Self::Id20(bytes) => Ok(eip55(bytes)),
        }
    }

    /// The account of a Substrate ecdsa key.
    pub(crate) fn of_ecdsa(key: &VerifyingKey) -> Self {
        Self::Id32(blake2b_256(key.to_sec1_point(true).as_bytes()))
    }

    /// The account of an Ethereum-type key.
    pub(crate) fn of_ethereum(key: &VerifyingKey) -> Self {
        let point = key.to_sec1_point(false);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..]);
        Self::Id20(bytes)
    }

    /// Whether anybody can sign for it: the sr25519 key of nothing but zeros, and the ed25519 keys
    /// of small order. Nobody has made a key of these bytes for another scheme either.
    pub(crate) fn is_weak(&self) -> bool {
        match self {
            // All zeros is among them: a point of order four.
            Self::Id32(bytes) => {
                let mut ordinate = *bytes;
                ordinate[31] &= 0x7f; // without the sign of the abscissa
                SMALL_ORDER.contains(&ordinate)
            }
            Self::Id20(_) => false,
        }
    }

    /// Whether it is the zero address or a precompiled contract's, whose keys nobody holds:
    /// Ethereum and the EVM networks of Substrate have theirs among the first 4,096.
    pub(crate) fn is_reserved(&self) -> bool {
        match self {
            Self::Id32(_) => false,
            Self::Id20(bytes) => bytes[..18] == [0; 18] && bytes[18] < 0x10,
        }
    }
}

/// The ordinates of the eight points of small order on edwards25519, as they are written: five
/// numbers, of which 0 and 1 have a second form beyond the field's order.
const SMALL_ORDER: [[u8; 32]; 7] = [
    small(0x00, 0x00, 0x00),
    small(0x01, 0x00, 0x00),
    small(0xec, 0xff, 0x7f),
    small(0xed, 0xff, 0x7f),
    small(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn small(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

pub(crate) fn blake2b_256(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}

/// `0x` and 40 hex digits whose letter case is the checksum of EIP-55.
fn eip55(bytes: &[u8; 20]) -> String {
    let mut text = hex::encode(bytes);
    let digest = hex::encode(Keccak256::digest(&text));
    let upper = |(digit, nibble): (char, char)| match nibble {
        '8'..='9' | 'a'..='f' => digit.to_ascii_uppercase(),
        _ => digit,
    };
    text = text.chars().zip(digest.chars()).map(upper).collect();
    format!("0x{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_of_eip_55_are_read_and_written() {
        for text in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            let account = Account::parse(text, &[]).unwrap();
            assert_eq!(account.text(42).unwrap(), text);
            assert_eq!(Account::parse(&text.to_uppercase(), &[]), None);
        }
    }

    #[test]
    fn a_text_of_another_prefix_is_no_account() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        assert!(Account::parse(alice, &[0, 42]).is_some());
        assert_eq!(Account::parse(alice, &[0]), None);
    }

    #[test]
    fn the_weak_accounts_are_those_that_ed25519_finds_weak() {
        use ed25519_dalek::VerifyingKey;
        let is_weak = |bytes: &[u8; 32]| {
            let theirs = VerifyingKey::from_bytes(bytes).is_ok_and(|key| key.is_weak());
            assert_eq!(Account::Id32(*bytes).is_weak(), theirs, "{bytes:?}");
            theirs
        };
        let mut weak = 0;
        for ordinate in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut bytes = ordinate;
                bytes[31] |= sign;
                assert!(is_weak(&bytes), "{bytes:?}");
                for place in 0..256 {
                    let mut near = bytes;
                    near[place / 8] ^= 1 << (place % 8);
                    weak += usize::from(is_weak(&near));
                }
            }
        }
        // Neighbours by one bit: the other sign of each, and of 0, 1 and their second forms.
        assert!(weak >= 14, "{weak}");
        for torsion in curve25519_dalek::constants::EIGHT_TORSION {
            assert!(is_weak(&torsion.compress().to_bytes()));
        }
        // Everything from the field's order up, and what lies just below.
        for low in 0..=255 {
            let mut bytes = [0xff; 32];
            bytes[0] = low;
            for last in [0x7f, 0xff] {
                bytes[31] = last;
                is_weak(&bytes);
            }
            let mut small = [0; 32];
            small[0] = low;
            is_weak(&small);
        }
    }

    #[test]
    fn nobody_holds_the_keys_of_reserved_accounts() {
        let ending = |tail: [u8; 2]| {
            let mut bytes = [0; 20];
            bytes[18..].copy_from_slice(&tail);
            Account::Id20(bytes).is_reserved()
        };
        assert!(ending([0, 0]) && ending([0, 10]) && ending([0x08, 0x1b]));
        assert!(!ending([0x10, 0]) && !Account::Id20([1; 20]).is_reserved());
    }
}
