//! An engine on a stage: memory stores, a clock in the hand, a wallet.

use countersign_core::{
    Ask, Binding, ChainVerifier, Challenge, Context, Engine, EngineBuilder, Error, Proof, Secret,
    SignIn, SignedIn, Timestamp, Wallet,
};
use countersign_ethereum::{Ethereum, EthereumWallet};
use countersign_store_memory::stores;

use crate::ManualClock;

/// Where the site on the stage lives.
pub const ORIGIN: &str = "https://app.example";

/// When tests begin: 2026-01-01T00:00:00Z.
pub fn at_start() -> Timestamp {
    Timestamp::from_secs(1_767_225_600)
}

/// The wallet of most tests; another number is another wallet.
pub fn ethereum_wallet(number: u8) -> EthereumWallet {
    let chain = "eip155:1".parse().unwrap();
    EthereumWallet::from_bytes(&[number.max(1); 32], chain).unwrap()
}

/// An engine at [`ORIGIN`] with memory stores, no rate limits and a [`ManualClock`].
#[derive(Debug, Clone)]
pub struct Stage {
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub clock: ManualClock,
}

impl Stage {
    /// A stage with one verifier.
    pub fn with(verifier: impl ChainVerifier) -> Self {
        Self::built(ORIGIN, |builder| builder.chain(verifier))
    }

    /// A stage for Ethereum's main chain.
    pub fn ethereum() -> Self {
        Self::with(Ethereum::mainnet())
    }

    /// A stage at `origin` without rate limits, with whatever `change` adds or replaces.
    pub fn built(origin: &str, change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        Self::limited(origin, |builder| change(builder.without_limits()))
    }

    /// A stage at `origin` with rate limits, with whatever `change` adds or replaces.
    pub fn limited(origin: &str, change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = ManualClock::at(at_start());
        let builder = Engine::builder(origin)
            .stores(stores())
            .clock(clock.clone())
            .secret(Secret::random());
        Self {
            engine: change(builder).build().unwrap(),
            clock,
        }
    }

    /// A challenge for the wallet's account; bound to a browser, or for a token.
    pub async fn challenge(&self, wallet: &dyn Wallet, browser: Option<&Binding>) -> Challenge {
        let ask = Ask::chain(wallet.chain().clone()).account(wallet.address());
        let ask = match browser {
            Some(binding) => ask.bound_to(binding.clone()),
            None => ask,
        };
        self.engine.challenge(ask).await.unwrap()
    }

    /// The text of a fresh challenge for a token, changed by `edit` and signed as it then stands.
    pub async fn edited_proof(
        &self,
        verifier: &dyn ChainVerifier,
        wallet: &dyn Wallet,
        edit: impl FnOnce(&mut SignIn<'_>),
    ) -> Proof {
        let text = self.challenge(wallet, None).await.message.unwrap();
        let mut sign_in = verifier.parse(&text).unwrap();
        edit(&mut sign_in);
        signed(wallet, sign_in.compose())
    }

    /// The wallet signs in for a token.
    pub async fn sign_in(&self, wallet: &dyn Wallet) -> Result<SignedIn, Error> {
        let text = self.challenge(wallet, None).await.message.unwrap();
        self.engine
            .sign_in(&signed(wallet, text), &Context::token())
            .await
    }
}

/// A text with the wallet's signature over it.
pub(crate) fn signed(wallet: &dyn Wallet, message: String) -> Proof {
    let signature = wallet.sign(&message);
    Proof {
        chain: None,
        message,
        signature,
    }
}
