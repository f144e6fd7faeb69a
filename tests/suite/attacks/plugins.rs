//! What plugs in and means ill, or is broken.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use countersign_core::{
    AccountId, BoxError, ChainId, ChainVerifier, Gate, Identity, TextProfile, Verified,
    VerifyError, async_trait,
};
use countersign_store_memory::{MemoryNonces, stores};
use countersign_testkit::{
    ORIGIN, Stage,
    faults::{Flaky, Mood},
    rig::Bare,
};
use countersign_tests::with_parts;

use super::*;

/// Ethereum, but it counts how often it was asked to verify, and may name somebody else.
#[derive(Debug, Clone)]
struct Spy {
    inner: Arc<Ethereum>,
    asked: Arc<AtomicU32>,
    lies: bool,
}

impl Spy {
    fn new(lies: bool) -> Self {
        Self {
            inner: Arc::new(Ethereum::mainnet()),
            asked: Arc::default(),
            lies,
        }
    }
}

#[async_trait]
impl ChainVerifier for Spy {
    fn namespace(&self) -> &str {
        self.inner.namespace()
    }
    fn chains(&self) -> &[ChainId] {
        self.inner.chains()
    }
    fn label(&self, chain: &ChainId) -> &str {
        self.inner.label(chain)
    }
    fn profile(&self) -> &'static TextProfile {
        self.inner.profile()
    }
    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        self.inner.account(chain, address)
    }
    fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, VerifyError> {
        self.inner.parse(message)
    }
    async fn verify(
        &self,
        account: &AccountId,
        message: &str,
        signature: &[u8],
    ) -> Result<Verified, VerifyError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let verified = self.inner.verify(account, message, signature).await?;
        if self.lies {
            let other = self
                .inner
                .account(account.chain(), &ethereum_wallet(2).address())?;
            return Ok(Verified::key(&other, "plugin"));
        }
        Ok(verified)
    }
}

/// In the hand's own time: nobody waits here. A panic, and what others then get, is S9.
#[test]
fn b01_a_plugin_that_hangs() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let nonces = Flaky::new(MemoryNonces::default());
        let stage = Stage::built(ORIGIN, |b| {
            b.chain(Ethereum::mainnet()).nonces(nonces.clone())
        });
        let rig = Bare(countersign_http::AuthHttp::new(stage.engine));
        let browser = Browser::on(&rig, ORIGIN);
        let before = tokio::time::Instant::now();
        for mood in [Mood::Hangs, Mood::Panics] {
            nonces.set(mood);
            assert_refused(
                &browser.get("/auth/nonce").await,
                (500, "plugin_error"),
                "a store",
            );
        }
        assert!(before.elapsed().as_secs() <= 5, "{:?}", before.elapsed());
        nonces.set(Mood::Well);
        assert_eq!(browser.sign_in(&ethereum_wallet(1)).await.status(), 200);
    });
}

#[test]
fn b02_a_plugin_that_names_another_account() {
    let spy = Spy::new(true);
    with_parts(
        ORIGIN,
        |b| b.chain(spy.clone()),
        async |face| {
            let browser = face.browser();
            let answer = browser.sign_in(&ethereum_wallet(1)).await;
            assert_eq!(
                answer.status().as_u16() / 100,
                5,
                "{}: {}",
                face.name,
                answer.text()
            );
            assert!(answer.cookies().is_empty());
            assert_eq!(browser.get("/me").await.refusal().0, 401, "{}", face.name);
        },
    );
}

#[test]
fn b04_two_plugins_for_one_chain() {
    let refused = countersign_core::Engine::builder(ORIGIN)
        .chain(Ethereum::mainnet())
        .chain(Spy::new(false))
        .stores(stores())
        .secret(countersign_core::Secret::random())
        .build()
        .unwrap_err();
    assert!(
        refused
            .faults()
            .iter()
            .all(|fault| fault.code == "CFG_PLUGIN_CONFLICT")
    );
    assert!(!refused.faults().is_empty());
}

#[test]
fn b05_a_gate_that_errs() {
    #[derive(Debug)]
    struct Broken;

    #[async_trait]
    impl Gate for Broken {
        async fn admit(&self, _: &Identity) -> Result<bool, BoxError> {
            Err("the list cannot be read".into())
        }
    }

    with_engine(
        ORIGIN,
        |b| b.gate(Broken),
        async |face| {
            let browser = face.browser();
            let answer = browser.sign_in(&ethereum_wallet(1)).await;
            assert_refused(&answer, (403, "not_admitted"), face.name);
            assert!(answer.cookies().is_empty());
            assert_eq!(browser.get("/me").await.refusal().0, 401);
        },
    );
}

#[test]
fn b06_a_plugin_is_asked_only_after_the_core_checked() {
    let spy = Spy::new(false);
    with_parts(
        ORIGIN,
        |b| b.chain(spy.clone()),
        async |face| {
            spy.asked.store(0, Ordering::SeqCst);
            let wallet = ethereum_wallet(1);
            // A nonce that was never issued, another domain, another page, a text that is too old.
            verify_edited(&face.browser(), |s| s.nonce = "A".repeat(24).into()).await;
            verify_edited(&face.browser(), |s| s.domain = "evil.example".into()).await;
            verify_edited(&face.browser(), |s| s.issued_at = Some(after_start(-3_600))).await;
            let mut elsewhere = face.browser();
            let text = elsewhere.challenge(&wallet).await;
            elsewhere.origin = Some("https://evil.example".to_owned());
            assert_eq!(
                elsewhere.verify(&wallet, &text).await.status(),
                403,
                "{}",
                face.name
            );
            assert_eq!(spy.asked.load(Ordering::SeqCst), 0, "{}", face.name);
            // And once for a good one, not for its replay.
            let browser = face.browser();
            let text = browser.challenge(&wallet).await;
            assert_eq!(
                browser.verify(&wallet, &text).await.status(),
                200,
                "{}",
                face.name
            );
            assert_eq!(
                browser.verify(&wallet, &text).await.status(),
                401,
                "{}",
                face.name
            );
            assert_eq!(spy.asked.load(Ordering::SeqCst), 1, "{}", face.name);
        },
    );
}
