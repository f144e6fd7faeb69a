//! Tests across the crates: one binary, so that it links once.

#![allow(clippy::unwrap_used)]

mod adapters;
