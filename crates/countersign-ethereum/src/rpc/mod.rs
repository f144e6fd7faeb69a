//! A chain read over JSON-RPC: endpoints from the configuration and from nowhere else.

mod endpoint;
mod json;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign_core::{ConfigError, ConfigFault, async_trait};
use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use serde_json::{Value, json};

use crate::{Answer, Call, ChainReader, Unavailable, address::Address};
use endpoint::{Endpoint, Trouble};

/// Reads a chain from one or more nodes over JSON-RPC. Cheap to clone.
///
/// The nodes are trusted: one that lies can sign anybody in as a contract wallet. Ask your own, or
/// several that do not know each other, with [`agreement`](RpcBuilder::agreement).
///
/// - The endpoints are asked in order; one that fails is passed over. After a success it is asked
///   first.
/// - Every answer has a deadline and a size limit, every call a gas limit; redirects are not
///   followed.
/// - Each node is asked which chain it is on: at start, and once a minute before it is believed.
///   One that is on another is not.
/// - No text of a node, and no more of a URL than its host, reaches an error or the log.
///
/// ```no_run
/// use countersign_ethereum::{Ethereum, Rpc};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let rpc = Rpc::builder(1)
///     .endpoint("https://one.example/key")
///     .endpoint("https://two.example/key")
///     .connect()
///     .await?;
/// let ethereum = Ethereum::mainnet().contract_wallets(rpc);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Rpc(Arc<Inner>);

struct Inner {
    chain_id: u64,
    endpoints: Vec<Endpoint>,
    agreement: usize,
    deadline: Duration,
    /// The endpoint that answered last.
    preferred: AtomicUsize,
}

/// Collects what an [`Rpc`] needs.
#[derive(Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct RpcBuilder {
    chain_id: u64,
    endpoints: Vec<String>,
    agreement: usize,
    deadline: Duration,
}

impl Rpc {
    /// Begins a reader of the chain with this EIP-155 number.
    pub fn builder(chain_id: u64) -> RpcBuilder {
        RpcBuilder {
            chain_id,
            endpoints: Vec::new(),
            agreement: 1,
            deadline: DEADLINE,
        }
    }
}

