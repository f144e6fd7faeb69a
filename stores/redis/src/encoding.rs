//! How a session is written in Redis: field after field, each text behind its length.
//!
//! A session is read at every request, and as JSON that is the better half of what a look into
//! Redis costs. The first byte is the number of the format; `{` begins JSON, which is read as well.

use countersign_core::{
    AccountId, Grant, Identity, RefreshSeed, RefreshState, Session, SessionId, SessionKind,
    Standing, StoreError, Timestamp,
};
use serde::{
    Deserialize,
    de::value::{BorrowedStrDeserializer, Error},
};

/// Writes a session behind what is there already.
pub(crate) fn write(session: &Session, behind: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let Session {
        id,
        identity,
        kind,
        version,
        created_at,
        last_seen,
        idle_until,
        expires_at,
        refresh,
        grant,
        standing,
        data,
    } = session;
    let Identity {
        subject,
        account,
        method,
        authenticated_at,
        delegate,
    } = identity;
    let mut to = Writer(behind);
    to.0.push(FORMAT);
    to.0.extend_from_slice(id.as_bytes());
    to.text(subject.as_str());
    to.account(account);
    to.text(method);
    to.instant(*authenticated_at);
    to.whether(delegate.as_ref());
    if let Some(delegate) = delegate {
        to.account(delegate);
    }
    to.0.push(match kind {
        SessionKind::Cookie => 0,
        SessionKind::Token => 1,
    });
    to.0.extend_from_slice(&version.to_be_bytes());
    for instant in [created_at, last_seen, idle_until, expires_at] {
        to.instant(*instant);
    }
    to.whether(refresh.as_ref());
    if let Some(RefreshState {
        seed,
        count,
        rotated_at,
    }) = refresh
    {
        let seed = serde_json::to_string(seed).map_err(StoreError::corrupt)?;
        to.text(seed.trim_matches('"'));
        to.number(*count);
        to.instant(*rotated_at);
    }
    to.whether(grant.as_ref());
    if let Some(Grant {
        client,
        scopes,
        refreshable,
    }) = grant
    {
        to.text(client);
        to.number(length(scopes.len()));
        scopes.iter().for_each(|scope| to.text(scope));
        to.0.push(u8::from(*refreshable));
    }
    to.whether(standing.as_ref());
    if let Some(Standing {
        evidence,
        confirmed_at,
    }) = standing
    {
        to.text(evidence);
        to.instant(*confirmed_at);
    }
    if !data.is_empty() {
        serde_json::to_writer(&mut to.0, data).map_err(StoreError::corrupt)?;
    }
    Ok(to.0)
}

/// Reads the session of this id; `None` if it is none, or another's.
pub(crate) fn read(id: &SessionId, bytes: &[u8]) -> Option<Session> {
    match bytes.split_first()? {
        (&FORMAT, fields) => read_fields(*id, &mut Reader(fields)),
        (b'{', _) => {
            let session = serde_json::from_slice::<Session>(bytes).ok();
            session.filter(|session| session.id == *id)
        }
        _ => None,
    }
}

fn read_fields(id: SessionId, from: &mut Reader<'_>) -> Option<Session> {
    if from.take(id.as_bytes().len())? != id.as_bytes() {
        return None;
    }
    let identity = Identity {
        subject: from.text()?.parse().ok()?,
        account: from.text()?.parse().ok()?,
        method: from.text()?.to_owned(),
        authenticated_at: from.instant()?,
        delegate: from.if_any(|from| from.text()?.parse().ok())?,
    };
    Some(Session {
        id,
        identity,
        kind: match from.flag()? {
            false => SessionKind::Cookie,
            true => SessionKind::Token,
        },
        version: u64::from_be_bytes(from.take(8)?.try_into().ok()?),
        created_at: from.instant()?,
        last_seen: from.instant()?,
        idle_until: from.instant()?,
        expires_at: from.instant()?,
        refresh: from.if_any(|from| {
            let seed = BorrowedStrDeserializer::<Error>::new(from.text()?);
            Some(RefreshState {
                seed: RefreshSeed::deserialize(seed).ok()?,
                count: from.number()?,
                rotated_at: from.instant()?,
            })
        })?,
        grant: from.if_any(|from| {
            Some(Grant {
                client: from.text()?.to_owned(),
                scopes: from.texts()?,
                refreshable: from.flag()?,
            })
        })?,
        standing: from.if_any(|from| {
            Some(Standing {
                evidence: from.text()?.to_owned(),
                confirmed_at: from.instant()?,
            })
        })?,
        data: match from.0 {
            [] => Default::default(),
            json => serde_json::from_slice(json).ok()?,
        },
    })
}

