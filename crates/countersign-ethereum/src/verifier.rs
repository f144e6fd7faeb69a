//! The verifier of the `eip155` namespace.

use std::str::FromStr;
#[cfg(feature = "contract-wallets")]
use std::{collections::HashMap, sync::Arc};

use countersign_core::{
    AccountId, ChainId, ChainVerifier, SignIn, TextProfile, Verified, VerifyError, async_trait,
};

#[cfg(feature = "contract-wallets")]
use crate::contracts::{ChainReader, ContractPath};
use crate::{
    address::Address,
    signature::{personal_digest, recover},
};

/// Sign-In with Ethereum for a list of `eip155` chains.
///
/// The text is ERC-4361, the signature is the 65 bytes of `personal_sign`. The subject of a key is
/// the same on all chains: `eip155:0x…`.
#[derive(Debug, Clone)]
pub struct Ethereum {
    chains: Vec<ChainId>,
    profile: &'static TextProfile,
    any_case: bool,
    #[cfg(feature = "contract-wallets")]
    contracts: Contracts,
}

impl Ethereum {
    /// Ethereum's main chain, `eip155:1`.
    pub fn mainnet() -> Self {
        Self::chain(1)
    }

    /// One chain by its EIP-155 number.
    pub fn chain(id: u64) -> Self {
        Self {
            chains: vec![eip155(id)],
            profile: &TextProfile::ERC4361,
            any_case: false,
            #[cfg(feature = "contract-wallets")]
            contracts: Contracts::default(),
        }
    }

    /// One more chain.
    #[must_use]
    pub fn also(mut self, id: u64) -> Self {
        let chain = eip155(id);
        if !self.chains.contains(&chain) {
            self.chains.push(chain);
        }
        self
    }

    /// Accepts statements of any printable ASCII. ERC-4361 allows fewer characters, but many
    /// applications write quotes and percent signs.
    #[must_use]
    pub fn printable_statements(mut self) -> Self {
        self.profile = &TextProfile::ERC4361_PRINTABLE;
        self
    }

    /// Accepts texts whose address is written all in lower or all in upper case. A wrong checksum
    /// stays one.
    #[must_use]
    pub fn addresses_of_any_case(mut self) -> Self {
        self.any_case = true;
        self
    }

    /// Also signs in the contract wallets of the reader's chain: by ERC-1271, and by ERC-6492 those
    /// that are not deployed yet. Their subject is the address on that one chain. A signature by
    /// the account's own key is decided without asking the chain.
    #[cfg(feature = "contract-wallets")]
    #[must_use]
    pub fn contract_wallets(self, reader: impl ChainReader) -> Self {
        let id = reader.chain_id();
        let mut this = self.also(id);
        let reader = Arc::new(reader);
        this.contracts
            .paths
            .insert(eip155(id), ContractPath { reader });
        this
    }

    /// Also signs a contract wallet in by the key that it registered for this as its delegate, in
    /// the [`DELEGATE_REGISTRY`](crate::DELEGATE_REGISTRY) of its chain. The session is the
    /// wallet's, and names the delegate.
    #[cfg(feature = "contract-wallets")]
    #[must_use]
    pub fn delegates(mut self) -> Self {
        self.contracts.takes_delegates = true;
        self
    }
}

/// The chains whose contracts can be asked, and what they are asked.
#[cfg(feature = "contract-wallets")]
#[derive(Debug, Clone, Default)]
struct Contracts {
    paths: HashMap<ChainId, ContractPath>,
    takes_delegates: bool,
}

#[async_trait]
impl ChainVerifier for Ethereum {
    fn namespace(&self) -> &str {
        NAMESPACE
    }

    fn chains(&self) -> &[ChainId] {
        &self.chains
    }

    fn label(&self, _: &ChainId) -> &str {
        LABEL
    }

    fn profile(&self) -> &'static TextProfile {
        self.profile
    }

    fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, VerifyError> {
        let sign_in = self.profile.parse(message, |label, id| {
            let id = id.filter(|_| label == LABEL)?;
            let served = self.chains.iter().find(|chain| chain.reference() == id);
            served.cloned().or_else(|| ChainId::new(NAMESPACE, id).ok())
        })?;
        // What is signed bears the checksum; what is merely asked for need not.
        let read = if self.any_case {
            Address::parse_any_case
        } else {
            Address::from_str
        };
        read(&sign_in.address).map_err(|e| no_address().with_source(e))?;
        Ok(sign_in)
    }

    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        let (_, text) = Address::canonical(address).map_err(|e| no_address().with_source(e))?;
        AccountId::canonical(chain, text.as_str()).map_err(|e| no_address().with_source(e))
    }

    async fn verify(
        &self,
        account: &AccountId,
        message: &str,
        signature: &[u8],
    ) -> Result<Verified, VerifyError> {
        let expected = address_of(account)?;
        let digest = personal_digest(message);
        #[cfg(feature = "contract-wallets")]
        if let Some(path) = self.contracts.paths.get(account.chain())
            && !expected.is_reserved()
        {
            let delegates = self.contracts.takes_delegates;
            return path
                .verify(account, expected, &digest, signature, delegates)
                .await;
        }
        let signer = recover(&digest, signature)?;
        if signer != expected || expected.is_reserved() {
            return Err(VerifyError::bad_signature());
        }
        Ok(Verified::key(account, "eip191"))
    }

    #[cfg(feature = "contract-wallets")]
    async fn still_holds(&self, account: &AccountId, evidence: &str) -> Result<bool, VerifyError> {
        let path = self.contracts.paths.get(account.chain()).ok_or_else(|| {
            VerifyError::unavailable("no reader is configured for the chain any more")
        })?;
        let delegates = self.contracts.takes_delegates;
        path.still_holds(address_of(account)?, evidence, delegates)
            .await
    }

    #[cfg(feature = "contract-wallets")]
    fn takes_long_signatures(&self) -> bool {
        !self.contracts.paths.is_empty()
    }
}

/// The address of an account, which [`Ethereum::account`](ChainVerifier::account) made canonical.
fn address_of(account: &AccountId) -> Result<Address, VerifyError> {
    Address::decode(account.address()).map_err(|e| no_address().with_source(e))
}

fn eip155(id: u64) -> ChainId {
    ChainId::new(NAMESPACE, &id.to_string()).expect("a decimal number is a CAIP-2 reference")
}

fn no_address() -> VerifyError {
    VerifyError::address("not an address with its EIP-55 checksum")
}

const NAMESPACE: &str = "eip155";
const LABEL: &str = "Ethereum";
