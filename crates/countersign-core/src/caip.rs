//! Names of chains and accounts: CAIP-2 and CAIP-10, parsed once.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A blockchain: `namespace:reference` (CAIP-2), such as `eip155:1`.
///
/// ```
/// use countersign_core::ChainId;
///
/// let chain: ChainId = "eip155:1".parse().unwrap();
/// assert_eq!((chain.namespace(), chain.reference()), ("eip155", "1"));
/// assert!("mainnet".parse::<ChainId>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId(Arc<str>);

impl ChainId {
    /// From its two parts: `[-a-z0-9]{3,8}` and `[-_a-zA-Z0-9]{1,32}`.
    pub fn new(namespace: &str, reference: &str) -> Result<Self, NameError> {
        let valid = is_namespace(namespace) && is_reference(reference);
        valid
            .then(|| Self([namespace, ":", reference].concat().into()))
            .ok_or(NameError::Chain)
    }

    /// The part before the colon.
    pub fn namespace(&self) -> &str {
        self.halves().0
    }

    /// The part after the colon.
    pub fn reference(&self) -> &str {
        self.halves().1
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn halves(&self) -> (&str, &str) {
        split(&self.0).expect("a chain id has a colon")
    }
}

impl FromStr for ChainId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (namespace, reference) = split(text).ok_or(NameError::Chain)?;
        let valid = is_namespace(namespace) && is_reference(reference);
        valid.then(|| Self(text.into())).ok_or(NameError::Chain)
    }
}

/// An account on a chain: `namespace:reference:address` (CAIP-10).
///
/// A verifier makes it, from the canonical text of the address; so two `AccountId`s are equal
/// exactly if they are the same account.
///
/// ```
/// use countersign_core::AccountId;
///
/// let account: AccountId = "eip155:1:0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A".parse().unwrap();
/// assert_eq!(account.chain().as_str(), "eip155:1");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<Halves>);

/// Behind one pointer: sessions hold accounts, and are handed about by value.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Halves {
    chain: ChainId,
    address: Box<str>,
}

impl AccountId {
    /// From a chain and the address in its canonical text: `[-.%a-zA-Z0-9]{1,128}`.
    pub fn canonical(chain: &ChainId, address: &str) -> Result<Self, NameError> {
        Self::on(chain.clone(), address)
    }

    fn on(chain: ChainId, address: &str) -> Result<Self, NameError> {
        if !is_address(address) {
            return Err(NameError::Account);
        }
        let address = address.into();
        Ok(Self(Arc::new(Halves { chain, address })))
    }

    /// The chain.
    pub fn chain(&self) -> &ChainId {
        &self.0.chain
    }

    /// The address, in the canonical text of its chain.
    pub fn address(&self) -> &str {
        &self.0.address
    }
}

impl FromStr for AccountId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (namespace, rest) = split(text).ok_or(NameError::Account)?;
        let (reference, address) = split(rest).ok_or(NameError::Account)?;
        let chain = &text[..namespace.len() + 1 + reference.len()];
        Self::on(chain.parse()?, address)
    }
}

/// A text that is not a name of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a CAIP-2 chain id.
    #[error("not a CAIP-2 chain id")]
    Chain,
    /// Not a CAIP-10 account id.
    #[error("not a CAIP-10 account id")]
    Account,
    /// Not a subject.
    #[error("not a subject")]
    Subject,
}

pub(crate) fn is_namespace(text: &str) -> bool {
    (3..=8).contains(&text.len()) && is_made_of(text, NAMESPACE)
}

pub(crate) fn is_reference(text: &str) -> bool {
    (1..=32).contains(&text.len()) && is_made_of(text, REFERENCE)
}

pub(crate) fn is_address(text: &str) -> bool {
    (1..=128).contains(&text.len()) && is_made_of(text, ADDRESS)
}

fn is_made_of(text: &str, part: u8) -> bool {
    text.bytes()
        .all(|byte| PARTS[usize::from(byte)] & part != 0)
}

/// Which parts of a name a byte may stand in: names are read at every request that a store answers.
static PARTS: [u8; 256] = {
    let mut parts = [0; 256];
    let mut byte = 0;
    while byte < parts.len() {
        parts[byte] = match byte as u8 {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => NAMESPACE | REFERENCE | ADDRESS,
            b'A'..=b'Z' => REFERENCE | ADDRESS,
            b'_' => REFERENCE,
            b'.' | b'%' => ADDRESS,
            _ => 0,
        };
        byte += 1;
    }
    parts
};

const NAMESPACE: u8 = 1;
const REFERENCE: u8 = 2;
const ADDRESS: u8 = 4;

/// At the first colon: it is among the first few bytes, where a plain look is quickest.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainId({self})")
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chain(), self.address())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

/// Serde by the text form, for names that are parsed.
macro_rules! serde_as_text {
    ($($name:ty),*) => { $(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )* };
}

serde_as_text!(ChainId, AccountId, crate::Subject, crate::Origin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_a_namespace_and_a_reference() {
        for text in [
            "eip155:1",
            "polkadot:91b171bb158e2d3848fa23a9f1c25182",
            "cosmos:Binance-Chain-Tigris",
            "abc:_",
        ] {
            assert_eq!(text.parse::<ChainId>().unwrap().to_string(), text);
        }
        for text in [
            "",
            ":",
            "eip155",
            "eip155:",
            ":1",
            "ab:1",
            "namespace:1",
            "EIP155:1",
            "eip155:1:2",
            "eip155: 1",
            "eip155:é",
            "eip155:123456789012345678901234567890123",
        ] {
            assert_eq!(text.parse::<ChainId>(), Err(NameError::Chain), "{text}");
        }
    }

    #[test]
    fn an_account_is_a_chain_and_an_address() {
        let text = "chainstd:8c3444cf8970a9e41a706fab93e7a6c4:6d9b0b4b9994e8a6afbd3dc3ed983cd51c755afb27cd1dc7825ef59c134a39f7";
        assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
        for text in ["", "eip155:1", "eip155:1:", "eip155:1:0x/", "eip155:1:a:b"] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }
}
