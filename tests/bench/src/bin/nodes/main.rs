//! Whole sign-ins over HTTP: against a bare handler that only recovers the key, and over one, two,
//! three and four nodes that share one Redis. Then a guarded route whose sessions are in that Redis.
//!
//! The servers are this same program, started as `nodes serve PORT STORE`.

#![allow(clippy::unwrap_used)]

mod client;
mod node;
mod one_server;

use std::{io, thread, time::Duration};

use client::{Client, Dialect};
use countersign_bench::{Connection, Cost, Goal, Load, Plot, Report, Row, Server, requests};
use countersign_testkit::servers::Redis;
use node::start;
use one_server::{CONNECTIONS, ROUND, ROUNDS};

fn main() {
    if node::has_served() {
        return;
    }
    let mut report = Report::new("nodes");
    one_server::sign_ins(&mut report, "a sign-in over HTTP, memory store");
    let redis = Redis::start();
    guards(&mut report, &redis);
    many_nodes(&mut report, &redis);
    report.finish();
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

/// One Redis, one to four servers, each with as many clients: sign-ins, and bare requests beside them,
/// which tell what several processes on one core cost whatever they do.
fn many_nodes(report: &mut Report, redis: &Redis) {
    let servers: Vec<Server> = (0..4).map(|_| start(&redis.url())).collect();
    let client = &Client::new();
    let bare = async |c: &mut Connection| {
        client.gets(c, "/get", "").await?;
        client.recovers(c).await
    };
    let sign_in = async |c: &mut Connection| client.signs_in(c, Dialect::Token).await.map(drop);
    over_nodes(report, "bare requests over one Redis", &servers, bare, None);
    let goal = Goal::CpuRatio(1.05);
    let contest = "sign-ins over one Redis";
    let rows = over_nodes(report, contest, &servers, sign_in, Some(goal));
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

/// The same operation, shared out to the first, the first two, three and all of the servers.
fn over_nodes(
    report: &mut Report,
    contest: &str,
    servers: &[Server],
    operation: impl AsyncFn(&mut Connection) -> io::Result<()> + Copy + Send + Sync,
    goal: Option<Goal>,
) -> Vec<Row> {
    let mut contest = report.contest(contest).rounds(ROUNDS, ROUND);
    for nodes in 1..=servers.len() {
        let servers = &servers[..nodes];
        let run = move |operations: u64| {
            let cpu = || servers.iter().map(Server::cpu).sum::<Duration>();
            Cost::measure(cpu, || {
                thread::scope(|scope| {
                    for server in servers {
                        scope.spawn(move || {
                            let load = Load::new(server.address(), CONNECTIONS);
                            load.run(operations / servers.len() as u64, &operation);
                        });
                    }
                });
            })
        };
        let name = match nodes {
            1 => "1 node".to_owned(),
            _ => format!("{nodes} nodes"),
        };
        contest = contest.side(&name, run);
    }
    match goal {
        Some(goal) => contest.goal(goal).run(),
        None => contest.run(),
    }
}
