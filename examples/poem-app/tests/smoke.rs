//! The app as it is started, and a browser that signs in.

#[test]
fn a_wallet_signs_in_and_out() {
    countersign_testkit::smoke::app(env!("CARGO_BIN_EXE_poem-app"));
}

#[cfg(feature = "redis")]
#[test]
fn three_nodes_over_one_redis_serve_one_sign_in_between_them() {
    let redis = countersign_testkit::servers::Redis::start();
    countersign_testkit::smoke::nodes(env!("CARGO_BIN_EXE_poem-app"), &redis.url());
}

#[cfg(feature = "sqlite")]
#[test]
fn three_nodes_over_one_sqlite_file_serve_one_sign_in_between_them() {
    let dir = countersign_testkit::servers::Dir::new();
    let store = format!("sqlite:{}/poem-app.db", dir.path().display());
    countersign_testkit::smoke::nodes(env!("CARGO_BIN_EXE_poem-app"), &store);
}
