//! Errors: why a database was not opened, and what a failed statement means.

use std::{future::Future, time::Duration};

use countersign_core::{BoxError, ConfigFault, StoreError};
use sqlx::error::DatabaseError;

/// Why a database was not opened. Never holds the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The prefix cannot begin the name of a table.
    #[error("a table prefix is at most 32 of a-z, 0-9 and _, and does not begin with a digit")]
    Prefix,
    /// The epoch is too long.
    #[error("an epoch has at most 32 bytes, and no zero byte")]
    Epoch,
    /// The database cannot be reached, or refuses us.
    #[error("the database cannot be opened")]
    Unreachable(#[source] BoxError),
    /// Its URL makes it unfit: `CFG_STORE_TLS`.
    #[error("{}: {}", .0.code, .0.detail)]
    Unfit(ConfigFault),
    /// The tables could not be made or brought up to date.
    #[error("the tables cannot be made or brought up to date")]
    Migration(#[source] BoxError),
}

impl From<sqlx::Error> for ConnectError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unreachable(error.into())
    }
}

impl From<sqlx::migrate::MigrateError> for ConnectError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(error.into())
    }
}

/// What a statement does, for what may be tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It may be repeated whatever happened.
    Reads,
    /// After a lost connection nobody knows whether it happened.
    Writes,
}

/// Runs a statement within the deadline, again if the database gave it up for another one.
pub(crate) async fn attempt<T, F>(
    effect: Effect,
    gave_it_up: fn(&dyn DatabaseError) -> bool,
    mut statement: impl FnMut() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let tries = async {
        let mut tries = 0;
        loop {
            let error = match statement().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let again = match &error {
                sqlx::Error::Database(error) => {
                    gave_it_up(&**error) || effect == Effect::Reads && says_farewell(&**error)
                }
                sqlx::Error::Io(_) => effect == Effect::Reads,
                _ => false,
            };
            tries += 1;
            if !again || tries > RETRIES {
                return Err(store_error(error));
            }
            tokio::time::sleep(BACK_OFF * tries).await;
        }
    };
    match tokio::time::timeout(DEADLINE, tries).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

/// Whether it is the last word of a connection: SQLSTATE class 08, or the server is going down
/// (57P01 to 57P03).
fn says_farewell(error: &dyn DatabaseError) -> bool {
    let code = error.code();
    code.is_some_and(|code| code.len() == 5 && (code.starts_with("08") || code.starts_with("57P0")))
}

fn store_error(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(violation) if violation.is_unique_violation() => StoreError::Conflict,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::corrupt(error),
        _ => StoreError::unavailable(error),
    }
}

/// What one operation may take, waiting for a connection included.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);
/// What waiting for a connection may take, to a server on the network: where there is none, clients
/// hear so within a second.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) const ACQUIRE: Duration = Duration::from_millis(800);
const RETRIES: u32 = 3;
const BACK_OFF: Duration = Duration::from_millis(10);
