//! A million sessions in memory: what each costs, and how quickly one is found among them.

use std::{fs, time::Instant};

use countersign_bench::Report;
use countersign_core::{SessionId, SessionStore};
use countersign_store_memory::MemorySessions;
use countersign_testkit::sessions::session;
use tokio::runtime::Runtime;

pub(crate) fn measure(report: &mut Report, runtime: &Runtime) {
    if !report.wants("memory") {
        return;
    }
    let few = runtime.block_on(p99_among(1_000)).1;
    let before = resident();
    let (store, many) = runtime.block_on(p99_among(MANY));
    let each = (resident() - before) / MANY;
    report.fact(
        "memory: resident bytes for each of 1,000,000 live sessions",
        each.to_string(),
        None,
    );
    drop(store);
    report.fact("memory: p99 of find among 1,000", format!("{few} ns"), None);
    let goal = ("≤ 2 × that among 1,000", many <= 2 * few);
    report.fact(
        "memory: p99 of find among 1,000,000",
        format!("{many} ns"),
        Some(goal),
    );
}

/// Fills a store, one subject in ten with several sessions, and looks sessions up all over it.
async fn p99_among(sessions: usize) -> (MemorySessions, u128) {
    let store = MemorySessions::default();
    let mut ids: Vec<SessionId> = Vec::new();
    for number in 0..sessions {
        let session = session(&format!("user{}", number - number % 10 / 9));
        store.insert(&session).await.unwrap();
        // The same number of ids whatever the size: what is measured is the store.
        if number % (sessions / 1_000) == 0 {
            ids.push(session.id);
        }
    }
    let mut took = Vec::with_capacity(LOOKS);
    for look in 0..LOOKS {
        let id = &ids[look * 7_919 % ids.len()];
        let begin = Instant::now();
        let found = store.find(id).await;
        took.push(begin.elapsed().as_nanos());
        assert!(found.unwrap().is_some());
    }
    took.sort_unstable();
    (store, took[LOOKS * 99 / 100])
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

const MANY: usize = 1_000_000;
const LOOKS: usize = 200_000;
