//! Stores in a SQL database: Postgres, MySQL or MariaDB, SQLite.
//!
//! Each backend is a feature: `postgres`, `mysql`, `sqlite`; without any of them this crate is empty.
//! Several nodes may share one database. The tables are made at the first connect; nodes that boot
//! at once wait for each other. All stores of a backend are one type, which implements [`NonceStore`](countersign_core::NonceStore),
//! [`SessionStore`](countersign_core::SessionStore) and
//! [`RateLimiter`](countersign_core::RateLimiter):
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use countersign_store_sql::{Options, PgStores};
//!
//! let url = "postgres://app@db.example/app?sslmode=verify-full";
//! let stores = PgStores::connect(url, Options::default()).await?;
//! let builder = countersign_core::Engine::builder("https://app.example").stores(stores.into());
//! # let _ = builder;
//! # Ok(()) }
//! ```
//!
//! # The way to the database
//! The URL of a database on another host says whether the way there is encrypted, or is refused
//! (`CFG_STORE_TLS`): `sslmode=verify-full` (`ssl-mode=VERIFY_IDENTITY` for MySQL), with a
//! `sslrootcert=FILE` (`ssl-ca=FILE`) for a private authority; or `sslmode=disable`
//! (`ssl-mode=DISABLED`) where the network between is yours. Pools that you open are your own affair.
//!
//! # What decides a race
//! A record is consumed by one statement, `DELETE … RETURNING`, and its answer is read to the end,
//! commit included. MySQL has no `RETURNING` (MariaDB has): there the record is read first, and the
//! number of rows that the following `DELETE` removed says who won. A session is replaced by one
//! `UPDATE` that carries the version before.
//!
//! A replica that is promoted before it heard of a deletion, or a backup, holds records that were
//! consumed. So each one-time record names the history that wrote it: in Postgres the timeline, and
//! everywhere the [epoch](Options::epoch) that you set. One of another history counts as absent.
//!
//! # Trouble
//! A statement that the database gave up in favour of another one (SQLSTATE 40001, 40P01; MySQL
//! 1213, 1205; `SQLITE_BUSY`) is tried again, three times at most. Reads are tried again after a
//! lost connection too; writes are not, since they may have happened. Each operation has two
//! seconds; then it is [`StoreError::Unavailable`](countersign_core::StoreError::Unavailable). A
//! row that cannot be read counts as absent, and the log says so.

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]

#[macro_use]
mod ports;
mod error;
mod migrations;
#[cfg(feature = "mysql")]
mod mysql;
mod options;
#[cfg(feature = "postgres")]
mod postgres;
mod quota;
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod transport;

pub use error::ConnectError;
#[cfg(feature = "mysql")]
pub use mysql::MySqlStores;
pub use options::Options;
#[cfg(feature = "postgres")]
pub use postgres::PgStores;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStores;
