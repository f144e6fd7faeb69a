//! What must happen when Redis fails, is slow, forgets, or brings something back; and the replay
//! race over four nodes. The names are those of the attack table.

#![allow(clippy::unwrap_used)]

mod backends;

use std::time::{Duration, Instant};

use countersign_core::{Durability, Engine, NonceStore, Secret, Session, SessionStore, StoreError};
use countersign_store_redis::{ConnectError, Options, RedisStores};
use countersign_testkit::{
    nonces::record,
    races::{Outcome, proofs, replay},
    run,
    servers::{Redis, fresh_prefix},
    sessions::session,
};
use tokio::net::{TcpListener, TcpStream};

async fn open(redis: &Redis) -> RedisStores {
    RedisStores::connect(&redis.url(), Options::default())
        .await
        .unwrap()
}

fn is_unavailable<T: std::fmt::Debug>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

/// Waits until a store works again; says how long that took.
async fn healed(stores: &RedisStores) -> Duration {
    let begin = Instant::now();
    let mut tries = 0;
    loop {
        tries += 1;
        match stores.issue(&record(&format!("healed {tries}"))).await {
            Ok(()) => return begin.elapsed(),
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(20), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn x01_x02_x17_a_server_that_is_gone_is_unavailable_at_once_and_heals() {
    let mut redis = Redis::durable();
    run(async {
        let (stores, session) = (open(&redis).await, session("alice"));
        assert_eq!(stores.durability(), Durability::Durable);
        stores.issue(&record("a")).await.unwrap();
        stores.insert(&session).await.unwrap();
        redis.kill9();
        let begin = Instant::now();
        assert!(is_unavailable(&stores.issue(&record("b")).await));
        assert!(is_unavailable(&stores.consume(&record("a").key).await));
        assert!(is_unavailable(&stores.find(&session.id).await));
        assert!(is_unavailable(
            &stores.remove_all(&session.identity.subject).await
        ));
        assert!(
            begin.elapsed() < Duration::from_secs(1),
            "{:?}",
            begin.elapsed()
        );
        redis.restart();
        assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
        let fenced = stores.consume(&record("a").key).await.unwrap();
        assert_eq!(fenced, None, "another process holds it now: sign again");
        stores.issue(&record("a")).await.unwrap();
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
    });
}

/// Its host is gone, say: the connection is never closed, and nothing listens any more.
#[test]
fn x01_a_server_that_vanished_without_a_word_is_given_up_within_a_second() {
    let redis = Redis::start();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/", listener.local_addr().unwrap());
        let (stall, stalled) = tokio::sync::oneshot::channel();
        let (holds, held) = tokio::sync::oneshot::channel();
        let port = redis.port();
        let relay = tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            drop(listener);
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                _ = stalled => {}
            }
            holds.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        let stores = RedisStores::connect(&url, Options::default()).await;
        let stores = stores.unwrap();
        stores.issue(&record("a")).await.unwrap();
        stall.send(()).unwrap();
        held.await.unwrap();
        let begin = Instant::now();
        let (b, c) = (record("b"), session("alice"));
        let answers = tokio::join!(stores.issue(&b), stores.find(&c.id));
        assert!(is_unavailable(&answers.0) && is_unavailable(&answers.1));
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
        relay.abort();
    });
}

#[test]
fn a_server_that_is_there_but_slow_is_waited_for() {
    let redis = Redis::start();
    run(async {
        let stores = open(&redis).await;
        redis.freeze();
        let slow = record("slow");
        let issued = stores.issue(&slow);
        let thawed = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            redis.thaw();
        };
        tokio::join!(issued, thawed).0.unwrap();
        assert!(stores.consume(&slow.key).await.unwrap().is_some());
    });
}

#[test]
fn x04_a_snapshot_older_than_the_claim_gives_nothing_back() {
    let mut redis = Redis::start_with(&["--save", "3600 1", "--appendonly", "no"]);
    run(async {
        let stores = open(&redis).await;
        stores.issue(&record("a")).await.unwrap();
        assert_eq!(redis.ask("SAVE"), "+OK\r\n");
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
        redis.kill9();
        redis.restart();
        assert_eq!(redis.ask("DBSIZE"), ":1\r\n", "the record is back");
        let stores = open(&redis).await;
        assert_eq!(stores.consume(&record("a").key).await.unwrap(), None);
    });
}

