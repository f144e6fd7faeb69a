//! The store suites of the testkit on real servers, each case with tables of its own.

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used)]

mod backends;

#[cfg(feature = "postgres")]
mod postgres {
    use super::backends::postgres;

    countersign_testkit::nonce_store_suite!(postgres().await);
    countersign_testkit::session_store_suite!(postgres().await);
    countersign_testkit::rate_limiter_suite!(postgres().await);
    countersign_testkit::registry_suite!(postgres().await);
}

#[cfg(feature = "mysql")]
mod mariadb {
    use super::backends::mariadb;

    countersign_testkit::nonce_store_suite!(mariadb().await);
    countersign_testkit::session_store_suite!(mariadb().await);
    countersign_testkit::rate_limiter_suite!(mariadb().await);
    countersign_testkit::registry_suite!(mariadb().await);
}

/// What MySQL proper does: it has no `DELETE … RETURNING`.
#[cfg(feature = "mysql")]
mod mysql_without_returning {
    use super::backends::mariadb;

    countersign_testkit::nonce_store_suite!(mariadb().await.without_returning());
}

#[cfg(feature = "sqlite")]
mod sqlite_file {
    use super::backends::sqlite;

    countersign_testkit::nonce_store_suite!(sqlite().await);
    countersign_testkit::session_store_suite!(sqlite().await);
    countersign_testkit::rate_limiter_suite!(sqlite().await);
    countersign_testkit::registry_suite!(sqlite().await);
}

#[cfg(feature = "sqlite")]
mod sqlite_memory {
    use countersign_store_sql::{Options, SqliteStores};

    async fn sqlite() -> SqliteStores {
        SqliteStores::connect("sqlite::memory:", Options::default())
            .await
            .unwrap()
    }

    countersign_testkit::nonce_store_suite!(sqlite().await);
    countersign_testkit::session_store_suite!(sqlite().await);
    countersign_testkit::rate_limiter_suite!(sqlite().await);
    countersign_testkit::registry_suite!(sqlite().await);
}
