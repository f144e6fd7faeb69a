//! What the tests need of the machine: installed where that is allowed, named where it is not.

use std::{env, fs, process::Command};

/// A program that tests start, and the Debian package it comes in.
const NEEDED: &[(&str, &str)] = &[
    ("node", "nodejs"),
    ("npm", "npm"),
    ("redis-server", "redis-server"),
    ("redis-cli", "redis-tools"),
    ("redis-sentinel", "redis-sentinel"),
    ("postgres", "postgresql"),
    ("mariadbd", "mariadb-server"),
    ("python3", "python3-venv"),
    ("chromium", "chromium"),
    ("openssl", "openssl"),
    ("nginx", "nginx"),
    ("haproxy", "haproxy"),
    ("valgrind", "valgrind"),
];

/// Sees to it that every needed program is there.
///
/// # Errors
/// Names the packages that are missing and cannot be installed from here.
pub(crate) fn ensure() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing {}", missing.join(" "));
    let installed = apt_get(&["update", "--quiet"])
        && apt_get(
            &[
                &["install", "--yes", "--quiet", "--no-install-recommends"],
                &missing[..],
            ]
            .concat(),
        );
    let missing = self::missing();
    if missing.is_empty() {
        return Ok(());
    }
    let why = if installed {
        "they are still missing"
    } else {
        "that is not allowed or failed"
    };
    Err(format!(
        "the tests need these packages, and {why}:\n    apt-get install --no-install-recommends {}",
        missing.join(" ")
    ))
}

fn missing() -> Vec<&'static str> {
    let mut packages: Vec<_> = NEEDED
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    packages.dedup();
    packages
}

fn is_there(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin".into(), "/sbin".into()];
    // Debian keeps the servers of Postgres beside the path, one folder for each version.
    let of_postgres = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let of_postgres = of_postgres
        .flatten()
        .map(|version| version.path().join("bin"));
    env::split_paths(&path)
        .chain(sbin)
        .chain(of_postgres)
        .any(|folder| folder.join(program).is_file())
}

/// Without a prompt, and without starting the servers it installs.
fn apt_get(arguments: &[&str]) -> bool {
    Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1")
        .status()
        .is_ok_and(|status| status.success())
}
