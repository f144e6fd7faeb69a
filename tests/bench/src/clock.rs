//! What an amount of work took: wall time, and CPU time of whoever did it.

use std::{
    ops::Sub,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// Wall and CPU time of a number of operations.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// How long it took.
    pub wall: Duration,
    /// How long processors worked at it: those of this thread, this process, or a server.
    pub cpu: Duration,
}

impl Cost {
    pub(crate) fn of_thread(work: impl FnOnce()) -> Self {
        Self::measure(|| cpu(ClockId::ThreadCPUTime), work)
    }

    pub(crate) fn of_process(work: impl FnOnce()) -> Self {
        Self::measure(|| cpu(ClockId::ProcessCPUTime), work)
    }

    /// Reads a CPU clock before and after some work.
    pub fn measure<T: Sub<Output = Duration>>(clock: impl Fn() -> T, work: impl FnOnce()) -> Self {
        let (begun, used) = (Instant::now(), clock());
        work();
        Self {
            cpu: clock() - used,
            wall: begun.elapsed(),
        }
    }
}

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let of = |part: i64| u64::try_from(part).unwrap_or_default();
    Duration::from_secs(of(time.tv_sec)) + Duration::from_nanos(of(time.tv_nsec))
}
