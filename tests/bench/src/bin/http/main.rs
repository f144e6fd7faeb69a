//! HTTP: a guarded route against the bare one on the same framework, and whole sign-ins.
//!
//! The servers are this same program, started as `http serve FRAMEWORK ALGORITHM PORT`.

#![allow(clippy::unwrap_used)]

mod apps;
#[path = "../tokens/keys.rs"]
mod keys;
mod visits;
#[path = "../tokens/yardstick.rs"]
#[allow(dead_code, reason = "shared by two programs")]
mod yardstick;

use std::{env, process::Command, time::Duration};

use countersign::jwt::Algorithm;
use countersign_bench::{Goal, Load, Report, Server, requests};

use visits::{Visitor, get};

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    if let ["serve", framework, algorithm, port] = words[..] {
        let all = [Algorithm::EdDsa, Algorithm::Hs256];
        let algorithm = all.into_iter().find(|one| one.to_string() == algorithm);
        return apps::serve(framework, algorithm.unwrap(), port.parse().unwrap());
    }
    let mut report = Report::new("http");
    for framework in apps::FRAMEWORKS {
        if report.wants(framework) {
            measure(&mut report, framework);
        }
    }
    for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
        by_token(&mut report, algorithm);
    }
    report.finish();
}

fn measure(report: &mut Report, framework: &str) {
    let eddsa = start(framework, Algorithm::EdDsa);
    let hs256 = start(framework, Algorithm::Hs256);
    let visitor = Visitor::of(eddsa.address());
    let (cookie, by_eddsa) = (visitor.cookie(), visitor.bearer());
    let by_hs256 = Visitor::of(hs256.address()).bearer();
    let load = Load::new(eddsa.address(), CONNECTIONS).awake();
    let other_load = Load::new(hs256.address(), CONNECTIONS).awake();
    let bare = requests(&eddsa, &load, get("/bare", &cookie)); // the same request, but for the path
    let guarded = |server, load, header: &str| requests(server, load, get("/guarded", header));
    report
        .contest(framework)
        .rounds(ROUNDS, ROUND)
        .side("a bare route", bare)
        .side("guarded, by cookie", guarded(&eddsa, &load, &cookie))
        .goal(Goal::CpuThroughput(0.90))
        .side(
            "guarded, by an HS256 token",
            guarded(&hs256, &other_load, &by_hs256),
        )
        .side(
            "guarded, by an EdDSA token",
            guarded(&eddsa, &load, &by_eddsa),
        )
        .side(
            "challenge and sign-in",
            requests(&eddsa, &load, async |connection| {
                visitor.signs_in(connection).await
            }),
        )
        .run();
}

/// A signed token, against a handler that calls `jsonwebtoken`.
fn by_token(report: &mut Report, algorithm: Algorithm) {
    let what = format!("axum, by an {algorithm} token");
    if !report.wants(&what) {
        return;
    }
    let server = start("axum", algorithm);
    let bearer = Visitor::of(server.address()).bearer();
    let load = Load::new(server.address(), CONNECTIONS).awake();
    report
        .contest(&what)
        .rounds(ROUNDS, ROUND)
        .side(
            "jsonwebtoken::decode in the handler",
            requests(&server, &load, get("/checked", &bearer)),
        )
        .side(
            "guarded, stateless",
            requests(&server, &load, get("/stateless", &bearer)),
        )
        .goal(Goal::CpuThroughput(0.95))
        .side(
            "guarded, with its session",
            requests(&server, &load, get("/guarded", &bearer)),
        )
        .goal(Goal::CpuThroughput(0.95))
        .run();
}

fn start(framework: &str, algorithm: Algorithm) -> Server {
    let address = Server::free_address();
    let mut command = Command::new(env::current_exe().unwrap());
    let port = address.port().to_string();
    command.args(["serve", framework, &algorithm.to_string(), &port]);
    Server::start(&command, address)
}

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 11;
const ROUND: Duration = Duration::from_millis(700);
