//! Fuzz targets, and a driver for them that needs nothing but a stable compiler.

pub mod driver;
pub mod targets;

/// Something that takes any bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Takes an input: panics if something is wrong with what comes of it, else names its path.
    pub run: fn(&[u8]) -> u64,
}

/// All targets.
pub fn all() -> Vec<Target> {
    [
        targets::contracts::ALL,
        targets::texts::ALL,
        targets::tokens::ALL,
    ]
    .concat()
}
