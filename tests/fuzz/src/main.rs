//! `countersign-fuzz list`, `countersign-fuzz TARGET [--runs N] [--seed N]`.

#![allow(clippy::print_stdout)]

use std::{env, process::ExitCode, time::Instant};

use countersign_fuzz::{all, driver::fuzz};

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    let (mut name, mut runs, mut seed) = (None, 1_000_000, 1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|text| text.parse::<u64>().ok());
        let is_read = match &*word {
            "--runs" => number().map(|number| runs = number).is_some(),
            "--seed" => number().map(|number| seed = number).is_some(),
            _ => name.replace(word).is_none(),
        };
        if !is_read {
            return usage();
        }
    }
    match name.as_deref() {
        Some("list") => {
            for target in all() {
                println!("{}", target.name);
            }
            ExitCode::SUCCESS
        }
        Some(name) => {
            let Some(target) = all().into_iter().find(|target| target.name == name) else {
                return usage();
            };
            let begun = Instant::now();
            let outcome = fuzz(&target, seed, runs);
            println!(
                "{name}: {} runs from seed {seed}, {} paths, no panic, {:.1} s",
                outcome.runs,
                outcome.paths,
                begun.elapsed().as_secs_f64()
            );
            ExitCode::SUCCESS
        }
        None => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("countersign-fuzz list\ncountersign-fuzz TARGET [--runs N] [--seed N]");
    ExitCode::from(2)
}
