//! What every store must do, for ours.

#![allow(clippy::unwrap_used)]

use countersign_testkit::servers::{Dir, fresh_prefix};
use custom_store::Files;

fn files() -> Files {
    Files::at(Dir::shared().path().join(fresh_prefix())).unwrap()
}

countersign_testkit::nonce_store_suite!(files());
countersign_testkit::session_store_suite!(files());
