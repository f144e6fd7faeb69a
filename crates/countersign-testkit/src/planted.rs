//! A nonce store for texts that were signed long ago, with nonces of their own.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{Ask, Engine, NonceStore, OneTime, StoreError, Timestamp, async_trait};
use sha2::{Digest, Sha256};

/// Answers to one stated nonce with the record of the last challenge, once: so the signed messages
/// of a vector file can be played to a whole engine. Clones are one store.
#[derive(Debug, Clone, Default)]
pub struct Planted(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: Option<OneTime>,
    by_nonce: Option<(String, OneTime)>,
}

impl Planted {
    /// Makes `nonce` one that `engine`, which must use this store, has issued for tokens.
    pub async fn plant(&self, engine: &Engine, nonce: &str) {
        engine.challenge(Ask::any_chain()).await.unwrap();
        let mut state = self.0.lock().unwrap();
        let record = state.last.take().unwrap();
        state.by_nonce = Some((one_time_key(nonce), record));
    }
}

/// The key that the engine gives the record of a sign-in nonce: base64url of
/// `SHA-256("sign-in" ‖ 0x00 ‖ nonce)`.
pub fn one_time_key(nonce: &str) -> String {
    let digest = Sha256::new()
        .chain_update("sign-in\0")
        .chain_update(nonce)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

#[async_trait]
impl NonceStore for Planted {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        self.0.lock().unwrap().last = Some(record.clone());
        Ok(())
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        let mut state = self.0.lock().unwrap();
        let is_planted = state
            .by_nonce
            .as_ref()
            .is_some_and(|(planted, _)| planted == key);
        Ok(is_planted
            .then(|| state.by_nonce.take())
            .flatten()
            .map(|(_, record)| record))
    }

    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}
