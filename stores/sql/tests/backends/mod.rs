//! Fresh stores on servers that all tests of this process share.

#![allow(dead_code, unreachable_pub)]

use countersign_store_sql::Options;
use countersign_testkit::servers::fresh_prefix;

/// Tables of one's own.
pub fn own_tables() -> Options {
    Options::default().table_prefix(&fresh_prefix()).unwrap()
}

#[cfg(feature = "postgres")]
pub async fn postgres() -> countersign_store_sql::PgStores {
    let url = countersign_testkit::servers::Postgres::shared().url();
    countersign_store_sql::PgStores::connect(&url, own_tables())
        .await
        .unwrap()
}

#[cfg(feature = "mysql")]
pub async fn mariadb() -> countersign_store_sql::MySqlStores {
    let url = countersign_testkit::servers::MariaDb::shared().url();
    countersign_store_sql::MySqlStores::connect(&url, own_tables())
        .await
        .unwrap()
}

/// A file of one's own.
#[cfg(feature = "sqlite")]
pub async fn sqlite() -> countersign_store_sql::SqliteStores {
    countersign_store_sql::SqliteStores::connect(&sqlite_url(), Options::default())
        .await
        .unwrap()
}

/// The URL of a file that is not there yet.
#[cfg(feature = "sqlite")]
pub fn sqlite_url() -> String {
    let file = countersign_testkit::servers::Dir::shared()
        .path()
        .join(format!("{}.sqlite", fresh_prefix()));
    format!("sqlite://{}", file.display())
}
