//! What an amount of work took: wall time, and CPU time of whoever did it.

use std::{
    ops::Sub,
    time::{Duration, Instant},
};

use nix::{
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};

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
        Self::measure(|| cpu(ClockId::CLOCK_THREAD_CPUTIME_ID), work)
    }

    pub(crate) fn of_process(work: impl FnOnce()) -> Self {
        Self::measure(|| cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID), work)
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

/// The CPU time that all threads of another process have used so far, those that ended included.
pub(crate) fn cpu_of(process: u32) -> Duration {
    let clock = clock_getcpuclockid(Pid::from_raw(process.cast_signed()));
    cpu(clock.expect("the process runs"))
}

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock).expect("the clock of a process that runs");
    time.into()
}
