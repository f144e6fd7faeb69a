//! The test that every example app passes: started as a program, visited by a browser.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use countersign_core::async_trait;
use http::{Request, Response};
use serde_json::json;

use crate::{
    address, ethereum_wallet,
    rig::{Browser, OnSocket, Rig},
    run,
};

/// Starts the program at `path` on a free port, looks at its page, signs in with a wallet, visits
/// `/me`, signs out, and asks the program to end.
pub fn app(path: &str) {
    let mut program = Program::start(path, &[]);
    run(visit(program.address));
    #[cfg(unix)]
    program.ends_when_asked();
}

/// Starts the program three times, over one store, for one origin and with one secret; signs in and
/// out while each request goes to the next of them: the challenge is one's, the proof another's,
/// the session the third's.
pub fn nodes(path: &str, store: &str) {
    let origin = "http://127.0.0.1:3999";
    let shared = [
        ("COUNTERSIGN_ORIGIN", origin),
        ("COUNTERSIGN_SECRET", "the secret of all three nodes, 32+"),
        ("COUNTERSIGN_STORE", store),
    ];
    let programs = [(); 3].map(|()| Program::start(path, &shared));
    let nodes = Nodes {
        addresses: programs.each_ref().map(|program| program.address),
        requests: AtomicUsize::new(0),
    };
    run(async {
        let browser = Browser::on(&nodes, origin);
        let wallet = ethereum_wallet(1);
        let signed_in = browser.sign_in(&wallet).await;
        assert_eq!(signed_in.status(), 200, "{}", signed_in.text());
        assert_eq!(nodes.requests(), 2, "a challenge, a proof");
        let greeting = format!("hello eip155:1:{}\n", address(&wallet));
        assert_eq!(browser.get("/me").await.text(), greeting);
        let cookies = browser.cookies();
        assert_eq!(browser.post("/auth/logout", json!({})).await.status(), 204);
        for (name, value) in &cookies {
            browser.plant(name, value);
        }
        for node in ["the second", "the third"] {
            assert_eq!(browser.get("/me").await.status(), 401, "{node}");
        }
    });
}

/// Nodes behind one name, which take requests in turn.
#[derive(Debug)]
struct Nodes {
    addresses: [SocketAddr; 3],
    requests: AtomicUsize,
}

impl Nodes {
    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Rig for Nodes {
    async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        OnSocket(self.addresses[number % 3]).send(request).await
    }
}

async fn visit(address: SocketAddr) {
    let rig = OnSocket(address);
    let browser = Browser::on(&rig, &format!("http://{address}"));
    let page = browser.get("/").await;
    assert!(page.text().contains("/app.js"), "{}", page.text());
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    let script = browser.get("/app.js").await;
    assert!(script.text().contains("/auth/"), "{}", script.text());
    assert!(script.header("content-type").starts_with("text/javascript"));

    assert_eq!(
        browser.get("/me").await.refusal(),
        (401, "session_required".to_owned())
    );
    let wallet = ethereum_wallet(1);
    let signed_in = browser.sign_in(&wallet).await;
    assert_eq!(signed_in.status(), 200, "{}", signed_in.text());
    let greeting = format!("hello eip155:1:{}\n", self::address(&wallet));
    assert_eq!(browser.get("/me").await.text(), greeting);
    assert_eq!(browser.post("/auth/logout", json!({})).await.status(), 204);
    assert_eq!(browser.get("/me").await.status(), 401);
}

/// A program that is ended with the test, by its own id.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Program {
    /// Starts the program at `path` on a free port, named `PORT` in its environment beside `more`; waits
    /// until it says that it listens.
    pub fn start(path: &str, more: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut child = Command::new(path)
            .env_clear()
            .env("PORT", address.port().to_string())
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let program = Self { child, address };
        let listens = said.any(|line| line.unwrap().starts_with("Listening: "));
        assert!(listens, "{path} ended before it listened");
        std::thread::spawn(move || said.for_each(drop)); // so that it can go on talking
        program
    }

    /// Asks it to end, and sees that it does.
    #[cfg(unix)]
    pub fn ends_when_asked(&mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "ended with {status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
