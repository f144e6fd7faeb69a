//! What the clients did and heard, and what must never stand in it.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// Everything that was done, with its beginning and its end. Operations of different clients
/// overlap; what follows from an operation follows from its end.
#[derive(Debug)]
pub struct History {
    begin: Instant,
    events: Mutex<Vec<Event>>,
}

/// One operation of a client.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// When it was sent.
    pub begin: Duration,
    /// When its outcome was known.
    pub end: Duration,
    /// Which sign-in it belongs to: its nonce, and the session that came of it.
    pub sign_in: usize,
    /// What was done.
    pub op: Op,
    /// What the client heard.
    pub heard: Heard,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// The proof was shown.
    Verify,
    /// The session was asked for.
    Read,
    /// The session was ended.
    SignOut,
}

/// What the client heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was done.
    Yes,
    /// It was refused for good: the nonce is not good, or there is no session.
    No,
    /// Nothing, or that the store is unavailable: it may have happened or not.
    Nothing,
}

/// What stands in a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Sign-ins of which the client heard that they succeeded.
    pub accepted: usize,
    /// Nonces that were accepted more than once.
    pub doubled: usize,
    /// Acknowledged sessions that were gone, though nobody had begun to end them.
    pub lost: usize,
    /// Sessions that were there again after their end had been acknowledged.
    pub risen: usize,
    /// Operations whose outcome nobody knows.
    pub unknown: usize,
}

impl History {
    /// An empty one, beginning now.
    #[allow(clippy::new_without_default)] // it looks at the clock
    pub fn new() -> Self {
        Self {
            begin: Instant::now(),
            events: Mutex::default(),
        }
    }

    /// Runs an operation and writes down what came of it.
    pub async fn note(&self, sign_in: usize, op: Op, run: impl Future<Output = Heard>) -> Heard {
        let begin = self.begin.elapsed();
        let heard = run.await;
        let event = Event {
            begin,
            end: self.begin.elapsed(),
            sign_in,
            op,
            heard,
        };
        self.events.lock().unwrap().push(event);
        heard
    }

    /// Judges it.
    pub fn judge(&self) -> Judgement {
        judge(&self.events.lock().unwrap())
    }
}

/// What the events of one sign-in say.
#[derive(Default)]
struct Story {
    accepted: usize,
    /// When its session was first acknowledged.
    born: Option<Duration>,
    /// When somebody first began to end it.
    dying: Option<Duration>,
    /// When its end was first acknowledged.
    dead: Option<Duration>,
}

fn judge(events: &[Event]) -> Judgement {
    let mut stories: HashMap<usize, Story> = HashMap::new();
    for event in events {
        let story = stories.entry(event.sign_in).or_default();
        let first = |known: Option<Duration>, at| Some(known.map_or(at, |known| known.min(at)));
        match (event.op, event.heard) {
            (Op::Verify, Heard::Yes) => {
                story.accepted += 1;
                story.born = first(story.born, event.end);
            }
            (Op::SignOut, heard) => {
                story.dying = first(story.dying, event.begin);
                if heard == Heard::Yes {
                    story.dead = first(story.dead, event.end);
                }
            }
            _ => {}
        }
    }
    let is_lost = |event: &&Event| {
        let story = &stories[&event.sign_in];
        event.op == Op::Read
            && event.heard == Heard::No
            && story.born.is_some_and(|born| born <= event.begin)
            && story.dying.is_none_or(|dying| event.end < dying)
    };
    let is_risen = |event: &&Event| {
        let story = &stories[&event.sign_in];
        event.op == Op::Read
            && event.heard == Heard::Yes
            && story.dead.is_some_and(|dead| dead <= event.begin)
    };
    let sign_ins = |is_so: &dyn Fn(&&Event) -> bool| {
        let mut found: Vec<_> = events.iter().filter(is_so).map(|e| e.sign_in).collect();
        found.sort_unstable();
        found.dedup();
        found.len()
    };
    Judgement {
        accepted: stories.values().filter(|story| story.accepted > 0).count(),
        doubled: stories.values().filter(|story| story.accepted > 1).count(),
        lost: sign_ins(&is_lost),
        risen: sign_ins(&is_risen),
        unknown: events
            .iter()
            .filter(|event| event.heard == Heard::Nothing)
            .count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(op: Op, heard: Heard, begin: u64, end: u64) -> Event {
        Event {
            begin: Duration::from_millis(begin),
            end: Duration::from_millis(end),
            sign_in: 0,
            op,
            heard,
        }
    }

    #[test]
    fn what_happened_once_and_in_order_is_fine() {
        let judgement = judge(&[
            event(Op::Verify, Heard::Nothing, 0, 1),
            event(Op::Verify, Heard::Yes, 2, 3),
            event(Op::Verify, Heard::No, 2, 4),
            event(Op::Read, Heard::Yes, 4, 5),
            event(Op::SignOut, Heard::Yes, 6, 9),
            event(Op::Read, Heard::Yes, 8, 10),
            event(Op::Read, Heard::No, 8, 10),
            event(Op::Read, Heard::No, 9, 10),
        ]);
        let expected = Judgement {
            accepted: 1,
            unknown: 1,
            ..Judgement::default()
        };
        assert_eq!(judgement, expected);
    }

    #[test]
    fn a_nonce_that_is_accepted_twice_is_seen() {
        let twice = [
            event(Op::Verify, Heard::Yes, 0, 5),
            event(Op::Verify, Heard::Yes, 3, 4),
        ];
        assert_eq!(judge(&twice).doubled, 1);
    }

    #[test]
    fn an_acknowledged_session_that_is_gone_is_seen() {
        let lost = [
            event(Op::Verify, Heard::Yes, 0, 1),
            event(Op::Read, Heard::No, 2, 3),
            event(Op::SignOut, Heard::Yes, 4, 5),
        ];
        assert_eq!(judge(&lost).lost, 1);
        let unheard = [
            event(Op::Verify, Heard::Nothing, 0, 1),
            event(Op::Read, Heard::No, 2, 3),
        ];
        assert_eq!(judge(&unheard).lost, 0);
    }

    #[test]
    fn a_session_that_rises_again_is_seen() {
        let risen = [
            event(Op::Verify, Heard::Yes, 0, 1),
            event(Op::SignOut, Heard::Yes, 2, 3),
            event(Op::Read, Heard::Yes, 3, 4),
        ];
        assert_eq!(judge(&risen).risen, 1);
        let unheard = [
            event(Op::Verify, Heard::Yes, 0, 1),
            event(Op::SignOut, Heard::Nothing, 2, 3),
            event(Op::Read, Heard::Yes, 3, 4),
        ];
        assert_eq!(judge(&unheard).risen, 0);
    }
}
