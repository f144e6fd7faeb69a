//! The statements of all dialects. Parameters stand in the order of their numbers, each once.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// The dialect's statements with the names of the tables filled in.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) issue: SqlStr,
    /// `DELETE … RETURNING`, where there is such a thing.
    pub(crate) consume: SqlStr,
    #[cfg(feature = "mysql")]
    pub(crate) read_record: SqlStr,
    #[cfg(feature = "mysql")]
    pub(crate) delete_record: SqlStr,
    pub(crate) purge_records: SqlStr,
    pub(crate) insert: SqlStr,
    pub(crate) find: SqlStr,
    pub(crate) replace: SqlStr,
    pub(crate) remove: SqlStr,
    pub(crate) of_subject: SqlStr,
    pub(crate) remove_all: SqlStr,
    pub(crate) purge_sessions: SqlStr,
    pub(crate) spend: SqlStr,
    pub(crate) purge_quotas: SqlStr,
    pub(crate) insert_entry: SqlStr,
    pub(crate) put_entry: SqlStr,
    pub(crate) find_entry: SqlStr,
    pub(crate) list_entries: SqlStr,
    pub(crate) remove_entry: SqlStr,
}

/// What differs between the dialects.
pub(crate) struct Dialect {
    /// What an `INSERT` ends with so that a row which exists is no error; MySQL's `IGNORE` would
    /// hide other errors too, so there the error says it.
    pub(crate) or_nothing: &'static str,
    /// Removes a batch of rows of `TABLE` that are past `COLUMN`.
    pub(crate) purge: &'static str,
    pub(crate) spend: &'static str,
    /// What `KEPT` stands for in `spend`: the instant of the row, if it counts, or now.
    pub(crate) kept: &'static str,
    /// The history that the database is in, after the name that `FENCE` stands for.
    pub(crate) fence: &'static str,
    /// What an `INSERT` of an entry ends with so that it replaces the one there is.
    pub(crate) upsert: &'static str,
    /// Whether parameters are `?`, not `$1`.
    pub(crate) nameless: bool,
}

impl Statements {
    pub(crate) fn new(dialect: &Dialect, prefix: &str) -> Self {
        let sql = |text: &str| statement(dialect, prefix, text);
        let purge = |table: &str, column: &str| {
            let text = dialect.purge.replace("TABLE", table);
            sql(&text.replace("COLUMN", column))
        };
        Self {
            issue: sql(&format!("{ISSUE}{}", dialect.or_nothing)),
            consume: sql(CONSUME),
            #[cfg(feature = "mysql")]
            read_record: sql(READ_RECORD),
            #[cfg(feature = "mysql")]
            delete_record: sql(DELETE_RECORD),
            purge_records: purge("{prefix}one_time", "expires_at"),
            insert: sql(&format!("{INSERT}{}", dialect.or_nothing)),
            find: sql("SELECT payload FROM {prefix}session WHERE id = $1"),
            replace: sql(REPLACE),
            remove: sql("DELETE FROM {prefix}session WHERE id = $1"),
            of_subject: sql("SELECT id, payload FROM {prefix}session WHERE subject = $1"),
            remove_all: sql("DELETE FROM {prefix}session WHERE subject = $1"),
            purge_sessions: purge("{prefix}session", "ends_at"),
            spend: sql(&dialect.spend.replace("KEPT", dialect.kept)),
            purge_quotas: purge("{prefix}quota", "whole_at"),
            insert_entry: sql(&format!("{INSERT_ENTRY}{}", dialect.or_nothing)),
            put_entry: sql(&format!("{INSERT_ENTRY}{}", dialect.upsert)),
            find_entry: sql("SELECT payload FROM {prefix}entry WHERE kind = $1 AND name = $2"),
            list_entries: sql(
                "SELECT name, payload FROM {prefix}entry WHERE kind = $1 ORDER BY name",
            ),
            remove_entry: sql("DELETE FROM {prefix}entry WHERE kind = $1 AND name = $2"),
        }
    }
}

/// A text with the prefix filled in and the dialect's parameters. The prefix is made of letters,
/// digits and `_` only, so the text stays what it says.
fn statement(dialect: &Dialect, prefix: &str, text: &str) -> SqlStr {
    let mut text = text.replace("{prefix}", prefix);
    if let Some((before, rest)) = text.split_once("FENCE(") {
        let (name, after) = rest.split_once(')').unwrap_or((rest, ""));
        text = format!("{before}{}{after}", dialect.fence.replace("NAME", name));
    }
    if dialect.nameless {
        for number in (1..=11).rev() {
            text = text.replace(&format!("${number}"), "?");
        }
    }
    AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
}

const ISSUE: &str = "INSERT INTO {prefix}one_time (id, payload, expires_at, fence) \
                     VALUES ($1, $2, $3, FENCE($4))";

/// A record of another history gives no expiry, and counts as absent.
const CONSUME: &str = "DELETE FROM {prefix}one_time WHERE id = $1 \
                       RETURNING payload, CASE WHEN fence = FENCE($2) THEN expires_at END";

#[cfg(feature = "mysql")]
const READ_RECORD: &str = "SELECT payload, CASE WHEN fence = FENCE($1) THEN expires_at END \
                           FROM {prefix}one_time WHERE id = $2";

/// The very record that was read, and no later one under the same key.
#[cfg(feature = "mysql")]
const DELETE_RECORD: &str =
    "DELETE FROM {prefix}one_time WHERE id = $1 AND payload = $2 AND expires_at = $3";

const INSERT: &str = "INSERT INTO {prefix}session (id, subject, version, ends_at, payload) \
                      VALUES ($1, $2, $3, $4, $5)";

const REPLACE: &str = "UPDATE {prefix}session SET version = $1, ends_at = $2, payload = $3 \
                       WHERE id = $4 AND version = $5";

const INSERT_ENTRY: &str = "INSERT INTO {prefix}entry (kind, name, payload) VALUES ($1, $2, $3)";

/// How many rows go at once, so that a purge never holds locks for long.
pub(crate) const BATCH: u64 = 500;
