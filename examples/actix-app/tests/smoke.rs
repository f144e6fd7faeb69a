//! The app as it is started, and a browser that signs in.

#[test]
fn a_wallet_signs_in_and_out() {
    countersign_testkit::smoke::app(env!("CARGO_BIN_EXE_actix-app"));
}
