//! Postgres.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{
    PATIENCE,
    home::{Home, is_root},
    ports::Port,
    process::{Process, as_user, copy, installed, run, user_flags},
    wait_until,
};

/// A Postgres server with the empty database `postgres`. As root it runs as the user `postgres`.
#[derive(Debug)]
pub struct Postgres {
    port: Port,
    data: PathBuf,
    process: Process,
    _home: Home,
}

impl Postgres {
    /// A server that has every commit on disk before it answers.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with further settings, such as `fsync=off`.
    pub fn start_with(settings: &[&str]) -> Self {
        let home = Home::new("postgres");
        if is_root() {
            home.give_to(USER);
        }
        let data_dir = home.path().join("data");
        let data = data_dir.to_str().unwrap();
        run(as_user(USER, &program("initdb"))
            .args([
                "-D",
                data,
                "-A",
                "trust",
                "-U",
                "app",
                "-E",
                "UTF8",
                "--no-sync",
            ])
            .arg("--locale=C.UTF-8")
            .current_dir(home.path()));

        let port = Port::new();
        let (program, mut arguments) = if is_root() {
            let mut arguments = user_flags(USER).to_vec();
            arguments.push(program("postgres").to_str().unwrap().to_owned());
            (installed("setpriv", "util-linux"), arguments)
        } else {
            (program("postgres"), Vec::new())
        };
        let socket_dir = home.path().to_str().unwrap();
        let port_text = port.to_string();
        let own = [
            "-D",
            data,
            "-h",
            "127.0.0.1",
            "-p",
            &port_text,
            "-k",
            socket_dir,
        ];
        arguments.extend(own.map(str::to_owned));
        let asked_for_by_a_recovery = "restore_command=false";
        for setting in settings.iter().chain(&[asked_for_by_a_recovery]) {
            arguments.extend(["-c".to_owned(), (*setting).to_owned()]);
        }
        // SIGINT is its fast shutdown.
        let process = Process::new(&home, "postgres", "INT", program, arguments);
        let mut server = Self {
            port,
            data: data_dir,
            process,
            _home: home,
        };
        server.start_process();
        server
    }

    /// One server for all tests of this process; it does not wait for the disk.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&["fsync=off", "max_connections=300"]))
    }

    /// `postgres://app@127.0.0.1:…/postgres`.
    pub fn url(&self) -> String {
        format!("postgres://app@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// SIGKILL for the postmaster.
    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    /// Starts it again, where and as it was; ends it first if it runs.
    pub fn restart(&mut self) {
        self.process.stop();
        // After a SIGKILL the backends linger for a moment and hold the port.
        wait_until("the port is free again", PATIENCE, || {
            TcpListener::bind(("127.0.0.1", self.port.number())).is_ok()
        });
        self.start_process();
    }

    /// Sets what it holds now aside, for [`roll_back`](Self::roll_back); it is away for a moment.
    pub fn snapshot(&mut self) {
        self.process.stop();
        copy(&self.data, &self.data.with_extension("saved"));
        self.start_process();
    }

    /// SIGKILL; then it holds again what the snapshot holds, and is promoted: what a replica is
    /// that has missed everything since.
    pub fn roll_back(&mut self) {
        self.process.kill9();
        std::fs::remove_dir_all(&self.data).unwrap();
        copy(&self.data.with_extension("saved"), &self.data);
        self.promote();
    }

    /// Ends it and starts it again on a new timeline, as a promotion begins one.
    pub fn promote(&mut self) {
        self.process.stop();
        let signal = self.data.join("recovery.signal");
        run(as_user(USER, &installed("touch", "coreutils")).arg(signal));
        self.restart();
        wait_until("the recovery is over", PATIENCE, || {
            let asked = Command::new(installed("psql", PACKAGE))
                .args(["-X", "-q", "-A", "-t", "-d"])
                .arg(self.url())
                .args(["-c", "SELECT pg_is_in_recovery()"])
                .output();
            asked.is_ok_and(|answer| answer.stdout.starts_with(b"f"))
        });
    }

    /// Runs SQL by `psql`, as an administrator would, also where others may only read; panics if
    /// it fails.
    pub fn admin(&self, sql: &str) {
        run(Command::new(installed("psql", PACKAGE))
            .env("PGOPTIONS", "-c default_transaction_read_only=off")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.url())
            .args(["-c", sql]));
    }

    fn start_process(&mut self) {
        let ready = installed("pg_isready", PACKAGE);
        let port = self.port.to_string();
        self.process.start();
        wait_until("postgres answers", PATIENCE, || {
            if !self.process.is_alive() {
                // Old backends may still hold the shared memory.
                assert!(
                    self.process.words().contains("still in use"),
                    "postgres ended: {}",
                    self.process.words()
                );
                self.process.stop();
                self.process.start();
            }
            Command::new(&ready)
                .args(["-q", "-h", "127.0.0.1", "-p", &port])
                .status()
                .is_ok_and(|status| status.success())
        });
    }
}

fn program(name: &str) -> PathBuf {
    let path = installed(name, PACKAGE);
    // A link in a bin directory would make it look for its parts beside the link.
    Path::new(&path).canonicalize().unwrap()
}

const USER: &str = "postgres";
const PACKAGE: &str = "postgresql";
