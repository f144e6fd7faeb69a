//! Tables, and who makes them when several nodes boot at once: whoever holds the lock, while the
//! others wait.

use std::sync::Arc;

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// The migrations of a dialect, under a history of our own beside the application's. The backend
/// holds its own lock while it runs them.
pub(crate) fn migrator(prefix: &str, texts: &[&str]) -> Migrator {
    let migrations = (1..).zip(texts).map(|(version, text)| {
        let sql = AssertSqlSafe(Arc::<str>::from(text.replace("{prefix}", prefix)));
        let name = format!("countersign {version}").into();
        Migration::new(
            version,
            name,
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(format!("_{prefix}migrations"));
    migrator.set_locking(false);
    migrator
}
