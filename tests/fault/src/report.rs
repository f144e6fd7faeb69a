//! What a run says.

use std::{fmt, time::Duration};

use crate::backend::Kind;

/// What came of one goal on one store.
#[derive(Debug, Clone)]
pub struct Line {
    /// The goal's name in `docs/attacks.md`.
    pub goal: &'static str,
    /// The store.
    pub kind: Kind,
    /// What was done, and what was counted.
    pub says: String,
    /// What must not have happened; the goal is met if there is nothing.
    pub faults: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Line {
    /// A line whose time is filled in later.
    pub fn new(goal: &'static str, kind: Kind, says: String) -> Self {
        Self {
            goal,
            kind,
            says,
            faults: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// Adds a fault if `count` is not what it must be.
    #[must_use]
    pub fn expect(mut self, what: &str, count: usize, expected: usize) -> Self {
        if count != expected {
            self.faults
                .push(format!("{what}: {count}, expected {expected}"));
        }
        self
    }

    /// Adds a fault if something took longer than it may.
    #[must_use]
    pub fn within(mut self, what: &str, took: Duration, most: Duration) -> Self {
        if took > most {
            self.faults
                .push(format!("{what}: {took:.1?}, over {most:?}"));
        }
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            goal,
            kind,
            says,
            took,
            ..
        } = self;
        write!(f, "{:14} {goal:4} {says}; {took:.1?}: ", kind.name())?;
        match self.faults.is_empty() {
            true => f.write_str("ok"),
            false => write!(f, "BROKEN: {}", self.faults.join("; ")),
        }
    }
}
