//! What can be chosen when a database is opened.

use crate::ConnectError;

/// What can be chosen when a database is opened.
///
/// ```
/// use countersign_store_sql::Options;
///
/// let options = Options::default().table_prefix("signin_")?.connections(20);
/// # let _ = options;
/// assert!(Options::default().table_prefix("x; DROP TABLE").is_err());
/// # Ok::<_, countersign_store_sql::ConnectError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) prefix: String,
    pub(crate) connections: u32,
    pub(crate) epoch: String,
}

impl Options {
    /// What the names of all tables begin with; `countersign_` by default. At most 32 of
    /// `a-z 0-9 _`, not a digit first. Sites that share a database keep apart by it.
    ///
    /// # Errors
    /// [`ConnectError::Prefix`].
    pub fn table_prefix(mut self, prefix: &str) -> Result<Self, ConnectError> {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_good = prefix.len() <= 32
            && prefix.bytes().all(is_name)
            && !prefix.starts_with(|first: char| first.is_ascii_digit());
        if !is_good {
            return Err(ConnectError::Prefix);
        }
        prefix.clone_into(&mut self.prefix);
        Ok(self)
    }

    /// A name for the database's current history, such as `2`; the empty one by default. One-time
    /// records of another epoch count as absent. Change it on all nodes when you promote a replica
    /// of MySQL or restore a backup, lest a record that was consumed comes back. Postgres needs no
    /// epoch for a promotion: its timeline changes by itself, and is compared.
    ///
    /// # Errors
    /// [`ConnectError::Epoch`] if it has more than 32 bytes.
    pub fn epoch(mut self, epoch: &str) -> Result<Self, ConnectError> {
        if epoch.len() > 32 || epoch.contains('\0') {
            return Err(ConnectError::Epoch);
        }
        epoch.clone_into(&mut self.epoch);
        Ok(self)
    }

    /// How many connections a node holds at most; 10 by default.
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "countersign_".to_owned(),
            connections: 10,
            epoch: String::new(),
        }
    }
}
