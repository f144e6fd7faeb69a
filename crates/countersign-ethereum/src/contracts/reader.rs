//! The port to a chain: reads code and simulates calls, and never guesses.

use std::{fmt, fmt::Debug, sync::Arc};

use countersign_core::{BoxError, async_trait};

use crate::address::Address;

/// Reads one chain at its latest block.
///
/// [`Rpc`](crate::Rpc) is the one that asks nodes over JSON-RPC; a light client or a node in the
/// same process would be another.
///
/// # Contract
/// - It answers for the chain that `chain_id` names, or not at all.
/// - There are three answers, and none is ever taken for another: what the chain returned, that
///   execution failed there, and [`Unavailable`].
/// - A call is simulated: nothing is ever sent to the chain, whatever the call does.
/// - It owns its deadline: an answer or [`Unavailable`] comes within about two seconds.
/// - Nothing a node says goes into an error's text.
#[async_trait]
pub trait ChainReader: Debug + Send + Sync + 'static {
    /// The EIP-155 number of the chain.
    fn chain_id(&self) -> u64;

    /// The code at an address; empty where there is none.
    ///
    /// # Errors
    /// The chain cannot be asked.
    async fn code(&self, address: &Address) -> Result<Vec<u8>, Unavailable>;

    /// Simulates a call.
    ///
    /// # Errors
    /// The chain cannot be asked.
    async fn call(&self, call: &Call) -> Result<Answer, Unavailable>;
}

/// A reader that several hold together is one.
#[async_trait]
impl<R: ChainReader + ?Sized> ChainReader for Arc<R> {
    fn chain_id(&self) -> u64 {
        (**self).chain_id()
    }

    async fn code(&self, address: &Address) -> Result<Vec<u8>, Unavailable> {
        (**self).code(address).await
    }

    async fn call(&self, call: &Call) -> Result<Answer, Unavailable> {
        (**self).call(call).await
    }
}

/// A call to be simulated, with no value, [from](Self::FROM) one fixed address and with bounded
/// [gas](Self::GAS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The contract; `None` runs `data` as the code of a new one.
    pub to: Option<Address>,
    /// What it is given.
    pub data: Vec<u8>,
}

impl Call {
    /// Who calls: an ordinary address whose key nobody has. Contracts must not be able to take the
    /// caller for nobody, for a precompiled contract, or for somebody with rights.
    pub const FROM: Address = Address::from_bytes([
        0x8c, 0x02, 0x4e, 0x71, 0x5b, 0x9f, 0x3a, 0xd6, 0x1e, 0x64, 0xa9, 0x0b, 0x77, 0xc5, 0x38,
        0xf2, 0x4d, 0x90, 0xe3, 0x16,
    ]);

    /// How much may be computed, in gas.
    pub const GAS: u64 = 5_000_000;
}

/// What came of a simulated call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The call returned this; nothing, if there is no contract.
    Returned(Vec<u8>),
    /// The contract reverted, used up its gas, or returned more than anybody reads.
    Failed,
}

/// The chain could not be asked. The text says in fixed words why.
#[derive(Debug)]
pub struct Unavailable {
    reason: &'static str,
    source: Option<BoxError>,
}

impl Unavailable {
    /// With the reason, in fixed words.
    pub fn new(reason: &'static str) -> Self {
        Self {
            reason,
            source: None,
        }
    }

    /// Keeps what caused it; its text must hold nothing secret, such as an endpoint's key.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for Unavailable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
