//! The memory store with many live sessions: bytes, and what a guard costs.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    time::{Duration, Instant},
};

use countersign_bench::{Plot, Report};
use countersign_core::{
    Engine, Identity, Secret, Session, SessionKind, SessionStore, SessionToken, Subject, Timestamp,
};
use countersign_ethereum::{Address, Ethereum};
use countersign_http::AuthHttp;
use countersign_store_memory::{MemoryNonces, MemorySessions};
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut report = Report::new("memory");
    let mut line = Vec::new();
    let mut latencies = Vec::new();
    for sessions in [1_000, 10_000, 100_000, 1_000_000] {
        let site = Site::with(sessions, &runtime);
        if sessions == 1_000_000 {
            let bytes = site.grown as f64 / sessions as f64;
            report.fact(
                "1,000,000 live sessions, each",
                format!("{bytes:.0} bytes resident"),
                Some(("≤ 450 bytes", bytes <= 450.0)),
            );
        }
        let measured = site.guard(&runtime);
        report.fact(
            &format!("guard, {sessions} sessions"),
            format!(
                "{:.0}/s; median {} ns, p99 {} ns",
                measured.rate,
                measured.median.as_nanos(),
                measured.p99.as_nanos()
            ),
            None,
        );
        line.push((sessions as f64, measured.rate));
        latencies.push(measured.p99);
    }
    let ratio = latencies.last().unwrap().as_secs_f64() / latencies[0].as_secs_f64();
    report.fact(
        "p99 of a guard, 1,000,000 sessions against 1,000",
        format!("{ratio:.2} ×"),
        Some(("≤ 1.50 × (of a whole request)", ratio <= 1.5)),
    );
    Plot::new(
        "Guards per second, by live sessions in memory",
        "live sessions",
    )
    .line("one thread", line)
    .write("sessions.svg");
    report.finish();
}

/// An engine, its sessions, and the cookies of them all.
struct Site {
    auth: AuthHttp,
    cookies: Vec<SessionToken>,
    /// By how many bytes the process grew.
    grown: u64,
}

struct Measured {
    rate: f64,
    median: Duration,
    p99: Duration,
}

impl Site {
    fn with(sessions: usize, runtime: &Runtime) -> Self {
        let mut cookies = Vec::with_capacity(sessions);
        cookies.resize_with(sessions, || SessionToken::parse(&"A".repeat(46)).unwrap());
        let before = resident();
        let store = MemorySessions::default();
        for (number, cookie) in cookies.iter_mut().enumerate() {
            *cookie = runtime.block_on(put(&store, number as u64));
        }
        let grown = resident().saturating_sub(before);
        let engine = Engine::builder("https://app.example")
            .chain(Ethereum::mainnet())
            .nonces(MemoryNonces::default())
            .sessions(store)
            .without_limits()
            .secret(Secret::random())
            .build()
            .unwrap();
        Self {
            auth: AuthHttp::new(engine),
            cookies,
            grown,
        }
    }

    fn guard(&self, runtime: &Runtime) -> Measured {
        let requests = 200_000;
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let headers: Vec<HeaderMap> = (0..requests)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let place = (state >> 33) as usize % self.cookies.len();
                let cookie = format!("__Host-countersign={}", self.cookies[place].expose());
                let cookie = HeaderValue::from_str(&cookie).unwrap();
                HeaderMap::from_iter([(header::COOKIE, cookie)])
            })
            .collect();
        runtime.block_on(async {
            let mut times = Vec::with_capacity(requests);
            for headers in &headers {
                let begun = Instant::now();
                self.auth.guard(&Method::GET, headers).await.unwrap();
                times.push(begun.elapsed());
            }
            times.sort_unstable();
            let median = times[requests / 2];
            Measured {
                rate: 1.0 / median.as_secs_f64(),
                median,
                p99: times[requests * 99 / 100],
            }
        })
    }
}

/// A session as a sign-in writes it, of a subject of its own.
async fn put(store: &MemorySessions, number: u64) -> SessionToken {
    let mut address = [0x5a; 20];
    address[..8].copy_from_slice(&number.to_be_bytes());
    let account = format!("eip155:1:{}", Address::from(address))
        .parse()
        .unwrap();
    let subject = Subject::key(&account);
    let token = SessionToken::generate(&subject);
    let now = Timestamp::from_millis(
        std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_millis() as i64,
    );
    let session = Session {
        id: token.id(),
        identity: Identity {
            subject,
            account,
            method: "eip191".to_owned(),
            authenticated_at: now,
            delegate: None,
        },
        kind: SessionKind::Cookie,
        version: 0,
        created_at: now,
        last_seen: now,
        idle_until: now + Duration::from_secs(1_800),
        expires_at: now + Duration::from_secs(86_400),
        refresh: None,
        standing: None,
        grant: None,
        data: Default::default(),
    };
    store.insert(&session).await.unwrap();
    token
}

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: u64 = line
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    kibibytes * 1024
}
