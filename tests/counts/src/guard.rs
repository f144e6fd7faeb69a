//! An application's own route behind a guard, and a whole sign-in, with memory stores.

use countersign_core::{
    Ask, Binding, ChainId, Context, Engine, Event, EventSink, Proof, Secret, Session, SignedIn,
    Wallet as _,
};
use countersign_ethereum::{Ethereum, EthereumWallet};
use countersign_http::AuthHttp;
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::runtime::{Builder, Runtime};

use crate::ORIGIN;

/// An engine, and somebody who is signed in twice: by a cookie and by a bearer token.
#[derive(Debug)]
pub struct Guarded {
    auth: AuthHttp,
    wallet: EthereumWallet,
    runtime: Runtime,
    cookie: HeaderMap,
    bearer: HeaderMap,
}

impl Guarded {
    /// Signs in twice.
    ///
    /// # Panics
    /// If that fails.
    pub fn new() -> Self {
        let chain: ChainId = "eip155:1".parse().expect("a chain");
        let wallet = EthereumWallet::from_bytes(&[7; 32], chain).expect("a key");
        let engine = Engine::builder(ORIGIN)
            .chain(Ethereum::mainnet())
            .stores(countersign_store_memory::stores())
            .events(Nobody)
            .without_limits()
            .secret(Secret::random())
            .build()
            .expect("a sound configuration");
        let runtime = Builder::new_current_thread().enable_all().build();
        let mut guarded = Self {
            auth: AuthHttp::new(engine),
            wallet,
            runtime: runtime.expect("a runtime starts"),
            cookie: HeaderMap::new(),
            bearer: HeaderMap::new(),
        };
        let binding = Binding::generate();
        let by_cookie = guarded.signed_in(Some(&binding)).token.expose();
        let by_bearer = guarded.signed_in(None).token.expose();
        let cookies = format!(
            "theme=dark; __Host-countersign-pre={}; __Host-countersign={by_cookie}",
            binding.expose()
        );
        guarded.cookie.insert(header::COOKIE, value(&cookies));
        let bearer = value(&format!("Bearer {by_bearer}"));
        guarded.bearer.insert(header::AUTHORIZATION, bearer);
        guarded
    }

    /// One guarded request with the session's cookie.
    pub fn by_cookie(&self) -> Session {
        self.guard(&self.cookie)
    }

    /// One guarded request with an opaque bearer token.
    pub fn by_bearer(&self) -> Session {
        self.guard(&self.bearer)
    }

    /// A challenge for a token, answered. The wallet's work is part of it.
    pub fn sign_in(&self) -> SignedIn {
        self.signed_in(None)
    }

    fn guard(&self, headers: &HeaderMap) -> Session {
        let session = self.auth.guard(&Method::GET, headers);
        self.runtime.block_on(session).expect("signed in")
    }

    fn signed_in(&self, browser: Option<&Binding>) -> SignedIn {
        let ask = Ask::chain(self.wallet.chain().clone()).account(self.wallet.address());
        let (ask, context) = match browser {
            Some(binding) => (
                ask.bound_to(binding.clone()),
                Context::cookie(Some(binding.clone())),
            ),
            None => (ask, Context::token()),
        };
        self.runtime.block_on(async {
            let engine = self.auth.engine();
            let challenge = engine.challenge(ask).await.expect("a challenge");
            let message = challenge.message.expect("the account was named");
            let proof = Proof {
                chain: None,
                signature: self.wallet.sign(&message),
                message,
            };
            engine.sign_in(&proof, &context).await.expect("signed in")
        })
    }
}

impl Default for Guarded {
    fn default() -> Self {
        Self::new()
    }
}

fn value(text: &str) -> HeaderValue {
    text.parse().expect("a header value")
}

/// Takes no note.
#[derive(Debug)]
struct Nobody;

impl EventSink for Nobody {
    fn record(&self, _: &Event) {}
}
