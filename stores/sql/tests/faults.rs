//! What must happen when the database fails, is slow, or holds rubbish; and the replay race over
//! four nodes. The names are those of the attack table.

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used)]

mod backends;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use countersign_core::{NonceStore, OneTime, SessionStore, StoreError, Timestamp};
use countersign_testkit::{
    nonces::record,
    races::{Outcome, proofs, replay},
    run,
    sessions::session,
};
use tokio::task::JoinSet;

fn is_unavailable<T: std::fmt::Debug>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

/// Takes a record for each name, some at once, until the store fails; says which there were.
async fn consumed(store: &(impl NonceStore + Clone), names: usize) -> Vec<usize> {
    let mut tasks = JoinSet::new();
    for worker in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut taken = Vec::new();
            for name in (worker..names).step_by(8) {
                let key = record(&format!("n{name}")).key;
                match store.consume(&key).await {
                    Ok(Some(_)) => taken.push(name),
                    Ok(None) => {}
                    Err(_) => break,
                }
            }
            taken
        });
    }
    tasks.join_all().await.concat()
}

/// Four nodes boot at once on an empty database, then all of them work.
macro_rules! x14_nodes_that_boot_at_once_make_the_tables_once {
    ($connect:expr) => {
        #[test]
        fn x14_nodes_that_boot_at_once_make_the_tables_once() {
            run(async {
                let options = own_tables();
                let mut nodes = JoinSet::new();
                for node in 0..8 {
                    let options = options.clone();
                    nodes.spawn(async move {
                        let stores = $connect(options).await.unwrap();
                        stores.issue(&record(&format!("n{node}"))).await.unwrap();
                    });
                }
                nodes.join_all().await;
                assert_eq!(
                    consumed(&$connect(options).await.unwrap(), 8).await.len(),
                    8
                );
            });
        }
    };
}

/// Rows that nobody can read, and a row under another's id, count as absent.
macro_rules! x15_a_row_that_cannot_be_read_counts_as_absent {
    ($connect:expr, $pool:expr, $spoil:expr) => {
        #[test]
        fn x15_a_row_that_cannot_be_read_counts_as_absent() {
            run(async {
                let options = Options::default().table_prefix("x15_").unwrap();
                let stores = $connect(options).await.unwrap();
                let (good, bad) = (session("alice"), session("alice"));
                stores.insert(&good).await.unwrap();
                stores.insert(&bad).await.unwrap();
                let pool = $pool.await.unwrap();
                for payload in ["", "{}", "null", "\u{0}", "{\"version\":99}"] {
                    let sql: &'static str = $spoil;
                    let spoilt = sqlx::query(sql)
                        .bind(payload.as_bytes())
                        .bind(&bad.id.as_bytes()[..])
                        .execute(&pool);
                    assert_eq!(spoilt.await.unwrap().rows_affected(), 1);
                    assert_eq!(stores.find(&bad.id).await.unwrap(), None, "{payload}");
                    let listed = stores.of_subject(&good.identity.subject).await.unwrap();
                    assert_eq!(listed, std::slice::from_ref(&good), "{payload}");
                }
                let foreign = serde_json::to_vec(&good).unwrap();
                let sql: &'static str = $spoil;
                let spoilt = sqlx::query(sql).bind(foreign).bind(&bad.id.as_bytes()[..]);
                spoilt.execute(&pool).await.unwrap();
                assert_eq!(
                    stores.find(&bad.id).await.unwrap(),
                    None,
                    "another's session"
                );
                assert!(stores.remove(&bad.id).await.unwrap());
            });
        }
    };
}

