//! Addresses: 20 bytes, written with the EIP-55 checksum.

use std::{fmt, str::FromStr};

use countersign_core::{Code, Error, FromSession, Identity, Session, Subject, Timestamp};
use sha3::{Digest, Keccak256};

/// An Ethereum address. Its text is `0x` and 40 hex digits whose letter case is the EIP-55
/// checksum.
///
/// ```
/// use countersign_ethereum::Address;
///
/// let text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
/// let address: Address = text.parse().unwrap();
/// assert_eq!(address.to_string(), text);
/// assert!(text.to_lowercase().parse::<Address>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address([u8; 20]);

impl Address {
    /// Reads any letter case that is not a wrong checksum: as it is, all lower or all upper.
    ///
    /// # Errors
    /// [`AddressError`] for everything else.
    pub fn parse_any_case(text: &str) -> Result<Self, AddressError> {
        Self::canonical(text).map(|(address, _)| address)
    }

    /// Reads any letter case that is not a wrong checksum, and gives the canonical text as well.
    pub(crate) fn canonical(text: &str) -> Result<(Self, AddressText), AddressError> {
        let address = Self::decode(text)?;
        let canonical = address.text();
        let digits = &text.as_bytes()[2..];
        let one_case = || {
            !digits.iter().any(u8::is_ascii_uppercase) || !digits.iter().any(u8::is_ascii_lowercase)
        };
        (canonical.as_str() == text || one_case())
            .then_some((address, canonical))
            .ok_or(AddressError)
    }

    /// The address whose key signed in; `None` for accounts of other chains, and for contract
    /// wallets, which are not an address but an address on one chain.
    ///
    /// ```
    /// use countersign_core::{AccountId, Identity, Subject, Timestamp};
    /// use countersign_ethereum::Address;
    ///
    /// let account: AccountId = "eip155:10:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse().unwrap();
    /// let mut identity = Identity {
    ///     subject: Subject::key(&account),
    ///     method: "eip191".to_owned(),
    ///     authenticated_at: Timestamp::from_secs(0),
    ///     account,
    ///     delegate: None,
    /// };
    /// assert_eq!(Address::of(&identity).unwrap().to_string(), identity.account.address());
    /// identity.subject = Subject::on_chain(&identity.account);
    /// assert_eq!(Address::of(&identity), None);
    /// ```
    pub fn of(identity: &Identity) -> Option<Self> {
        let by_key = identity.subject == Subject::key(&identity.account);
        let ours = by_key && identity.subject.namespace() == "eip155";
        ours.then(|| identity.account.address().parse().ok())
            .flatten()
    }

    /// The address with these bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Whether nobody can hold its key: the zero address and the precompiled contracts.
    pub fn is_reserved(&self) -> bool {
        let (head, tail) = self.0.split_at(18);
        head.iter().all(|byte| *byte == 0) && matches!(tail, [0, 0..=0x0a] | [1, 0])
    }

    /// The 20 bytes of a text, whatever its letter case.
    pub(crate) fn decode(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError)?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError)?;
        Ok(Self(bytes))
    }

    /// The canonical text.
    pub(crate) fn text(&self) -> AddressText {
        let mut text = *b"0x0000000000000000000000000000000000000000";
        hex::encode_to_slice(self.0, &mut text[2..]).expect("40 digits for 20 bytes");
        let digest = Keccak256::digest(&text[2..]);
        for (digits, byte) in text[2..].chunks_exact_mut(2).zip(digest) {
            if byte & 0x80 != 0 {
                digits[0].make_ascii_uppercase();
            }
            if byte & 0x08 != 0 {
                digits[1].make_ascii_uppercase();
            }
        }
        AddressText(text)
    }

    /// The address of a public key, given as its 64 uncompressed bytes.
    pub(crate) fn of_key(uncompressed: &[u8; 64]) -> Self {
        let digest = Keccak256::digest(uncompressed);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(&digest[12..]);
        Self(bytes)
    }
}

/// For guards: the address whose key signed in.
impl FromSession for Address {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Self::of(&session.identity).ok_or_else(|| Code::NotAdmitted.into())
    }
}

impl From<[u8; 20]> for Address {
    fn from(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let address = Self::decode(text)?;
        (address.text().as_str() == text)
            .then_some(address)
            .ok_or(AddressError)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// The canonical text of an address.
#[derive(Clone, Copy)]
pub(crate) struct AddressText([u8; 42]);

impl AddressText {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits are ASCII")
    }
}

/// A text that is not an address, or not in its canonical letter case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressError;

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address with its EIP-55 checksum")
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_of_eip_55_are_read_and_written() {
        for text in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x27b1fdb04752bbc536007a920d24acb045561c26",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn another_letter_case_is_no_address() {
        let text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let lower = text.to_lowercase();
        assert!(lower.parse::<Address>().is_err());
        assert_eq!(Address::parse_any_case(&lower).unwrap().to_string(), text);
        for wrong in [
            "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            &text[2..],
            "0x",
            "0x５",
            "vitalik.eth",
        ] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
            assert!(Address::parse_any_case(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nobody_holds_the_keys_of_reserved_addresses() {
        let ending = |a, b| {
            let mut bytes = [0; 20];
            bytes[18..].copy_from_slice(&[a, b]);
            Address(bytes)
        };
        assert!(
            ending(0, 0).is_reserved() && ending(0, 10).is_reserved() && ending(1, 0).is_reserved()
        );
        assert!(!ending(0, 11).is_reserved() && !ending(1, 1).is_reserved());
    }
}
