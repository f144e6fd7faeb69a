//! Nodes that are away, slow, wrong or talkative.

use std::time::Duration;

use countersign_core::AccountId;
use countersign_ethereum::Ens;

use super::*;
use crate::attacks::errors::logged;

#[test]
fn c01_a_chain_without_a_node_has_no_contract_wallets() {
    countersign_testkit::run(async {
        let site = Site::with(|ethereum, _| ethereum.also(10), |builder, _| builder).await;
        let account = site.chain.contract(1, &evm::agrees()).await;
        site.accepted(&account, "eip1271", "its own chain").await;
        site.node.asked();
        site.refused(&account.clone().on(10), INVALID, "no node for it")
            .await;
        // A chain that is not served at all.
        let browser = site.browser();
        let text = browser.challenge(&account).await;
        let text = text.replace(&format!("Chain ID: {CHAIN_ID}"), "Chain ID: 11");
        let answer = browser.verify(&account, &text).await;
        assert_refused(&answer, (401, "chain_not_allowed"), "not served");
        assert!(site.node.asked().is_empty(), "no other chain is asked");
    });
}

#[test]
fn c02_a_node_on_another_chain_is_not_believed() {
    countersign_testkit::run(async {
        let chain = Chain::start().await;
        let node = Node::before(chain.address).await;
        node.becomes(Mood::OnChain(1));
        let right = Node::before(chain.address).await;
        let builder = Rpc::builder(CHAIN_ID).endpoint(right.url());
        let error = builder.endpoint(node.url()).connect().await.unwrap_err();
        let faults: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
        assert_eq!(faults, ["CFG_CHAIN"]);
        assert!(!error.to_string().contains("k3y"), "{error}");

        // One that is away at boot may turn out to be on another chain later.
        node.becomes(Mood::Status(502, "bad gateway"));
        let builder = Rpc::builder(CHAIN_ID).endpoint(node.url());
        let rpc = builder.connect().await.unwrap();
        let stage = Stage::with(Ethereum::mainnet().contract_wallets(rpc));
        let rig = Bare(AuthHttp::new(stage.engine.clone()));
        let account = chain.contract(1, &evm::agrees()).await;
        let sign_in = async || Browser::on(&rig, ORIGIN).sign_in(&account).await;
        assert_refused(&sign_in().await, UNAVAILABLE, "away");
        node.becomes(Mood::OnChain(1));
        assert_refused(&sign_in().await, UNAVAILABLE, "on another chain");
        assert!(node.asked().iter().all(|q| q["method"] != "eth_call"));
        node.becomes(Mood::Honest);
        assert_eq!(sign_in().await.status(), 200);

        // What else cannot be a configuration.
        for (what, builder) in [
            ("no endpoint", Rpc::builder(1)),
            ("no URL", Rpc::builder(1).endpoint("node.example")),
            (
                "another scheme",
                Rpc::builder(1).endpoint("ws://node.example"),
            ),
            (
                "a user",
                Rpc::builder(1).endpoint("https://u:p4ss@node.example"),
            ),
            (
                "no agreement",
                Rpc::builder(1).endpoint(right.url()).agreement(0),
            ),
            (
                "too much of it",
                Rpc::builder(CHAIN_ID).endpoint(right.url()).agreement(2),
            ),
        ] {
            let error = builder.connect().await.unwrap_err();
            assert!(
                error.faults().iter().all(|f| f.code == "CFG_CHAIN"),
                "{what}"
            );
            assert!(!error.to_string().contains("p4ss"), "{error}");
        }
    });
}

