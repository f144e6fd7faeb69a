//! The replay race, on the memory store and on one that is broken: it must tell them apart.

#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, sync::Arc};

use countersign_core::{NonceStore, OneTime, StoreError, Stores, Timestamp, async_trait};
use countersign_store_memory::stores;
use countersign_testkit::races::{Outcome, proofs, replay};
use tokio::sync::Mutex;

#[test]
fn g01_memory_lets_each_proof_in_once() {
    let outcome = countersign_testkit::run(replay(vec![stores()], proofs()));
    let expected = Outcome {
        accepted: proofs(),
        doubled: 0,
        other: 0,
    };
    assert_eq!(outcome, expected);
}

#[test]
fn g01_a_store_that_reads_and_then_deletes_is_caught() {
    let broken = Stores {
        nonces: Arc::new(ReadsThenDeletes::default()),
        ..stores()
    };
    let outcome = countersign_testkit::run(replay(vec![broken], 50));
    assert!(outcome.doubled > 0, "{outcome:?}");
}

/// What a store must not do.
#[derive(Debug, Default)]
struct ReadsThenDeletes(Mutex<HashMap<String, OneTime>>);

#[async_trait]
impl NonceStore for ReadsThenDeletes {
    async fn issue(&self, record: &OneTime) -> Result<(), StoreError> {
        let mut kept = self.0.lock().await;
        kept.insert(record.key.clone(), record.clone());
        Ok(())
    }

    async fn consume(&self, key: &str) -> Result<Option<OneTime>, StoreError> {
        let record = self.0.lock().await.get(key).cloned();
        tokio::task::yield_now().await;
        self.0.lock().await.remove(key);
        Ok(record)
    }

    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}
