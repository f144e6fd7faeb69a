//! The verifier of the `eip155` namespace.

use std::str::FromStr;

use countersign_core::{
    AccountId, ChainId, ChainVerifier, SignIn, TextProfile, Verified, VerifyError, async_trait,
};

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

    fn parse(&self, message: &str) -> Result<SignIn, VerifyError> {
        let sign_in = self.profile.parse(message, |label, id| {
            (label == LABEL)
                .then(|| ChainId::new(NAMESPACE, id?).ok())
                .flatten()
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
        let expected: Address = account
            .address()
            .parse()
            .map_err(|e| VerifyError::address("not a canonical address").with_source(e))?;
        let signer = recover(&personal_digest(message), signature)?;
        if signer != expected || expected.is_reserved() {
            return Err(VerifyError::bad_signature());
        }
        Ok(Verified::key(account, "eip191"))
    }
}

fn eip155(id: u64) -> ChainId {
    ChainId::new(NAMESPACE, &id.to_string()).expect("a decimal number is a CAIP-2 reference")
}

fn no_address() -> VerifyError {
    VerifyError::address("not an address with its EIP-55 checksum")
}

const NAMESPACE: &str = "eip155";
const LABEL: &str = "Ethereum";
