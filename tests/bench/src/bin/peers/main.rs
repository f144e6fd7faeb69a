//! The same two things on what people use today: a sign-in, and a route behind a session.
//!
//! The peers are programs of their own under `tests/bench/peers`, on published packages. One that
//! cannot be installed is left out, and the reason is printed.

#![allow(clippy::unwrap_used)]

#[path = "../nodes/client.rs"]
mod client;
#[path = "../nodes/node.rs"]
mod node;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use client::{Client, Dialect};
use countersign_bench::{Goal, Load, Report, Server, requests};

fn main() {
    if node::has_served() {
        return;
    }
    let mut report = Report::new("peers");
    for peer in PEERS {
        match (peer.ready)() {
            Ok(command) => compare(&mut report, peer, command),
            Err(reason) => eprintln!("{} is left out: {reason}", peer.name),
        }
    }
    report.finish();
}

/// A program on published packages.
struct Peer {
    name: &'static str,
    dialect: Dialect,
    /// Makes it ready and says how it is started, but for its port.
    ready: fn() -> Result<Command, String>,
    /// How many times its rates ours should be: of a sign-in, and of a route behind a session.
    goals: [f64; 2],
}

const PEERS: &[Peer] = &[
    Peer {
        name: "axum + tower-sessions + siwe",
        dialect: Dialect::Quickstart,
        ready: || on_crates("tower-sessions"),
        goals: [2.0, 1.3],
    },
    Peer {
        name: "axum + axum-login + siwe",
        dialect: Dialect::Quickstart,
        ready: || on_crates("axum-login"),
        goals: [2.0, 1.3],
    },
    Peer {
        name: "Express + express-session + siwe",
        dialect: Dialect::Quickstart,
        ready: || on_npm("express"),
        goals: [30.0, 30.0],
    },
    Peer {
        name: "better-auth, SQLite",
        dialect: Dialect::BetterAuth,
        ready: || on_npm("better-auth"),
        goals: [30.0, 30.0],
    },
];

fn compare(report: &mut Report, peer: &Peer, mut command: Command) {
    let (name, [sign_in, route]) = (peer.name, peer.goals);
    let address = Server::free_address();
    command.arg(address.port().to_string());
    let theirs = Server::start(&command, address);
    let ours = node::start("memory");
    let their_load = Load::new(theirs.address(), CONNECTIONS).awake();
    let our_load = Load::new(ours.address(), CONNECTIONS).awake();
    let client = &Client::new();
    report
        .contest(&format!("a sign-in: {name}"))
        .rounds(ROUNDS, ROUND)
        .side(
            name,
            requests(&theirs, &their_load, async |c| {
                client.signs_in(c, peer.dialect).await.map(drop)
            }),
        )
        .side(
            "countersign on axum, nonce and verify",
            requests(&ours, &our_load, async |c| {
                client.signs_in(c, Dialect::NonceCookie).await.map(drop)
            }),
        )
        .goal(Goal::CpuThroughput(sign_in))
        .side(
            "countersign on axum, challenge and verify",
            requests(&ours, &our_load, async |c| {
                client.signs_in(c, Dialect::Cookie).await.map(drop)
            }),
        )
        .goal(Goal::CpuThroughput(sign_in))
        .run();
    let their_cookie = client.cookie(&their_load, peer.dialect);
    let our_cookie = client.cookie(&our_load, Dialect::Cookie);
    report
        .contest(&format!("a route behind a session: {name}"))
        .rounds(ROUNDS, ROUND)
        .side(
            name,
            requests(&theirs, &their_load, async |c| {
                client.gets(c, "/me", &their_cookie).await
            }),
        )
        .side(
            "countersign on axum",
            requests(&ours, &our_load, async |c| {
                client.gets(c, "/me", &our_cookie).await
            }),
        )
        .goal(Goal::CpuThroughput(route))
        .side(
            "a bare route of axum",
            requests(&ours, &our_load, async |c| {
                client.gets(c, "/bare", &our_cookie).await
            }),
        )
        .goal(Goal::CpuThroughput(route))
        .run();
}

fn on_crates(program: &str) -> Result<Command, String> {
    let mut build = Command::new("cargo");
    build.args([
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--manifest-path",
    ]);
    build.arg(folder().join("Cargo.toml"));
    done(build.args(["--bin", program]))?;
    Ok(Command::new(folder().join("target/release").join(program)))
}

fn on_npm(package: &str) -> Result<Command, String> {
    let here = folder().join(package);
    if !here.join("node_modules").is_dir() {
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let flags = ["--legacy-peer-deps", "--loglevel", "error"];
        let mut install = Command::new("npm");
        done(install.args(words).args(flags).current_dir(&here))?;
    }
    let mut command = Command::new("node");
    command.arg(here.join("server.mjs"));
    command.env("NODE_ENV", "production");
    Ok(command)
}

fn done(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

const CONNECTIONS: usize = 12;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(800);
