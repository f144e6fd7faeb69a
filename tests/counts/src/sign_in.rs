//! From what came in to the account that is proved: hex, parse, policy, signature.

use countersign_core::{
    AccountId, ChainId, ChainVerifier, DateTime, SignIn, Timestamp, Wallet, label_of,
    policy::{TimeRules, names_site, names_uri},
};
use countersign_ethereum::{Ethereum, EthereumWallet};
use countersign_polkadot::{Network, Polkadot, PolkadotWallet, Scheme};
use futures_util::FutureExt as _;

/// A signed text, and whoever judges it.
#[derive(Debug)]
pub struct SignInText {
    /// The text.
    pub message: String,
    /// The signature as it comes: hex with `0x`.
    pub signature: String,
    verifier: Box<dyn ChainVerifier>,
    origin: countersign_core::Origin,
    rules: TimeRules,
    now: Timestamp,
}

impl SignInText {
    /// By an externally owned account of Ethereum. Each number has a nonce of its own.
    pub fn ethereum(number: u32) -> Self {
        let chain: ChainId = "eip155:1".parse().expect("a chain");
        let wallet = EthereumWallet::from_bytes(&[7; 32], chain).expect("a key");
        Self::of(Ethereum::mainnet(), &wallet, number)
    }

    /// By an sr25519 key on Polkadot.
    pub fn sr25519(number: u32) -> Self {
        Self::substrate(Scheme::Sr25519, number)
    }

    /// By an ed25519 key on Polkadot.
    pub fn ed25519(number: u32) -> Self {
        Self::substrate(Scheme::Ed25519, number)
    }

    fn substrate(scheme: Scheme, number: u32) -> Self {
        let wallet = PolkadotWallet::from_seed(scheme, &[7; 32], &Network::POLKADOT);
        Self::of(Polkadot::new(), &wallet.expect("a key"), number)
    }

    fn of(verifier: impl ChainVerifier, wallet: &dyn Wallet, number: u32) -> Self {
        let now = Timestamp::from_secs(1_767_225_600);
        let chain = wallet.chain();
        let message = SignIn {
            profile: verifier.profile(),
            scheme: None,
            domain: "app.example".into(),
            label: verifier.label(chain).into(),
            address: wallet.address().into(),
            statement: Some("Sign in to app.example with your account.".into()),
            uri: Some(ORIGIN.into()),
            chain: chain.clone(),
            chain_text: Some(chain.reference().into()),
            nonce: format!("k7Qm2ZtR9vXc4LpW8sY{number:05}").into(),
            issued_at: Some(DateTime::at(now)),
            expiration_time: None,
            not_before: None,
            request_id: None,
            resources: None,
        }
        .compose();
        Self {
            signature: format!("0x{}", hex::encode(wallet.sign(&message))),
            message,
            verifier: Box::new(verifier),
            origin: ORIGIN.parse().expect("an origin"),
            rules: TimeRules::default(),
            now,
        }
    }

    /// All that the engine does with a text but for its stores.
    ///
    /// # Panics
    /// If the text does not prove its account.
    pub fn account(&self) -> AccountId {
        let digits = self.signature.strip_prefix("0x").expect("hex");
        let signature = hex::decode(digits).expect("hex");
        let label = label_of(&self.message).expect("a sign-in text");
        assert!(self.verifier.labels().contains(&label));
        let sign_in = self.verifier.parse(&self.message).expect("a sign-in text");
        assert!(sign_in.compose() == self.message);
        assert!(self.verifier.chains().contains(&sign_in.chain));
        let account = self.verifier.account(&sign_in.chain, &sign_in.address);
        let account = account.expect("an account");
        assert!(names_site(&sign_in, &self.origin) && names_uri(&sign_in, &self.origin));
        self.rules.check(&sign_in, self.now).expect("in time");
        let verified = self.verifier.verify(&account, &self.message, &signature);
        let verified = verified.now_or_never().expect("nothing to wait for");
        assert!(*verified.expect("a good signature").account() == account);
        account
    }
}

/// The site.
pub const ORIGIN: &str = "https://app.example";
