//! The `countersign` command as a library: it checks signed sign-in texts, it is a wallet in
//! the terminal, it keeps the keys that sign tokens, and it serves a wallet identity provider.
//!
//! [`main`] is the command. [`examine`] is what `countersign verify` does, for programs and tests:
//!
//! ```
//! use countersign::{Code, DateTime};
//! use countersign_cli::{Expected, examine};
//!
//! let at = DateTime::parse("2026-03-14T09:21:00Z").unwrap().floor();
//! let report = examine("not a sign-in text", None, &Expected::at(at));
//! assert_eq!(report.code(), Some(Code::MessageMalformed));
//! ```

mod args;
mod chains;
mod checks;
mod clients;
mod expected;
mod failure;
mod keys;
mod output;
mod report;
mod ring;
mod serve;
mod server;
mod sign_in;
mod site;
mod verify;

use std::process::ExitCode;

use clap::Parser;

pub use checks::examine;
pub use expected::Expected;
pub use report::{Check, Outcome, Report};
pub use site::{Site, SiteError};

use args::{Args, Command};

/// Runs the command that the process's arguments name: 0 for yes, 1 for no, 2 for wrong usage.
pub fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Verify(args) => verify::run(&args),
        Command::Keys(args) => ring::run(&args),
        Command::SignIn(args) => sign_in::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::CheckConfig(args) => serve::check(&args),
        Command::Clients(args) => clients::run(&args),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            failure.lines().iter().for_each(output::error);
            failure.exit_code()
        }
    }
}
