//! Rate limits in memory, by `governor`'s cell-rate algorithm.

use std::{
    collections::HashMap,
    fmt,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use countersign_core::{Quota, RateLimiter, StoreError, Timestamp, Verdict, async_trait};
use governor::{clock::Clock, nanos::Nanos, state::keyed::DashMapStateStore};

/// Counts requests in this process.
///
/// Memory is bounded: from a stated number of clients on, further ones share one quota until
/// others have recovered theirs.
pub struct MemoryLimiter {
    by_quota: Mutex<HashMap<Quota, Arc<Keyed>>>,
    clock: EngineClock,
    swept_at: AtomicI64,
    capacity: usize,
}

type Keyed = governor::RateLimiter<
    String,
    DashMapStateStore<String>,
    EngineClock,
    governor::middleware::NoOpMiddleware<Nanos>,
>;

impl MemoryLimiter {
    /// Tells at most `capacity` clients apart.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            by_quota: Mutex::default(),
            clock: EngineClock::default(),
            swept_at: AtomicI64::new(i64::MIN),
            capacity,
        }
    }

    /// Looking through all clients costs time, so a flood may cause it once a second only.
    fn may_sweep(&self, now: Timestamp) -> bool {
        let last = self.swept_at.load(Ordering::Acquire);
        now.as_secs() != last
            && self
                .swept_at
                .compare_exchange(last, now.as_secs(), Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    /// Takes the engine's time over. A clock that was set back by more than a moment would have
    /// everybody wait until it is there again, so then all quotas begin anew.
    fn follow(&self, now: Timestamp) {
        if !self.clock.set(now) {
            let mut by_quota = self.by_quota.lock().unwrap_or_else(PoisonError::into_inner);
            by_quota.clear();
            self.clock.reset(now);
        }
    }

    fn keyed(&self, quota: Quota) -> Arc<Keyed> {
        let mut by_quota = self.by_quota.lock().unwrap_or_else(PoisonError::into_inner);
        let keyed = by_quota.entry(quota).or_insert_with(|| {
            let burst = NonZeroU32::new(quota.limit).unwrap_or(NonZeroU32::MIN);
            let each = quota.period.checked_div(burst.get()).unwrap_or_default();
            let rate = governor::Quota::with_period(each.max(Duration::from_nanos(1)))
                .expect("a period above zero")
                .allow_burst(burst);
            Arc::new(Keyed::new(
                rate,
                DashMapStateStore::default(),
                self.clock.clone(),
            ))
        });
        keyed.clone()
    }
}

impl Default for MemoryLimiter {
    /// A quarter of a million clients.
    fn default() -> Self {
        Self::with_capacity(250_000)
    }
}

#[async_trait]
impl RateLimiter for MemoryLimiter {
    async fn take(
        &self,
        key: &str,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        self.follow(now);
        let Some(cost) = NonZeroU32::new(cost) else {
            return Ok(Verdict::Admitted);
        };
        let keyed = self.keyed(quota);
        if keyed.len() >= self.capacity && self.may_sweep(now) {
            keyed.retain_recent();
        }
        let key = if keyed.len() >= self.capacity {
            OVERFLOW
        } else {
            key
        };
        Ok(match keyed.check_key_n(&key.to_owned(), cost) {
            Ok(Ok(())) => Verdict::Admitted,
            Ok(Err(until)) => Verdict::Denied {
                retry_after: until.wait_time_from(self.clock.now()),
            },
            Err(_) => Verdict::Denied {
                retry_after: quota.period,
            }, // more than the whole quota
        })
    }

    async fn purge(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.follow(now);
        let limiters: Vec<_> = {
            let by_quota = self.by_quota.lock().unwrap_or_else(PoisonError::into_inner);
            by_quota.values().cloned().collect()
        };
        let purged = limiters.iter().map(|keyed| {
            let clients = keyed.len();
            keyed.retain_recent();
            keyed.shrink_to_fit();
            clients.saturating_sub(keyed.len())
        });
        Ok(purged.sum::<usize>() as u64)
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl fmt::Debug for MemoryLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLimiter")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// `governor` asks a clock of its own; this one says what the engine said last, and never goes
/// back.
#[derive(Debug, Clone, Default)]
struct EngineClock(Arc<AtomicU64>);

impl EngineClock {
    /// Moves on to `now`; says `false`, and stays, if that is well behind.
    fn set(&self, now: Timestamp) -> bool {
        let nanos = Self::nanos(now);
        self.0.fetch_max(nanos, Ordering::AcqRel) <= nanos.saturating_add(MOMENT)
    }

    fn reset(&self, now: Timestamp) {
        self.0.store(Self::nanos(now), Ordering::Release);
    }

    fn nanos(now: Timestamp) -> u64 {
        u64::try_from(now.as_millis())
            .unwrap_or(0)
            .saturating_mul(1_000_000)
    }
}

impl Clock for EngineClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(Ordering::Acquire))
    }
}

const OVERFLOW: &str = "everybody else";

/// Threads that ask at once may come a little out of order.
const MOMENT: u64 = 5_000_000_000;
