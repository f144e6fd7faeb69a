//! Whole guarded requests, to servers with few and with many live sessions.

use std::{cell::RefCell, env, io, process::Command, time::Duration, time::Instant};

use axum::{Router, routing};
use countersign_axum::SignedIn;
use countersign_bench::{Connection, Load, Plot, Report, Server, requests};
use tokio::{net::TcpListener, runtime::Builder};

use crate::{
    SIZES,
    site::{Site, any, cookie},
};

/// Serves on one thread until it is killed.
pub(crate) fn serve(port: u16, sessions: u64) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let site = Site::with(sessions).await;
        let app = Router::new()
            .route("/me", routing::get(me))
            .with_state(site.auth);
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, app).await.unwrap();
    });
}

async fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}", session.identity.account.address())
}

pub(crate) fn measure(report: &mut Report) {
    let servers = SIZES.map(start);
    let loads = servers
        .each_ref()
        .map(|s| Load::new(s.address(), CONNECTIONS).awake());
    let mut contest = report
        .contest("a guarded request over HTTP")
        .rounds(9, ROUND);
    for ((sessions, server), load) in SIZES.iter().zip(&servers).zip(&loads) {
        let state = RefCell::new(1);
        let run = requests(server, load, async move |connection| {
            let number = any(&mut state.borrow_mut(), *sessions);
            ask(connection, &request(number)).await
        });
        contest = contest.side(&format!("{sessions} sessions"), run);
    }
    let rows = contest.run();
    if rows.is_empty() {
        return; // not asked for
    }
    let [few, .., many] = &servers;
    let ratio = p99s(few, many);
    report.fact(
        "p99 of a guarded request over HTTP, 1,000,000 sessions against 1,000",
        format!("{ratio:.2} ×"),
        Some(("≤ 1.50 ×", ratio <= 1.5)),
    );
    let points = SIZES.iter().zip(&rows);
    let points = points.map(|(sessions, row)| (*sessions as f64, 1e9 / row.cpu));
    let plot = Plot::new(
        "Guarded requests per second of the server's CPU",
        "live sessions in memory",
    )
    .line("axum, by cookie", points.collect());
    report.plot(&plot, "sessions.svg");
}

/// By how much the 99th percentile of the second is the longer, one request at a time.
fn p99s(few: &Server, many: &Server) -> f64 {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let few = p99(few, SIZES[0], round);
            p99(many, SIZES[SIZES.len() - 1], round) / few
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn p99(server: &Server, sessions: u64, round: u64) -> f64 {
    let times = RefCell::new(Vec::new());
    let state = RefCell::new(round);
    let load = Load::new(server.address(), 1).awake();
    load.run(REQUESTS, &async |connection| {
        let request = request(any(&mut state.borrow_mut(), sessions));
        let begun = Instant::now();
        ask(connection, &request).await?;
        times.borrow_mut().push(begun.elapsed().as_secs_f64());
        Ok(())
    });
    let mut times = times.into_inner();
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

fn request(number: u64) -> String {
    let cookie = cookie(number);
    format!("GET /me HTTP/1.1\r\nHost: app.example\r\nCookie: {cookie}\r\n\r\n")
}

async fn ask(connection: &mut Connection, request: &str) -> io::Result<()> {
    match connection.send(request.as_bytes()).await?.status {
        200 => Ok(()),
        status => Err(io::Error::other(status.to_string())),
    }
}

fn start(sessions: u64) -> Server {
    let address = Server::free_address();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["serve", &address.port().to_string(), &sessions.to_string()]);
    Server::start(&command, address)
}

const CONNECTIONS: usize = 12;
const ROUND: Duration = Duration::from_millis(500);
const ROUNDS: u64 = 9;
const REQUESTS: u64 = 5_000;
