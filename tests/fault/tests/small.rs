//! A small run of every kind of fault with a fixed seed, and of every broken build: the one must be
//! well, the other must be noticed. `cargo xtask fault --all` is the whole of it.

use countersign_fault::{Wish, backend::Kind, broken::Broken, goals::Goal, report::Line, run};

fn lines(kind: Kind, goals: &[Goal], broken: Option<Broken>) -> Vec<Line> {
    let wish = Wish {
        kinds: vec![kind],
        goals: goals.to_vec(),
        small: true,
        seed: 20_260_101,
        broken,
    };
    let program = env!("CARGO_BIN_EXE_countersign-fault").into();
    run(&wish, program, |line| eprintln!("{line}"))
}

fn assert_well(kind: Kind, goals: &[Goal]) {
    let lines = lines(kind, goals, None);
    assert_eq!(lines.len(), goals.len());
    for line in lines {
        assert!(line.faults.is_empty(), "{line}");
    }
}

fn assert_noticed(broken: Broken, kind: Kind, goal: Goal, fault: &str) {
    assert_noticed_as_one_of(broken, kind, goal, &[fault]);
}

fn assert_noticed_as_one_of(broken: Broken, kind: Kind, goal: Goal, faults: &[&str]) {
    for line in lines(kind, &[goal], Some(broken)) {
        let mut said = line.faults.iter();
        let is_seen = said.any(|said| faults.iter().any(|fault| said.starts_with(fault)));
        assert!(is_seen, "{line}");
    }
}

#[test]
fn nodes_over_redis_let_each_proof_in_once_whatever_happens_between() {
    assert_well(Kind::Redis, &Goal::ALL);
}

#[test]
fn nodes_over_postgres_let_each_proof_in_once_whatever_happens_between() {
    let goals = [
        Goal::Replay,
        Goal::Code,
        Goal::Refresh,
        Goal::Logout,
        Goal::Kill,
        Goal::Rollback,
        Goal::Cut,
        Goal::Network,
    ];
    assert_well(Kind::Postgres, &goals);
}

#[test]
fn nodes_over_mariadb_let_each_proof_in_once_whatever_happens_between() {
    let goals = [
        Goal::Replay,
        Goal::Code,
        Goal::Refresh,
        Goal::Logout,
        Goal::Kill,
        Goal::Rollback,
        Goal::Cut,
    ];
    assert_well(Kind::MariaDb, &goals);
}

#[test]
fn nodes_over_sqlite_let_each_proof_in_once_and_survive_their_own_end() {
    let goals = [
        Goal::Replay,
        Goal::Code,
        Goal::Refresh,
        Goal::Logout,
        Goal::Kill,
        Goal::Rollback,
    ];
    assert_well(Kind::Sqlite, &goals);
}

#[test]
fn one_node_over_memory_lets_each_proof_in_once() {
    assert_well(
        Kind::Memory,
        &[Goal::Replay, Goal::Code, Goal::Refresh, Goal::Logout],
    );
}

#[test]
fn nodes_over_a_cluster_let_each_proof_in_once() {
    assert_well(
        Kind::Cluster,
        &[Goal::Replay, Goal::Code, Goal::Refresh, Goal::Logout],
    );
}

#[test]
fn nodes_under_sentinel_let_each_proof_in_once_also_after_a_promotion() {
    assert_well(Kind::Sentinel, &[Goal::Replay, Goal::Rollback]);
}

#[test]
fn a_claim_that_reads_and_then_deletes_is_noticed() {
    assert_noticed(Broken::Claim, Kind::Redis, Goal::Replay, "accepted twice");
    assert_noticed(
        Broken::Claim,
        Kind::Redis,
        Goal::Cut,
        "claims with two effects",
    );
}

/// Most of those who should have lost fail instead: the second mark of a spent code is refused.
#[test]
fn a_code_that_is_read_and_then_deleted_is_noticed() {
    assert_noticed(Broken::Claim, Kind::Redis, Goal::Code, "other answers");
    let fault = "other answers to a code";
    assert_noticed(Broken::Claim, Kind::Redis, Goal::Nodes, fault);
}

#[test]
fn a_node_that_keeps_a_login_to_itself_is_noticed() {
    let fault = "a request that was not known";
    assert_noticed(Broken::Alone, Kind::Redis, Goal::Nodes, fault);
}

/// By the tokens; or, where the next request comes sooner than the write, by the sign-in itself.
#[test]
fn sessions_that_are_acknowledged_before_they_are_written_are_noticed() {
    let faults = [
        "acknowledged tokens that are unknown",
        "a request that was not known",
    ];
    assert_noticed_as_one_of(Broken::Lazy, Kind::Redis, Goal::Nodes, &faults);
}

#[test]
fn a_replace_that_inserts_is_noticed() {
    assert_noticed(Broken::Upsert, Kind::Memory, Goal::Logout, "rose again");
    assert_noticed(Broken::Upsert, Kind::Postgres, Goal::Logout, "rose again");
}

#[test]
fn a_refresh_without_a_compare_and_swap_is_noticed() {
    let fault = "told without grace";
    assert_noticed(Broken::Upsert, Kind::Memory, Goal::Refresh, fault);
}

#[test]
fn records_without_a_fence_are_noticed() {
    assert_noticed(Broken::Fence, Kind::Redis, Goal::Rollback, "accepted again");
    assert_noticed(
        Broken::Fence,
        Kind::Postgres,
        Goal::Rollback,
        "accepted again",
    );
}

#[test]
fn an_acknowledgement_before_the_write_is_noticed() {
    assert_noticed(Broken::Lazy, Kind::Sqlite, Goal::Kill, "lost");
}

#[test]
fn a_store_without_a_deadline_is_noticed() {
    assert_noticed(Broken::Patient, Kind::Redis, Goal::Slow, "refusal");
}