#[test]
fn x05_a_promoted_replica_that_missed_the_claim_gives_nothing_back() {
    let master = Redis::start();
    let of = format!("127.0.0.1 {}", master.port());
    let replica = Redis::start_with(&["--save", "", "--replicaof", &of]);
    run(async {
        while !replica
            .ask("INFO replication")
            .contains("master_link_status:up")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stores = open(&master).await; // a first replica begins a history too
        stores.issue(&record("a")).await.unwrap();
        while replica.ask("DBSIZE") != ":1\r\n" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        replica.ask("REPLICAOF NO ONE");
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
        assert_eq!(replica.ask("DBSIZE"), ":1\r\n", "the record is still there");
        let promoted = open(&replica).await;
        assert_eq!(promoted.consume(&record("a").key).await.unwrap(), None);
    });
}

/// Without the fence the session that was signed out is back: the last lines show that it is there.
#[test]
fn x05_with_the_fence_a_promoted_replica_that_missed_a_sign_out_knows_no_session() {
    let master = Redis::start();
    let of = format!("127.0.0.1 {}", master.port());
    let replica = Redis::start_with(&["--save", "", "--replicaof", &of]);
    run(async {
        let fenced = async |redis: &Redis| {
            let options = Options::default().fence_sessions();
            RedisStores::connect(&redis.url(), options).await.unwrap()
        };
        while !replica
            .ask("INFO replication")
            .contains("master_link_status:up")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stores = fenced(&master).await;
        let session = session("alice");
        let subject = &session.identity.subject;
        stores.insert(&session).await.unwrap();
        let found = stores.find(&session.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&session), "its own history knows it");
        while replica.ask("DBSIZE") != ":2\r\n" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        replica.ask("REPLICAOF NO ONE");
        assert!(stores.remove(&session.id).await.unwrap(), "signed out");

        let promoted = fenced(&replica).await;
        assert_eq!(promoted.find(&session.id).await.unwrap(), None);
        assert!(promoted.of_subject(subject).await.unwrap().is_empty());
        let next = Session {
            version: session.version + 1,
            ..session.clone()
        };
        let replaced = promoted.replace(&next).await;
        assert!(matches!(replaced, Err(StoreError::Conflict)));
        let unfenced = open(&replica).await.find(&session.id).await.unwrap();
        assert_eq!(unfenced.as_ref(), Some(&session), "Redis holds it still");
        assert_eq!(promoted.remove_all(subject).await.unwrap(), 0);
        assert_eq!(replica.ask("DBSIZE"), ":0\r\n", "now it does not");

        promoted.insert(&session).await.unwrap();
        promoted.replace(&next).await.unwrap();
        assert_eq!(promoted.of_subject(subject).await.unwrap(), [next]);
        assert_eq!(promoted.remove_all(subject).await.unwrap(), 1);
    });
}

/// The process stays the same, so its `run_id` alone would let the record back in.
#[test]
fn x05_a_master_that_is_demoted_and_promoted_again_gives_nothing_back() {
    let (first, second) = (Redis::start(), Redis::start());
    let linked = |redis: &Redis| {
        redis
            .ask("INFO replication")
            .contains("master_link_status:up")
    };
    run(async {
        second.ask(&format!("REPLICAOF 127.0.0.1 {}", first.port()));
        while !linked(&second) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stores = open(&first).await;
        stores.issue(&record("a")).await.unwrap();
        while second.ask("DBSIZE") != ":1\r\n" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        second.ask("REPLICAOF NO ONE");
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
        first.ask(&format!("REPLICAOF 127.0.0.1 {}", second.port()));
        while !linked(&first) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        first.ask("REPLICAOF NO ONE");
        assert_eq!(first.ask("DBSIZE"), ":1\r\n", "the record is back");
        // This connection has lived through it all, and does not know.
        assert_eq!(stores.consume(&record("a").key).await.unwrap(), None);
    });
}

