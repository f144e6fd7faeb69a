//! The goals for races and faults, one file each. Their names are those of `docs/attacks.md`.

mod code;
mod cut;
mod kill;
mod login;
mod logout;
mod network;
mod nodes;
mod refresh;
mod replay;
mod rollback;
mod slow;

use std::time::Instant;

use crate::{backend::Kind, report::Line, scene::Plan};

/// A goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Of racers with one proof, one is let in.
    Replay,
    /// Of racers with one authorization code, one redeems it.
    Code,
    /// Of racers with one refresh token, one makes a successor.
    Refresh,
    /// A session that was ended does not rise again.
    Logout,
    /// The store is killed again and again.
    Kill,
    /// The store brings back what was consumed.
    Rollback,
    /// The store does what it is asked, and its reply is lost.
    Cut,
    /// The store answers after five seconds.
    Slow,
    /// The network does what it likes.
    Network,
    /// Nodes behind nginx are killed while people sign in to an application.
    Nodes,
}

impl Goal {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Replay,
        Self::Code,
        Self::Refresh,
        Self::Logout,
        Self::Kill,
        Self::Rollback,
        Self::Cut,
        Self::Slow,
        Self::Network,
        Self::Nodes,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "G1",
            Self::Code => "G2",
            Self::Refresh => "G3",
            Self::Logout => "G4",
            Self::Kill => "G5",
            Self::Rollback => "G7",
            Self::Cut => "G8",
            Self::Slow => "G9",
            Self::Network => "net",
            Self::Nodes => "sso-nodes",
        }
    }

    /// Whether a store can be asked for it: what lives in the process has no server to kill, and
    /// what has several ports has no one line to cut.
    pub fn is_for(self, kind: Kind) -> bool {
        match self {
            Self::Replay | Self::Code | Self::Refresh | Self::Logout => true,
            Self::Kill | Self::Rollback => kind != Kind::Memory,
            Self::Slow => kind.has_one_port() || kind == Kind::Sqlite,
            Self::Cut | Self::Network | Self::Nodes => kind.has_one_port(),
        }
    }

    /// Runs it.
    pub async fn run(self, plan: &Plan) -> Line {
        let begin = Instant::now();
        let line = match self {
            Self::Replay => replay::run(plan).await,
            Self::Code => code::run(plan).await,
            Self::Refresh => refresh::run(plan).await,
            Self::Logout => logout::run(plan).await,
            Self::Kill => kill::run(plan).await,
            Self::Rollback => rollback::run(plan).await,
            Self::Cut => cut::run(plan).await,
            Self::Slow => slow::run(plan).await,
            Self::Network => network::run(plan).await,
            Self::Nodes => nodes::run(plan).await,
        };
        Line {
            took: begin.elapsed(),
            ..line
        }
    }
}
