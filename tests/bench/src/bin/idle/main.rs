//! Resident memory of a server that nobody asks anything.

use std::{env, net::SocketAddr, path::PathBuf, process::Command, thread, time::Duration};

use countersign_bench::{Report, Server};

fn main() {
    let mut report = Report::new("idle");
    for idle in SERVERS {
        let address = Server::free_address();
        let mut command = Command::new(built(idle));
        command.args(idle.words);
        idle.listening(&mut command, address);
        command.env("COUNTERSIGN_STORE", "memory:");
        command.env("RUST_LOG", "off");
        let server = Server::start(&command, address);
        thread::sleep(Duration::from_secs(2));
        let resident = server.resident() as f64 / 1024.0 / 1024.0;
        report.fact(
            &[&[idle.program], idle.words].concat().join(" "),
            format!("{resident:.1} MiB resident"),
            Some((&format!("≤ {} MiB", idle.most), resident <= idle.most)),
        );
    }
    report.finish();
}

/// A server, and how much memory it may have.
struct Idle {
    package: &'static str,
    program: &'static str,
    words: &'static [&'static str],
    /// In MiB.
    most: f64,
}

impl Idle {
    /// Each is told by the environment where to listen.
    fn listening(&self, command: &mut Command, address: SocketAddr) {
        command.env("PORT", address.port().to_string());
        command.env("COUNTERSIGN_LISTEN", address.to_string());
        command.env("COUNTERSIGN_ORIGIN", format!("http://{address}"));
    }
}

const SERVERS: &[Idle] = &[
    Idle {
        package: "poem-app",
        program: "poem-app",
        words: &[],
        most: 10.0,
    },
    Idle {
        package: "countersign-cli",
        program: "countersign",
        words: &["serve", "--dev"],
        most: 16.0,
    },
];

/// Builds a server as its users would, and says where it is.
fn built(idle: &Idle) -> PathBuf {
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", idle.package])
        .status();
    let package = idle.package;
    assert!(status.is_ok_and(|s| s.success()), "{package} is built");
    let bench = env::current_exe().expect("this program has a place");
    bench.with_file_name(idle.program)
}