/// Only what expired goes, in batches, while others go on writing.
macro_rules! x18_a_purge_takes_only_what_expired_and_lets_others_work {
    ($connect:expr, $pool:expr, $fill:literal) => {
        #[test]
        fn x18_a_purge_takes_only_what_expired_and_lets_others_work() {
            run(async {
                let options = Options::default().table_prefix("x18_").unwrap();
                let stores = $connect(options).await.unwrap();
                let limit = Timestamp::from_secs(2_000_000_000);
                let live = OneTime {
                    expires_at: limit,
                    ..record("live")
                };
                stores.issue(&live).await.unwrap();
                let fill = $fill.replace("ROWS", &rows().to_string());
                let fill = sqlx::AssertSqlSafe(fill);
                sqlx::query(fill)
                    .execute(&$pool.await.unwrap())
                    .await
                    .unwrap();
                let purger = stores.clone();
                let begin = Instant::now();
                let purge = tokio::spawn(async move { NonceStore::purge(&purger, limit).await });
                let (mut slowest, mut n) = (Duration::ZERO, 0);
                while !purge.is_finished() {
                    let begin = Instant::now();
                    let meanwhile = OneTime {
                        expires_at: limit,
                        ..record(&format!("meanwhile {n}"))
                    };
                    stores.issue(&meanwhile).await.unwrap();
                    slowest = slowest.max(begin.elapsed());
                    n += 1;
                }
                assert_eq!(purge.await.unwrap().unwrap(), rows());
                eprintln!(
                    "{} rows purged in {:?}; {n} writes meanwhile, the slowest {slowest:?}",
                    rows(),
                    begin.elapsed()
                );
                assert_eq!(NonceStore::purge(&stores, limit).await.unwrap(), 0);
                let kept = stores.consume(&live.key).await.unwrap();
                assert_eq!(kept, Some(live), "what is not over stays");
                assert!(slowest < Duration::from_secs(1), "{slowest:?}");
            });
        }
    };
}

/// A session is one row, index and all: a kill leaves the whole of it or nothing.
macro_rules! x12_a_kill_leaves_whole_sessions_only {
    ($Server:ident, $Stores:ident) => {
        #[test]
        fn x12_a_kill_leaves_whole_sessions_only() {
            let mut server = $Server::start();
            run(async {
                let options = own_tables();
                let stores = $Stores::connect(&server.url(), options.clone())
                    .await
                    .unwrap();
                let mut writers = JoinSet::new();
                for writer in 0..4 {
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
                tokio::time::sleep(Duration::from_millis(200)).await;
                server.kill9();
                let acknowledged = writers.join_all().await;
                server.restart();
                let stores = $Stores::connect(&server.url(), options).await.unwrap();
                for sessions in acknowledged {
                    assert!(!sessions.is_empty(), "killed before anything happened");
                    let subject = &sessions[0].identity.subject;
                    let known = stores.of_subject(subject).await.unwrap();
                    assert!(sessions.iter().all(|session| known.contains(session)));
                    for session in &known {
                        let found = stores.find(&session.id).await.unwrap();
                        assert_eq!(found.as_ref(), Some(session));
                    }
                    let removed = stores.remove_all(subject).await.unwrap();
                    assert_eq!(removed, known.len() as u64);
                }
            });
        }
    };
}

/// How many rows a purge is tried with: 20,000, or what `COUNTERSIGN_ROWS` says (1000000 is the
/// whole of the row).
fn rows() -> u64 {
    match std::env::var("COUNTERSIGN_ROWS") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 20_000,
    }
}

/// What a backup brings back stays out, once the epoch says so.
macro_rules! x05_records_of_another_epoch_count_as_absent {
    ($connect:expr) => {
        #[test]
        fn x05_records_of_another_epoch_count_as_absent() {
            run(async {
                let options = own_tables();
                let first = $connect(options.clone()).await.unwrap();
                first.issue(&record("a")).await.unwrap();
                first.issue(&record("b")).await.unwrap();
                let second = $connect(options.epoch("2").unwrap()).await.unwrap();
                assert_eq!(second.consume(&record("a").key).await.unwrap(), None);
                second.issue(&record("c")).await.unwrap();
                assert!(second.consume(&record("c").key).await.unwrap().is_some());
                assert!(first.consume(&record("b").key).await.unwrap().is_some());
            });
        }
    };
}

