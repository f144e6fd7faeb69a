//! `countersign keys`, as a command.

#![allow(clippy::unwrap_used)]

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn keys(ring: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["keys", "--ring"])
        .arg(ring)
        .args(arguments)
        .output()
        .unwrap()
}

/// The phases of the keys, in the order in which they begin, and their names.
fn listed(ring: &Path) -> Vec<(String, String)> {
    let output = keys(ring, &["list", "--json"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("\"d\""), "{text}");
    let list: Value = serde_json::from_str(&text).unwrap();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let keys = list["keys"].as_array().unwrap().iter();
    keys.map(|key| (text(key, "phase"), text(key, "kid")))
        .collect()
}

#[test]
fn a_key_is_next_then_current_then_retired_then_over() {
    let folder = std::env::temp_dir().join(format!("countersign-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let ring = folder.join("keys.json");
    assert_eq!(keys(&ring, &["list"]).status.code(), Some(1), "no ring yet");
    assert!(keys(&ring, &["new"]).status.success());
    let first = listed(&ring).remove(0);
    assert_eq!(first.0, "current");
    assert_eq!(
        keys(&ring, &["rotate"]).status.code(),
        Some(1),
        "nothing to rotate to"
    );
    assert_eq!(
        keys(&ring, &["retire", &first.1]).status.code(),
        Some(1),
        "the only key that signs"
    );
    assert!(keys(&ring, &["new", "--alg", "ES256"]).status.success());
    assert_eq!(listed(&ring)[1].0, "next");
    assert!(keys(&ring, &["rotate"]).status.success());
    let phases: Vec<_> = listed(&ring).into_iter().map(|(phase, _)| phase).collect();
    assert_eq!(phases, ["retired", "current"]);
    assert!(keys(&ring, &["retire", &first.1]).status.success());
    assert_eq!(listed(&ring)[0].0, "ended");
    assert_eq!(keys(&ring, &["retire", "unknown"]).status.code(), Some(1));
    assert_eq!(keys(&ring, &["new", "--alg", "RS1"]).status.code(), Some(2));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&ring).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
