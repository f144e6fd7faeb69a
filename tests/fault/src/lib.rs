//! Faults and races over several nodes: processes over one store, whose server is killed and whose
//! network is cut, clients that write down what they did and heard, and a checker that says what
//! must not stand there.
//!
//! `cargo xtask fault --help` says how to run it; `docs/reliability.md` says what came of it.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::missing_panics_doc)]

pub mod application;
pub mod backend;
pub mod broken;
pub mod client;
pub mod dice;
pub mod fleet;
pub mod goals;
pub mod history;
pub mod node;
pub mod proxy;
pub mod report;
pub mod scene;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use backend::Kind;
use broken::Broken;
use dice::Dice;
use goals::Goal;
use report::Line;
use scene::Plan;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which stores.
    pub kinds: Vec<Kind>,
    /// Which goals.
    pub goals: Vec<Goal>,
    /// Whether a few of each are enough.
    pub small: bool,
    /// What repeats the choices.
    pub seed: u64,
    /// What is broken on purpose.
    pub broken: Option<Broken>,
}

/// Runs what the words ask for; says a line for each store and goal.
pub fn main(words: &[String]) -> ExitCode {
    if words.iter().any(|word| word == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let wish = match Wish::read(words) {
        Ok(wish) => wish,
        Err(fault) => {
            eprintln!("{fault}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let program = std::env::current_exe().expect("a program knows where it is");
    println!("seed {}", wish.seed);
    let lines = run(&wish, program, |line| println!("{line}"));
    let broken = lines.iter().filter(|line| !line.faults.is_empty()).count();
    match broken {
        0 => {
            println!(
                "{} runs, all as they must be (seed {})",
                lines.len(),
                wish.seed
            );
            ExitCode::SUCCESS
        }
        broken => {
            println!(
                "{broken} of {} runs are BROKEN (seed {})",
                lines.len(),
                wish.seed
            );
            ExitCode::FAILURE
        }
    }
}

/// Runs every goal on every store that can be asked for it.
pub fn run(wish: &Wish, program: PathBuf, mut say: impl FnMut(&Line)) -> Vec<Line> {
    let mut lines = Vec::new();
    for kind in &wish.kinds {
        for goal in wish.goals.iter().filter(|goal| goal.is_for(*kind)) {
            let plan = Plan {
                program: program.clone(),
                kind: *kind,
                small: wish.small,
                broken: wish.broken,
                dice: Dice::new(wish.seed),
            };
            let line = countersign_testkit::run(goal.run(&plan));
            say(&line);
            lines.push(line);
        }
    }
    lines
}

impl Wish {
    fn read(words: &[String]) -> Result<Self, String> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut wish = Self {
            kinds: Vec::new(),
            goals: Vec::new(),
            small: false,
            seed: since.map_or(0, |since| since.as_secs()),
            broken: None,
        };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word {
                "--all" => wish.kinds = Kind::ALL.to_vec(),
                "--small" => wish.small = true,
                "--seed" => wish.seed = value()?.parse().map_err(|_| "a seed is a number")?,
                "--broken" => wish.broken = Some(value()?.parse()?),
                "--store" => {
                    let name = value()?;
                    let found = Kind::ALL.into_iter().find(|kind| kind.name() == name);
                    wish.kinds
                        .push(found.ok_or_else(|| format!("`{name}` is no store"))?);
                }
                "--goal" => {
                    let name = value()?;
                    let found = Goal::ALL.into_iter().find(|goal| goal.name() == name);
                    wish.goals
                        .push(found.ok_or_else(|| format!("`{name}` is no goal"))?);
                }
                _ => return Err(format!("`{word}` is not known")),
            }
        }
        if wish.kinds.is_empty() {
            return Err("say --all, or --store NAME".to_owned());
        }
        if wish.goals.is_empty() {
            wish.goals = Goal::ALL.to_vec();
        }
        Ok(wish)
    }
}

const USAGE: &str = "\
cargo xtask fault --all | --store NAME… [--goal NAME…] [--small] [--seed N] [--broken NAME]

  --store   memory, sqlite, redis, redis-cluster, redis-sentinel, postgres, mariadb
  --goal    G1 replay race, G2 code race, G3 refresh race, G4 sign-out race, G5 kills, G7 rollback,
            G8 cut replies, G9 slow store, net: any fault of the network,
            sso-nodes: logins of an application while nodes behind nginx are killed
  --small   a few of each, in seconds
  --seed    repeats the choices of a run (not its timing)
  --broken  breaks the nodes on purpose, to see that it is noticed: claim (read, then delete),
            upsert (replace what is not there), fence (no fence against rollback), lazy
            (says done before it is), patient (no deadline), alone (one-time records stay in the node)";
