//! What clients of several nodes hear while the store is away, store by store.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use countersign_fault::{
    backend::{Backend, Kind},
    client::{Answer, wallet},
    dice::Dice,
    history::Heard,
    scene::{Plan, Scene, in_lanes},
};

fn plan(kind: Kind) -> Plan {
    Plan {
        program: env!("CARGO_BIN_EXE_countersign-fault").into(),
        kind,
        small: true,
        broken: None,
        dice: Dice::new(1),
    }
}

fn assert_unavailable(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 503, "{what}: {}", answer.body);
    assert_eq!(answer.code(), "store_unavailable", "{what}");
    assert_eq!(answer.retry_after, Some(1), "{what}");
    assert!(answer.cookies.is_empty(), "{what}: the cookie is kept");
}

/// A server that is gone is said at once on every route, nothing falls back to memory, cookies are
/// kept, and the same nodes go on when it is back.
async fn is_said_and_heals(kind: Kind) {
    let mut backend = Backend::durable(kind);
    let scene = plan(kind).scene(&backend);
    let mut dice = Dice::new(1);
    assert_eq!(scene.sign_in(0, &mut dice).await, Heard::Yes);
    let proof = scene.prove(1, &mut dice).await.unwrap();
    let (_, session) = scene.signed_in(0).unwrap();
    backend.kill9();
    for node in 0..scene.fleet.len() {
        let (node, client) = (scene.fleet.address(node), &scene.client);
        let begin = Instant::now();
        let asked = client.prove(node, &wallet(2), "cookie").await;
        assert_unavailable(&asked.unwrap_err(), "a challenge");
        let took = begin.elapsed();
        assert!(took < Duration::from_millis(1_500), "{took:?}");
        assert_unavailable(&client.verify(node, &proof).await, "a proof");
        assert_unavailable(&client.read(node, &session).await, "a session");
    }
    backend.restart();
    let begin = Instant::now();
    while scene.read(0, &mut dice).await != Heard::Yes {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "it does not heal"
        );
    }
    // Nobody took the nonce. Only Redis asks for a new one, since another process holds it now.
    let unspent = scene.verify(1, &proof, &mut dice).await;
    assert_eq!(unspent == Heard::Yes, kind != Kind::Redis);
    assert_eq!(scene.sign_in(2, &mut dice).await, Heard::Yes);
    let judged = scene.history.judge();
    assert_eq!((judged.doubled, judged.lost), (0, 0));
}

#[test]
fn x01_x02_x17_a_redis_that_is_gone_is_said_to_clients_of_every_node() {
    countersign_testkit::run(is_said_and_heals(Kind::Redis));
}

#[test]
fn x01_x02_x17_a_postgres_that_is_gone_is_said_to_clients_of_every_node() {
    countersign_testkit::run(is_said_and_heals(Kind::Postgres));
}

#[test]
fn x01_x02_x17_a_mariadb_that_is_gone_is_said_to_clients_of_every_node() {
    countersign_testkit::run(is_said_and_heals(Kind::MariaDb));
}

/// Sixteen racers with one proof, over all nodes.
async fn races(scene: &Scene) {
    for number in 0..5 {
        let mut dice = Dice::new(number as u64);
        let proof = scene.prove(number, &mut dice).await.unwrap();
        in_lanes(64, 0..64, &mut dice, |racer, _| {
            let (scene, proof) = (scene.clone(), proof.clone());
            async move {
                let node = scene.fleet.address(racer % scene.fleet.len());
                scene.verify_at(number, &proof, node).await;
            }
        })
        .await;
    }
    let judged = scene.history.judge();
    assert_eq!((judged.accepted, judged.doubled, judged.unknown), (5, 0, 0));
}

#[test]
fn n03_of_sixty_four_racers_over_four_nodes_one_is_let_in_on_each_store() {
    for kind in [Kind::Redis, Kind::Postgres, Kind::MariaDb, Kind::Sqlite] {
        let backend = Backend::durable(kind);
        let scene = plan(kind).scene(&backend);
        countersign_testkit::run(races(&scene));
    }
}
