//! The networks of the `polkadot` namespace: how texts name them, and how they write accounts.

use std::borrow::Cow;

use countersign_core::ChainId;

use crate::{NAMESPACE, ss58};

/// A Substrate network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The word in the first line of a text, such as `Polkadot`.
    pub label: Cow<'static, str>,
    /// Another name for the `Chain ID` line, such as `polkadot`.
    pub alias: Cow<'static, str>,
    /// The CAIP-2 reference: the first 32 hex digits of the genesis hash.
    pub genesis: Cow<'static, str>,
    /// The SS58 prefix of its 32-byte accounts.
    pub prefix: u16,
}

impl Network {
    /// Polkadot, prefix 0.
    pub const POLKADOT: Self = built_in("Polkadot", "polkadot", POLKADOT_GENESIS, 0);
    /// Kusama, prefix 2.
    pub const KUSAMA: Self = built_in("Kusama", "kusama", KUSAMA_GENESIS, 2);
    /// Westend, the test network, prefix 42.
    pub const WESTEND: Self = built_in("Westend", "westend", WESTEND_GENESIS, 42);

    /// The built-in network of this alias, reference or CAIP-2 name.
    ///
    /// ```
    /// use countersign_polkadot::Network;
    ///
    /// assert_eq!(Network::named("kusama"), Some(Network::KUSAMA));
    /// let name = "polkadot:e143f23803ac50e8f6f8e62695d1ce9e";
    /// assert_eq!(Network::named(name), Some(Network::WESTEND));
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        [Self::POLKADOT, Self::KUSAMA, Self::WESTEND]
            .into_iter()
            .find(|network| network.is_named(name))
    }

    /// The CAIP-2 name.
    ///
    /// # Errors
    /// [`NetworkError`] if a field is not what it must be.
    pub fn chain(&self) -> Result<ChainId, NetworkError> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if self.genesis.len() != 32 || !self.genesis.bytes().all(is_hex) {
            return Err(NetworkError::Genesis);
        }
        let is_word = |text: &str, more: &[u8]| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
            (1..=32).contains(&text.len()) && text.bytes().all(allowed)
        };
        if !is_word(&self.label, b" -_.") {
            return Err(NetworkError::Label);
        }
        if !is_word(&self.alias, b"-_") {
            return Err(NetworkError::Alias);
        }
        if !ss58::is_prefix(self.prefix) {
            return Err(NetworkError::Prefix);
        }
        ChainId::new(NAMESPACE, &self.genesis).map_err(|_| NetworkError::Genesis)
    }

    /// Whether a `Chain ID` line with this text means the network.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let name = name
            .strip_prefix(NAMESPACE)
            .and_then(|rest| rest.strip_prefix(':'))
            .unwrap_or(name);
        name == self.alias || name == self.genesis
    }
}

const fn built_in(
    label: &'static str,
    alias: &'static str,
    genesis: &'static str,
    prefix: u16,
) -> Network {
    Network {
        label: Cow::Borrowed(label),
        alias: Cow::Borrowed(alias),
        genesis: Cow::Borrowed(genesis),
        prefix,
    }
}

/// A network that cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Not a reference.
    #[error("the genesis reference is not 32 lower-case hex digits")]
    Genesis,
    /// Not a word for the first line.
    #[error("the label is not 1 to 32 letters, digits, spaces and -_.")]
    Label,
    /// Not a name for the chain id line.
    #[error("the alias is not 1 to 32 letters, digits and -_")]
    Alias,
    /// Reserved, or over 16383.
    #[error("no network can have this SS58 prefix")]
    Prefix,
    /// A text could not say which of two networks it means.
    #[error("the label, the alias or the genesis reference is another network's")]
    Taken,
}

const POLKADOT_GENESIS: &str = "91b171bb158e2d3848fa23a9f1c25182";
const KUSAMA_GENESIS: &str = "b0a8d493285c2df73290dfb7e61f870f";
const WESTEND_GENESIS: &str = "e143f23803ac50e8f6f8e62695d1ce9e";
