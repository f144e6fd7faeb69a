//! The keys of a ring at one instant of its life: which signs, which are good, which are over.

use std::time::Duration;

use countersign_core::{Jwks, Timestamp};

use super::Phase;
use crate::key::Key;

/// The keys at one instant of the ring's life.
#[derive(Debug, Default, Clone)]
pub(crate) struct Keys(pub(crate) Vec<Entry>);

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) signs_from: Timestamp,
    pub(crate) verifies_until: Option<Timestamp>,
}

impl Keys {
    /// The key that signs at `now`.
    pub(crate) fn current(&self, now: Timestamp) -> Option<&Key> {
        let may_sign = |entry: &&Entry| entry.signs_from <= now && entry.verifies_until.is_none();
        let current = self
            .0
            .iter()
            .filter(may_sign)
            .max_by_key(|entry| entry.signs_from);
        current.map(|entry| &entry.key)
    }

    /// The keys whose tokens are good at `now`. Another node may have begun to sign with one a
    /// moment ahead of our clock.
    pub(crate) fn verifying(
        &self,
        now: Timestamp,
        leeway: Duration,
    ) -> impl Iterator<Item = &Key> + Clone {
        let begun = move |entry: &&Entry| entry.signs_from <= now + leeway;
        let good = move |entry: &&Entry| begun(entry) && !self.is_over(entry, now);
        self.0.iter().filter(good).map(|entry| &entry.key)
    }

    pub(crate) fn jwks(&self, now: Timestamp) -> Jwks {
        let published = self.0.iter().filter(|entry| !self.is_over(entry, now));
        Jwks {
            keys: published
                .filter_map(|entry| entry.key.public_jwk())
                .collect(),
        }
    }

    /// When the tokens of a key end to be good. One that a later key replaced by the clock, without
    /// a `rotate`, ends once the longest access token can have.
    pub(crate) fn end_of(&self, entry: &Entry) -> Option<Timestamp> {
        let later = self.0.iter().filter(|other| {
            let signs_at_all = other
                .verifies_until
                .is_none_or(|end| end > other.signs_from);
            other.signs_from > entry.signs_from && signs_at_all
        });
        let replaced = later.map(|other| other.signs_from + LONGEST_TOKEN).min();
        entry.verifies_until.or(replaced)
    }

    fn is_over(&self, entry: &Entry, now: Timestamp) -> bool {
        self.end_of(entry).is_some_and(|end| end <= now)
    }

    pub(crate) fn phase(&self, entry: &Entry, now: Timestamp, current: Option<&str>) -> Phase {
        if self.is_over(entry, now) {
            Phase::Ended
        } else if current == Some(entry.key.kid()) {
            Phase::Current
        } else if entry.signs_from > now {
            Phase::Next
        } else {
            Phase::Retired
        }
    }
}

/// The longest that an engine lets an access token live.
const LONGEST_TOKEN: Duration = Duration::from_secs(24 * 3_600);
