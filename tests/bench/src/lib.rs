//! The bench: things that do the same work, measured in turn in one run and compared.
//!
//! A *contest* has sides; the first is the yardstick. Every side runs for about the same time in
//! each round, round after round, so that a machine that grows slower or busier is so for all. A
//! table shows the median of the rounds, their spread, and the median of the rounds' ratios beside
//! the goal.
//!
//! Three shapes of a side: [`calls`] (a function on this thread), [`tasks`] (many futures at once,
//! say against a store) and [`requests`] (a server of its own process on a core of its own, loaded
//! from another). Each says what it took in wall time and in CPU time; the machine may be busy, so
//! a goal about code is best one of CPU time.
//!
//! A group is a program `src/bin/<name>.rs` and a feature of that name in `Cargo.toml`:
//!
//! ```no_run
//! use countersign_bench::{Goal, Report, calls};
//!
//! let mut report = Report::new("sums");
//! report
//!     .contest("1 to 100")
//!     .side("a loop", calls(|| (1..=100_u64).sum::<u64>()))
//!     .side("Gauss", calls(|| 100 * 101 / 2_u64))
//!     .goal(Goal::CpuRatio(1.10))
//!     .run();
//! report.finish();
//! ```

mod clock;
mod contest;
mod load;
mod plot;
mod report;
mod server;
mod sides;

pub use clock::Cost;
pub use contest::{Contest, Goal, Row};
pub use load::{Connection, Load, Response};
pub use plot::Plot;
pub use report::Report;
pub use server::Server;
pub use sides::{calls, requests, tasks};
