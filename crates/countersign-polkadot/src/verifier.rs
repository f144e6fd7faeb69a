//! The verifier of the `polkadot` namespace.

use countersign_core::{
    AccountId, ChainId, ChainVerifier, SignIn, Verified, VerifyError, async_trait,
};

use crate::{
    NAMESPACE,
    accounts::Account,
    dialect::{SIWS_LABEL, profile_of, refuse_wrapped},
    networks::{Network, NetworkError},
    signature::prove,
    ss58,
};

/// Sign-in for a list of Substrate networks, with the keys and forms of all their wallets.
///
/// Texts are CAIP-122 with the network's label or SIWS 1.0.0; the `Version` line says which. A
/// composed text is CAIP-122.
#[derive(Debug, Clone)]
pub struct Polkadot {
    networks: Vec<Network>,
    chains: Vec<ChainId>,
    bare: bool,
}

impl Polkadot {
    /// Polkadot, Kusama and Westend.
    pub fn new() -> Self {
        [Network::POLKADOT, Network::KUSAMA, Network::WESTEND]
            .into_iter()
            .try_fold(Self::none(), Self::network)
            .expect("the built-in networks are sound")
    }

    /// One network alone.
    ///
    /// # Errors
    /// [`NetworkError`] if it cannot be served.
    pub fn only(network: Network) -> Result<Self, NetworkError> {
        Self::none().network(network)
    }

    /// One more network.
    ///
    /// # Errors
    /// [`NetworkError`] if it cannot be served, or could be taken for another.
    pub fn network(mut self, network: Network) -> Result<Self, NetworkError> {
        let chain = network.chain()?;
        let is_taken = network.label == SIWS_LABEL
            || self.networks.iter().any(|other| {
                network.label == other.label
                    || other.is_named(&network.alias)
                    || other.is_named(&network.genesis)
                    || network.is_named(&other.genesis)
            });
        if is_taken {
            return Err(NetworkError::Taken);
        }
        self.networks.push(network);
        self.chains.push(chain);
        Ok(self)
    }

    /// Accepts signatures over the bare text too, as signers in a terminal make them. Wallets wrap
    /// it in `<Bytes>…</Bytes>`, so that what a user signs as a text is never a transaction.
    #[must_use]
    pub fn bare_signatures(mut self) -> Self {
        self.bare = true;
        self
    }

    fn none() -> Self {
        Self {
            networks: Vec::new(),
            chains: Vec::new(),
            bare: false,
        }
    }

    fn network_of(&self, chain: &ChainId) -> Option<&Network> {
        let place = self.chains.iter().position(|served| served == chain)?;
        self.networks.get(place)
    }

    /// The chain of a text, by its label and its `Chain ID` line. SIWS may do without the line:
    /// then the label says it, or it is the first of the networks.
    fn chain_of(&self, label: &str, name: Option<&str>, is_siws: bool) -> Option<ChainId> {
        let is_any = is_siws && label == SIWS_LABEL;
        let labelled = self.networks.iter().position(|n| n.label == label);
        let Some(name) = name else {
            let place = if is_any { Some(0) } else { labelled };
            return self.chains.get(place?).cloned();
        };
        let chain = self.chain_named(name)?;
        let fits = match self.network_of(&chain) {
            Some(network) => is_any || network.label == label,
            None => is_any || labelled.is_some(), // not served: for the engine to say
        };
        fits.then_some(chain)
    }
}

impl Default for Polkadot {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl ChainVerifier for Polkadot {
    fn namespace(&self) -> &str {
        NAMESPACE
    }

    fn chains(&self) -> &[ChainId] {
        &self.chains
    }

    fn label(&self, chain: &ChainId) -> &str {
        self.network_of(chain)
            .map_or(SIWS_LABEL, |network| &network.label)
    }

    fn labels(&self) -> Vec<&str> {
        let labels = self.networks.iter().map(|network| &*network.label);
        labels.chain([SIWS_LABEL]).collect()
    }

    fn chain_named(&self, name: &str) -> Option<ChainId> {
        if let Some(place) = self.networks.iter().position(|n| n.is_named(name)) {
            return self.chains.get(place).cloned();
        }
        let reference = name.strip_prefix("polkadot:").unwrap_or(name);
        ChainId::new(NAMESPACE, reference).ok()
    }

    fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, VerifyError> {
        refuse_wrapped(message)?;
        let profile = profile_of(message);
        let is_siws = *profile == crate::SIWS;
        profile.parse(message, |label, name| self.chain_of(label, name, is_siws))
    }

    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        let network = self.network_of(chain).ok_or_else(no_address)?;
        let account =
            Account::parse(address, &[network.prefix, ss58::GENERIC]).ok_or_else(no_address)?;
        let text = account
            .text(network.prefix)
            .map_err(|e| no_address().with_source(e))?;
        AccountId::canonical(chain, &text).map_err(|e| no_address().with_source(e))
    }

    async fn verify(
        &self,
        account: &AccountId,
        message: &str,
        signature: &[u8],
    ) -> Result<Verified, VerifyError> {
        let network = self.network_of(account.chain()).ok_or_else(no_address)?;
        let holder = Account::parse(account.address(), &[network.prefix]).ok_or_else(no_address)?;
        let method = prove(&holder, message, signature, self.bare)?;
        let key = holder
            .text(ss58::GENERIC)
            .map_err(|e| no_address().with_source(e))?;
        Verified::key_as(account, &key, method)
    }
}

fn no_address() -> VerifyError {
    VerifyError::address("not an account of this network, nor a generic one")
}
