//! ENS: the name that people know an account by (ERC-137, ERC-181, ERC-634).

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use countersign_core::{Attach, BoxError, ChainId, Identity, Session, Subject, async_trait};
use serde_json::Value;
use sha3::{Digest, Keccak256};

use super::{
    abi,
    reader::{Answer, Call, ChainReader, Unavailable},
};
use crate::address::Address;

/// Finds the ENS name and avatar of who signed in, and keeps them with the session as
/// [`Session::NAME`] and [`Session::AVATAR`].
///
/// A name counts only if it points back to the address. It is for display: the session is the
/// address's. Whatever happens here, nobody is refused a sign-in for it; after the deadline the
/// session has no name.
///
/// Only names of `a-z`, `0-9`, `-` and `_` are shown, so that none looks like another's. Names that
/// live beyond the chain (CCIP-Read) or on another one are not found: no URL is ever fetched.
///
/// ```no_run
/// # use countersign_core::EngineBuilder;
/// use countersign_ethereum::{Ens, Ethereum, Rpc};
///
/// # async fn run(builder: EngineBuilder) -> Result<(), Box<dyn std::error::Error>> {
/// let rpc = Rpc::builder(1).endpoint("https://rpc.example").connect().await?;
/// let builder = builder
///     .chain(Ethereum::mainnet().contract_wallets(rpc.clone()))
///     .attach(Ens::new(rpc));
/// # Ok(()) }
/// ```
pub struct Ens {
    reader: Arc<dyn ChainReader>,
    registry: Address,
    deadline: Duration,
}

/// What ENS says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnsName {
    /// The name, such as `alice.eth`; it points to the address, and the address to it.
    pub name: String,
    /// The text of the `avatar` record, if it is a URI of a kind that avatars are. Its holder chose
    /// it: whoever fetches it does so at their own risk.
    pub avatar: Option<String>,
}

impl Ens {
    /// Reads the registry at [`ENS_REGISTRY`] on the reader's chain.
    pub fn new(reader: impl ChainReader) -> Self {
        Self {
            reader: Arc::new(reader),
            registry: ENS_REGISTRY,
            deadline: DEADLINE,
        }
    }

    /// Reads another registry.
    #[must_use]
    pub fn registry(mut self, registry: Address) -> Self {
        self.registry = registry;
        self
    }

    /// How long all of it may take: one second by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The name of an address; `None` if there is none, or nobody knows in time.
    pub async fn of(&self, address: &Address) -> Option<EnsName> {
        match tokio::time::timeout(self.deadline, self.look_up(address)).await {
            Ok(Ok(name)) => name,
            Ok(Err(error)) => {
                tracing::info!(target: "countersign", %error, "no ENS name: the chain is away");
                None
            }
            Err(_) => {
                tracing::info!(target: "countersign", "no ENS name: the deadline has passed");
                None
            }
        }
    }

    async fn look_up(&self, address: &Address) -> Result<Option<EnsName>, Unavailable> {
        let reverse = node(&format!("{}.addr.reverse", hex::encode(address.as_bytes())));
        let Some(resolver) = self.resolver(reverse).await? else {
            return Ok(None);
        };
        let name = abi::read_text(&self.call(resolver, abi::name(reverse)).await?);
        let Some(name) = name.filter(|name| is_shown(name)) else {
            return Ok(None);
        };
        // Anybody can claim any name; the name must say so too.
        let forward = node(&name);
        let Some(resolver) = self.resolver(forward).await? else {
            return Ok(None);
        };
        let owner = abi::read_address(&self.call(resolver, abi::addr(forward)).await?);
        if owner != Some(*address) {
            return Ok(None);
        }
        // The name is found: an avatar that is not does not take it away.
        let avatar = self.call(resolver, abi::text(forward, "avatar")).await;
        let avatar = avatar.ok().and_then(|answer| abi::read_text(&answer));
        Ok(Some(EnsName {
            name,
            avatar: avatar.filter(|text| is_avatar(text)),
        }))
    }

