//! Tests across the crates: one binary, so that it links once.

#![allow(clippy::unwrap_used)]

mod adapters;
mod attack_table;
mod attacks;
mod browser;
mod clients;
mod codes;
mod conformance;
mod contract_wallets;
mod dialects;
mod differential;
mod guards;
mod layers;
mod polkadot_sso;
mod proxies;
mod vectors;