struct Writer(Vec<u8>);

impl Writer {
    fn text(&mut self, text: &str) {
        self.number(length(text.len()));
        self.0.extend_from_slice(text.as_bytes());
    }

    fn account(&mut self, account: &AccountId) {
        let (chain, address) = (account.chain().as_str(), account.address());
        self.number(length(chain.len() + 1 + address.len()));
        for part in [chain, ":", address] {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn instant(&mut self, instant: Timestamp) {
        self.0.extend_from_slice(&instant.as_millis().to_be_bytes());
    }

    fn whether<T>(&mut self, value: Option<&T>) {
        self.0.push(u8::from(value.is_some()));
    }
}

/// What is left to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        let count = self.number()?;
        (0..count).map(|_| self.text().map(str::to_owned)).collect()
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn instant(&mut self) -> Option<Timestamp> {
        let millis = i64::from_be_bytes(self.take(8)?.try_into().ok()?);
        Some(Timestamp::from_millis(millis))
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// `None` if what should be there cannot be read.
    fn if_any<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.flag()? {
            false => Some(None),
            true => read(self).map(Some),
        }
    }
}

fn length(count: usize) -> u32 {
    u32::try_from(count).expect("what Redis keeps is shorter than 4 GiB")
}

const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use countersign_testkit::sessions::session;

    use super::*;

    fn of_all_kinds() -> Vec<Session> {
        let full = session("alice");
        let bare = Session {
            kind: SessionKind::Token,
            version: u64::MAX,
            refresh: None,
            grant: None,
            standing: None,
            data: Default::default(),
            ..full.clone()
        };
        let mut delegated = full.clone();
        delegated.identity.delegate = Some("eip155:1:bob".parse().unwrap());
        delegated.created_at = Timestamp::from_millis(-1);
        let mut many = full.clone();
        many.grant.as_mut().unwrap().scopes = vec![String::new(), "ключ".into(), "a b".into()];
        vec![full, bare, delegated, many]
    }

    #[test]
    fn every_field_comes_back() {
        for session in of_all_kinds() {
            let bytes = write(&session, Vec::new()).unwrap();
            assert_eq!(read(&session.id, &bytes), Some(session));
        }
    }

    #[test]
    fn what_was_written_as_json_is_read() {
        for session in of_all_kinds() {
            let json = serde_json::to_vec(&session).unwrap();
            assert_eq!(read(&session.id, &json), Some(session));
        }
    }

    #[test]
    fn what_is_cut_short_or_changed_is_no_session_and_no_panic() {
        for session in of_all_kinds() {
            let bytes = write(&session, Vec::new()).unwrap();
            let fields = bytes.len() - data_length(&session);
            for end in 0..bytes.len() {
                let cut = read(&session.id, &bytes[..end]);
                assert!(cut.is_none() || end == fields, "cut at {end}");
            }
            for place in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[place] ^= 0x80;
                let changed = read(&session.id, &changed);
                assert_ne!(changed, Some(session.clone()), "{place}");
            }
        }
    }

    #[test]
    fn anothers_session_is_none() {
        let (mine, other) = (session("alice"), session("alice"));
        assert_eq!(read(&mine.id, &write(&other, Vec::new()).unwrap()), None);
        assert_eq!(read(&mine.id, &serde_json::to_vec(&other).unwrap()), None);
        assert_eq!(read(&mine.id, b""), None);
        assert_eq!(read(&mine.id, b"\x02"), None);
    }

    fn data_length(session: &Session) -> usize {
        match session.data.is_empty() {
            true => 0,
            false => serde_json::to_vec(&session.data).unwrap().len(),
        }
    }
}
