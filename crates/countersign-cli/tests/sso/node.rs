//! The command as a running server.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A folder of a test's own, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("countersign-serve-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server of the command; it ends with this.
pub(crate) struct Node {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    /// What it said before it listened.
    pub(crate) said: Vec<String>,
}

impl Node {
    /// Starts `serve` with these arguments, in a folder; waits until it listens.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = command(folder)
            .arg("serve")
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut before = Vec::new();
        let (address, origin) = loop {
            let line = lines.next().and_then(Result::ok).unwrap_or_else(|| {
                let log = std::fs::read_to_string(folder.join("log"));
                panic!("it did not begin: {}", log.unwrap_or_default())
            });
            if let Some(said) = line.strip_prefix("listening on ") {
                let (address, origin) = said.split_once(" as ").unwrap();
                break (address.parse().unwrap(), origin.to_owned());
            }
            before.push(line);
        };
        Self {
            child,
            address,
            origin,
            said: before,
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command, in a folder, without an environment of its own.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.current_dir(folder);
    for name in [
        "ORIGIN",
        "LISTEN",
        "METRICS_LISTEN",
        "STORE",
        "SECRET",
        "KEYS",
        "LOG",
        "DEV",
    ] {
        command.env_remove(format!("COUNTERSIGN_{name}"));
    }
    command
}

/// Runs the command to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

/// The digest of a secret, as the configuration holds it.
pub(crate) fn digest(secret: &str) -> String {
    format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(secret)))
}