#[test]
fn c09_without_a_node_contract_wallets_wait_and_keys_do_not() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let contract = site.chain.contract(1, &evm::agrees()).await;
        site.accepted(&contract, "eip1271", "before").await;
        let refuses =
            |code: i64, message: &str| Mood::Refuses(json!({"code": code, "message": message}));
        for mood in [
            Mood::Slow,
            Mood::Status(429, "too many requests"),
            Mood::Status(500, r#"{"jsonrpc":"2.0","id":1,"result":"0x"}"#),
            Mood::Truncated,
            Mood::Endless,
            refuses(-32005, "rate limited"),
            refuses(-32601, "the method is not there"),
        ] {
            site.node.becomes(mood.clone());
            let what = format!("{mood:?}");
            // Slow answers come after five seconds, and are right: a refusal is the deadline's.
            site.refused(&contract, UNAVAILABLE, &what).await;
            site.node.asked();
            site.accepted(&key(1), "eip191", &what).await;
            assert!(site.node.asked().is_empty(), "a key needs no node");
            // Somebody else's signature is not told to be wrong either: nobody knows.
            let foreign = Instead(&key(2), contract.clone());
            site.refused(&foreign, UNAVAILABLE, &what).await;
        }
        site.node.becomes(Mood::Honest);
        site.accepted(&contract, "eip1271", "after").await;

        // A second node steps in.
        let (gone, slow) = (closed_port(), Node::before(site.chain.address).await);
        let third = Node::before(site.chain.address).await;
        slow.becomes(Mood::Slow);
        let rpc = Rpc::builder(CHAIN_ID)
            .endpoint(format!("http://127.0.0.1:{gone}"))
            .endpoint(slow.url())
            .endpoint(third.url());
        let rpc = rpc.connect().await.unwrap();
        let code = rpc.code(&contract.address).await.unwrap();
        assert_eq!(code, evm::agrees());
        // From then on it is asked first.
        slow.asked();
        rpc.code(&contract.address).await.unwrap();
        assert!(slow.asked().is_empty());
    });
}

/// A port on which nobody listens until this process ends.
fn closed_port() -> u16 {
    let port = countersign_testkit::servers::Port::new();
    let number = port.number();
    std::mem::forget(port);
    number
}

#[test]
fn c11_no_url_of_a_request_a_node_or_a_contract_is_ever_fetched() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let elsewhere = Node::before(site.chain.address).await;
        let contract = site.chain.contract(1, &evm::agrees()).await;
        site.node.becomes(Mood::Redirects(elsewhere.url()));
        site.refused(&contract, UNAVAILABLE, "a redirect").await;
        site.node.becomes(Mood::Honest);
        // A contract that sends the caller to a gateway (ERC-3668).
        let url = elsewhere.url();
        let lookup = [&[0x55, 0x6f, 0x18, 0x30][..], &[0; 160], url.as_bytes()];
        let code = evm::reverts(&lookup.concat());
        let lookup = site.chain.contract(2, &code).await;
        site.refused(&lookup, INVALID, "a gateway").await;
        // Names and avatars that point elsewhere: a registry, a resolver and a name of them.
        let owner = key(1).address().parse().unwrap();
        let registry = ens::put(&site.chain, &owner, &url).await;
        let rpc = site.chain.rpc().await;
        let ens = Ens::new(rpc).registry(registry);
        let name = ens.of(&owner).await.unwrap();
        assert_eq!(name.name, "alice.eth");
        assert_eq!(name.avatar, None, "an http: URL is no avatar here");
        let resolver = site.chain.contract(ens::RESOLVER, &code).await;
        assert_eq!(ens.of(&resolver.address).await, None);
        // Fields that name one.
        let browser = site.browser();
        let text = browser.challenge(&contract).await;
        let mut body = proof(&contract, &text);
        body["rpc_url"] = elsewhere.url().into();
        let answer = browser.post("/auth/verify", body).await;
        assert_refused(&answer, (400, "request_malformed"), "a field");
        assert!(elsewhere.asked().is_empty());
    });
}

