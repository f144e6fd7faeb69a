//! A timer that is always about to fire while calls are under way.
//!
//! Each call has a deadline, and so has the request that waits for it. tokio rouses its driver, which
//! is a system call, for each timer that is earlier than all it knew of when it last went to
//! sleep; if it knew of none, for each that is set. Beside one that is earlier still, a timer costs
//! no more than its place in a list.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::sleep;

/// Nothing but speed depends on it: callers in another runtime than the one that keeps it are
/// slower.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<State>);

#[derive(Default)]
struct State {
    is_kept: AtomicBool,
    is_needed: AtomicBool,
}

/// Kept until it ends, or its runtime does.
struct Kept(Pace);

impl Pace {
    /// Says that a call begins.
    pub(super) fn keep(&self) {
        self.0.is_needed.store(true, Relaxed);
        if !self.0.is_kept.load(Relaxed) && !self.0.is_kept.swap(true, Relaxed) {
            tokio::spawn(Kept(self.clone()).tick());
        }
    }
}

impl Kept {
    async fn tick(self) {
        while self.0.0.is_needed.swap(false, Relaxed) {
            sleep(TICK).await;
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.0.is_kept.store(false, Relaxed);
    }
}

/// Shorter than any deadline of a call.
const TICK: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn is_kept(pace: &Pace) -> bool {
        pace.0.is_kept.load(Relaxed)
    }

    #[tokio::test]
    async fn it_ends_when_no_more_calls_come_and_begins_again_with_the_next() {
        let pace = Pace::default();
        for _ in 0..2 {
            pace.keep();
            assert!(is_kept(&pace));
            while is_kept(&pace) {
                sleep(TICK / 4).await;
            }
        }
    }

    #[test]
    fn it_does_not_outlive_its_runtime() {
        let pace = Pace::default();
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
        };
        runtime().unwrap().block_on(async { pace.keep() });
        assert!(!is_kept(&pace));
        runtime().unwrap().block_on(async {
            pace.keep();
            assert!(is_kept(&pace));
        });
    }
}
