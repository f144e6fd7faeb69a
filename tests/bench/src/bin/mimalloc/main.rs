//! A sign-in over HTTP once more, bare handler and all, in a program whose allocator is mimalloc.

#![allow(clippy::unwrap_used)]

#[path = "../nodes/client.rs"]
mod client;
#[path = "../nodes/node.rs"]
mod node;
#[path = "../nodes/one_server.rs"]
mod one_server;

use countersign_bench::Report;
use mimalloc::MiMalloc;

fn main() {
    if node::has_served() {
        return;
    }
    let mut report = Report::new("mimalloc");
    one_server::sign_ins(&mut report, "a sign-in over HTTP, memory store, mimalloc");
    report.finish();
}

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
