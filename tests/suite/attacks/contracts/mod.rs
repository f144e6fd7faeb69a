//! Contract wallets and the nodes that speak for them, on a real chain.

mod nodes;
mod policy;
mod signatures;

use countersign_core::EngineBuilder;
use countersign_ethereum::{Call, ChainReader, DELEGATE_REGISTRY, Rpc};
use countersign_testkit::{ORIGIN, Stage, rig::Bare};
use countersign_tests::chain::{Account, CHAIN_ID, Chain, Mood, Node, clients, evm};

use super::*;
use countersign_http::AuthHttp;

const INVALID: Refusal = (401, "invalid_signature");
const MALFORMED: Refusal = (400, "signature_malformed");
const UNAVAILABLE: Refusal = (503, "chain_unavailable");

/// A server whose chain is asked through a [`Node`].
struct Site {
    chain: Chain,
    node: Node,
    stage: Stage,
    rig: Bare,
}

impl Site {
    /// One that takes contract wallets.
    async fn start() -> Self {
        Self::with(|ethereum, _| ethereum, |builder, _| builder).await
    }

    /// The same, with other parts.
    async fn with(
        verifier: impl FnOnce(Ethereum, Rpc) -> Ethereum,
        parts: impl FnOnce(EngineBuilder, Rpc) -> EngineBuilder,
    ) -> Self {
        let chain = Chain::start().await;
        let node = Node::before(chain.address).await;
        let builder = Rpc::builder(CHAIN_ID).endpoint(node.url());
        let rpc = builder.connect().await.unwrap();
        let ethereum = Ethereum::mainnet().contract_wallets(rpc.clone());
        let ethereum = verifier(ethereum, rpc.clone());
        let stage = Stage::built(ORIGIN, |b| parts(b.chain(ethereum), rpc));
        let rig = Bare(AuthHttp::new(stage.engine.clone()));
        Self {
            chain,
            node,
            stage,
            rig,
        }
    }

    fn browser(&self) -> Browser<'_> {
        Browser::on(&self.rig, ORIGIN)
    }

    /// The account signs in; what came of it.
    async fn sign_in(&self, account: &dyn Wallet) -> Answer {
        self.browser().sign_in(account).await
    }

    /// The account signs in by a method.
    async fn accepted(&self, account: &dyn Wallet, method: &str, what: &str) {
        let answer = self.sign_in(account).await;
        assert_eq!(answer.status(), 200, "{what}: {}", answer.text());
        let session = answer.json();
        assert_eq!(session["method"], method, "{what}");
        let named = format!("{}:{}", account.chain(), account.address());
        assert_eq!(session["account"], named, "{what}");
        let subject = match method {
            "eip191" => format!("eip155:{}", account.address()),
            _ => named,
        };
        assert_eq!(session["subject"], subject, "{what}");
    }

    async fn refused(&self, account: &dyn Wallet, expected: Refusal, what: &str) {
        assert_refused(&self.sign_in(account).await, expected, what);
    }
}

/// A key's wallet on the chain of the tests.
fn key(number: u8) -> countersign_testkit::EthereumWallet {
    let chain = format!("eip155:{CHAIN_ID}").parse().unwrap();
    countersign_testkit::EthereumWallet::from_bytes(&[number; 32], chain).unwrap()
}

/// One wallet's signatures under another's address.
#[derive(Debug)]
struct Instead<'a>(&'a dyn Wallet, Account);

impl Wallet for Instead<'_> {
    fn chain(&self) -> &countersign_core::ChainId {
        self.1.chain()
    }

    fn address(&self) -> String {
        self.1.address()
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        self.0.sign(message)
    }
}
