//! MariaDB.

use std::{
    io::Read, net::TcpStream, path::PathBuf, process::Command, sync::OnceLock, time::Duration,
};

use super::{
    PATIENCE,
    home::{Home, is_root},
    ports::Port,
    process::{Process, as_user, copy, installed, run, user_flags},
    wait_until,
};

/// A MariaDB server with the empty database `app`. As root it runs as the user `mysql`.
#[derive(Debug)]
pub struct MariaDb {
    port: Port,
    socket: PathBuf,
    process: Process,
    home: Home,
}

impl MariaDb {
    /// A server that has every commit on disk before it answers.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with further arguments, such as `--innodb-flush-log-at-trx-commit=2`.
    pub fn start_with(more: &[&str]) -> Self {
        let home = Home::new("mariadb");
        if is_root() {
            home.give_to(USER);
        }
        let data = format!("--datadir={}", home.path().join("data").display());
        install(&home, &data);

        let port = Port::new();
        let socket = home.path().join("s.sock");
        let server = installed("mariadbd", PACKAGE);
        let (program, mut arguments) = if is_root() {
            let mut arguments = user_flags(USER).to_vec();
            arguments.push(server.to_str().unwrap().to_owned());
            (installed("setpriv", "util-linux"), arguments)
        } else {
            (server, Vec::new())
        };
        arguments.extend([
            "--no-defaults".to_owned(),
            data,
            format!("--socket={}", socket.display()),
            format!("--port={port}"),
            format!("--pid-file={}", home.path().join("mariadbd.own").display()),
        ]);
        let fixed = [
            "--bind-address=127.0.0.1",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=64M",
            "--max-connections=300",
        ];
        arguments.extend(fixed.iter().chain(more).map(|&text| text.to_owned()));
        let process = Process::new(&home, "mariadb", "TERM", program, arguments);
        let mut server = Self {
            port,
            socket,
            process,
            home,
        };
        server.start_process();
        server.admin("CREATE DATABASE app CHARACTER SET utf8mb4");
        server
    }

    /// One server for all tests of this process; it does not wait for the disk.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&["--innodb-flush-log-at-trx-commit=0"]))
    }

    /// `mysql://root@127.0.0.1:…/app`.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/app", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// SIGKILL.
    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    /// Starts it again, where and as it was; ends it first if it runs.
    pub fn restart(&mut self) {
        self.process.stop();
        self.start_process();
    }

    /// Sets what it holds now aside, for [`roll_back`](Self::roll_back); it is away for a moment.
    pub fn snapshot(&mut self) {
        self.process.stop();
        copy(&self.data(), &self.data().with_extension("saved"));
        self.start_process();
    }

    /// SIGKILL; then it holds again what the snapshot holds: what a backup is that has missed
    /// everything since.
    pub fn roll_back(&mut self) {
        self.process.kill9();
        std::fs::remove_dir_all(self.data()).unwrap();
        copy(&self.data().with_extension("saved"), &self.data());
        self.start_process();
    }

    /// Runs SQL by the `mariadb` client, as an administrator would; panics if it fails.
    pub fn admin(&self, sql: &str) {
        run(Command::new(installed("mariadb", "mariadb-client"))
            .args(["--no-defaults", "-u", "root", "-e", sql, "--socket"])
            .arg(&self.socket));
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn start_process(&mut self) {
        self.process.start();
        wait_until("mariadbd answers", PATIENCE, || {
            assert!(
                self.process.is_alive(),
                "mariadbd ended: {}",
                self.process.words()
            );
            greets(self.port.number()).unwrap_or(false)
        });
    }
}

/// Whether the server says hello, and not that it cannot be spoken to.
fn greets(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting)?;
    Ok(greeting[4] == 10) // the version of the protocol
}

const USER: &str = "mysql";
/// Makes the system tables. On a busy machine that sometimes fails half-way, and then works from an
/// empty folder.
fn install(home: &Home, data: &str) {
    let attempt = || {
        let mut command = as_user(USER, &installed("mariadb-install-db", PACKAGE));
        command
            .args(["--no-defaults", data, "--skip-test-db"])
            .arg("--auth-root-authentication-method=normal")
            .current_dir(home.path());
        command
    };
    for _ in 0..2 {
        if attempt().output().is_ok_and(|out| out.status.success()) {
            return;
        }
        let _ = std::fs::remove_dir_all(home.path().join("data"));
    }
    run(&mut attempt());
}

const PACKAGE: &str = "mariadb-server";
