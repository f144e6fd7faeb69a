//! Sign-ins at one server with the memory store.

use std::time::Duration;

use countersign_bench::{Goal, Load, Report, requests};

use crate::{
    client::{Client, Dialect},
    node::start,
};

/// Against a bare handler that only recovers the key.
pub(crate) fn sign_ins(report: &mut Report, what: &str) {
    let server = start("memory");
    let load = Load::new(server.address(), CONNECTIONS).awake();
    let client = &Client::new();
    report
        .contest(what)
        .rounds(ROUNDS, ROUND)
        .side(
            "a GET, and a POST that recovers",
            requests(&server, &load, async |c| {
                client.gets(c, "/bare", "").await?;
                client.recovers(c).await
            }),
        )
        .side(
            "challenge and verify, for a token",
            requests(&server, &load, async |c| {
                client.signs_in(c, Dialect::Token).await.map(drop)
            }),
        )
        .goal(Goal::CpuThroughput(0.90))
        .side(
            "nonce and verify, for a token",
            requests(&server, &load, async |c| {
                client.signs_in(c, Dialect::NonceToken).await.map(drop)
            }),
        )
        .goal(Goal::CpuThroughput(0.90))
        .side(
            "challenge and verify, for a cookie",
            requests(&server, &load, async |c| {
                client.signs_in(c, Dialect::Cookie).await.map(drop)
            }),
        )
        .run();
}

pub(crate) const CONNECTIONS: usize = 12;
pub(crate) const ROUNDS: usize = 9;
pub(crate) const ROUND: Duration = Duration::from_millis(1_000);
