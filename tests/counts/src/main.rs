//! Counts the instructions of the hot paths and holds them to the figures that are committed.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use countersign_counts::{PATHS, path};

/// `counts check`, `counts record`; `counts run PATH TIMES` is what is counted.
fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["run", name, times] => run(name, times),
        ["check"] => counted().and_then(|counts| check(&counts)),
        ["record"] => counted().and_then(|counts| record(&counts)),
        _ => Err("counts check | record | run PATH TIMES".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

type Counts = BTreeMap<String, u64>;

fn run(name: &str, times: &str) -> Result<(), String> {
    let mut path = path(name).ok_or_else(|| format!("no path {name}"))?;
    let times: u32 = times.parse().map_err(|_| format!("{times} is no number"))?;
    (0..times).for_each(|_| path());
    Ok(())
}

/// The instructions of one call of each path: two runs of different length, so that what is done
/// once cancels out.
fn counted() -> Result<Counts, String> {
    let mut counts = Counts::new();
    for (name, calls) in PATHS {
        let few = instructions(name, FEW)?;
        let many = instructions(name, FEW + calls)?;
        let each = many.saturating_sub(few) / u64::from(*calls);
        counts.insert((*name).to_owned(), each);
    }
    Ok(counts)
}

fn instructions(name: &str, times: u32) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["run", name, &times.to_string()])
        // The copying routines of glibc are chosen by processor: these every x86-64 has.
        .env(
            "GLIBC_TUNABLES",
            "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM",
        )
        .output()
        .map_err(|error| format!("valgrind: {error}: apt-get install valgrind"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok());
    count
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{name} was not counted:\n{said}"))
}

fn check(counts: &Counts) -> Result<(), String> {
    let kept = kept()?;
    let mut faults = Vec::new();
    for (name, now) in counts {
        let Some(before) = kept.get(name) else {
            faults.push(format!("{name} has no figure"));
            continue;
        };
        let change = *now as f64 / *before as f64 - 1.0;
        eprintln!("{name:16} {now:>9}  {:+.1} %", change * 100.0);
        if change.abs() > TOLERANCE {
            faults.push(format!("{name}: {now} instructions, {before} before"));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    faults.push("if that is meant, or better: cargo xtask counts --record".to_owned());
    Err(faults.join("\n"))
}

fn record(counts: &Counts) -> Result<(), String> {
    let lines = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}\n"));
    fs::write(file(), lines.collect::<String>()).map_err(|error| error.to_string())
}

fn kept() -> Result<Counts, String> {
    let text = fs::read_to_string(file()).map_err(|error| error.to_string())?;
    let line = |line: &str| {
        let (name, count) = line.split_once(' ')?;
        Some((name.to_owned(), count.parse().ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.txt")
}

const FEW: u32 = 8;

/// More or fewer instructions than this part is a change that somebody has to mean.
const TOLERANCE: f64 = 0.05;
