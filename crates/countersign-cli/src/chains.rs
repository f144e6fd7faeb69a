//! The chains this command speaks: one entry of a list for each family.

use countersign::{
    ChainId, ChainVerifier, Wallet,
    ethereum::{Ethereum, EthereumWallet},
    polkadot::{Network, Polkadot, PolkadotWallet, Scheme},
};
#[cfg(feature = "contract-wallets")]
use countersign::{VerifyError, ethereum::Rpc};

/// A family of chains.
pub(crate) struct Family {
    /// Short names for chains of the family.
    aliases: &'static [(&'static str, &'static str)],
    /// The CAIP-2 namespace.
    namespace: &'static str,
    /// Whether its verifier reads texts of any chain of the namespace, listed or not.
    any_chain: bool,
    /// The verifier of a server that serves this one chain, or else as many as possible. `None`
    /// for a chain that it cannot serve.
    verifier: OpenVerifier,
    /// A wallet of this scheme with this key, or else a fresh one. `None` for bytes that are no key
    /// and for a scheme that the chains do not know.
    wallet: OpenWallet,
}

type OpenVerifier = fn(Option<&ChainId>) -> Option<Box<dyn ChainVerifier>>;
type OpenWallet = fn(&ChainId, Option<Scheme>, Option<&[u8; 32]>) -> Option<Box<dyn Wallet>>;

/// A verifier, and whether it lets every chain pass that it can read.
pub(crate) struct Reader {
    pub(crate) verifier: Box<dyn ChainVerifier>,
    pub(crate) any_chain: bool,
}

const FAMILIES: &[Family] = &[ETHEREUM, POLKADOT];

const ETHEREUM: Family = Family {
    aliases: &[("ethereum", "eip155:1")],
    namespace: "eip155",
    any_chain: true,
    verifier: |chain| {
        let ethereum = match chain {
            Some(chain) => Ethereum::chain(chain.reference().parse().ok()?),
            None => Ethereum::mainnet(),
        };
        Some(Box::new(ethereum))
    },
    wallet: |chain, scheme, key| {
        let wallet = match (scheme, key) {
            (Some(_), _) => return None,
            (None, Some(key)) => EthereumWallet::from_bytes(key, chain.clone())?,
            (None, None) => EthereumWallet::random(chain.clone()),
        };
        Some(Box::new(wallet))
    },
};

const POLKADOT: Family = Family {
    aliases: &[
        ("polkadot", "polkadot:91b171bb158e2d3848fa23a9f1c25182"),
        ("kusama", "polkadot:b0a8d493285c2df73290dfb7e61f870f"),
        ("westend", "polkadot:e143f23803ac50e8f6f8e62695d1ce9e"),
    ],
    namespace: "polkadot",
    any_chain: false,
    verifier: |chain| {
        let polkadot = match chain {
            Some(chain) => Polkadot::only(Network::named(chain.as_str())?).ok()?,
            None => Polkadot::new(),
        };
        Some(Box::new(polkadot))
    },
    wallet: |chain, scheme, key| {
        let network = Network::named(chain.as_str())?;
        let scheme = scheme.unwrap_or(Scheme::Sr25519);
        let wallet = match key {
            Some(key) => PolkadotWallet::from_seed(scheme, key, &network)?,
            None => PolkadotWallet::random(scheme, &network)?,
        };
        Some(Box::new(wallet))
    },
};

/// The verifiers of a server that serves `chain` alone, or else every chain.
pub(crate) fn readers(chain: Option<&ChainId>) -> Vec<Reader> {
    FAMILIES
        .iter()
        .filter(|family| chain.is_none_or(|chain| chain.namespace() == family.namespace))
        .filter_map(|family| {
            let verifier = (family.verifier)(chain)?;
            let serves = chain.is_none_or(|chain| verifier.chains().contains(chain));
            serves.then_some(Reader {
                verifier,
                any_chain: family.any_chain && chain.is_none(),
            })
        })
        .collect()
}

/// A verifier that asks a node about the contracts of a chain.
#[cfg(feature = "contract-wallets")]
pub(crate) async fn with_contracts(
    chain: &ChainId,
    url: &str,
) -> Result<impl ChainVerifier, VerifyError> {
    let id = (chain.namespace() == ETHEREUM.namespace)
        .then(|| chain.reference().parse().ok())
        .flatten();
    let id = id.ok_or_else(|| VerifyError::chain("the chain has no contract wallets"))?;
    let rpc = Rpc::builder(id).endpoint(url).connect().await;
    Ok(Ethereum::chain(id).contract_wallets(rpc.map_err(VerifyError::unavailable)?))
}

/// A wallet for a chain that [`read`] gave, with this key or else a fresh one; `None` if the bytes
/// are no key, or the chain knows no such scheme.
pub(crate) fn wallet(
    chain: &ChainId,
    scheme: Option<Scheme>,
    key: Option<&[u8; 32]>,
) -> Option<Box<dyn Wallet>> {
    let family = FAMILIES
        .iter()
        .find(|family| family.namespace == chain.namespace())?;
    (family.wallet)(chain, scheme, key)
}

/// Reads the name of a chain that is spoken here.
pub(crate) fn read(text: &str) -> Result<ChainId, String> {
    let alias = FAMILIES
        .iter()
        .flat_map(|family| family.aliases)
        .find(|(alias, _)| *alias == text);
    let chain: ChainId = alias
        .map_or(text, |(_, chain)| chain)
        .parse()
        .map_err(|_| {
            "not a CAIP-2 name, such as eip155:1, or an alias, such as polkadot".to_owned()
        })?;
    if readers(Some(&chain)).is_empty() {
        let spoken: Vec<_> = FAMILIES.iter().map(|family| family.namespace).collect();
        return Err(format!(
            "no such chain; known are those of {}",
            spoken.join(", ")
        ));
    }
    Ok(chain)
}
