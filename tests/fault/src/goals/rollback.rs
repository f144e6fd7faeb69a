//! G7: the store comes back without the claims that were made: as an old snapshot, or as a replica
//! that missed them and was promoted. No proof is let in twice.

use std::{path::Path, time::Duration};

use countersign_testkit::servers::{Dir, MariaDb, Postgres, Redis, RedisCluster, RedisSentinel};

use crate::{
    backend::Kind,
    client::Proof,
    dice::Dice,
    history::Heard,
    proxy::Proxy,
    report::Line,
    scene::{Plan, Scene, in_lanes},
};

pub(super) async fn run(plan: &Plan) -> Line {
    let ways: &[&str] = match plan.kind {
        Kind::Redis => &["snapshot", "promoted replica"],
        Kind::Cluster | Kind::Sentinel => &["promoted replica"],
        Kind::Postgres => &["stale copy promoted"],
        _ => &["backup, new epoch"],
    };
    let claims = plan.size(1_000, 40);
    let mut line = Line::new("G7", plan.kind, String::new());
    for way in ways {
        let mut dice = plan.dice.clone();
        let scene = match plan.kind {
            Kind::Redis if *way == "snapshot" => redis_snapshot(plan, claims, &mut dice).await,
            Kind::Redis => redis_promotion(plan, claims, &mut dice).await,
            Kind::Cluster => cluster_promotion(plan, claims, &mut dice).await,
            Kind::Sentinel => sentinel_promotion(plan, claims, &mut dice).await,
            Kind::Postgres => postgres_promotion(plan, claims, &mut dice).await,
            Kind::MariaDb => mariadb_backup(plan, claims, &mut dice).await,
            Kind::Sqlite => sqlite_backup(plan, claims, &mut dice).await,
            Kind::Memory => unreachable!("memory brings nothing back"),
        };
        let judged = scene.history.judge();
        line.says += &format!(
            "{}{way}: {claims} claims, {} accepted again",
            if line.says.is_empty() { "" } else { ", " },
            judged.doubled
        );
        line = line.expect("accepted", judged.accepted, claims).expect(
            "accepted again",
            judged.doubled,
            0,
        );
    }
    line
}

/// Nodes over a store, and proofs that were not shown to them yet.
async fn ready(plan: &Plan, store: String, claims: usize, dice: &mut Dice) -> (Scene, Vec<Proof>) {
    let scene = plan.scene_of(plan.order(store));
    let proofs = scene.proofs(claims, dice).await;
    (scene, proofs)
}

/// Shows them all.
async fn show(scene: &Scene, proofs: &[Proof], dice: &mut Dice) {
    in_lanes(8, 0..proofs.len(), dice, |number, mut dice| {
        let (scene, proof) = (scene.clone(), proofs[number].clone());
        async move {
            for _ in 0..20 {
                if scene.verify(number, &proof, &mut dice).await != Heard::Nothing {
                    return;
                }
                tokio::time::sleep(dice.millis(20, 200)).await;
            }
        }
    })
    .await;
}

/// Waits until the nodes reach the store again.
async fn healed(scene: &Scene, dice: &mut Dice) {
    for _ in 0..600 {
        if scene.prove(0, dice).await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the store did not come back within half a minute");
}

/// Shows them all once the store is back.
async fn show_again(scene: &Scene, proofs: &[Proof], dice: &mut Dice) {
    healed(scene, dice).await;
    show(scene, proofs, dice).await;
}

async fn redis_snapshot(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let mut redis = Redis::start_with(&["--save", "3600 1", "--appendonly", "no"]);
    let (scene, proofs) = ready(plan, redis.url(), claims, dice).await;
    assert_eq!(redis.ask("SAVE"), "+OK\r\n");
    show(&scene, &proofs, dice).await;
    redis.kill9();
    redis.restart();
    show_again(&scene, &proofs, dice).await;
    scene
}

async fn redis_promotion(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let mut master = Redis::start();
    let of = format!("127.0.0.1 {}", master.port());
    let replica = Redis::start_with(&["--save", "", "--replicaof", &of]);
    let proxy = Proxy::to(master.port()).await;
    let by_proxy = master
        .url()
        .replace(&master.port().to_string(), &proxy.port().to_string());
    let (scene, proofs) = ready(plan, by_proxy, claims, dice).await;
    while replica.ask("DBSIZE") != master.ask("DBSIZE") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    replica.ask("REPLICAOF NO ONE");
    show(&scene, &proofs, dice).await;
    master.kill9();
    proxy.lead_to(replica.port());
    show_again(&scene, &proofs, dice).await;
    scene
}

async fn cluster_promotion(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let mut cluster = RedisCluster::start();
    let (scene, proofs) = ready(plan, cluster.url(), claims, dice).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    cluster.freeze_replicas();
    show(&scene, &proofs, dice).await;
    cluster.kill9_the_masters_and_promote();
    show_again(&scene, &proofs, dice).await;
    scene
}

async fn sentinel_promotion(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let mut set = RedisSentinel::start();
    let (scene, proofs) = ready(plan, set.url(), claims, dice).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    set.freeze_replicas();
    show(&scene, &proofs, dice).await;
    set.kill9_the_master();
    set.thaw();
    show_again(&scene, &proofs, dice).await;
    scene
}

async fn postgres_promotion(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let mut postgres = Postgres::start();
    let (scene, proofs) = ready(plan, postgres.url(), claims, dice).await;
    postgres.snapshot();
    healed(&scene, dice).await;
    show(&scene, &proofs, dice).await;
    postgres.roll_back();
    show_again(&scene, &proofs, dice).await;
    scene
}

async fn mariadb_backup(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let mut mariadb = MariaDb::start();
    let (scene, proofs) = ready(plan, mariadb.url(), claims, dice).await;
    mariadb.snapshot();
    healed(&scene, dice).await;
    show(&scene, &proofs, dice).await;
    mariadb.roll_back();
    new_epoch(&scene);
    show_again(&scene, &proofs, dice).await;
    scene
}

async fn sqlite_backup(plan: &Plan, claims: usize, dice: &mut Dice) -> Scene {
    let dir = Dir::new();
    let (file, saved) = (dir.path().join("live"), dir.path().join("saved"));
    let (scene, proofs) = ready(plan, format!("sqlite://{}", file.display()), claims, dice).await;
    stop(&scene);
    copy(&file, &saved);
    start(&scene);
    show(&scene, &proofs, dice).await;
    stop(&scene);
    copy(&saved, &file);
    new_epoch(&scene);
    show(&scene, &proofs, dice).await;
    scene
}

/// As whoever restores a backup is told to do.
fn new_epoch(scene: &Scene) {
    for node in 0..scene.fleet.len() {
        let change = |order: &mut crate::node::Order| order.epoch = "2".to_owned();
        scene.fleet.restart(node, change);
    }
}

fn stop(scene: &Scene) {
    (0..scene.fleet.len()).for_each(|node| scene.fleet.kill9(node));
}

fn start(scene: &Scene) {
    (0..scene.fleet.len()).for_each(|node| scene.fleet.restart(node, |_| {}));
}

/// The file of a database, with its log.
fn copy(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        let _ = std::fs::remove_file(name(to));
        if Path::new(&name(from)).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
}
