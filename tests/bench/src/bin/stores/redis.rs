//! Redis: plain commands and scripts that do the same, by the `redis` crate.

use std::{sync::Arc, time::Duration};

use countersign_bench::{Goal, Report, tasks};
use countersign_core::SessionStore;
use countersign_store_redis::{Options, RedisStores};
use countersign_testkit::{servers::Redis, sessions::session};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, Script, aio::MultiplexedConnection};
use tokio::runtime::Runtime;

use crate::{TASKS, find, insert_and_remove, issue_and_consume, numbered, some_sessions};

pub(crate) fn measure(report: &mut Report, runtime: &Runtime) {
    if !report.wants("Redis") {
        return;
    }
    let server = Redis::start();
    let url = server.url();
    let stores = RedisStores::connect(&url, Options::default());
    let stores = Arc::new(runtime.block_on(stores).unwrap());
    let client = Client::open(url.as_str()).unwrap();
    // As a client would have it; only that a busy machine does not end the bench.
    let patient = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(20)));
    let bare = client.get_multiplexed_async_connection_with_config(&patient);
    let bare = runtime.block_on(bare).unwrap();

    report
        .contest("Redis: put a record down and take it")
        .rounds(15, ROUND)
        .side("SET NX PX, EVAL", set_then_eval(runtime, &bare))
        .side("SET NX PX, GETDEL", set_then_getdel(runtime, &bare))
        .side("issue, consume", issue_and_consume(runtime, &stores))
        .goal(Goal::Throughput(0.85))
        .run();

    let sessions = some_sessions();
    for session in sessions.iter() {
        runtime.block_on(stores.insert(session)).unwrap();
        let json = serde_json::to_vec(session).unwrap();
        let mut bare = bare.clone();
        let set = bare.set::<_, _, ()>(session.id.to_string(), json);
        runtime.block_on(set).unwrap();
    }
    let (ids, connection) = (sessions.clone(), bare.clone());
    report
        .contest("Redis: read a session")
        .rounds(15, ROUND)
        .side(
            "GET",
            tasks(runtime, TASKS, move |number| {
                let (mut bare, ids) = (connection.clone(), ids.clone());
                async move {
                    let id = ids[number as usize % TASKS].id.to_string();
                    bare.get::<_, Vec<u8>>(id).await.unwrap()
                }
            }),
        )
        .side("find", find(runtime, &stores, &sessions))
        .goal(Goal::Throughput(0.85))
        .run();

    report
        .contest("Redis: write a session with its index, and remove both")
        .rounds(15, ROUND)
        .side("EVAL, EVAL", write_and_remove(runtime, &bare))
        .side("insert, remove", insert_and_remove(runtime, &stores))
        .goal(Goal::Throughput(0.85))
        .run();
}

fn set_then_eval<'r>(
    runtime: &'r Runtime,
    bare: &MultiplexedConnection,
) -> impl FnMut(u64) -> countersign_bench::Cost + use<'r> {
    let bare = bare.clone();
    let take = Arc::new(Script::new(
        "local kept = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return kept",
    ));
    tasks(runtime, TASKS, move |number| {
        let (mut bare, take) = (bare.clone(), take.clone());
        async move {
            let key = set(&mut bare, number).await;
            let taken: Vec<u8> = take.key(key).invoke_async(&mut bare).await.unwrap();
            taken
        }
    })
}

fn set_then_getdel<'r>(
    runtime: &'r Runtime,
    bare: &MultiplexedConnection,
) -> impl FnMut(u64) -> countersign_bench::Cost + use<'r> {
    let bare = bare.clone();
    tasks(runtime, TASKS, move |number| {
        let mut bare = bare.clone();
        async move {
            let key = set(&mut bare, number).await;
            bare.get_del::<_, Vec<u8>>(key).await.unwrap()
        }
    })
}

async fn set(bare: &mut MultiplexedConnection, number: u64) -> String {
    let record = numbered(number);
    let mut set = redis::cmd("SET");
    set.arg(&record.key).arg(record.payload);
    set.arg("NX").arg("PX").arg(300_000);
    set.exec_async(bare).await.unwrap();
    record.key
}

fn write_and_remove<'r>(
    runtime: &'r Runtime,
    bare: &MultiplexedConnection,
) -> impl FnMut(u64) -> countersign_bench::Cost + use<'r> {
    let bare = bare.clone();
    let write = Arc::new(Script::new(
        "redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', 300000)
         redis.call('ZADD', KEYS[2], 1, KEYS[1])
         redis.call('PEXPIRE', KEYS[2], 300000)",
    ));
    let remove = Arc::new(Script::new(
        "redis.call('DEL', KEYS[1]) return redis.call('ZREM', KEYS[2], KEYS[1])",
    ));
    tasks(runtime, TASKS, move |number| {
        let (mut bare, write, remove) = (bare.clone(), write.clone(), remove.clone());
        async move {
            let session = session(&format!("other{number}"));
            let (id, index) = (session.id.to_string(), format!("index{number}"));
            let json = serde_json::to_vec(&session).unwrap();
            let mut call = write.key(&id);
            let written = call.key(&index).arg(json).invoke_async::<()>(&mut bare);
            written.await.unwrap();
            let mut call = remove.key(&id);
            call.key(&index)
                .invoke_async::<i64>(&mut bare)
                .await
                .unwrap()
        }
    })
}

const ROUND: Duration = Duration::from_millis(300);
