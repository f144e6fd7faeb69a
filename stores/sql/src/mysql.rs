//! MySQL and MariaDB.

use std::{sync::Arc, time::Duration};

use countersign_core::{Durability, StoreError, Verdict};
use sqlx::{
    Connection, Executor, MySql as Database, MySqlPool,
    error::DatabaseError,
    mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlPoolOptions, MySqlSslMode},
};

use crate::{
    ConnectError, Options,
    error::{ACQUIRE, Effect, attempt},
    migrations::migrator,
    quota::Spending,
    rows::RecordRow,
    statements::{Dialect, Statements},
    transport::{Way, greet},
};

/// Stores in MySQL or MariaDB. Clones share the connections.
#[derive(Debug, Clone)]
pub struct MySqlStores {
    writers: MySqlPool,
    readers: MySqlPool,
    sql: Arc<Statements>,
    epoch: Arc<str>,
    /// Whether it knows `DELETE … RETURNING`: MariaDB does.
    returning: bool,
    durability: Durability,
}

implement_ports!(MySqlStores);

impl MySqlStores {
    /// Opens `mysql://user:password@host:port/database`; makes the tables if they are not there.
    /// Transactions are READ COMMITTED.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(url: &str, options: Options) -> Result<Self, ConnectError> {
        let server: MySqlConnectOptions = url.parse()?;
        way(&server).check()?;
        greet(&server).await?;
        let pool = MySqlPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    let level = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
                    connection.execute(level).await.map(|_| ())
                })
            })
            .test_before_acquire(false) // a round trip per operation …
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    // … but for those that lay idle, and may be dead
                    Ok(meta.idle_for < STALE || connection.ping().await.is_ok())
                })
            })
            .connect_with(server)
            .await?;
        Self::from_pool(pool, options).await
    }

    /// Uses connections that are there already; makes the tables if they are not there.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn from_pool(pool: MySqlPool, options: Options) -> Result<Self, ConnectError> {
        migrate(&pool, &options.prefix).await?;
        let (version,): (String,) = sqlx::query_as("SELECT VERSION()").fetch_one(&pool).await?;
        Ok(Self {
            sql: Arc::new(Statements::new(&DIALECT, &options.prefix)),
            epoch: options.epoch.into(),
            returning: version.to_ascii_lowercase().contains("mariadb"),
            durability: durability(&pool).await?,
            writers: pool.clone(),
            readers: pool,
        })
    }

    /// The other way to consume, which MySQL needs; here so that it can be tested on MariaDB too.
    #[doc(hidden)]
    pub fn without_returning(mut self) -> Self {
        self.returning = false;
        self
    }

    /// The answer is read to its end: a row that comes before the commit is no victory yet.
    async fn take(&self, key: &[u8]) -> Result<Option<RecordRow>, StoreError> {
        if !self.returning {
            return self.read_then_delete(key).await;
        }
        let run = || {
            sqlx::query_as::<Database, RecordRow>(self.sql.consume.clone())
                .bind(key)
                .bind(&*self.epoch)
                .fetch_all(&self.writers)
        };
        Ok(attempt(Effect::Writes, gave_it_up, run).await?.pop())
    }

    /// Records never change, so reading first is sound: who deletes the row has won.
    async fn read_then_delete(&self, key: &[u8]) -> Result<Option<RecordRow>, StoreError> {
        let read = || {
            sqlx::query_as::<Database, RecordRow>(self.sql.read_record.clone())
                .bind(&*self.epoch)
                .bind(key)
                .fetch_optional(&self.writers)
        };
        let row = attempt(Effect::Reads, gave_it_up, read).await?;
        let Some(row) = row.filter(|(_, expires_at)| expires_at.is_some()) else {
            return Ok(None); // what is behind another fence, a purge will find
        };
        let deleted = self
            .write(|| {
                sqlx::query(self.sql.delete_record.clone())
                    .bind(key)
                    .bind(&row.0)
                    .bind(row.1)
            })
            .await?;
        Ok((deleted == 1).then_some(row))
    }

    /// `LAST_INSERT_ID(x)` hands a number out with the answer to a write: 0 for "admitted", else
    /// the instant at which the quota is whole.
    async fn spend(&self, spending: &Spending) -> Result<Verdict, StoreError> {
        let run = || {
            sqlx::query(self.sql.spend.clone())
                .bind(&spending.id[..])
                .bind(spending.now.saturating_add(spending.cost))
                .bind(spending.beyond)
                .bind(spending.now)
                .bind(spending.now)
                .bind(spending.cost)
                .bind(spending.latest)
                .bind(spending.beyond)
                .bind(spending.now)
                .bind(spending.now)
                .bind(spending.cost)
                .execute(&self.writers)
        };
        let done = attempt(Effect::Writes, gave_it_up, run).await?;
        Ok(match done.last_insert_id() {
            0 => Verdict::Admitted,
            whole_at => spending.denied(whole_at.cast_signed()),
        })
    }
}