/// The replay race over four nodes.
macro_rules! g01_each_proof_is_let_in_once {
    ($connect:expr, $nodes:expr) => {
        #[test]
        fn g01_each_proof_is_let_in_once() {
            run(async {
                let (options, mut nodes) = (own_tables(), Vec::new());
                for _ in 0..$nodes {
                    nodes.push($connect(options.clone()).await.unwrap().into());
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
            });
        }
    };
}

#[cfg(feature = "postgres")]
mod postgres {
    use countersign_store_sql::{ConnectError, Options, PgStores};
    use countersign_testkit::servers::Postgres;

    use super::{backends::own_tables, *};

    async fn connect(options: Options) -> Result<PgStores, ConnectError> {
        PgStores::connect(&Postgres::shared().url(), options).await
    }

    x05_records_of_another_epoch_count_as_absent!(connect);
    x14_nodes_that_boot_at_once_make_the_tables_once!(connect);
    x15_a_row_that_cannot_be_read_counts_as_absent!(
        connect,
        sqlx::PgPool::connect(&Postgres::shared().url()),
        "UPDATE x15_session SET payload = $1 WHERE id = $2"
    );
    x18_a_purge_takes_only_what_expired_and_lets_others_work!(
        connect,
        sqlx::PgPool::connect(&Postgres::shared().url()),
        "INSERT INTO x18_one_time SELECT ('old' || n)::bytea, 'x', 1999999999000, '' \
         FROM generate_series(1, ROWS) AS n"
    );
    x12_a_kill_leaves_whole_sessions_only!(Postgres, PgStores);
    g01_each_proof_is_let_in_once!(connect, 4);

    #[test]
    fn x13_a_full_disk_is_unavailable_and_heals() {
        let server = Postgres::shared();
        run(async {
            let options = Options::default().table_prefix("x13_").unwrap();
            let stores = connect(options).await.unwrap();
            server.admin(
                "CREATE FUNCTION x13_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100';
                 END $$;
                 CREATE TRIGGER x13 BEFORE INSERT ON x13_one_time
                     FOR EACH ROW EXECUTE FUNCTION x13_full();
                 CREATE TRIGGER x13 BEFORE INSERT ON x13_session
                     FOR EACH ROW EXECUTE FUNCTION x13_full();",
            );
            assert!(is_unavailable(&stores.issue(&record("a")).await));
            assert!(is_unavailable(&stores.insert(&session("alice")).await));
            server.admin("DROP FUNCTION x13_full CASCADE");
            stores.issue(&record("a")).await.unwrap();
            stores.insert(&session("alice")).await.unwrap();
        });
    }

    #[test]
    fn x01_x02_x17_a_server_that_is_gone_is_unavailable_at_once_and_heals() {
        let mut server = Postgres::start();
        run(async {
            let stores = PgStores::connect(&server.url(), own_tables())
                .await
                .unwrap();
            let session = session("alice");
            stores.issue(&record("a")).await.unwrap();
            stores.insert(&session).await.unwrap();
            server.kill9();
            let begin = Instant::now();
            assert!(is_unavailable(&stores.issue(&record("b")).await));
            assert!(is_unavailable(&stores.consume(&record("a").key).await));
            assert!(is_unavailable(&stores.find(&session.id).await));
            assert!(
                begin.elapsed() < Duration::from_secs(4),
                "{:?}",
                begin.elapsed()
            );
            server.restart();
            tokio::time::sleep(Duration::from_millis(1_100)).await; // idle ones are tested again
            assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
            assert!(
                stores.consume(&record("a").key).await.unwrap().is_some(),
                "unspent"
            );
        });
    }

    #[test]
    fn x05_a_promotion_gives_nothing_back_that_was_issued_before() {
        let mut server = Postgres::start();
        run(async {
            let options = own_tables();
            let stores = PgStores::connect(&server.url(), options.clone())
                .await
                .unwrap();
            let session = session("alice");
            stores.issue(&record("a")).await.unwrap();
            stores.issue(&record("b")).await.unwrap();
            stores.insert(&session).await.unwrap();
            drop(stores);
            server.restart();
            let stores = PgStores::connect(&server.url(), options.clone())
                .await
                .unwrap();
            assert!(
                stores.consume(&record("a").key).await.unwrap().is_some(),
                "a restart is none"
            );
            drop(stores);
            server.promote();
            let stores = PgStores::connect(&server.url(), options).await.unwrap();
            assert_eq!(stores.consume(&record("b").key).await.unwrap(), None);
            assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
            stores.issue(&record("b")).await.unwrap();
            assert!(stores.consume(&record("b").key).await.unwrap().is_some());
        });
    }

    #[test]
    fn x07_what_was_acknowledged_survives_a_kill_and_nothing_is_taken_twice() {
        let mut server = Postgres::start();
        run(async {
            let options = own_tables();
            let stores = PgStores::connect(&server.url(), options.clone())
                .await
                .unwrap();
            for name in 0..400 {
                stores.issue(&record(&format!("n{name}"))).await.unwrap();
            }
            let taker = stores.clone();
            let taking = tokio::spawn(async move { consumed(&taker, 400).await });
            tokio::time::sleep(Duration::from_millis(60)).await;
            server.kill9();
            let before = taking.await.unwrap();
            server.restart();
            let stores = PgStores::connect(&server.url(), options).await.unwrap();
            let after = consumed(&stores, 400).await;
            eprintln!(
                "{} taken before the kill, {} after",
                before.len(),
                after.len()
            );
            assert!(
                before.iter().all(|name| !after.contains(name)),
                "taken twice"
            );
            // What is missing was burnt without an answer: one per connection at most.
            assert!(
                before.len() + after.len() >= 400 - 10,
                "lost what was acknowledged"
            );
        });
    }

    #[test]
    fn x08_a_serialization_failure_is_tried_again_and_no_more_than_three_times() {
        let server = Postgres::shared();
        run(async {
            let options = Options::default().table_prefix("x08_").unwrap();
            let stores = connect(options).await.unwrap();
            server.admin(
                "CREATE SEQUENCE x08_tries;
                 CREATE FUNCTION x08_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF nextval('x08_tries') <= 3 THEN
                         RAISE EXCEPTION 'on purpose' USING ERRCODE = '40001';
                     END IF;
                     RETURN NEW;
                 END $$;
                 CREATE TRIGGER x08 BEFORE INSERT ON x08_one_time
                     FOR EACH ROW EXECUTE FUNCTION x08_fail();",
            );
            stores.issue(&record("a")).await.unwrap();
            server.admin("ALTER SEQUENCE x08_tries RESTART WITH 0 MINVALUE 0; SELECT 1");
            let refused = stores.issue(&record("b")).await;
            assert!(is_unavailable(&refused), "{refused:?}");
            stores.issue(&record("b")).await.unwrap();
        });
    }

    #[test]
    fn x08_lost_connections_and_a_read_only_server_are_unavailable_and_heal() {
        let server = Postgres::start();
        run(async {
            let stores = PgStores::connect(&server.url(), own_tables())
                .await
                .unwrap();
            let session = session("alice");
            stores.insert(&session).await.unwrap();
            server.admin(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
            );
            assert!(
                stores.find(&session.id).await.is_ok(),
                "reads are tried again"
            );
            server.admin("ALTER SYSTEM SET default_transaction_read_only = on");
            server.admin("SELECT pg_reload_conf()");
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(is_unavailable(&stores.issue(&record("a")).await));
            assert!(stores.find(&session.id).await.is_ok());
            server.admin("ALTER SYSTEM SET default_transaction_read_only = off");
            server.admin("SELECT pg_reload_conf()");
            tokio::time::sleep(Duration::from_millis(200)).await;
            stores.issue(&record("a")).await.unwrap();
        });
    }

    #[test]
    fn x11_a_slow_server_and_an_empty_pool_are_unavailable_after_two_seconds() {
        let server = Postgres::shared();
        run(async {
            let options = Options::default()
                .table_prefix("x11_")
                .unwrap()
                .connections(1);
            let stores = Arc::new(connect(options).await.unwrap());
            let holder = tokio::task::spawn_blocking(move || {
                server.admin("BEGIN; LOCK TABLE x11_one_time; SELECT pg_sleep(4); COMMIT");
            });
            tokio::time::sleep(Duration::from_millis(500)).await;
            let begin = Instant::now();
            let mut tasks = JoinSet::new();
            for name in ["a", "b"] {
                let stores = stores.clone();
                tasks.spawn(async move { stores.issue(&record(name)).await });
            }
            let answers = tasks.join_all().await;
            assert!(answers.iter().all(is_unavailable), "{answers:?}");
            assert!(
                begin.elapsed() < Duration::from_millis(2_300),
                "{:?}",
                begin.elapsed()
            );
            holder.await.unwrap();
            stores.issue(&record("c")).await.unwrap();
        });
    }

    #[test]
    fn the_grade_is_what_the_server_is_set_to() {
        use countersign_core::Durability;

        run(async {
            for (settings, grade) in [
                (&[][..], Durability::Durable),
                (&["synchronous_commit=off"], Durability::BoundedLoss),
                (&["fsync=off"], Durability::Volatile),
            ] {
                let server = Postgres::start_with(settings);
                let stores = PgStores::connect(&server.url(), own_tables())
                    .await
                    .unwrap();
                assert_eq!(stores.durability(), grade, "{settings:?}");
            }
        });
    }
}

#[cfg(feature = "mysql")]
mod mariadb {
    use countersign_store_sql::{ConnectError, MySqlStores, Options};
    use countersign_testkit::servers::MariaDb;

    use super::{backends::own_tables, *};

    async fn connect(options: Options) -> Result<MySqlStores, ConnectError> {
        MySqlStores::connect(&MariaDb::shared().url(), options).await
    }

    x05_records_of_another_epoch_count_as_absent!(connect);
    x14_nodes_that_boot_at_once_make_the_tables_once!(connect);
    x15_a_row_that_cannot_be_read_counts_as_absent!(
        connect,
        sqlx::MySqlPool::connect(&MariaDb::shared().url()),
        "UPDATE x15_session SET payload = ? WHERE id = ?"
    );
    x18_a_purge_takes_only_what_expired_and_lets_others_work!(
        connect,
        sqlx::MySqlPool::connect(&MariaDb::shared().url()),
        "INSERT INTO x18_one_time SELECT CONCAT('old', seq), 'x', 1999999999000, '' \
         FROM seq_1_to_ROWS"
    );
    x12_a_kill_leaves_whole_sessions_only!(MariaDb, MySqlStores);
    g01_each_proof_is_let_in_once!(connect, 4);

    /// As the server says it: error 1021, `ER_DISK_FULL`.
    #[test]
    fn x13_a_full_disk_is_unavailable_and_heals() {
        let server = MariaDb::shared();
        run(async {
            let options = Options::default().table_prefix("x13_").unwrap();
            let stores = connect(options).await.unwrap();
            for table in ["one_time", "session"] {
                server.admin(&format!(
                    "CREATE TRIGGER app.x13_{table} BEFORE INSERT ON app.x13_{table} FOR EACH ROW \
                     SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'disk full'"
                ));
            }
            assert!(is_unavailable(&stores.issue(&record("a")).await));
            assert!(is_unavailable(&stores.insert(&session("alice")).await));
            for table in ["one_time", "session"] {
                server.admin(&format!("DROP TRIGGER app.x13_{table}"));
            }
            stores.issue(&record("a")).await.unwrap();
            stores.insert(&session("alice")).await.unwrap();
        });
    }

    #[test]
    fn g01_each_proof_is_let_in_once_without_returning() {
        run(async {
            let (options, mut nodes) = (own_tables(), Vec::new());
            for _ in 0..4 {
                let stores = connect(options.clone()).await.unwrap();
                nodes.push(stores.without_returning().into());
            }
            let outcome = replay(nodes, proofs()).await;
            assert_eq!(
                (outcome.accepted, outcome.doubled, outcome.other),
                (proofs(), 0, 0)
            );
        });
    }

    #[test]
    fn x01_x02_x17_a_server_that_is_gone_is_unavailable_at_once_and_heals() {
        let mut server = MariaDb::start();
        run(async {
            let stores = MySqlStores::connect(&server.url(), own_tables())
                .await
                .unwrap();
            let session = session("alice");
            stores.issue(&record("a")).await.unwrap();
            stores.insert(&session).await.unwrap();
            assert_eq!(stores.durability(), countersign_core::Durability::Durable);
            server.kill9();
            let begin = Instant::now();
            assert!(is_unavailable(&stores.issue(&record("b")).await));
            assert!(is_unavailable(&stores.consume(&record("a").key).await));
            assert!(is_unavailable(&stores.find(&session.id).await));
            assert!(
                begin.elapsed() < Duration::from_secs(4),
                "{:?}",
                begin.elapsed()
            );
            server.restart();
            tokio::time::sleep(Duration::from_millis(1_100)).await; // idle ones are tested again
            assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
            assert!(
                stores.consume(&record("a").key).await.unwrap().is_some(),
                "unspent"
            );
        });
    }

    /// The driver counts the rows that matched, not those that changed: a claim by UPDATE must
    /// carry its own condition.
    #[test]
    fn x09_writing_the_same_again_is_a_conflict() {
        run(async {
            let stores = connect(own_tables()).await.unwrap();
            let first = session("alice");
            stores.insert(&first).await.unwrap();
            let second = countersign_core::Session {
                version: 1,
                ..first
            };
            stores.replace(&second).await.unwrap();
            let again = stores.replace(&second).await;
            assert!(matches!(again, Err(StoreError::Conflict)));
        });
    }

    #[test]
    fn the_grade_is_what_the_server_is_set_to() {
        run(async {
            let stores = connect(own_tables()).await.unwrap();
            assert_eq!(
                stores.durability(),
                countersign_core::Durability::BoundedLoss
            );
        });
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::{
        collections::HashMap,
        sync::{LazyLock, Mutex},
    };

    use countersign_core::Durability;
    use countersign_store_sql::{ConnectError, Options, SqliteStores};

    use super::{
        backends::{own_tables, sqlite_url},
        *,
    };

    /// A file of its own for each set of tables.
    fn url_of(options: &Options) -> String {
        static FILES: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);
        let mut files = FILES.lock().unwrap();
        let tables = format!("{options:?}").split(',').next().unwrap().to_owned();
        let url = files.entry(tables);
        url.or_insert_with(sqlite_url).clone()
    }

    async fn connect(options: Options) -> Result<SqliteStores, ConnectError> {
        SqliteStores::connect(&url_of(&options), options).await
    }

    x05_records_of_another_epoch_count_as_absent!(connect);
    x14_nodes_that_boot_at_once_make_the_tables_once!(connect);
    x15_a_row_that_cannot_be_read_counts_as_absent!(
        connect,
        sqlx::SqlitePool::connect(&url_of(&Options::default().table_prefix("x15_").unwrap())),
        "UPDATE x15_session SET payload = $1 WHERE id = $2"
    );
    x18_a_purge_takes_only_what_expired_and_lets_others_work!(
        connect,
        sqlx::SqlitePool::connect(&url_of(&Options::default().table_prefix("x18_").unwrap())),
        "INSERT INTO x18_one_time WITH RECURSIVE n(n) AS \
         (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ROWS) \
         SELECT CAST('old' || n AS BLOB), 'x', 1999999999000, '' FROM n"
    );
    g01_each_proof_is_let_in_once!(connect, 2);

    #[test]
    fn x13_a_full_disk_is_unavailable_and_heals() {
        run(async {
            let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
            let url = format!("{}?mode=rwc", sqlite_url());
            let pool = pool.connect(&url).await.unwrap();
            let stores = SqliteStores::from_pool(pool.clone(), Options::default())
                .await
                .unwrap();
            let (session, big) = (session("alice"), vec![0; 100_000]);
            stores.insert(&session).await.unwrap();
            // The file may grow no further.
            let limit = "PRAGMA max_page_count = 1"; // at least what there is
            sqlx::query(limit).execute(&pool).await.unwrap();
            let record = OneTime {
                payload: big,
                ..record("a")
            };
            assert!(is_unavailable(&stores.issue(&record).await));
            assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
            let limit = "PRAGMA max_page_count = 1000000";
            sqlx::query(limit).execute(&pool).await.unwrap();
            stores.issue(&record).await.unwrap();
        });
    }

    /// Two processes, as the file sees it, with 32 writers each.
    #[test]
    fn x10_sixty_four_writers_wait_for_each_other_or_are_told_within_two_seconds() {
        run(async {
            let url = sqlite_url();
            let mut writers = JoinSet::new();
            for process in 0..2 {
                let stores = SqliteStores::connect(&url, Options::default())
                    .await
                    .unwrap();
                for writer in 0..32 {
                    let stores = stores.clone();
                    writers.spawn(async move {
                        let begin = Instant::now();
                        let answer = stores.issue(&record(&format!("{process} {writer}"))).await;
                        assert!(begin.elapsed() < Duration::from_millis(2_300));
                        assert!(answer.is_ok() || is_unavailable(&answer), "{answer:?}");
                        usize::from(answer.is_ok())
                    });
                }
            }
            let written: usize = writers.join_all().await.into_iter().sum();
            assert!(written >= 32, "{written} of 64");
        });
    }

    #[test]
    fn the_grade_is_what_the_file_is_set_to() {
        run(async {
            let file = SqliteStores::connect(&sqlite_url(), Options::default())
                .await
                .unwrap();
            assert_eq!(file.durability(), Durability::Durable);
            let memory = SqliteStores::connect("sqlite::memory:", Options::default())
                .await
                .unwrap();
            assert_eq!(memory.durability(), Durability::Volatile);
        });
    }
}