/// The node that issues goes by a label it has kept. If the history changes under a connection that
/// lives on, what it issued is worthless; the first claim tells it so, and all is well again.
#[test]
fn x05_a_label_that_was_kept_too_long_costs_one_claim_and_lets_nothing_in() {
    let redis = Redis::start();
    run(async {
        let stores = open(&redis).await;
        stores.issue(&record("a")).await.unwrap();
        redis.ask("REPLICAOF 127.0.0.1 1");
        redis.ask("REPLICAOF NO ONE");
        stores.issue(&record("b")).await.unwrap();
        assert_eq!(stores.consume(&record("b").key).await.unwrap(), None);
        assert_eq!(stores.consume(&record("a").key).await.unwrap(), None);
        stores.issue(&record("c")).await.unwrap();
        assert!(stores.consume(&record("c").key).await.unwrap().is_some());
    });
}

/// A writable replica shares the id of its master's history, and is no master.
#[test]
fn x05_a_replica_that_may_write_lets_nobody_in() {
    let master = Redis::start();
    let of = format!("127.0.0.1 {}", master.port());
    let arguments = [
        "--save",
        "",
        "--replicaof",
        &of,
        "--replica-read-only",
        "no",
    ];
    let replica = Redis::start_with(&arguments);
    run(async {
        while !replica
            .ask("INFO replication")
            .contains("master_link_status:up")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stores = open(&master).await;
        stores.issue(&record("a")).await.unwrap();
        while replica.ask("DBSIZE") != ":1\r\n" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let other = open(&replica).await;
        assert_eq!(other.consume(&record("a").key).await.unwrap(), None);
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
    });
}

#[test]
fn x06_a_redis_that_evicts_is_refused() {
    let redis = Redis::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    let opened = run(RedisStores::connect(&redis.url(), Options::default()));
    let Err(ConnectError::Unfit(fault)) = opened else {
        panic!("{opened:?}")
    };
    assert_eq!(fault.code, "CFG_EVICTION");
}

#[test]
fn x06_where_config_is_forbidden_info_says_the_policy() {
    let rename = ["--rename-command", "CONFIG", ""];
    let redis = Redis::start_with(&[&rename[..], &["--maxmemory-policy", "volatile-ttl"]].concat());
    let opened = run(RedisStores::connect(&redis.url(), Options::default()));
    assert!(matches!(opened, Err(ConnectError::Unfit(_))), "{opened:?}");

    let redis = Redis::start_with(&[&rename[..], &["--appendonly", "yes"]].concat());
    let grade = run(open(&redis)).durability();
    assert_eq!(
        grade,
        Durability::BoundedLoss,
        "how it syncs cannot be read"
    );
}

#[test]
fn the_grade_is_what_the_server_is_set_to() {
    for (arguments, grade) in [
        (
            &["--save", "", "--appendonly", "no"][..],
            Durability::Volatile,
        ),
        (
            &["--save", "60 1", "--appendonly", "no"],
            Durability::Volatile,
        ),
        (
            &["--appendonly", "yes", "--appendfsync", "everysec"],
            Durability::BoundedLoss,
        ),
        (
            &["--appendonly", "yes", "--appendfsync", "always"],
            Durability::Durable,
        ),
    ] {
        let redis = Redis::start_with(arguments);
        let stores = run(open(&redis));
        assert_eq!(stores.durability(), grade, "{arguments:?}");
        let built = Engine::builder("https://app.example")
            .secret(Secret::random())
            .stores(stores.into())
            .require_durability(Durability::Durable)
            .build();
        let faults = built.unwrap_err().faults().to_vec();
        let is_refused = faults.iter().any(|fault| fault.code == "CFG_DURABILITY");
        assert_eq!(is_refused, grade < Durability::Durable, "{arguments:?}");
    }
}

#[test]
fn x11_a_server_that_does_not_answer_is_unavailable_after_two_seconds_and_heals() {
    let redis = Redis::start();
    run(async {
        let stores = open(&redis).await;
        redis.freeze();
        let begin = Instant::now();
        let (a, b, c) = (record("a"), record("b"), record("c"));
        let answers = tokio::join!(stores.issue(&a), stores.issue(&b), stores.issue(&c));
        assert!(is_unavailable(&answers.0) && is_unavailable(&answers.1));
        assert!(is_unavailable(&answers.2));
        assert!(
            begin.elapsed() < Duration::from_millis(2_200),
            "{:?}",
            begin.elapsed()
        );
        let begin = Instant::now();
        assert!(is_unavailable(&stores.consume("x").await));
        assert!(
            begin.elapsed() < Duration::from_millis(2_200),
            "{:?}",
            begin.elapsed()
        );
        redis.thaw();
        assert!(healed(&stores).await < Duration::from_secs(2));
    });
}

