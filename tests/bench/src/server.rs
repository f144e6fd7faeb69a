//! A server in a process of its own, on a core of its own.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::clock::cpu_of;

/// A child process that listens; killed when this goes.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// A free port of the loopback.
    pub fn free_address() -> SocketAddr {
        let socket = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        socket.local_addr().expect("a bound socket has an address")
    }

    /// Starts a program that will listen at `address`, on the first core where `taskset` is there,
    /// and waits until it does.
    ///
    /// # Panics
    /// If it does not within 30 seconds.
    pub fn start(command: &Command, address: SocketAddr) -> Self {
        let mut pinned = Command::new("taskset");
        pinned.args(["--cpu-list", "0"]).arg(command.get_program());
        let mut plain = Command::new(command.get_program());
        let child = [&mut pinned, &mut plain]
            .into_iter()
            .find_map(|to_run| started(to_run, command))
            .unwrap_or_else(|| panic!("{command:?} does not start"));
        let mut server = Self { child, address };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = server.child.try_wait().is_ok_and(|status| status.is_some());
            let late = begun.elapsed() > Duration::from_secs(30);
            assert!(!ended && !late, "{command:?} does not listen at {address}");
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time that all its threads have used so far, those that ended included.
    pub fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }

    /// Its resident memory now, in bytes.
    pub fn resident(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok());
        kibibytes.unwrap_or(0_u64) * 1024
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(path).expect("the server runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn started(to_run: &mut Command, like: &Command) -> Option<Child> {
    to_run.args(like.get_args());
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => to_run.env(name, value),
            None => to_run.env_remove(name),
        };
    }
    if let Some(folder) = like.get_current_dir() {
        to_run.current_dir(folder);
    }
    let quiet = to_run.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.spawn().ok()
}
