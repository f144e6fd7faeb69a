//! A piece of the session store: rows in one array, found by two tables of their places.
//!
//! - The ids are digests of random tokens, so their own bytes are hash enough: nobody chooses them.
//! - The rows of a subject are a list that runs through them; the table knows its first.
//! - Names that many rows share are kept once: chains and methods.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use countersign_core::{
    AccountId, ChainId, Grant, Identity, RefreshState, Session, SessionId, SessionKind, Standing,
    Subject, Timestamp,
};
use hashbrown::{HashTable, hash_table::Entry};

/// Sessions, each once.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    rows: Vec<Option<Row>>,
    free: Vec<Place>,
    by_id: HashTable<Place>,
    by_subject: HashTable<Place>,
    hasher: RandomState,
    names: Names,
}

/// Where a session stands.
pub(crate) type Place = u32;

/// What differs from session to session, and where its subject's next one is.
#[derive(Debug)]
struct Row {
    id: SessionId,
    kind: SessionKind,
    version: u64,
    subject: Subject,
    account: AccountId,
    method: Arc<str>,
    authenticated_at: Timestamp,
    created_at: Timestamp,
    last_seen: Timestamp,
    idle_until: Timestamp,
    expires_at: Timestamp,
    rest: Option<Box<Rest>>,
    previous: Place,
    next: Place,
}

/// What most sessions do not have.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rest {
    delegate: Option<AccountId>,
    refresh: Option<RefreshState>,
    grant: Option<Grant>,
    standing: Option<Standing>,
    data: BTreeMap<String, serde_json::Value>,
}

impl Piece {
    pub(crate) fn find(&self, id: &SessionId) -> Option<Place> {
        let is_it = |place: &Place| self.row(*place).id == *id;
        self.by_id.find(hash_of(id), is_it).copied()
    }

    /// Adds a session that is not there.
    pub(crate) fn insert(&mut self, session: &Session) {
        let row = self.row_of(session);
        self.put(row);
    }

    pub(crate) fn remove(&mut self, place: Place) {
        self.take(place);
        self.free.push(place);
    }

    pub(crate) fn version(&self, place: Place) -> u64 {
        self.row(place).version
    }

    pub(crate) fn session(&self, place: Place) -> Session {
        let row = self.row(place);
        let mut session = Session {
            id: row.id,
            identity: Identity {
                subject: row.subject.clone(),
                account: row.account.clone(),
                method: (*row.method).to_owned(),
                authenticated_at: row.authenticated_at,
                delegate: None,
            },
            kind: row.kind,
            version: row.version,
            created_at: row.created_at,
            last_seen: row.last_seen,
            idle_until: row.idle_until,
            expires_at: row.expires_at,
            refresh: None,
            grant: None,
            standing: None,
            data: BTreeMap::new(),
        };
        if let Some(rest) = row.rest.as_deref().cloned() {
            session.identity.delegate = rest.delegate;
            session.refresh = rest.refresh;
            session.grant = rest.grant;
            session.standing = rest.standing;
            session.data = rest.data;
        }
        session
    }

    pub(crate) fn of_subject(&self, subject: &Subject) -> impl Iterator<Item = Place> {
        let is_it = |place: &Place| self.row(*place).subject == *subject;
        let hash = self.hasher.hash_one(subject);
        let first = self.by_subject.find(hash, is_it).copied();
        let next = |place: &Place| Some(self.row(*place).next).filter(|next| *next != NOWHERE);
        std::iter::successors(first, next)
    }

    /// What ended before an instant.
    pub(crate) fn ended(&self, before: Timestamp) -> Vec<Place> {
        let rows = (0..).zip(&self.rows);
        rows.filter_map(|(place, row)| {
            let row = row.as_ref()?;
            (row.idle_until.min(row.expires_at) < before).then_some(place)
        })
        .collect()
    }

    /// Gives memory back after a purge that left the piece mostly empty.
    pub(crate) fn shrink(&mut self) {
        let places = self.rows.len();
        if places <= 64 || self.by_id.len() > places / 4 {
            return;
        }
        let sparse = std::mem::take(self);
        self.names = sparse.names;
        self.rows.reserve_exact(sparse.by_id.len());
        sparse
            .rows
            .into_iter()
            .flatten()
            .for_each(|row| self.put(row));
    }

