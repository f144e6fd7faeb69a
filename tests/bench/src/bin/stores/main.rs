//! Stores: each operation against the bare client's call on the same server, 64 tasks at once; and
//! what a million sessions in memory cost.

#![allow(clippy::unwrap_used)]

mod memory;
mod redis;
mod sql;

use std::sync::Arc;

use countersign_bench::{Report, tasks};
use countersign_core::{NonceStore, OneTime, Session, SessionStore};
use countersign_testkit::{nonces::record, sessions::session};
use tokio::runtime::Runtime;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut report = Report::new("stores");
    redis::measure(&mut report, &runtime);
    sql::postgres(&mut report, &runtime);
    sql::mariadb(&mut report, &runtime);
    sql::sqlite(&mut report, &runtime);
    memory::measure(&mut report, &runtime);
    report.finish();
}

/// A record of the size that the engine writes, under the key of this number.
fn numbered(number: u64) -> OneTime {
    OneTime {
        payload: vec![b'x'; 300],
        ..record(&format!("bench {number}"))
    }
}

/// As many sessions as there are tasks, so that each has its own.
fn some_sessions() -> Arc<Vec<Session>> {
    Arc::new((0..TASKS).map(|n| session(&format!("user{n}"))).collect())
}

/// The store's side of "issue and consume".
fn issue_and_consume<'r, S: NonceStore>(
    runtime: &'r Runtime,
    store: &Arc<S>,
) -> impl FnMut(u64) -> countersign_bench::Cost + use<'r, S> {
    let store = store.clone();
    tasks(runtime, TASKS, move |number| {
        let store = store.clone();
        async move {
            let record = numbered(number);
            store.issue(&record).await.unwrap();
            store.consume(&record.key).await.unwrap().unwrap()
        }
    })
}

/// The store's side of "find".
fn find<'r, S: SessionStore>(
    runtime: &'r Runtime,
    store: &Arc<S>,
    sessions: &Arc<Vec<Session>>,
) -> impl FnMut(u64) -> countersign_bench::Cost + use<'r, S> {
    let (store, sessions) = (store.clone(), sessions.clone());
    tasks(runtime, TASKS, move |number| {
        let (store, sessions) = (store.clone(), sessions.clone());
        async move {
            let id = sessions[number as usize % TASKS].id;
            store.find(&id).await.unwrap().unwrap()
        }
    })
}

/// The store's side of "insert and remove".
fn insert_and_remove<'r, S: SessionStore>(
    runtime: &'r Runtime,
    store: &Arc<S>,
) -> impl FnMut(u64) -> countersign_bench::Cost + use<'r, S> {
    let store = store.clone();
    tasks(runtime, TASKS, move |number| {
        let store = store.clone();
        async move {
            let session = session(&format!("other{number}"));
            store.insert(&session).await.unwrap();
            assert!(store.remove(&session.id).await.unwrap());
        }
    })
}

const TASKS: usize = 64;
