//! Calls of one moment go out together: what many tasks ask one node for is one command of many
//! keys.
//!
//! The first to wait sends a carrier, which lets every task that is ready speak first and then
//! takes all keys along. Nobody waits for company, and nobody whose task ends takes another's
//! answer away. Nor does a runtime: callers of several share the queues, and a carrier of one that
//! ends lets go of all that wait for it, while one that does not come is followed by another.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};
use tokio::{sync::oneshot, task::yield_now};

use super::{
    command,
    one::{One, lock},
};
use crate::nonces::{history_of, of_history};

type Answer = RedisResult<Option<Vec<u8>>>;

/// Who waits for a carrier.
#[derive(Default)]
pub(super) struct Queues {
    reads: Mutex<Vec<Waiting>>,
    takes: Mutex<Vec<Waiting>>,
}

struct Waiting {
    key: String,
    answer: oneshot::Sender<Answer>,
    since: Instant,
}

/// Comes for all who wait, once.
struct Carrier {
    one: Arc<One>,
    errand: Errand,
    has_come: bool,
}

#[derive(Clone, Copy)]
enum Errand {
    Read,
    Take,
}

impl One {
    /// Reads a string.
    pub(crate) async fn read(self: &Arc<Self>, key: String) -> Answer {
        self.ask(Errand::Read, key).await
    }

    /// Takes a one-time record away: of any number that ask for one, one gets it. Gives what
    /// stands behind its label if the node is a master and its history wrote the record.
    pub(crate) async fn take(self: &Arc<Self>, key: String) -> Answer {
        self.ask(Errand::Take, key).await
    }

    async fn ask(self: &Arc<Self>, errand: Errand, key: String) -> Answer {
        let (answer, waits) = oneshot::channel();
        let since = Instant::now();
        let needs_carrier = {
            let mut queue = lock(self.queue(errand));
            let first = queue.first().map(|first| first.since);
            queue.push(Waiting { key, answer, since });
            first.is_none_or(|first| since.saturating_duration_since(first) > LATE)
        };
        if needs_carrier {
            let carrier = Carrier {
                one: self.clone(),
                errand,
                has_come: false,
            };
            // On the heap: tokio would move it about ten times.
            tokio::spawn(Box::pin(carrier.carry()));
        }
        match waits.await {
            Ok(answer) => answer,
            Err(_) => Err(std::io::Error::other("the runtime is ending").into()),
        }
    }

    async fn run(self: Arc<Self>, errand: Errand, all: Vec<Waiting>) {
        let answers = match errand {
            Errand::Read => self.read_all(&all).await,
            Errand::Take => Box::pin(self.take_all(&all)).await,
        };
        match answers {
            Ok(answers) => {
                for (waiting, answer) in all.into_iter().zip(answers) {
                    let _ = waiting.answer.send(Ok(answer)); // an error says that nobody listens
                }
            }
            Err(error) => {
                for waiting in all {
                    let _ = waiting.answer.send(Err(error.clone()));
                }
            }
        }
    }

    async fn read_all(&self, all: &[Waiting]) -> RedisResult<Vec<Option<Vec<u8>>>> {
        let read = of_all("MGET", all);
        let answer = match self.send(&read).await {
            Err(error) if error.is_connection_dropped() => Box::pin(self.send(&read)).await,
            answer => answer,
        };
        strings(answer?, all.len())
    }

    async fn take_all(&self, all: &[Waiting]) -> RedisResult<Vec<Option<Vec<u8>>>> {
        let mut take = Pipeline::with_capacity(3);
        take.atomic().add_command(of_all("MGET", all));
        take.add_command(of_all("DEL", all));
        take.cmd("INFO").arg("replication");
        let answers = self.transact(&take).await?;
        let Ok([kept, _, info]) = <[Value; 3]>::try_from(answers) else {
            return Err(odd());
        };
        let info = redis::from_redis_value::<String>(info)?;
        let history = history_of(&info);
        let mut seen = HashSet::with_capacity(all.len());
        let mut taken = strings(kept, all.len())?;
        for (waiting, kept) in all.iter().zip(&mut taken) {
            let is_first = seen.insert(&waiting.key);
            let Some(record) = kept.take() else { continue };
            if !is_first {
                continue; // the same command read it for the one before
            }
            *kept = history.and_then(|history| of_history(record, history));
            if let (None, Some(history)) = (&*kept, history) {
                self.learn(history); // what is issued from now on gets the label that is right
            }
        }
        Ok(taken)
    }

    fn queue(&self, errand: Errand) -> &Mutex<Vec<Waiting>> {
        match errand {
            Errand::Read => &self.queues.reads,
            Errand::Take => &self.queues.takes,
        }
    }
}

impl Carrier {
    async fn carry(mut self) {
        yield_now().await; // a look at the sockets as well: whoever they make ready comes along
        let (one, errand) = (self.one.clone(), self.errand);
        let mut all = self.all();
        drop(self);
        while all.len() > MOST {
            let some = all.split_off(all.len() - MOST);
            tokio::spawn(one.clone().run(errand, some));
        }
        if !all.is_empty() {
            one.run(errand, all).await;
        }
    }

    fn all(&mut self) -> Vec<Waiting> {
        self.has_come = true;
        std::mem::take(&mut *lock(self.one.queue(self.errand)))
    }
}

/// One that never came, since its runtime is ending: nobody waits for it any longer.
impl Drop for Carrier {
    fn drop(&mut self) {
        if !self.has_come {
            drop(self.all());
        }
    }
}

fn of_all(name: &str, all: &[Waiting]) -> Cmd {
    let bytes = all.iter().map(|waiting| waiting.key.len()).sum();
    let mut of_all = command(name, all.len(), bytes);
    for waiting in all {
        of_all.arg(&waiting.key);
    }
    of_all
}

/// As many strings as were asked for; what is of another type counts as absent.
fn strings(answer: Value, count: usize) -> RedisResult<Vec<Option<Vec<u8>>>> {
    let Value::Array(values) = answer else {
        return Err(odd());
    };
    if values.len() != count {
        return Err(odd());
    }
    let strings = values.into_iter().map(|value| match value {
        Value::BulkString(text) => Some(text),
        _ => None,
    });
    Ok(strings.collect())
}

fn odd() -> RedisError {
    std::io::Error::other("Redis answered what was not asked").into()
}

/// How many keys go out in one command: Redis does nothing else meanwhile.
const MOST: usize = 128;
/// How long the first may have waited before the next one sends a carrier of its own: the other's
/// runtime stands still.
const LATE: Duration = Duration::from_millis(200);