    fn put(&mut self, row: Row) {
        let place = self.free.pop().unwrap_or_else(|| {
            if self.rows.len() == self.rows.capacity() {
                // Doubling would leave half of the largest thing here unused.
                self.rows.reserve_exact(self.rows.len() / 8 + 8);
            }
            self.rows.push(None);
            Place::try_from(self.rows.len() - 1).expect("a piece has fewer than 2^32 rows")
        });
        let Self {
            rows,
            by_id,
            by_subject,
            hasher,
            ..
        } = self;
        by_id.insert_unique(hash_of(&row.id), place, |place| {
            hash_of(&at(rows, *place).id)
        });
        let subject_of = |place: &Place| &at(rows, *place).subject;
        let first = by_subject.entry(
            hasher.hash_one(&row.subject),
            |place| *subject_of(place) == row.subject,
            |place| hasher.hash_one(subject_of(place)),
        );
        let next = match first {
            Entry::Occupied(mut first) => std::mem::replace(first.get_mut(), place),
            Entry::Vacant(vacant) => {
                vacant.insert(place);
                NOWHERE
            }
        };
        if let Some(Some(next)) = rows.get_mut(next as usize) {
            next.previous = place;
        }
        rows[place as usize] = Some(Row {
            previous: NOWHERE,
            next,
            ..row
        });
    }

    fn take(&mut self, place: Place) {
        let id = hash_of(&self.row(place).id);
        if let Ok(entry) = self.by_id.find_entry(id, |found| *found == place) {
            entry.remove();
        }
        let Some(row) = self.rows[place as usize].take() else {
            return;
        };
        if let Some(Some(next)) = self.rows.get_mut(row.next as usize) {
            next.previous = row.previous;
        }
        if let Some(Some(previous)) = self.rows.get_mut(row.previous as usize) {
            previous.next = row.next;
            return;
        }
        let subject = self.hasher.hash_one(&row.subject);
        if let Ok(mut first) = self.by_subject.find_entry(subject, |found| *found == place) {
            if row.next == NOWHERE {
                first.remove();
            } else {
                *first.get_mut() = row.next;
            }
        }
    }

    fn row_of(&mut self, session: &Session) -> Row {
        let Identity {
            subject,
            account,
            method,
            authenticated_at,
            delegate,
        } = &session.identity;
        let rest = Rest {
            delegate: delegate.clone(),
            refresh: session.refresh.clone(),
            grant: session.grant.clone(),
            standing: session.standing.clone(),
            data: session.data.clone(),
        };
        Row {
            id: session.id,
            kind: session.kind,
            version: session.version,
            subject: subject.clone(),
            account: self.names.account(account),
            method: self.names.method(method),
            authenticated_at: *authenticated_at,
            created_at: session.created_at,
            last_seen: session.last_seen,
            idle_until: session.idle_until,
            expires_at: session.expires_at,
            rest: (rest != Rest::default()).then(|| Box::new(rest)),
            previous: NOWHERE,
            next: NOWHERE,
        }
    }

    fn row(&self, place: Place) -> &Row {
        at(&self.rows, place)
    }
}

/// Names that rows share; as many as there can sensibly be, the rest each for itself.
#[derive(Debug, Default)]
struct Names {
    chains: Vec<ChainId>,
    methods: Vec<Arc<str>>,
}

impl Names {
    fn account(&mut self, account: &AccountId) -> AccountId {
        let known = self.chains.iter().find(|chain| *chain == account.chain());
        match known.map(|chain| AccountId::canonical(chain, account.address())) {
            Some(Ok(shared)) => shared,
            _ => {
                if self.chains.len() < MOST_NAMES {
                    self.chains.push(account.chain().clone());
                }
                account.clone()
            }
        }
    }

    fn method(&mut self, method: &str) -> Arc<str> {
        if let Some(known) = self.methods.iter().find(|known| ***known == *method) {
            return known.clone();
        }
        let new: Arc<str> = method.into();
        if self.methods.len() < MOST_NAMES {
            self.methods.push(new.clone());
        }
        new
    }
}

fn at(rows: &[Option<Row>], place: Place) -> &Row {
    let row = rows[place as usize].as_ref();
    row.expect("the tables know rows that are there")
}

fn hash_of(id: &SessionId) -> u64 {
    let digest = id.as_bytes()[2..].first_chunk();
    u64::from_le_bytes(*digest.expect("an id has 34 bytes"))
}

const NOWHERE: Place = Place::MAX;
const MOST_NAMES: usize = 32;