    async fn resolver(&self, node: [u8; 32]) -> Result<Option<Address>, Unavailable> {
        let answer = self.call(self.registry, abi::resolver(node)).await?;
        Ok(abi::read_address(&answer))
    }

    async fn call(&self, to: Address, data: Vec<u8>) -> Result<Answer, Unavailable> {
        self.reader.call(&Call { to: Some(to), data }).await
    }

    /// The address that a name may stand for. A contract wallet is one on its own chain only.
    fn address_of(&self, identity: &Identity) -> Option<Address> {
        let chain = identity.account.chain();
        let here = ChainId::new("eip155", &self.reader.chain_id().to_string()).ok()?;
        let by_key = identity.subject == Subject::key(&identity.account);
        let counts = chain.namespace() == "eip155" && (by_key || *chain == here);
        counts
            .then(|| identity.account.address().parse().ok())
            .flatten()
    }
}

#[async_trait]
impl Attach for Ens {
    async fn data(&self, identity: &Identity) -> Result<BTreeMap<String, Value>, BoxError> {
        let mut data = BTreeMap::new();
        if let Some(address) = self.address_of(identity)
            && let Some(found) = self.of(&address).await
        {
            data.insert(Session::NAME.to_owned(), found.name.into());
            if let Some(avatar) = found.avatar {
                data.insert(Session::AVATAR.to_owned(), avatar.into());
            }
        }
        Ok(data)
    }
}

impl fmt::Debug for Ens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ens({:?})", self.reader)
    }
}

/// The node of a name (ERC-137).
fn node(name: &str) -> [u8; 32] {
    name.rsplit('.').fold([0; 32], |node, label| {
        let label = Keccak256::digest(label);
        Keccak256::new()
            .chain_update(node)
            .chain_update(label)
            .finalize()
            .into()
    })
}

/// Whether a name is shown: of characters that look like no others.
fn is_shown(name: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    let labels = || name.split('.');
    name.len() <= 255
        && labels().count() >= 2
        && labels().all(|label| !label.is_empty() && label.bytes().all(is_plain))
}

/// Whether a text is a URI of a kind that avatars are.
fn is_avatar(text: &str) -> bool {
    let is_uri = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let kinds = [
        "https://",
        "ipfs://",
        "ipns://",
        "ar://",
        "eip155:",
        "data:image/",
    ];
    text.len() <= 2_048 && is_uri && kinds.iter().any(|kind| text.starts_with(kind))
}

/// The registry of ENS on Ethereum's main chain and its test networks.
pub const ENS_REGISTRY: Address = Address::from_bytes([
    0, 0, 0, 0, 0, 0x0c, 0x2e, 0x07, 0x4e, 0xc6, 0x9a, 0x0d, 0xfb, 0x29, 0x97, 0xba, 0x6c, 0x7d,
    0x2e, 0x1e,
]);

/// With the contract's own deadline it stays within that of a request.
const DEADLINE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_of_erc_137() {
        assert_eq!(
            hex::encode(node("foo.eth")),
            "de9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f"
        );
    }

    #[test]
    fn names_that_could_look_like_others_are_not_shown() {
        for name in ["alice.eth", "a-b_c.d.eth", "0.eth"] {
            assert!(is_shown(name), "{name}");
        }
        let long = "a.".repeat(128);
        for name in [
            "",
            "eth",
            ".eth",
            "a..eth",
            "Alice.eth",
            "vіtalik.eth",
            "a b.eth",
            "a\u{200d}.eth",
            &long,
        ] {
            assert!(!is_shown(name), "{name}");
        }
    }

    #[test]
    fn avatars_are_uris_that_run_nothing() {
        for text in [
            "https://a.example/x.png",
            "ipfs://Qm",
            "eip155:1/erc721:0xb7F7/1",
            "data:image/png;base64,AA==",
        ] {
            assert!(is_avatar(text), "{text}");
        }
        for text in [
            "",
            "javascript:alert(1)",
            "http://a.example/",
            "data:text/html,x",
            "https://a.example/\"><script>",
            "https://a\n",
        ] {
            assert!(!is_avatar(text), "{text}");
        }
    }
}
