//! What plugins are held to: they come back, and they do not take anybody along.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Duration,
};

use countersign_core::{Code, Error};
use futures_util::FutureExt as _;
use tokio::{task::unconstrained, time::sleep};

/// Holds off what a plugin may do: panic, or never come back. What blocks the thread or eats the
/// memory cannot be held off inside one process.
///
/// The work is pinned where it was made: to move it in would double the future of whoever calls.
pub(crate) async fn guarded<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Error>> + Unpin,
) -> Result<T, Error> {
    let mut work = AssertUnwindSafe(work).catch_unwind();
    // What need not wait needs no timer: the stores of one process answer at once. On the heap,
    // because frameworks move their futures about, and a timer is large. Unconstrained, because
    // work that uses up its share of every turn must end too.
    let mut timer = None;
    let outcome = poll_fn(|context| {
        if let Poll::Ready(outcome) = work.poll_unpin(context) {
            return Poll::Ready(Ok(outcome));
        }
        let timer = timer.get_or_insert_with(|| Box::pin(unconstrained(sleep(deadline))));
        timer.poll_unpin(context).map(Err)
    });
    let outcome = outcome
        .await
        .map_err(|()| Error::with_source(Code::PluginError, "the deadline is over"))?;
    outcome.map_err(|_| panicked())?
}

/// The same for what does not wait.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| panicked())?
}

fn panicked() -> Error {
    Error::with_source(Code::PluginError, "a plugin panicked")
}

/// How long the whole handling may take once the request is there. Stores and chains have shorter
/// deadlines of their own.
pub(crate) const DEADLINE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn work_that_uses_up_its_share_of_every_turn_is_held_to_its_deadline() {
        let busy = async {
            loop {
                tokio::task::consume_budget().await;
            }
        };
        let outcome: Result<(), Error> = guarded(Duration::from_millis(20), pin!(busy)).await;
        assert!(outcome.is_err());
    }
}
