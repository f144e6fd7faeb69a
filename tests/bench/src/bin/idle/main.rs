//! Resident memory of a server that nobody asks anything.

use std::{path::Path, process::Command, thread, time::Duration};

use countersign_bench::{Report, Server};

fn main() {
    let mut report = Report::new("idle");
    for (package, words, most) in SERVERS {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--package", package])
            .status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "{package} is built"
        );
        let address = Server::free_address();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut command = Command::new(root.join("target/release").join(package));
        command.args(*words).env("PORT", address.port().to_string());
        command.stderr(std::process::Stdio::null());
        let server = Server::start(&command, address);
        thread::sleep(Duration::from_secs(1));
        let resident = server.resident() as f64 / 1024.0 / 1024.0;
        report.fact(
            &format!("{package}, idle"),
            format!("{resident:.1} MiB resident"),
            Some((&format!("≤ {most} MiB"), resident <= f64::from(*most))),
        );
    }
    report.finish();
}

/// Package, its words, and how many MiB it may have.
const SERVERS: &[(&str, &[&str], u32)] = &[("poem-app", &[], 10)];
