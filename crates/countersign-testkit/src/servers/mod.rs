//! Private servers for tests: child processes on free loopback ports, in a temporary directory.
//!
//! A server ends, by its own pid, when its value is dropped, and also when the test process dies
//! in whatever way: a small shell that waits for the process's end holds the broom. A program that
//! is not installed is a panic that names its Debian package, never a silent skip.
//!
//! ```no_run
//! use countersign_testkit::servers::Redis;
//!
//! let mut redis = Redis::start();
//! println!("{}", redis.url());
//! redis.kill9();
//! redis.restart();
//! ```

mod home;
mod mariadb;
mod ports;
mod postgres;
mod process;
mod proxies;
mod redis;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

pub use home::Dir;
pub use mariadb::MariaDb;
pub use ports::Port;
pub use postgres::Postgres;
pub use proxies::ReverseProxy;
pub use redis::{Redis, RedisCluster, RedisSentinel};

/// A name that no other test of this process uses, such as `t7_`: tests that share a server keep
/// apart by it.
pub fn fresh_prefix() -> String {
    static TESTS: AtomicU32 = AtomicU32::new(0);
    format!("t{}_", TESTS.fetch_add(1, Ordering::Relaxed))
}

/// Asks again and again until the answer is yes; panics with `what` if it stays no for too long.
pub(crate) fn wait_until(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(
            begin.elapsed() < patience,
            "{what}: not within {patience:?}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
