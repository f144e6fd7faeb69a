//! Whether the stores answer, said quickly even when they do not.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use countersign_core::{Code, Engine, Error};
use http::{HeaderMap, StatusCode, header};
use tokio::sync::watch;

use crate::{
    Peer,
    plugins::{DEADLINE, guarded},
    reply::Reply,
};

/// What the stores said last. One question is on its way at a time, whatever the number of callers.
#[derive(Debug, Clone)]
pub(crate) struct Health(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    last: Option<(Instant, bool)>,
    asking: Option<watch::Receiver<Option<bool>>>,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            last: None,
            asking: None,
        })))
    }

    /// 200 or 503; how durable the stores are is for this machine only to know.
    pub(crate) async fn answer(
        &self,
        engine: &Engine,
        peer: Option<&Peer>,
        headers: &HeaderMap,
    ) -> Result<Reply, Error> {
        if !self.is_well(engine).await {
            return Err(Code::StoreUnavailable.into());
        }
        let is_forwarded = headers.contains_key(header::FORWARDED)
            || headers.contains_key("x-forwarded-for")
            || headers.contains_key("x-real-ip");
        let is_here = peer
            .and_then(|peer| peer.0)
            .is_some_and(|ip| ip.is_loopback());
        let mut body = serde_json::json!({ "status": "ok" });
        if is_here && !is_forwarded {
            body["durability"] = engine.durability().to_string().into();
        }
        Ok(Reply::json(StatusCode::OK, &body))
    }

    /// Waits for a moment for a fresh answer, and else takes the last one, if it is not old.
    async fn is_well(&self, engine: &Engine) -> bool {
        let mut answer = self.ask(engine);
        let fresh = tokio::time::timeout(MOMENT, answer.wait_for(Option::is_some)).await;
        if let Ok(Ok(is_well)) = fresh {
            return is_well.unwrap_or(false);
        }
        let last = lock(&self.0).last;
        last.is_some_and(|(at, is_well)| is_well && at.elapsed() < OLD)
    }

    fn ask(&self, engine: &Engine) -> watch::Receiver<Option<bool>> {
        let mut state = lock(&self.0);
        if let Some(asking) = &state.asking {
            return asking.clone();
        }
        let (answer, asking) = watch::channel(None);
        state.asking = Some(asking.clone());
        let (shared, engine) = (self.0.clone(), engine.clone());
        tokio::spawn(async move {
            let is_well = guarded(DEADLINE, pin!(engine.check_stores())).await.is_ok();
            {
                let mut state = lock(&shared);
                state.last = Some((Instant::now(), is_well));
                state.asking = None;
            }
            let _ = answer.send(Some(is_well)); // nobody may be waiting any more
        });
        asking
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A health check is to answer within 50 ms.
const MOMENT: Duration = Duration::from_millis(30);
const OLD: Duration = Duration::from_secs(2);
