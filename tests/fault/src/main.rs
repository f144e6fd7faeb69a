//! `countersign-fault [--store NAME | --all] [--goal NAME] [--seed N] [--small] [--broken NAME]`,
//! and `countersign-fault node …`, which is one of the nodes.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("node") => countersign_fault::node::main(&words[1..]),
        _ => countersign_fault::main(&words),
    }
}
