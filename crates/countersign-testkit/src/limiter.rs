//! The suite for rate limiters.

use std::{sync::Arc, time::Duration};

use countersign_core::{Quota, RateLimiter, Verdict};
use tokio::task::JoinSet;

use crate::at_start;

/// Stamps the suite for a [`RateLimiter`]: one named `#[test]` per contract line. The expression
/// makes a fresh limiter and may `.await`.
#[macro_export]
macro_rules! rate_limiter_suite {
    ($limiter:expr) => {
        $crate::stamp!(
            $crate::limiter,
            [
                the_burst_is_the_limit,
                a_denial_says_when_to_come_back,
                keys_and_quotas_do_not_touch_each_other,
                a_cost_takes_so_much_at_once,
                of_many_callers_no_more_than_the_limit_are_admitted,
                purge_forgets_only_whole_quotas,
                what_was_spent_comes_back_evenly,
                a_clock_set_back_locks_nobody_out,
            ],
            ($limiter)
        );
    };
}

/// So many at once, and not one more.
pub async fn the_burst_is_the_limit(limiter: impl RateLimiter) {
    for _ in 0..5 {
        assert_eq!(take(&limiter, "a", 0).await, Verdict::Admitted);
    }
    assert!(matches!(
        take(&limiter, "a", 0).await,
        Verdict::Denied { .. }
    ));
}

/// The stated wait is enough, and not longer than the period.
pub async fn a_denial_says_when_to_come_back(limiter: impl RateLimiter) {
    for _ in 0..5 {
        take(&limiter, "a", 0).await;
    }
    let Verdict::Denied { retry_after } = take(&limiter, "a", 0).await else {
        panic!("admitted")
    };
    assert!(
        retry_after > Duration::ZERO && retry_after <= QUOTA.period,
        "{retry_after:?}"
    );
    let wait = u64::try_from(retry_after.as_millis()).unwrap() + 1;
    assert_eq!(take(&limiter, "a", wait).await, Verdict::Admitted);
}

/// One client's spending is nobody else's.
pub async fn keys_and_quotas_do_not_touch_each_other(limiter: impl RateLimiter) {
    for _ in 0..6 {
        take(&limiter, "verify:192.0.2.1", 0).await;
    }
    for key in [
        "verify:192.0.2.2",
        "challenge:192.0.2.1",
        "",
        "verify:192.0.2.1 ",
        "ключ",
    ] {
        assert_eq!(take(&limiter, key, 0).await, Verdict::Admitted, "{key:?}");
    }
}

/// A request may cost more than one.
pub async fn a_cost_takes_so_much_at_once(limiter: impl RateLimiter) {
    let cost = |cost| limiter.take("a", QUOTA, cost, at_start());
    assert_eq!(cost(4).await.unwrap(), Verdict::Admitted);
    assert!(matches!(cost(2).await.unwrap(), Verdict::Denied { .. }));
    assert_eq!(cost(1).await.unwrap(), Verdict::Admitted);
    assert!(
        matches!(cost(6).await.unwrap(), Verdict::Denied { .. }),
        "more than there ever is"
    );
}

/// Two hundred at once, five pass.
pub async fn of_many_callers_no_more_than_the_limit_are_admitted(limiter: impl RateLimiter) {
    let limiter = Arc::new(limiter);
    let mut callers = JoinSet::new();
    for _ in 0..200 {
        let limiter = limiter.clone();
        callers.spawn(async move { take(&*limiter, "a", 0).await });
    }
    let admitted = callers
        .join_all()
        .await
        .into_iter()
        .filter(|v| *v == Verdict::Admitted)
        .count();
    assert_eq!(admitted, 5);
}

/// Forgetting must not give anybody a fresh quota.
pub async fn purge_forgets_only_whole_quotas(limiter: impl RateLimiter) {
    for _ in 0..5 {
        take(&limiter, "a", 0).await;
    }
    limiter.purge(at_start()).await.unwrap();
    assert!(matches!(
        take(&limiter, "a", 0).await,
        Verdict::Denied { .. }
    ));
    let late = at_start() + 2 * QUOTA.period;
    limiter.purge(late).await.unwrap();
    assert_eq!(
        limiter.take("a", QUOTA, 5, late).await.unwrap(),
        Verdict::Admitted
    );
}

/// The burst, and then the limit once more over a whole period; not a request beyond.
pub async fn what_was_spent_comes_back_evenly(limiter: impl RateLimiter) {
    let mut admitted = 0;
    for millis in (0..60_000).step_by(250) {
        admitted += usize::from(take(&limiter, "a", millis).await == Verdict::Admitted);
    }
    assert!((5..=10).contains(&admitted), "{admitted} of a quota of 5");
}

/// Time that was shown by mistake is not waited for.
pub async fn a_clock_set_back_locks_nobody_out(limiter: impl RateLimiter) {
    for _ in 0..6 {
        take(&limiter, "a", 3_600_000).await;
    }
    let mut admitted = 0;
    for millis in (0..60_000).step_by(1_000) {
        admitted += usize::from(take(&limiter, "a", millis).await == Verdict::Admitted);
    }
    assert!(
        admitted >= 5,
        "only {admitted} in a minute after the clock was set back"
    );
}

async fn take(limiter: &impl RateLimiter, key: &str, after_millis: u64) -> Verdict {
    let now = at_start() + Duration::from_millis(after_millis);
    limiter.take(key, QUOTA, 1, now).await.unwrap()
}

const QUOTA: Quota = Quota::per_minute(5);
