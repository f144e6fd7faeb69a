//! The memory store with many live sessions: bytes, and what a guard costs, alone and within a
//! whole request.
//!
//! The servers are this same program, started as `memory serve PORT SESSIONS`.

#![allow(clippy::unwrap_used)]

mod requests;
mod site;

use std::{
    env, fs,
    time::{Duration, Instant},
};

use countersign_bench::{Plot, Report};
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::runtime::{Builder, Runtime};

use site::{Site, any, cookie};

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    if let [serve, port, sessions] = &words[..]
        && serve == "serve"
    {
        return requests::serve(port.parse().unwrap(), sessions.parse().unwrap());
    }
    let mut report = Report::new("memory");
    guards(&mut report);
    requests::measure(&mut report);
    report.finish();
}

/// The guard alone, called in this process.
fn guards(report: &mut Report) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut line = Vec::new();
    for sessions in SIZES {
        let site = runtime.block_on(Site::with(sessions));
        if sessions == 1_000_000 {
            let bytes = site.grown as f64 / sessions as f64;
            report.fact(
                "1,000,000 live sessions, each",
                format!("{bytes:.0} bytes resident"),
                Some(("≤ 450 bytes", bytes <= 450.0)),
            );
        }
        let measured = Measured::of(&site, sessions, &runtime);
        report.fact(
            &format!("guard alone, {sessions} sessions"),
            format!(
                "{:.0}/s; median {} ns, p99 {} ns",
                measured.rate,
                measured.median.as_nanos(),
                measured.p99.as_nanos()
            ),
            None,
        );
        line.push((sessions as f64, measured.rate));
    }
    let plot = Plot::new(
        "Guards per second on one thread, without the request around them",
        "live sessions in memory",
    )
    .line("by cookie", line);
    report.plot(&plot, "guards.svg");
}

struct Measured {
    rate: f64,
    median: Duration,
    p99: Duration,
}

impl Measured {
    fn of(site: &Site, sessions: u64, runtime: &Runtime) -> Self {
        let requests = 200_000;
        let mut state = 0x9e37_79b9_7f4a_7c15;
        let headers: Vec<HeaderMap> = (0..requests)
            .map(|_| {
                let cookie = cookie(any(&mut state, sessions));
                let cookie = HeaderValue::from_str(&cookie).unwrap();
                HeaderMap::from_iter([(header::COOKIE, cookie)])
            })
            .collect();
        runtime.block_on(async {
            let mut times = Vec::with_capacity(requests);
            for headers in &headers {
                let begun = Instant::now();
                site.auth.guard(&Method::GET, headers).await.unwrap();
                times.push(begun.elapsed());
            }
            times.sort_unstable();
            let median = times[requests / 2];
            Self {
                rate: 1.0 / median.as_secs_f64(),
                median,
                p99: times[requests * 99 / 100],
            }
        })
    }
}

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.unwrap().split_whitespace().next().unwrap();
    kibibytes.parse::<u64>().unwrap() * 1024
}

/// How many live sessions.
const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
