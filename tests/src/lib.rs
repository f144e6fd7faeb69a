//! What the tests across crates share: every face a server can have, and the folder they live in.

#![allow(clippy::unwrap_used)]

mod faces;

use std::path::{Path, PathBuf};

pub use faces::{Face, on_every_face, poem_rig, with_engine};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}
