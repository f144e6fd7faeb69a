//! The project's own commands: `cargo xtask test`, `cargo xtask features`, `cargo xtask fault`.

mod packages;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["test", ref rest @ ..] => test(rest),
        ["features"] => features(),
        ["fault", ref rest @ ..] => fault(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything: documentation examples first, then all tests, whose summary ends the output.
/// Words after `test` go to the test runner as filters.
fn test(filters: &[&str]) -> Result<(), String> {
    packages::ensure()?;
    if filters.is_empty() {
        cargo(&["test", "--workspace", "--all-features", "--doc", "--quiet"])?;
    }
    let runner: &[&str] = if has_nextest() {
        &[
            "nextest",
            "run",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
            "--status-level=slow",
        ]
    } else {
        &[
            "test",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
            "--tests",
        ]
    };
    cargo(&[runner, filters].concat())
}

/// Compiles the facade with each of its features alone, and with none.
fn features() -> Result<(), String> {
    let manifest = root().join("crates/countersign/Cargo.toml");
    let manifest = std::fs::read_to_string(&manifest).map_err(|e| format!("{manifest:?}: {e}"))?;
    let table = manifest
        .split("[features]")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next());
    let names = table
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(" = ["));
    let mut count = 0;
    for (name, _) in names.filter(|(name, _)| !name.starts_with('#')) {
        eprintln!("feature {name}");
        let flags = ["--quiet", "--no-default-features", "--features", name];
        cargo(&[&["check", "--package", "countersign"], &flags[..]].concat())?;
        count += 1;
    }
    eprintln!("{count} features compile alone");
    Ok(())
}

/// Nodes over a store, with servers killed and replies cut; `--help` says what can be chosen.
fn fault(words: &[&str]) -> Result<(), String> {
    packages::ensure()?;
    let run = ["run", "--quiet", "--package", "countersign-fault", "--"];
    cargo(&[&run[..], words].concat())
}

fn has_nextest() -> bool {
    let asked = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .output();
    asked.is_ok_and(|output| output.status.success())
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    let failed = || format!("cargo {} failed", arguments.join(" "));
    if status.success() {
        Ok(())
    } else {
        Err(failed())
    }
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("tests/xtask lies two folders down")
        .to_owned()
}

const USAGE: &str = "cargo xtask test [FILTER…]   install what the tests need, run them all
cargo xtask features         compile the facade with each feature alone
cargo xtask fault --help     races and faults over several nodes, on every store";
