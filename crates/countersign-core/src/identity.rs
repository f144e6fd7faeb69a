//! Who signed in: the subject that stays the same, and the account that was shown.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    caip::{AccountId, NameError, is_address, is_namespace, is_reference, split},
    time::Timestamp,
};

/// Who it *is*: one key is one subject. Key your users by this.
///
/// Two forms: key-scoped `eip155:0xAbC…`, `polkadot:5Grw…` (the same person on every chain of the
/// namespace), and chain-scoped `eip155:10:0x…` (a contract wallet, whose owners may differ from
/// chain to chain).
///
/// ```
/// use countersign_core::{AccountId, Subject};
///
/// let account: AccountId = "eip155:10:0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A".parse().unwrap();
/// assert_eq!(Subject::key(&account).as_str(), "eip155:0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A");
/// assert_eq!(Subject::on_chain(&account).as_str(), account.to_string());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Arc<str>);

impl Subject {
    /// The holder of the key behind the account, on whatever chain of the namespace.
    pub fn key(account: &AccountId) -> Self {
        Self::from_parts(account.chain().namespace(), account.address())
    }

    /// The holder of a key, by the namespace and the one text of the key that all chains of the
    /// namespace share.
    pub fn key_as(namespace: &str, key: &str) -> Result<Self, NameError> {
        (is_namespace(namespace) && is_address(key))
            .then(|| Self::from_parts(namespace, key))
            .ok_or(NameError::Subject)
    }

    /// The account on its one chain.
    pub fn on_chain(account: &AccountId) -> Self {
        Self(account.to_string().into())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The CAIP-2 namespace.
    pub fn namespace(&self) -> &str {
        self.0
            .split(':')
            .next()
            .expect("a subject begins with its namespace")
    }

    /// The two bytes that the ids of all its sessions begin with: the head of its SHA-256. A store
    /// that keeps what shares them in one place can write a session and its index in one step.
    pub fn shard(&self) -> [u8; 2] {
        let digest = Sha256::digest(self.0.as_bytes());
        [digest[0], digest[1]]
    }

    pub(crate) fn from_parts(namespace: &str, key: &str) -> Self {
        Self([namespace, ":", key].concat().into())
    }
}

impl FromStr for Subject {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (namespace, rest) = split(text).ok_or(NameError::Subject)?;
        let is_account = || {
            split(rest)
                .is_some_and(|(reference, address)| is_reference(reference) && is_address(address))
        };
        (is_namespace(namespace) && (is_address(rest) || is_account()))
            .then(|| Self(text.into()))
            .ok_or(NameError::Subject)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({self})")
    }
}

/// What a sign-in proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who it is.
    pub subject: Subject,
    /// The account as it was shown: its chain and address.
    pub account: AccountId,
    /// How it was proved, such as `eip191`, `eip1271`, `sr25519`.
    pub method: String,
    /// When the signature was checked.
    pub authenticated_at: Timestamp,
    /// Whose key signed for the account, where that is another: its registered delegate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_back() {
        for text in ["eip155:0xAb", "eip155:10:0xAb", "polkadot:5Grw"] {
            let subject: Subject = text.parse().unwrap();
            assert_eq!(subject.to_string(), text);
            assert_eq!(subject.namespace(), text.split(':').next().unwrap());
        }
        for text in [
            "",
            "eip155",
            "eip155:",
            "E:0x",
            "eip155:1:2:3",
            "eip155:a b",
        ] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
