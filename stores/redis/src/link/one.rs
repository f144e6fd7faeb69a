//! The way to one node at a time, and who says which node that is.
//!
//! A node that takes its time is waited for, until `RESPONSE`. A call that has waited for `DOUBT`
//! looks whether anybody is there at all: if the connection is dead, or nothing listens at the
//! address any more, it ends at once.

use std::{
    future::pending,
    io,
    pin::{Pin, pin},
    sync::{Arc, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use countersign_core::StoreError;
use redis::{
    Client, Cmd, ConnectionAddr, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::MultiplexedConnection,
};
use tokio::{net::TcpStream, sync::Mutex, time::timeout};

use super::{DEADLINE, RESPONSE, connect, is, pace::Pace, together::Queues, within};
use crate::nonces::history_of;

/// The connection to one node, and who says which node that is.
pub(crate) struct One {
    source: Mutex<Source>,
    current: std::sync::Mutex<Option<Arc<Current>>>,
    /// The replication history of the node, as it was when somebody last looked.
    fence: std::sync::Mutex<Arc<str>>,
    looked: Mutex<Option<Look>>,
    pace: Pace,
    pub(super) queues: Queues,
    is_replicated: bool,
}

struct Source {
    of: SourceOf,
    /// Whoever waited while this attempt failed need not make another.
    failed: Option<(Instant, RedisError)>,
}

enum SourceOf {
    Node(Box<Client>),
    #[cfg(feature = "sentinel")]
    Sentinels(Box<redis::sentinel::SentinelClient>),
}

struct Current {
    number: u64,
    connection: MultiplexedConnection,
    address: ConnectionAddr,
}

/// What somebody saw who doubted a connection.
struct Look {
    at: Instant,
    number: u64,
    is_there: bool,
}

/// What goes over the wire in one piece.
#[derive(Clone, Copy)]
enum Message<'a> {
    Command(&'a Cmd),
    Transaction(&'a Pipeline),
}

impl One {
    pub(super) async fn of_node(client: Client) -> RedisResult<Arc<Self>> {
        Self::open(SourceOf::Node(Box::new(client)), false).await
    }

    #[cfg(feature = "sentinel")]
    pub(super) async fn of_sentinels(
        client: redis::sentinel::SentinelClient,
    ) -> RedisResult<Arc<Self>> {
        Self::open(SourceOf::Sentinels(Box::new(client)), true).await
    }

    async fn open(of: SourceOf, is_replicated: bool) -> RedisResult<Arc<Self>> {
        let one = Self {
            source: Mutex::new(Source { of, failed: None }),
            current: std::sync::Mutex::new(None),
            fence: std::sync::Mutex::new("".into()),
            looked: Mutex::new(None),
            pace: Pace::default(),
            queues: Queues::default(),
            is_replicated,
        };
        one.connected().await?;
        Ok(Arc::new(one))
    }

    /// Whether there are other nodes that may take over.
    pub(super) fn is_replicated(&self) -> bool {
        self.is_replicated
    }

    /// Its connection; opens one if there is none.
    pub(super) async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        Ok(self.connected().await?.connection.clone())
    }

    /// Sends a command that is not tried again: it may have happened.
    pub(crate) async fn write(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.send(command).await.map_err(StoreError::unavailable)
    }

    /// Sends commands one after the other; if they are atomic, they happen all in one moment, or not
    /// at all. They are not tried again.
    pub(crate) async fn transact(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self.exchange(Message::Transaction(commands)).await? {
            Value::Array(answers) => Ok(answers),
            _ => Err(io::Error::other("a transaction without its answers").into()),
        }
    }

    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        self.exchange(Message::Command(command)).await
    }

    /// The replication history that the node was in when somebody last looked. A label for new
    /// records: a wrong one makes them worthless, and nothing else.
    pub(crate) async fn fence(&self) -> Result<Arc<str>, StoreError> {
        if lock(&self.current).is_none() {
            self.connected().await.map_err(StoreError::unavailable)?;
        }
        Ok(lock(&self.fence).clone())
    }

    /// Takes over what a node said about its history.
    pub(super) fn learn(&self, fence: &str) {
        *lock(&self.fence) = fence.into();
    }

    async fn exchange(&self, message: Message<'_>) -> RedisResult<Value> {
        let current = self.connected().await?;
        self.pace.keep();
        let mut connection = current.connection.clone();
        let answer = pin!(async move {
            match message {
                Message::Command(command) => {
                    let answer = connection.send_packed_command(command).await;
                    answer.and_then(Value::extract_error)
                }
                Message::Transaction(commands) => commands.query_async(&mut connection).await,
            }
        });
        let answer = self.awaited(answer, &current).await;
        if answer.as_ref().is_err_and(is_lost) {
            self.forget(current.number);
        }
        answer
    }

    async fn awaited(
        &self,
        mut answer: Pin<&mut impl Future<Output = RedisResult<Value>>>,
        current: &Current,
    ) -> RedisResult<Value> {
        if let Ok(answer) = timeout(DOUBT, &mut answer).await {
            return answer;
        }
        let answer_or_nobody = async {
            tokio::select! {
                biased;
                answer = answer => answer,
                () = self.nobody(current) => Err(io::Error::from(io::ErrorKind::ConnectionAborted).into()),
            }
        };
        // On the heap, as all that is rare: a carrier is moved about.
        Box::pin(within(RESPONSE - DOUBT, answer_or_nobody)).await
    }

    /// Ends if nobody is there.
    async fn nobody(&self, current: &Current) {
        if self.is_there(current).await {
            pending().await
        }
    }

    /// One looks for all who doubt at the same time.
    async fn is_there(&self, current: &Current) -> bool {
        let mut looked = self.looked.lock().await;
        if let Some(look) = &*looked
            && look.number == current.number
            && look.at.elapsed() < DOUBT
        {
            return look.is_there;
        }
        let mut connection = current.connection.clone();
        let ping = redis::cmd("PING");
        let is_there = tokio::select! {
            biased;
            // A connection that is dead says so at once.
            answer = ping.query_async::<Value>(&mut connection) => !answer.is_err_and(|error| is_lost(&error)),
            listens = listens(&current.address) => listens,
        };
        *looked = Some(Look {
            at: Instant::now(),
            number: current.number,
            is_there,
        });
        is_there
    }

    async fn connected(&self) -> RedisResult<Arc<Current>> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        Box::pin(within(DEADLINE, self.connect())).await
    }

    async fn connect(&self) -> RedisResult<Arc<Current>> {
        let begin = Instant::now();
        let mut source = self.source.lock().await;
        if let Some(current) = self.current() {
            return Ok(current); // somebody was quicker
        }
        if let Some((at, error)) = &source.failed
            && *at >= begin
        {
            return Err(error.clone());
        }
        let opened = self.open_connection(&mut source.of).await;
        source.failed = opened.as_ref().err().map(|e| (Instant::now(), e.clone()));
        opened
    }

    async fn open_connection(&self, source: &mut SourceOf) -> RedisResult<Arc<Current>> {
        static NUMBERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

        #[cfg(feature = "sentinel")]
        let of_sentinels;
        let client = match source {
            SourceOf::Node(client) => &**client,
            #[cfg(feature = "sentinel")]
            SourceOf::Sentinels(sentinels) => {
                of_sentinels = sentinels.async_get_client().await?;
                &of_sentinels
            }
        };
        let mut connection = connect(client).await?;
        let info: String = redis::cmd("INFO")
            .arg("replication")
            .query_async(&mut connection)
            .await?;
        self.learn(history_of(&info).unwrap_or_default());
        let current = Arc::new(Current {
            number: NUMBERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            connection,
            address: client.get_connection_info().addr().clone(),
        });
        *lock(&self.current) = Some(current.clone());
        Ok(current)
    }

    /// The next call opens another one, unless somebody has done so already.
    fn forget(&self, number: u64) {
        let mut current = lock(&self.current);
        if current.as_ref().is_some_and(|kept| kept.number == number) {
            *current = None;
        }
    }

    fn current(&self) -> Option<Arc<Current>> {
        lock(&self.current).clone()
    }
}

/// Whether something takes connections there, before long.
async fn listens(address: &ConnectionAddr) -> bool {
    match address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            let stream = timeout(DOUBT, TcpStream::connect((host.as_str(), *port))).await;
            matches!(stream, Ok(Ok(_)))
        }
        _ => true, // what cannot be asked is not accused
    }
}

/// Whether the connection, or the node at its end, is no good any more.
fn is_lost(error: &RedisError) -> bool {
    let may_not_write = |kind| {
        matches!(
            kind,
            ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown
        )
    };
    if is(error, ServerErrorKind::ExecAbort) {
        let errors = error.clone().into_server_errors();
        let mut kinds = errors.iter().flat_map(|errors| errors.iter());
        return kinds.any(|(_, error)| error.kind().is_some_and(may_not_write));
    }
    error.is_io_error()
        || error.is_unrecoverable_error()
        || is(error, ServerErrorKind::ReadOnly)
        || is(error, ServerErrorKind::MasterDown)
}

pub(super) fn lock<T>(mutex: &std::sync::Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a call waits before it looks whether anybody is there, and how long it looks.
const DOUBT: Duration = Duration::from_millis(400);