/// The lock lives with a connection of its own: whatever happens to us, it goes with it.
fn way(server: &MySqlConnectOptions) -> Way<'_> {
    Way {
        host: server.get_host(),
        is_socket: server.get_socket().is_some(),
        is_stated: !matches!(server.get_ssl_mode(), MySqlSslMode::Preferred),
        choices: ["ssl-mode=VERIFY_IDENTITY", "ssl-mode=DISABLED"],
    }
}

async fn migrate(pool: &MySqlPool, prefix: &str) -> Result<(), ConnectError> {
    let mut connection = pool.acquire().await?.detach();
    // Names of locks are the whole server's, and short.
    let lock = "SELECT GET_LOCK(LEFT(CONCAT(?, MD5(DATABASE())), 64), 60)";
    let (held,): (Option<i64>,) = sqlx::query_as(lock)
        .bind(prefix)
        .fetch_one(&mut connection)
        .await?;
    if held != Some(1) {
        let error = "another node has been making the tables for a minute";
        return Err(ConnectError::Migration(error.into()));
    }
    let texts = [
        include_str!("../migrations/mysql/1.sql"),
        include_str!("../migrations/mysql/2.sql"),
    ];
    migrator(prefix, &texts)
        .run_direct(None, &mut connection, false)
        .await?;
    Ok(connection.close().await?)
}

async fn durability(pool: &MySqlPool) -> Result<Durability, sqlx::Error> {
    let flush = "SELECT CAST(@@innodb_flush_log_at_trx_commit AS SIGNED)";
    let (flush,): (i64,) = sqlx::query_as(flush).fetch_one(pool).await?;
    Ok(match flush {
        1 => Durability::Durable,
        _ => Durability::BoundedLoss,
    })
}

/// Deadlock (1213), and a lock that did not come (1205): both roll the statement back.
fn gave_it_up(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<MySqlDatabaseError>()
        .is_some_and(|error| matches!(error.number(), 1213 | 1205))
}

const DIALECT: Dialect = Dialect {
    or_nothing: "",
    purge: "DELETE FROM TABLE WHERE COLUMN < $1 ORDER BY COLUMN LIMIT 500",
    spend: "INSERT INTO {prefix}quota (id, whole_at) VALUES ($1, $2) \
            ON DUPLICATE KEY UPDATE whole_at = \
            IF(IF(whole_at > $3, $4, GREATEST(whole_at, $5)) + $6 <= $7, \
            IF(whole_at > $8, $9, GREATEST(whole_at, $10)) + $11 + LAST_INSERT_ID(0), \
            LAST_INSERT_ID(whole_at))",
    kept: "",
    fence: "NAME",
    upsert: " ON DUPLICATE KEY UPDATE payload = VALUES(payload)",
    nameless: true,
};

const STALE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_database_on_another_host_needs_a_word_on_tls() {
        let is_good = |url: &str| way(&url.parse().unwrap()).check().is_ok();
        for good in [
            "mysql://app@127.0.0.1/app",
            "mysql://app@localhost/app",
            "mysql://app@db.example/app?socket=/run/mysqld/mysqld.sock",
            "mysql://app@db.example/app?ssl-mode=VERIFY_IDENTITY",
            "mysql://app@db.example/app?ssl-mode=REQUIRED",
            "mysql://app@db.example/app?ssl-mode=DISABLED",
        ] {
            assert!(is_good(good), "{good}");
        }
        for bad in [
            "mysql://app:secret@db.example/app",
            "mysql://app@192.168.0.1/app",
            "mysql://app@db.example/app?ssl-mode=PREFERRED",
        ] {
            assert!(!is_good(bad), "{bad}");
        }
    }
}
