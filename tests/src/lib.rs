//! What the tests across crates share: every face a server can have, and the folder they live in.

#![allow(clippy::unwrap_used)]

pub mod chain;
mod faces;
mod servers;
pub mod sso;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub use countersign_testkit::npm;
pub use faces::{
    FACES, Face, every_rig, every_socket, on_every_face, poem_rig_at, rig, with_engine, with_parts,
};
pub use servers::{actix_rig, axum_rig, poem_rig, rocket_rig, unix_server, warp_rig};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All Rust sources of the project.
pub fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = ["crates", "adapters", "stores", "examples", "tests"]
        .map(|name| root().join(name))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The names of all tests in the sources of a kind.
pub fn test_names(is_asked: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in sources().iter().filter(|source| is_asked(source)) {
        let text = fs::read_to_string(source).unwrap();
        let mut after_attribute = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                after_attribute = true;
            } else if after_attribute && line.contains("fn ") {
                let name = line.split("fn ").nth(1).unwrap();
                names.insert(name.split('(').next().unwrap().to_owned());
                after_attribute = false;
            }
        }
    }
    assert!(!names.is_empty(), "the tests were not found");
    names
}
