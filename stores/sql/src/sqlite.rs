//! SQLite.

use std::{str::FromStr, sync::Arc, time::Duration};

use countersign_core::{Durability, StoreError, Verdict};
use sqlx::{
    Sqlite as Database, SqlitePool,
    error::DatabaseError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    ConnectError, Options,
    error::{DEADLINE, Effect, attempt},
    migrations::migrator,
    quota::Spending,
    rows::RecordRow,
    statements::{Dialect, Statements},
};

/// Stores in SQLite. Clones share the connections; a few processes of one machine may share a file.
///
/// One connection writes, the others read: writers of one process queue up instead of fighting for
/// the file's lock. Each write is one statement, which takes that lock at its beginning.
#[derive(Debug, Clone)]
pub struct SqliteStores {
    writers: SqlitePool,
    readers: SqlitePool,
    sql: Arc<Statements>,
    epoch: Arc<str>,
    durability: Durability,
}

implement_ports!(SqliteStores);

impl SqliteStores {
    /// Opens `sqlite:path` (`sqlite:///absolute/path`), or `sqlite::memory:`; makes the file and
    /// the tables if they are not there. The journal is a write-ahead log, and every commit is on
    /// disk before it counts.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(url: &str, options: Options) -> Result<Self, ConnectError> {
        let file = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(DEADLINE)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writers = open(pool(1), &file).await?;
        // A database in memory belongs to its one connection.
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let readers = match in_memory {
            true => writers.clone(),
            false => pool(options.connections).connect_lazy_with(file),
        };
        Self::over(writers, readers, options).await
    }

    /// Uses connections that are there already, for reading and for writing; makes the tables if
    /// they are not there.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn from_pool(pool: SqlitePool, options: Options) -> Result<Self, ConnectError> {
        Self::over(pool.clone(), pool, options).await
    }

    async fn over(
        writers: SqlitePool,
        readers: SqlitePool,
        options: Options,
    ) -> Result<Self, ConnectError> {
        migrate(&writers, &options.prefix).await?;
        Ok(Self {
            sql: Arc::new(Statements::new(&DIALECT, &options.prefix)),
            epoch: options.epoch.into(),
            durability: durability(&writers).await?,
            writers,
            readers,
        })
    }

    /// The answer is read to its end: the commit comes after the row, and may fail.
    async fn take(&self, key: &[u8]) -> Result<Option<RecordRow>, StoreError> {
        let run = || {
            sqlx::query_as::<Database, RecordRow>(self.sql.consume.clone())
                .bind(key)
                .bind(&*self.epoch)
                .fetch_all(&self.writers)
        };
        Ok(attempt(Effect::Writes, gave_it_up, run).await?.pop())
    }

    async fn spend(&self, spending: &Spending) -> Result<Verdict, StoreError> {
        let run = || {
            sqlx::query_as::<Database, (i64, bool)>(self.sql.spend.clone())
                .bind(&spending.id[..])
                .bind(spending.now)
                .bind(spending.cost)
                .bind(spending.latest)
                .bind(spending.beyond)
                .fetch_all(&self.writers)
        };
        let mut rows = attempt(Effect::Writes, gave_it_up, run).await?;
        match rows.pop() {
            Some((_, true)) => Ok(Verdict::Admitted),
            Some((whole_at, false)) => Ok(spending.denied(whole_at)),
            None => Err(StoreError::unavailable("the upsert gave no row")),
        }
    }
}

/// Turning the write-ahead log on needs the file for oneself for a moment, and SQLite does not
/// wait for that.
async fn open(
    pool: SqlitePoolOptions,
    file: &SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    let mut tries = 0;
    loop {
        match pool.clone().connect_with(file.clone()).await {
            Err(sqlx::Error::Database(error)) if gave_it_up(&*error) && tries < 50 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

async fn migrate(pool: &SqlitePool, prefix: &str) -> Result<(), ConnectError> {
    let mut lock = pool.begin_with("BEGIN IMMEDIATE").await?;
    let texts = [
        include_str!("../migrations/sqlite/1.sql"),
        include_str!("../migrations/sqlite/2.sql"),
    ];
    migrator(prefix, &texts)
        .run_direct(None, &mut *lock, false)
        .await?;
    Ok(lock.commit().await?)
}

async fn durability(pool: &SqlitePool) -> Result<Durability, sqlx::Error> {
    let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode")
        .fetch_one(pool)
        .await?;
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(pool).await?;
    Ok(match (journal.as_str(), synchronous) {
        ("memory" | "off", _) | (_, 0) => Durability::Volatile,
        (_, 1) => Durability::BoundedLoss,
        _ => Durability::Durable,
    })
}

/// `SQLITE_BUSY`, `SQLITE_LOCKED` and their kinds.
fn gave_it_up(error: &dyn DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    matches!(code.map(|code| code & 0xff), Some(5 | 6))
}

const DIALECT: Dialect = Dialect {
    or_nothing: " ON CONFLICT DO NOTHING",
    purge: "DELETE FROM TABLE WHERE id IN (SELECT id FROM TABLE WHERE COLUMN < $1 LIMIT 500)",
    spend: "INSERT INTO {prefix}quota AS kept (id, whole_at, admitted) VALUES ($1, $2 + $3, 1) \
            ON CONFLICT (id) DO UPDATE SET \
            admitted = KEPT + $3 <= $4, \
            whole_at = CASE WHEN KEPT + $3 <= $4 \
            THEN KEPT + $3 ELSE kept.whole_at END \
            RETURNING whole_at, admitted",
    kept: "CASE WHEN kept.whole_at > $5 THEN $2 ELSE MAX(kept.whole_at, $2) END",
    fence: "NAME",
    upsert: " ON CONFLICT (kind, name) DO UPDATE SET payload = excluded.payload",
    nameless: false,
};

const BUSY: Duration = Duration::from_millis(1_500);