impl RpcBuilder {
    /// One more node, by its `http:` or `https:` URL.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoints.push(url.into());
        self
    }

    /// Asks all nodes at once and believes what so many of them say alike. One by default: the
    /// first that answers.
    pub fn agreement(mut self, count: usize) -> Self {
        self.agreement = count;
        self
    }

    /// How long one question may take, all endpoints together: two seconds by default, which leaves
    /// a sign-in within three.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Asks each node for its chain. One that does not answer now may do so later.
    ///
    /// # Errors
    /// `CFG_CHAIN`: no endpoint, one that is no URL, one of another chain, or more agreement than
    /// there are endpoints.
    pub async fn connect(self) -> Result<Rpc, ConfigError> {
        let mut faults = Vec::new();
        let mut fault = |detail: String| faults.push(ConfigFault::new("CFG_CHAIN", detail));
        if self.endpoints.is_empty() {
            fault(format!("no endpoint for eip155:{}", self.chain_id));
        }
        if self.agreement == 0 || self.agreement > self.endpoints.len().max(1) {
            fault(format!(
                "an agreement of {} among {} endpoints",
                self.agreement,
                self.endpoints.len()
            ));
        }
        let mut endpoints = Vec::with_capacity(self.endpoints.len());
        for (place, url) in self.endpoints.iter().enumerate() {
            match Endpoint::at(url, self.chain_id) {
                Some(endpoint) => endpoints.push(endpoint),
                // The URL may hold a key: it is not repeated.
                None => fault(format!(
                    "endpoint {} of eip155:{} is no http: or https: URL without user name",
                    place + 1,
                    self.chain_id
                )),
            }
        }
        let asked = endpoints
            .iter()
            .map(|endpoint| tokio::time::timeout(self.deadline, endpoint.check_chain()));
        for (endpoint, outcome) in endpoints.iter().zip(join_all(asked).await) {
            match outcome.unwrap_or(Err(Trouble::Silent)) {
                Ok(()) => {}
                Err(Trouble::AnotherChain(found)) => fault(format!(
                    "{endpoint:?} is on eip155:{found}, not on eip155:{}",
                    self.chain_id
                )),
                Err(trouble) => tracing::warn!(
                    target: "countersign", ?endpoint, %trouble,
                    "a node does not answer; contract wallets cannot sign in without one",
                ),
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        Ok(Rpc(Arc::new(Inner {
            chain_id: self.chain_id,
            endpoints,
            agreement: self.agreement,
            deadline: self.deadline,
            preferred: AtomicUsize::new(0),
        })))
    }
}

#[async_trait]
impl ChainReader for Rpc {
    fn chain_id(&self) -> u64 {
        self.0.chain_id
    }

    async fn code(&self, address: &Address) -> Result<Vec<u8>, Unavailable> {
        let params = json!([address.to_string(), BLOCK]);
        match self.0.ask("eth_getCode", &params).await? {
            Answer::Returned(code) => Ok(code),
            Answer::Failed => Err(Unavailable::new("the code cannot be read")),
        }
    }

    async fn call(&self, call: &Call) -> Result<Answer, Unavailable> {
        let mut transaction = json!({
            "from": Call::FROM.to_string(),
            "gas": format!("{:#x}", Call::GAS),
            "data": format!("0x{}", hex::encode(&call.data)),
        });
        if let Some(to) = &call.to {
            transaction["to"] = to.to_string().into();
        }
        self.0.ask("eth_call", &json!([transaction, BLOCK])).await
    }
}

impl Inner {
    async fn ask(&self, method: &'static str, params: &Value) -> Result<Answer, Unavailable> {
        let asked = async {
            if self.agreement > 1 {
                self.agreed(method, params).await
            } else {
                self.first(method, params).await
            }
        };
        match tokio::time::timeout(self.deadline, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Unavailable::new("no node answered in time")),
        }
    }

    /// The first answer of any node.
    async fn first(&self, method: &str, params: &Value) -> Result<Answer, Unavailable> {
        let count = self.endpoints.len();
        let patience = self.deadline / u32::try_from(count).unwrap_or(u32::MAX);
        let preferred = self.preferred.load(Ordering::Relaxed);
        for place in (0..count).map(|step| (preferred + step) % count) {
            let endpoint = &self.endpoints[place];
            let answer = tokio::time::timeout(patience, endpoint.ask(method, params)).await;
            match answer.unwrap_or(Err(Trouble::Silent)) {
                Ok(answer) => {
                    self.preferred.store(place, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(trouble) => complain(endpoint, &trouble),
            }
        }
        Err(Unavailable::new("no node answered"))
    }

    /// The answer that enough nodes gave alike.
    async fn agreed(&self, method: &str, params: &Value) -> Result<Answer, Unavailable> {
        let mut asked: FuturesUnordered<_> = self
            .endpoints
            .iter()
            .map(async |endpoint| (endpoint, endpoint.ask(method, params).await))
            .collect();
        let mut answers: Vec<(Answer, usize)> = Vec::new();
        while let Some((endpoint, outcome)) = asked.next().await {
            let answer = match outcome {
                Ok(answer) => answer,
                Err(trouble) => {
                    complain(endpoint, &trouble);
                    continue;
                }
            };
            let votes = match answers.iter_mut().find(|(other, _)| *other == answer) {
                Some((_, votes)) => {
                    *votes += 1;
                    *votes
                }
                None => {
                    answers.push((answer.clone(), 1));
                    1
                }
            };
            if votes >= self.agreement {
                return Ok(answer);
            }
        }
        Err(Unavailable::new("not enough nodes agree"))
    }
}

fn complain(endpoint: &Endpoint, trouble: &Trouble) {
    tracing::warn!(target: "countersign", ?endpoint, %trouble, "a node gave no answer");
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rpc(eip155:{}, {:?})", self.0.chain_id, self.0.endpoints)
    }
}

impl fmt::Debug for RpcBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.endpoints.len();
        write!(f, "RpcBuilder(eip155:{}, {count} endpoints)", self.chain_id)
    }
}

/// What is asked about: the newest block that is one, not the one that may come.
const BLOCK: &str = "latest";

const DEADLINE: Duration = Duration::from_secs(2);
