//! Postgres.

use std::{sync::Arc, time::Duration};

use countersign_core::{Durability, StoreError, Verdict};
use sqlx::{
    Connection, PgPool, Postgres as Database,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
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

/// Stores in Postgres. Clones share the connections.
///
/// READ COMMITTED, the default, is enough: the loser of a race finds no row.
#[derive(Debug, Clone)]
pub struct PgStores {
    writers: PgPool,
    readers: PgPool,
    sql: Arc<Statements>,
    epoch: Arc<str>,
    durability: Durability,
}

implement_ports!(PgStores);

impl PgStores {
    /// Opens `postgres://user:password@host:port/database`; makes the tables if they are not there.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(url: &str, options: Options) -> Result<Self, ConnectError> {
        let server: PgConnectOptions = url.parse()?;
        way(&server).check()?;
        greet(&server).await?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(ACQUIRE)
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
    pub async fn from_pool(pool: PgPool, options: Options) -> Result<Self, ConnectError> {
        migrate(&pool, &options.prefix).await?;
        Ok(Self {
            sql: Arc::new(Statements::new(&DIALECT, &options.prefix)),
            epoch: options.epoch.into(),
            durability: durability(&pool).await?,
            writers: pool.clone(),
            readers: pool,
        })
    }

    /// The answer is read to its end: a row that comes before the commit is no victory yet.
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
                .fetch_one(&self.writers)
        };
        let (whole_at, admitted) = attempt(Effect::Writes, gave_it_up, run).await?;
        Ok(match admitted {
            true => Verdict::Admitted,
            false => spending.denied(whole_at),
        })
    }
}

/// The lock lives with a connection of its own: whatever happens to us, it goes with it.
fn way(server: &PgConnectOptions) -> Way<'_> {
    Way {
        host: server.get_host(),
        is_socket: server.get_socket().is_some(),
        is_stated: !matches!(server.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow),
        choices: ["sslmode=verify-full", "sslmode=disable"],
    }
}

async fn migrate(pool: &PgPool, prefix: &str) -> Result<(), ConnectError> {
    let mut connection = pool.acquire().await?.detach();
    sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
        .bind(format!("countersign migrations {prefix}"))
        .execute(&mut connection)
        .await?;
    let texts = [
        include_str!("../migrations/postgres/1.sql"),
        include_str!("../migrations/postgres/2.sql"),
    ];
    migrator(prefix, &texts)
        .run_direct(None, &mut connection, false)
        .await?;
    Ok(connection.close().await?)
}

async fn durability(pool: &PgPool) -> Result<Durability, sqlx::Error> {
    let settings = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";
    let (fsync, commit): (String, String) = sqlx::query_as(settings).fetch_one(pool).await?;
    Ok(match (fsync.as_str(), commit.as_str()) {
        ("on", "off") => Durability::BoundedLoss,
        ("on", _) => Durability::Durable,
        _ => Durability::Volatile,
    })
}

/// Serialization failure, deadlock.
fn gave_it_up(error: &dyn DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}

/// The first 8 digits of the name of the log's current file are the timeline, which a promotion
/// changes.
const DIALECT: Dialect = Dialect {
    or_nothing: " ON CONFLICT DO NOTHING",
    purge: "DELETE FROM TABLE WHERE id IN \
            (SELECT id FROM TABLE WHERE COLUMN < $1 LIMIT 500 FOR UPDATE SKIP LOCKED)",
    spend: "INSERT INTO {prefix}quota AS kept (id, whole_at, admitted) \
            VALUES ($1, $2::bigint + $3::bigint, true) \
            ON CONFLICT (id) DO UPDATE SET \
            admitted = KEPT + $3 <= $4, \
            whole_at = CASE WHEN KEPT + $3 <= $4 \
            THEN KEPT + $3 ELSE kept.whole_at END \
            RETURNING whole_at, admitted",
    kept: "CASE WHEN kept.whole_at > $5 THEN $2 ELSE GREATEST(kept.whole_at, $2) END",
    fence: "NAME || LEFT(pg_walfile_name(pg_current_wal_lsn()), 8)",
    upsert: " ON CONFLICT (kind, name) DO UPDATE SET payload = excluded.payload",
    nameless: false,
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
            "postgres://app@127.0.0.1/app",
            "postgres://app@[::1]/app",
            "postgres://app@localhost/app",
            "postgres:///app?host=/run/postgresql",
            "postgres://app@db.example/app?sslmode=verify-full",
            "postgres://app@db.example/app?sslmode=require",
            "postgres://app@db.example/app?sslmode=disable",
        ] {
            assert!(is_good(good), "{good}");
        }
        for bad in [
            "postgres://app:secret@db.example/app",
            "postgres://app@10.0.0.1/app",
            "postgres://app@localhost.example/app",
            "postgres://app@db.example/app?sslmode=prefer",
            "postgres://app@db.example/app?sslmode=allow",
        ] {
            assert!(!is_good(bad), "{bad}");
        }
    }
}
