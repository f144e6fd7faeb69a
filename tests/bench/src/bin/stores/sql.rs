//! Databases: single-row statements by `sqlx`, over a pool of the same size.

use std::{sync::Arc, time::Duration};

use countersign_bench::{Goal, Report, tasks};
use countersign_core::SessionStore;
use countersign_store_sql::{MySqlStores, Options, PgStores, SqliteStores};
use countersign_testkit::servers::{Dir, MariaDb, Postgres};
use sqlx::{MySqlPool, PgPool, SqlitePool};
use tokio::runtime::Runtime;

use crate::{TASKS, find, issue_and_consume, numbered, some_sessions};

/// The contests of one database: `$stores` and `$pool` are open, and have the same connections.
macro_rules! contests {
    ($report:expr, $runtime:expr, $name:literal, $stores:expr, $pool:expr,
     $insert:literal, $take:literal, $read:literal) => {{
        let (report, runtime, pool) = ($report, $runtime, $pool);
        let (stores, taker) = (Arc::new($stores), pool.clone());
        report
            .contest(concat!($name, ": put a record down and take it"))
            .rounds(15, ROUND)
            .side(
                "INSERT, DELETE … RETURNING",
                tasks(runtime, TASKS, move |number| {
                    let pool = taker.clone();
                    async move {
                        let record = numbered(number);
                        sqlx::query($insert)
                            .bind(record.key.as_bytes())
                            .bind(&record.payload)
                            .bind(record.expires_at.as_millis())
                            .execute(&pool)
                            .await
                            .unwrap();
                        let taken: (Vec<u8>, i64) = sqlx::query_as($take)
                            .bind(record.key.as_bytes())
                            .fetch_one(&pool)
                            .await
                            .unwrap();
                        taken
                    }
                }),
            )
            .side("issue, consume", issue_and_consume(runtime, &stores))
            .goal(Goal::Throughput(0.85))
            .run();
        let sessions = some_sessions();
        for session in sessions.iter() {
            runtime.block_on(stores.insert(session)).unwrap();
        }
        let ids = sessions.clone();
        report
            .contest(concat!($name, ": read a session"))
            .rounds(15, ROUND)
            .side(
                "SELECT",
                tasks(runtime, TASKS, move |number| {
                    let (pool, ids) = (pool.clone(), ids.clone());
                    async move {
                        let id = ids[number as usize % TASKS].id;
                        let found: (Vec<u8>,) = sqlx::query_as($read)
                            .bind(&id.as_bytes()[..])
                            .fetch_one(&pool)
                            .await
                            .unwrap();
                        found
                    }
                }),
            )
            .side("find", find(runtime, &stores, &sessions))
            .goal(Goal::Throughput(0.85))
            .run();
    }};
}

pub(crate) fn postgres(report: &mut Report, runtime: &Runtime) {
    if !report.wants("Postgres") {
        return;
    }
    let server = Postgres::start_with(&["fsync=off"]);
    let url = server.url();
    let stores = runtime.block_on(PgStores::connect(&url, Options::default()));
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(10)
        .test_before_acquire(false);
    let pool: PgPool = runtime.block_on(pool.connect(&url)).unwrap();
    server.admin(
        "CREATE TABLE bare (id BYTEA PRIMARY KEY, payload BYTEA NOT NULL, expires_at BIGINT NOT NULL)",
    );
    contests!(
        report,
        runtime,
        "Postgres",
        stores.unwrap(),
        pool,
        "INSERT INTO bare (id, payload, expires_at) VALUES ($1, $2, $3)",
        "DELETE FROM bare WHERE id = $1 RETURNING payload, expires_at",
        "SELECT payload FROM countersign_session WHERE id = $1"
    );
}

pub(crate) fn mariadb(report: &mut Report, runtime: &Runtime) {
    if !report.wants("MariaDB") {
        return;
    }
    let server = MariaDb::start_with(&["--innodb-flush-log-at-trx-commit=0"]);
    let url = server.url();
    let stores = runtime.block_on(MySqlStores::connect(&url, Options::default()));
    let pool = sqlx::mysql::MySqlPoolOptions::new()
        .max_connections(10)
        .test_before_acquire(false);
    let pool: MySqlPool = runtime.block_on(pool.connect(&url)).unwrap();
    server.admin(
        "CREATE TABLE app.bare (id VARBINARY(64) PRIMARY KEY, payload MEDIUMBLOB NOT NULL, \
         expires_at BIGINT NOT NULL)",
    );
    contests!(
        report,
        runtime,
        "MariaDB",
        stores.unwrap(),
        pool,
        "INSERT INTO bare (id, payload, expires_at) VALUES (?, ?, ?)",
        "DELETE FROM bare WHERE id = ? RETURNING payload, expires_at",
        "SELECT payload FROM countersign_session WHERE id = ?"
    );
}

pub(crate) fn sqlite(report: &mut Report, runtime: &Runtime) {
    if !report.wants("SQLite") {
        return;
    }
    let dir = Dir::new();
    let url = format!("sqlite://{}/bench?mode=rwc", dir.path().display());
    let stores = runtime.block_on(SqliteStores::connect(&url, Options::default()));
    // One connection, as one writes: more would only fight for the lock.
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool: SqlitePool = runtime.block_on(pool.connect(&url)).unwrap();
    let table = "CREATE TABLE bare \
                 (id BLOB PRIMARY KEY, payload BLOB, expires_at INTEGER) WITHOUT ROWID";
    runtime.block_on(sqlx::query(table).execute(&pool)).unwrap();
    contests!(
        report,
        runtime,
        "SQLite",
        stores.unwrap(),
        pool,
        "INSERT INTO bare (id, payload, expires_at) VALUES ($1, $2, $3)",
        "DELETE FROM bare WHERE id = $1 RETURNING payload, expires_at",
        "SELECT payload FROM countersign_session WHERE id = $1"
    );
}

const ROUND: Duration = Duration::from_millis(300);
