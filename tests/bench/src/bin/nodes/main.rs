//! Whole sign-ins over HTTP: against a bare handler that only recovers the key, and over one, two,
//! three and four nodes that share one Redis. Then a guarded route whose sessions are in that Redis.
//!
//! The servers are this same program, started as `nodes serve PORT STORE`.

#![allow(clippy::unwrap_used)]

mod client;
mod node;

use std::{env, process::Command, thread, time::Duration};

use client::{Client, Dialect};
use countersign_bench::{Cost, Goal, Load, Plot, Report, Server, requests};
use countersign_testkit::servers::Redis;

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    if let [serve, port, store] = &words[..]
        && serve == "serve"
    {
        return node::serve(port.parse().unwrap(), store);
    }
    let mut report = Report::new("nodes");
    one_node(&mut report);
    let redis = Redis::start();
    guards(&mut report, &redis);
    many_nodes(&mut report, &redis);
    report.finish();
}

/// Memory store, one server.
fn one_node(report: &mut Report) {
    let server = start("memory");
    let load = Load::new(server.address(), CONNECTIONS).awake();
    let client = &Client::new();
    report
        .contest("a sign-in over HTTP, memory store")
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

/// A guarded route whose sessions are in Redis.
fn guards(report: &mut Report, redis: &Redis) {
    let client = &Client::new();
    let [memory, over_redis, cached] = [
        "memory".to_owned(),
        redis.url(),
        format!("{}{}", node::CACHED, redis.url()),
    ]
    .map(|store| {
        let server = start(&store);
        let load = Load::new(server.address(), CONNECTIONS);
        // Redis needs the core of a client that waits for it.
        let load = if store == redis.url() {
            load
        } else {
            load.awake()
        };
        let cookie = client.cookie(&load, Dialect::Cookie);
        (server, load, cookie)
    });
    let gets = |site, path| gets(client, site, path);
    report
        .contest("a guarded route over Redis")
        .rounds(ROUNDS, ROUND)
        .side("a handler with one GET", gets(&over_redis, "/get"))
        .side("guarded, by cookie", gets(&over_redis, "/me"))
        .goal(Goal::CpuThroughput(0.92))
        .run();
    report
        .contest("a guarded route, Cached over Redis")
        .rounds(ROUNDS, ROUND)
        .side("guarded, memory store", gets(&memory, "/me"))
        .side("guarded, Cached", gets(&cached, "/me"))
        .goal(Goal::CpuThroughput(0.90))
        .run();
}

/// One of three sites, asked for one path with its cookie.
fn gets<'a>(
    client: &'a Client,
    (server, load, cookie): &'a (Server, Load, String),
    path: &'static str,
) -> impl FnMut(u64) -> Cost + 'a {
    requests(server, load, async move |connection| {
        client.gets(connection, path, cookie).await
    })
}

/// One Redis, one to four servers, each with as many clients.
fn many_nodes(report: &mut Report, redis: &Redis) {
    let servers: Vec<Server> = (0..4).map(|_| start(&redis.url())).collect();
    let client = &Client::new();
    let sides = (1..=servers.len()).map(|nodes| {
        let servers = &servers[..nodes];
        let run = move |operations: u64| {
            let cpu = || servers.iter().map(Server::cpu).sum::<Duration>();
            Cost::measure(cpu, || {
                thread::scope(|scope| {
                    for server in servers {
                        scope.spawn(move || {
                            let load = Load::new(server.address(), CONNECTIONS);
                            let share = operations / servers.len() as u64;
                            load.run(share, &async |c| {
                                client.signs_in(c, Dialect::Token).await.map(drop)
                            });
                        });
                    }
                });
            })
        };
        (nodes, run)
    });
    let mut contest = report
        .contest("sign-ins over one Redis")
        .rounds(ROUNDS, ROUND);
    for (nodes, run) in sides {
        let name = if nodes == 1 {
            "1 node".to_owned()
        } else {
            format!("{nodes} nodes")
        };
        contest = contest.side(&name, run);
        if nodes == 4 {
            contest = contest.goal(Goal::CpuRatio(1.05));
        }
    }
    let rows = contest.run();
    if rows.is_empty() {
        return;
    }
    let points = (1..)
        .zip(rows)
        .map(|(nodes, row)| (f64::from(nodes), 1e9 / row.cpu));
    let plot = Plot::new(
        "Sign-ins per second of the servers' CPU, over one Redis",
        "nodes",
    )
    .line("challenge and verify", points.collect());
    report.plot(&plot, "nodes.svg");
}

fn start(store: &str) -> Server {
    let address = Server::free_address();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["serve", &address.port().to_string(), store]);
    Server::start(&command, address)
}

const CONNECTIONS: usize = 12;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(1_000);
