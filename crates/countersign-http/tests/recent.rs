//! The step up: a session alone is not enough for everything.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use countersign_http::AuthHttp;
use countersign_testkit::{Stage, ethereum_wallet, run};

#[test]
fn a_signature_is_recent_for_as_long_as_it_is_said() {
    run(async {
        let stage = Stage::ethereum();
        let auth = AuthHttp::new(stage.engine.clone());
        let session = stage.sign_in(&ethereum_wallet(1)).await.unwrap().session;
        let minutes = |count: u64| Duration::from_secs(60 * count);
        stage.clock.advance(minutes(5));
        auth.recent(&session, minutes(5)).unwrap();
        stage.clock.advance(Duration::from_millis(1));
        let refused = auth.recent(&session, minutes(5)).unwrap_err();
        assert_eq!(auth.refuse(&refused).status(), 401);
        let again = stage.sign_in(&ethereum_wallet(1)).await.unwrap().session;
        auth.recent(&again, minutes(5)).unwrap();
    });
}
