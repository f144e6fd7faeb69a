//! A whole sign-in as two requests, without the curve: what is counted is what stands around it.

use bytes::Bytes;
use countersign_core::{
    AccountId, ChainId, ChainVerifier, Engine, Secret, SignIn, TextProfile, Verified, VerifyError,
    async_trait,
};
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::ORIGIN;

/// A site where every signature is good.
#[derive(Debug)]
pub struct Site {
    auth: AuthHttp,
    runtime: Runtime,
}

impl Site {
    /// One with memory stores.
    ///
    /// # Panics
    /// If there is no runtime.
    pub fn new() -> Self {
        let engine = Engine::builder(ORIGIN)
            .chain(Believing(Ethereum::mainnet()))
            .stores(countersign_store_memory::stores())
            .without_limits()
            .secret(Secret::random())
            .build()
            .expect("a sound configuration");
        let runtime = Builder::new_current_thread().enable_all().build();
        Self {
            auth: AuthHttp::new(engine),
            runtime: runtime.expect("a runtime starts"),
        }
    }

    /// A challenge for a token, and its proof, as a program sends them. The client's JSON is part of
    /// it.
    ///
    /// # Panics
    /// If it fails.
    pub fn sign_in(&self) -> Bytes {
        let ask = json!({"chain": "eip155:1", "account": ADDRESS, "credential": "token"});
        let challenge = self.answer("/auth/challenge", &ask, 201);
        let said: Value = serde_json::from_slice(&challenge).expect("JSON");
        let signature = format!("0x{}", "1b".repeat(65));
        let proof =
            json!({"message": said["message"], "signature": signature, "credential": "token"});
        self.answer("/auth/verify", &proof, 200)
    }

    fn answer(&self, path: &str, body: &Value, status: u16) -> Bytes {
        let request = Request::post(path)
            .header("host", "app.example")
            .header("origin", ORIGIN)
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .expect("a request");
        let answer = self.runtime.block_on(self.auth.handle(request));
        assert_eq!(answer.status(), status);
        Response::into_body(answer)
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads texts as it should, and believes every signature.
#[derive(Debug)]
struct Believing(Ethereum);

#[async_trait]
impl ChainVerifier for Believing {
    fn namespace(&self) -> &str {
        self.0.namespace()
    }

    fn chains(&self) -> &[ChainId] {
        self.0.chains()
    }

    fn label(&self, chain: &ChainId) -> &str {
        self.0.label(chain)
    }

    fn profile(&self) -> &'static TextProfile {
        self.0.profile()
    }

    fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, VerifyError> {
        self.0.parse(message)
    }

    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        self.0.account(chain, address)
    }

    async fn verify(
        &self,
        account: &AccountId,
        _message: &str,
        _signature: &[u8],
    ) -> Result<Verified, VerifyError> {
        Ok(Verified::key(account, "eip191"))
    }
}

const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
