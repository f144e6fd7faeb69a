//! `countersign serve` as others meet it: clients that nobody here wrote sign a person in.

#![allow(clippy::unwrap_used)]

mod browser;
mod clients;
mod node;
mod person;
mod races;
mod rust_clients;
mod scripts;
mod serving;
