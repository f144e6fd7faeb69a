//! The project's own commands: `cargo xtask test`, `features`, `counts`, `bench` and `fault`.

mod packages;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["test", ref rest @ ..] => test(rest),
        ["features"] => features(),
        ["fault", ref rest @ ..] => fault(rest),
        ["bench", ref rest @ ..] => bench(rest),
        ["counts"] => counts("check"),
        ["counts", "--record"] => counts("record"),
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
        cargo(&[
            "test",
            "--workspace",
            "--all-features",
            "--doc",
            "--quiet",
            "--no-fail-fast",
        ])?;
    }
    if filters.is_empty() {
        counts("check")?;
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
    let names = features_of("crates/countersign")?;
    for name in &names {
        eprintln!("feature {name}");
        let flags = ["--quiet", "--no-default-features", "--features", name];
        cargo(&[&["check", "--package", "countersign"], &flags[..]].concat())?;
    }
    eprintln!("{} features compile alone", names.len());
    Ok(())
}

/// Nodes over a store, with servers killed and replies cut; `--help` says what can be chosen.
fn fault(words: &[&str]) -> Result<(), String> {
    packages::ensure()?;
    let run = ["run", "--quiet", "--package", "countersign-fault", "--"];
    cargo(&[&run[..], words].concat())
}

/// Measures the named groups of benchmarks, or all of them: each is a feature and a program of
/// `tests/bench`. Words that begin with `--`, and what follows them, go to the programs.
fn bench(words: &[&str]) -> Result<(), String> {
    let options = words.iter().position(|word| word.starts_with("--"));
    let (asked, options) = words.split_at(options.unwrap_or(words.len()));
    let groups = features_of("tests/bench")?;
    if let Some(unknown) = asked.iter().find(|name| !groups.iter().any(|g| g == *name)) {
        return Err(format!(
            "no group {unknown}: there are {}",
            groups.join(", ")
        ));
    }
    let is_asked = |group: &&String| asked.is_empty() || asked.contains(&group.as_str());
    let asked: Vec<_> = groups.iter().filter(is_asked).map(String::as_str).collect();
    // The same features but for this one, so that what others publish is compiled once.
    let (other_library, groups): (Vec<_>, Vec<_>) =
        asked.iter().copied().partition(|group| *group == SECP256K1);
    let mut faults = Vec::new();
    for (built, run) in [(&groups, &groups), (&asked, &other_library)] {
        if !run.is_empty() {
            faults.extend(measure(built, run, options).err());
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

/// Builds groups at once, so that nothing is compiled twice, and runs one after the other, whatever
/// becomes of the one before.
fn measure(built: &[&str], groups: &[&str], options: &[&str]) -> Result<(), String> {
    let mut faults = Vec::new();
    let features = built.join(",");
    let package = ["--package", "countersign-bench", "--features", &features];
    eprintln!("bench: building {features}");
    let bins = groups.iter().flat_map(|group| ["--bin", group]);
    let build = ["build", "--quiet", "--release"].into_iter().chain(bins);
    cargo(&build.chain(package).collect::<Vec<_>>())?;
    for (place, group) in (1..).zip(groups) {
        eprintln!("bench: {group}, {place} of {}", groups.len());
        let begun = Instant::now();
        let program = ["run", "--quiet", "--release", "--bin", group];
        let run = cargo(&[&program[..], &package, &["--"], options].concat());
        faults.extend(run.err());
        let took = begun.elapsed().as_secs();
        eprintln!("bench: {group} took {took} s");
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

/// Counts the instructions of the hot paths, and holds them to the committed figures or makes those.
/// The build is one of its own: optimised, and with the cryptography that every processor runs, so
/// that the counts are the same on all of them.
fn counts(what: &str) -> Result<(), String> {
    let portable = "--cfg curve25519_dalek_backend=\"serial\" --cfg sha2_backend=\"soft\"";
    let program = [
        "run",
        "--quiet",
        "--release",
        "--target-dir",
        "target/counts",
    ];
    let package = ["--package", "countersign-counts", "--", what];
    let arguments = [&program[..], &package].concat();
    run(
        Command::new(env!("CARGO"))
            .args(&arguments)
            .env("RUSTFLAGS", portable),
        &arguments,
    )
}

/// The features that a package names, but for `default`.
fn features_of(folder: &str) -> Result<Vec<String>, String> {
    let manifest = root().join(folder).join("Cargo.toml");
    let manifest = std::fs::read_to_string(&manifest).map_err(|e| format!("{manifest:?}: {e}"))?;
    let table = manifest.split("[features]").nth(1);
    let table = table.and_then(|rest| rest.split("\n[").next());
    let lines = table.unwrap_or_default().lines();
    let names = lines.filter_map(|line| Some(line.split_once(" = [")?.0));
    let names = names.filter(|name| !name.starts_with('#') && *name != "default");
    Ok(names.map(str::to_owned).collect())
}

fn has_nextest() -> bool {
    let asked = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .output();
    asked.is_ok_and(|output| output.status.success())
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    run(Command::new(env!("CARGO")).args(arguments), arguments)
}

fn run(cargo: &mut Command, arguments: &[&str]) -> Result<(), String> {
    let status = cargo
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

/// The group whose feature gives all others another library.
const SECP256K1: &str = "secp256k1";

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("tests/xtask lies two folders down")
        .to_owned()
}

const USAGE: &str = "cargo xtask test [FILTER…]   install what the tests need, run them all
cargo xtask features         compile the facade with each feature alone
cargo xtask counts           hold the instruction counts of the hot paths; --record makes new ones
cargo xtask fault --help     races and faults over several nodes, on every store
cargo xtask bench [GROUP…]   measure against bare calls; --only TEXT, --record (into docs/performance.md)";