/// A session and its place in the index are one script: a kill leaves both or neither.
#[test]
fn x12_a_kill_leaves_no_session_without_its_place_in_the_index() {
    let mut redis = Redis::durable();
    run(async {
        let stores = open(&redis).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let stores = stores.clone();
            writers.spawn(async move {
                let mut acknowledged = Vec::new();
                loop {
                    let session = session(&format!("user{writer}"));
                    match stores.insert(&session).await {
                        Ok(()) => acknowledged.push(session),
                        Err(_) => return acknowledged,
                    }
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        redis.kill9();
        let acknowledged = writers.join_all().await;
        redis.restart();
        let stores = open(&redis).await;
        let mut listed = 0;
        for sessions in acknowledged {
            assert!(!sessions.is_empty(), "killed before anything happened");
            let subject = &sessions[0].identity.subject;
            let known = stores.of_subject(subject).await.unwrap();
            assert!(sessions.iter().all(|session| known.contains(session)));
            listed += known.len();
        }
        let keys = redis.ask("KEYS cs:*:s:*");
        let keys = keys.lines().filter(|line| line.starts_with("cs:")).count();
        assert_eq!(keys, listed, "each session is listed");
    });
}

#[test]
fn x13_a_redis_without_memory_is_unavailable_and_heals() {
    let redis = Redis::start();
    run(async {
        let stores = open(&redis).await;
        redis.ask("CONFIG SET maxmemory 1");
        assert!(is_unavailable(&stores.issue(&record("a")).await));
        assert!(is_unavailable(&stores.insert(&session("alice")).await));
        redis.ask("CONFIG SET maxmemory 0");
        stores.issue(&record("a")).await.unwrap();
    });
}

#[test]
fn x15_a_value_that_cannot_be_read_counts_as_absent() {
    let redis = Redis::start();
    run(async {
        let stores = open(&redis).await;
        let (good, bad) = (session("alice"), session("alice"));
        stores.insert(&good).await.unwrap();
        stores.insert(&bad).await.unwrap();
        let shard = good.id.shard().map(|byte| format!("{byte:02x}")).concat();
        let key = |session: &Session| format!("cs:{{{shard}}}:s:{}", session.id);
        for value in ["", "x", "0 ab {}", "{}", "0"] {
            assert_eq!(
                redis.ask(&format!("SET {} '{value}'", key(&bad))),
                "+OK\r\n"
            );
            assert_eq!(stores.find(&bad.id).await.unwrap(), None, "{value:?}");
            let listed = stores.of_subject(&good.identity.subject).await.unwrap();
            assert_eq!(listed, std::slice::from_ref(&good), "{value:?}");
        }
        redis.ask(&format!("COPY {} {} REPLACE", key(&good), key(&bad)));
        assert_eq!(
            stores.find(&bad.id).await.unwrap(),
            None,
            "another's session"
        );
        assert!(stores.remove(&bad.id).await.unwrap());

        for value in ["", "rubbish", "x y z"] {
            redis.ask(&format!("SET cs:n:{} '{value}'", record("a").key));
            assert_eq!(stores.consume(&record("a").key).await.unwrap(), None);
        }
    });
}

#[test]
fn x16_a_node_that_may_not_write_is_unavailable_and_heals() {
    let redis = Redis::start();
    run(async {
        let (stores, session) = (open(&redis).await, session("alice"));
        stores.insert(&session).await.unwrap();
        redis.ask("REPLICAOF 127.0.0.1 1");
        assert!(is_unavailable(&stores.issue(&record("a")).await));
        assert!(is_unavailable(
            &stores
                .insert(&countersign_testkit::sessions::session("bob"))
                .await
        ));
        assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
        redis.ask("REPLICAOF NO ONE");
        stores.issue(&record("a")).await.unwrap();
    });
}

#[test]
fn scripts_that_a_node_forgot_are_sent_again() {
    let redis = Redis::start();
    run(async {
        let stores = open(&redis).await;
        for name in ["a", "b"] {
            redis.ask("SCRIPT FLUSH");
            stores.issue(&record(name)).await.unwrap();
        }
    });
}

#[cfg(feature = "cluster")]
#[test]
fn x16_a_cluster_that_loses_a_master_heals_and_gives_nothing_back() {
    use countersign_testkit::servers::RedisCluster;

    let mut cluster = RedisCluster::start();
    run(async {
        let stores = RedisStores::connect(&cluster.url(), Options::default())
            .await
            .unwrap();
        assert!(stores.durability() <= Durability::BoundedLoss);
        let records: Vec<_> = (0..60).map(|n| record(&format!("n{n}"))).collect();
        let sessions: Vec<_> = (0..60).map(|n| session(&format!("user{n}"))).collect();
        for (record, session) in records.iter().zip(&sessions) {
            stores.issue(record).await.unwrap();
            stores.insert(session).await.unwrap();
        }
        let mut taken = Vec::new();
        for record in &records[..30] {
            assert!(stores.consume(&record.key).await.unwrap().is_some());
            taken.push(record);
        }
        let dead = cluster.kill9_a_master();
        let begin = Instant::now();
        let mut lost = 0;
        for session in &sessions {
            loop {
                match stores.find(&session.id).await {
                    Ok(found) => {
                        lost += usize::from(found.is_none());
                        break;
                    }
                    Err(error) => assert!(begin.elapsed() < Duration::from_secs(20), "{error:?}"),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        eprintln!(
            "all slots answer after {:?}, {lost} sessions lost",
            begin.elapsed()
        );
        assert_eq!(lost, 0, "they were replicated long before");
        for record in taken {
            assert_eq!(
                stores.consume(&record.key).await.unwrap(),
                None,
                "taken twice"
            );
        }
        let mut kept = 0;
        for record in &records[30..] {
            kept += usize::from(stores.consume(&record.key).await.unwrap().is_some());
        }
        eprintln!("{kept} of 30 records are on the masters that live");
        assert!(kept > 0 && kept < 30, "{kept}");
        for n in 0..60 {
            stores.issue(&record(&format!("new {n}"))).await.unwrap();
        }
        cluster.restart(dead);
    });
}

#[cfg(feature = "sentinel")]
#[test]
fn x16_a_set_under_sentinel_that_loses_its_master_heals_and_gives_nothing_back() {
    use countersign_testkit::servers::RedisSentinel;

    let mut set = RedisSentinel::start();
    run(async {
        let stores = RedisStores::connect(&set.url(), Options::default())
            .await
            .unwrap();
        let session = session("alice");
        stores.insert(&session).await.unwrap();
        stores.issue(&record("a")).await.unwrap();
        stores.issue(&record("b")).await.unwrap();
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
        tokio::time::sleep(Duration::from_millis(200)).await;
        set.kill9_the_master();
        assert!(is_unavailable(&stores.issue(&record("c")).await));
        eprintln!("writes again after {:?}", healed(&stores).await);
        assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
        for name in ["a", "b"] {
            assert_eq!(
                stores.consume(&record(name).key).await.unwrap(),
                None,
                "{name}"
            );
        }
    });
}

/// The replay race over four nodes.
async fn race(url: &str) {
    let (options, mut nodes) = (
        Options::default().key_prefix(&fresh_prefix()).unwrap(),
        Vec::new(),
    );
    for _ in 0..4 {
        nodes.push(
            RedisStores::connect(url, options.clone())
                .await
                .unwrap()
                .into(),
        );
    }
    let begin = Instant::now();
    let outcome = replay(nodes, proofs()).await;
    eprintln!("{outcome:?} in {:?}", begin.elapsed());
    let expected = Outcome {
        accepted: proofs(),
        doubled: 0,
        other: 0,
    };
    assert_eq!(outcome, expected);
}

#[test]
fn g01_each_proof_is_let_in_once() {
    run(race(&Redis::shared().url()));
}

#[cfg(feature = "cluster")]
#[test]
fn g01_each_proof_is_let_in_once_by_a_cluster() {
    run(race(
        &countersign_testkit::servers::RedisCluster::shared().url(),
    ));
}

#[cfg(feature = "sentinel")]
#[test]
fn g01_each_proof_is_let_in_once_under_sentinel() {
    run(race(
        &countersign_testkit::servers::RedisSentinel::shared().url(),
    ));
}
