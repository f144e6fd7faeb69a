//! What a row holds.

use countersign_core::{Session, SessionId, StoreError};

/// Two columns: payload, and `expires_at` in milliseconds, which is missing behind another fence.
pub(crate) type RecordRow = (Vec<u8>, Option<i64>);

/// The columns of a session's row, in the order of the statements.
pub(crate) struct SessionRow<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) version: i64,
    pub(crate) ends_at: i64,
    pub(crate) payload: Vec<u8>,
}

impl<'a> SessionRow<'a> {
    pub(crate) fn of(session: &'a Session) -> Result<Self, StoreError> {
        Ok(Self {
            id: session.id.as_bytes(),
            subject: session.identity.subject.as_str().as_bytes(),
            version: stored_version(session.version),
            ends_at: session.idle_until.min(session.expires_at).as_millis(),
            payload: serde_json::to_vec(session).map_err(StoreError::corrupt)?,
        })
    }
}

/// Databases have signed integers only; equal stays equal, and nothing else is asked of versions.
pub(crate) fn stored_version(version: u64) -> i64 {
    version.cast_signed()
}

/// The session of a row. One that cannot be read, or that stands under an id that is not its own,
/// counts as absent.
pub(crate) fn session(id: &[u8], payload: &[u8]) -> Option<Session> {
    match serde_json::from_slice::<Session>(payload) {
        Ok(session) if session.id.as_bytes() == id => Some(session),
        Ok(_) => {
            tracing::warn!(target: "countersign", "a session stands under another id: taken as absent");
            None
        }
        Err(error) => {
            tracing::warn!(
                target: "countersign", line = error.line(), column = error.column(),
                "a session's row cannot be read: taken as absent",
            );
            None
        }
    }
}

/// A row whose columns are not what they should be counts as absent.
pub(crate) fn or_absent<T: Default>(row: Result<T, StoreError>) -> Result<T, StoreError> {
    match row {
        Err(StoreError::Corrupt(error)) => {
            tracing::warn!(target: "countersign", %error, "a row cannot be read: taken as absent");
            Ok(T::default())
        }
        other => other,
    }
}

/// The sessions of all rows that can be read.
pub(crate) fn sessions(rows: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<Session> {
    rows.iter()
        .filter_map(|(id, payload)| session(id, payload))
        .collect()
}

/// The session of the row under `id`, if there is one.
pub(crate) fn one_session(id: &SessionId, row: Option<(Vec<u8>,)>) -> Option<Session> {
    row.and_then(|(payload,)| session(id.as_bytes(), &payload))
}