#[test]
fn c12_nothing_of_a_node_reaches_an_answer_or_the_log() {
    let log = logged(async {
        let site = Site::start().await;
        let contract = site.chain.contract(1, &evm::agrees()).await;
        let talk = "no such key: k3y-that-nobody-may-see";
        for mood in [
            Mood::Status(403, talk),
            Mood::Refuses(json!({"code": -32000, "message": talk, "data": talk})),
            Mood::Truncated,
        ] {
            site.node.becomes(mood);
            let answer = site.sign_in(&contract).await;
            assert_refused(&answer, UNAVAILABLE, "talk");
            assert!(!format!("{answer:?}").contains("k3y"), "{answer:?}");
        }
        // Nor do the words of a contract that reverts.
        site.node.becomes(Mood::Honest);
        let code = evm::reverts(talk.as_bytes());
        let contract = site.chain.contract(2, &code).await;
        let answer = site.sign_in(&contract).await;
        assert!(!format!("{answer:?}").contains("k3y"), "{answer:?}");
        assert!(!format!("{:?}", site.stage.engine).contains("k3y"));
        let account: AccountId = format!("eip155:{CHAIN_ID}:{}", contract.address())
            .parse()
            .unwrap();
        tracing::info!(%account, "the log is read");
    });
    assert!(log.contains("a node gave no answer") && log.contains("the log is read"));
    assert!(!log.contains("k3y"), "{log}");
}

#[test]
fn c13_enough_nodes_must_agree_where_that_is_asked() {
    countersign_testkit::run(async {
        let chain = Chain::start().await;
        let mut nodes = Vec::new();
        for _ in 0..3 {
            nodes.push(Node::before(chain.address).await);
        }
        const YES: &str = "0x1626ba7e00000000000000000000000000000000000000000000000000000000";
        nodes[0].becomes(Mood::Lies(YES));
        let victim = Account::at(evm::address(50));
        let contract = chain.contract(1, &evm::agrees()).await;
        let answers = async |agreement: usize, account: &Account| {
            let mut builder = Rpc::builder(CHAIN_ID).agreement(agreement);
            builder = builder.deadline(Duration::from_secs(2));
            for node in &nodes {
                builder = builder.endpoint(node.url());
            }
            let rpc = builder.connect().await.unwrap();
            let stage = Stage::with(Ethereum::mainnet().contract_wallets(rpc));
            let rig = Bare(AuthHttp::new(stage.engine.clone()));
            Browser::on(&rig, ORIGIN).sign_in(account).await
        };
        // A single node is trusted, and so documented.
        assert_eq!(answers(1, &victim).await.status(), 200);
        assert_refused(&answers(2, &victim).await, INVALID, "two of three say no");
        assert_eq!(answers(2, &contract).await.status(), 200);
        assert_refused(&answers(3, &victim).await, UNAVAILABLE, "three disagree");
        // With one gone the other two still agree, but not with the liar.
        nodes[2].becomes(Mood::Status(500, ""));
        assert_refused(&answers(2, &victim).await, UNAVAILABLE, "one against one");
        nodes[0].becomes(Mood::Honest);
        assert_eq!(answers(2, &contract).await.status(), 200);
        assert_refused(
            &answers(3, &contract).await,
            UNAVAILABLE,
            "two are not three",
        );
    });
}

/// A registry and a resolver of ENS, as small as they can be: every name is `alice.eth`.
mod ens {
    use countersign_ethereum::Address;
    use countersign_tests::chain::{Chain, evm};

    pub(super) const RESOLVER: u8 = 201;

    /// Puts both on the chain; gives the registry.
    pub(super) async fn put(chain: &Chain, owner: &Address, avatar: &str) -> Address {
        let resolver = evm::address(RESOLVER);
        let registry = chain
            .contract(200, &evm::returns(&evm::word(&resolver)))
            .await;
        let code = evm::by_selector(&[
            ([0x69, 0x1f, 0x34, 0x31], evm::text("alice.eth")), // name(bytes32)
            ([0x3b, 0x3b, 0x57, 0xde], evm::word(owner).to_vec()), // addr(bytes32)
            ([0x59, 0xd1, 0xd4, 0x3c], evm::text(avatar)),      // text(bytes32,string)
        ]);
        chain.put(&resolver, &code).await;
        registry.address
    }
}
