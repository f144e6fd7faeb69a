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
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use client::{Client, Dialect};
use countersign_bench::{Goal, Load, Report, Server, requests};

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    if let [serve, port, store] = &words[..]
        && serve == "serve"
    {
        return node::serve(port.parse().unwrap(), store);
    }
    let mut report = Report::new("peers");
    let peers: [(&str, Peer, [f64; 2]); 2] = [
        ("axum + tower-sessions + siwe", tower_sessions, [2.0, 1.3]),
        ("Express + express-session + siwe", express, [30.0, 30.0]),
    ];
    for (name, peer, goals) in peers {
        match peer() {
            Ok(command) => compare(&mut report, name, command, goals),
            Err(reason) => eprintln!("{name} is left out: {reason}"),
        }
    }
    report.finish();
}

/// Makes a peer ready and says how it is started, but for its port.
type Peer = fn() -> Result<Command, String>;

fn compare(report: &mut Report, name: &str, mut command: Command, [sign_in, route]: [f64; 2]) {
    let address = Server::free_address();
    command.arg(address.port().to_string());
    let peer = Server::start(&command, address);
    let address = Server::free_address();
    let mut ours = Command::new(env::current_exe().unwrap());
    ours.args(["serve", &address.port().to_string(), "memory"]);
    let ours = Server::start(&ours, address);
    let (theirs, load) = (
        Load::new(peer.address(), CONNECTIONS),
        Load::new(ours.address(), CONNECTIONS),
    );
    let client = &Client::new();
    report
        .contest(&format!("a sign-in: {name}"))
        .rounds(ROUNDS, ROUND)
        .side(
            name,
            requests(&peer, &theirs, async |c| {
                client.signs_in(c, Dialect::Quickstart).await.map(drop)
            }),
        )
        .side(
            "countersign on axum",
            requests(&ours, &load, async |c| {
                client.signs_in(c, Dialect::Cookie).await.map(drop)
            }),
        )
        .goal(Goal::CpuThroughput(sign_in))
        .run();
    let (theirs_cookie, our_cookie) = (
        client.cookie(&theirs, Dialect::Quickstart),
        client.cookie(&load, Dialect::Cookie),
    );
    report
        .contest(&format!("a route behind a session: {name}"))
        .rounds(ROUNDS, ROUND)
        .side(
            name,
            requests(&peer, &theirs, async |c| {
                client.gets(c, "/me", &theirs_cookie).await
            }),
        )
        .side(
            "countersign on axum",
            requests(&ours, &load, async |c| {
                client.gets(c, "/me", &our_cookie).await
            }),
        )
        .goal(Goal::CpuThroughput(route))
        .run();
}

fn tower_sessions() -> Result<Command, String> {
    let manifest = folder().join("Cargo.toml");
    done(
        Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--release",
                "--locked",
                "--manifest-path",
            ])
            .arg(manifest),
    )?;
    Ok(Command::new(folder().join("target/release/peers")))
}

fn express() -> Result<Command, String> {
    let here = folder().join("express");
    if !here.join("node_modules").is_dir() {
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        done(Command::new("npm").args(words).current_dir(&here))?;
    }
    let mut command = Command::new("node");
    command
        .arg(here.join("server.mjs"))
        .env("NODE_ENV", "production");
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
