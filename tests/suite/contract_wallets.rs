//! Real contract wallets sign in over HTTP: Safes of protocol-kit and viem, on a real chain.

use std::{net::SocketAddr, time::Duration};

use countersign_core::Engine;
use countersign_ethereum::{Ens, Ethereum, Rpc};
use countersign_http::AuthHttp;
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_store_memory::stores;
use countersign_testkit::{ORIGIN, Stage, rig::Browser};
use countersign_tests::{
    chain::{CHAIN_ID, Chain, clients, evm},
    every_rig,
    npm::node,
    poem_rig_at,
};

/// A site that takes contract wallets of a chain, with names, tokens and quick re-checks.
pub(crate) struct Server(SocketAddr);

impl Server {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

pub(crate) async fn server(chain: &Chain) -> Server {
    let builder = Rpc::builder(CHAIN_ID).endpoint(chain.url());
    let rpc = builder.connect().await.unwrap();
    let address = poem_rig_at(|origin, _| {
        let engine = Engine::builder(origin)
            .chain(Ethereum::chain(CHAIN_ID).contract_wallets(rpc.clone()))
            .attach(Ens::new(rpc))
            .tokens(Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa))))
            .recheck_every(Duration::from_secs(1))
            .stores(stores())
            .without_limits()
            .dev()
            .build()
            .unwrap();
        AuthHttp::new(engine)
    })
    .await;
    Server(address)
}

fn play(scenario: &str) {
    countersign_testkit::run(async {
        let chain = Chain::start().await;
        let server = server(&chain).await;
        let arguments = ["sign-in.mjs", &server.url(), &chain.url(), scenario];
        let printed = node(&clients(), &arguments).await;
        let last = printed.lines().last().unwrap_or_default();
        assert!(last.ends_with("checks passed"), "{printed}");
    });
}

#[test]
fn safes_of_protocol_kit_and_viem_sign_in_before_and_after_they_are_deployed() {
    play("safes");
}

#[test]
fn an_account_that_delegates_to_a_contract_signs_in_both_ways() {
    play("delegating-account");
}

#[test]
fn who_signed_in_is_known_by_the_name_that_points_back() {
    play("names");
}

#[test]
fn the_longest_signature_of_a_contract_passes_every_adapter() {
    countersign_testkit::run(async {
        let chain = Chain::start().await;
        let ethereum = Ethereum::mainnet().contract_wallets(chain.rpc().await);
        let stage = Stage::with(ethereum);
        let auth = AuthHttp::new(stage.engine.clone());
        let account = chain.contract(1, &evm::agrees()).await;
        let longest = account.clone().signing(vec![7; 16 * 1024]);
        let too_long = account.clone().signing(vec![7; 32 * 1024]);
        for (name, rig) in every_rig(&auth).await {
            let answer = Browser::on(&*rig, ORIGIN).sign_in(&longest).await;
            assert_eq!(answer.status(), 200, "{name}: {}", answer.text());
            let answer = Browser::on(&*rig, ORIGIN).sign_in(&too_long).await;
            let (status, code) = answer.refusal();
            assert_eq!((status, &*code), (413, "request_too_large"), "{name}");
        }
    });
}
