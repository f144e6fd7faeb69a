//! The direction of the crates: every arrow points down.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use countersign_tests::root;
use serde_json::Value;

/// For each member, the members it may depend on outside of tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("countersign-core", &[]),
    ("countersign-ethereum", &["countersign-core"]),
    ("countersign-polkadot", &["countersign-core"]),
    ("countersign-jwt", &["countersign-core"]),
    ("countersign-store-memory", &["countersign-core"]),
    ("countersign-store-redis", &["countersign-core"]),
    ("countersign-store-sql", &["countersign-core"]),
    ("countersign-sso", &["countersign-core"]),
    ("countersign-http", &["countersign-core", "countersign-sso"]),
    (
        "countersign-actix",
        &["countersign-core", "countersign-http"],
    ),
    (
        "countersign-axum",
        &["countersign-core", "countersign-http"],
    ),
    (
        "countersign-poem",
        &["countersign-core", "countersign-http"],
    ),
    (
        "countersign-rocket",
        &["countersign-core", "countersign-http"],
    ),
    (
        "countersign-warp",
        &["countersign-core", "countersign-http"],
    ),
    (
        "countersign",
        &[
            "countersign-actix",
            "countersign-axum",
            "countersign-core",
            "countersign-ethereum",
            "countersign-http",
            "countersign-jwt",
            "countersign-poem",
            "countersign-polkadot",
            "countersign-rocket",
            "countersign-sso",
            "countersign-store-memory",
            "countersign-store-redis",
            "countersign-store-sql",
            "countersign-warp",
        ],
    ),
    ("countersign-cli", &["countersign"]),
    (
        "countersign-testkit",
        &[
            "countersign-core",
            "countersign-ethereum",
            "countersign-http",
            "countersign-polkadot",
            "countersign-store-memory",
        ],
    ),
    ("custom-chain", &["countersign", "example-setup"]),
    ("custom-store", &["countersign", "example-setup"]),
    ("example-setup", &["countersign"]),
    ("actix-app", &["countersign", "example-setup"]),
    ("axum-app", &["countersign", "example-setup"]),
    ("poem-app", &["countersign", "example-setup"]),
    ("rocket-app", &["countersign", "example-setup"]),
    ("warp-app", &["countersign", "example-setup"]),
    // It speaks OpenID Connect, and knows nothing of us.
    ("sso-client", &[]),
    ("xtask", &[]),
];

/// Of these, anything: they stand on top.
const FREE: &[&str] = &[
    "countersign-bench",
    "countersign-counts",
    "countersign-fault",
    "countersign-fuzz",
    "countersign-tests",
];

#[test]
fn no_crate_depends_upwards_or_sideways() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let members: BTreeSet<&str> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        if FREE.contains(&name) {
            continue;
        }
        let allowed = ALLOWED
            .iter()
            .find(|(member, _)| *member == name)
            .unwrap_or_else(|| panic!("{name} has no place in the layers: give it one"))
            .1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            if members.contains(on) && dependency["kind"] != "dev" {
                assert!(allowed.contains(&on), "{name} must not depend on {on}");
            }
        }
    }
}

#[test]
fn every_published_crate_says_what_it_is() {
    for package in metadata()["packages"].as_array().unwrap() {
        let name = &package["name"];
        assert_eq!(
            package["rust_version"], "1.95",
            "{name}: one rust-version for all"
        );
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}");
        assert!(
            package["description"].is_string(),
            "{name} has no description"
        );
    }
}

/// E5: what is signed goes nowhere else, because there is nothing that could send it.
#[test]
fn e05_the_default_tree_has_no_http_client_and_no_second_curve() {
    let tree = tree(&[
        "--no-default-features",
        "--features",
        "ethereum,memory,poem",
    ]);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let (name, rest) = line.split_once(" v").unwrap();
        versions
            .entry(name)
            .or_default()
            .insert(rest.split(' ').next().unwrap());
    }
    assert_eq!(versions["k256"].len(), 1, "{:?}", versions["k256"]);
    for unwanted in [
        "reqwest",
        "ureq",
        "rustls",
        "native-tls",
        "openssl",
        "sqlx",
        "redis",
        "siwe",
        "alloy-primitives",
        "alloy-sol-types",
        "hyper-rustls",
    ] {
        assert!(
            !versions.contains_key(unwanted),
            "{unwanted} is in the default tree"
        );
    }
}

#[test]
fn j19_signed_tokens_bring_no_rsa_and_nothing_that_could_fetch_keys() {
    let tree = tree(&["--no-default-features", "--features", "jwt"]);
    assert!(tree.contains("jsonwebtoken v"));
    for unwanted in ["rsa", "reqwest", "ureq", "hyper", "rustls", "openssl"] {
        let found = tree
            .lines()
            .any(|line| line.starts_with(&format!("{unwanted} v")));
        assert!(!found, "{unwanted} is in the tree of signed tokens");
    }
}

#[test]
fn the_core_has_no_http_no_database_and_no_runtime() {
    let tree = tree_of("countersign-core", &[]);
    for unwanted in ["http", "tokio", "hyper", "sqlx", "redis", "k256"] {
        let found = tree
            .lines()
            .any(|line| line.starts_with(&format!("{unwanted} v")));
        assert!(!found, "{unwanted} is in the core's tree");
    }
}

fn metadata() -> Value {
    let output = cargo(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ]);
    serde_json::from_str(&output).unwrap()
}

fn tree(features: &[&str]) -> String {
    tree_of("countersign", features)
}

fn tree_of(package: &str, features: &[&str]) -> String {
    let mut arguments = vec![
        "tree",
        "--offline",
        "--prefix",
        "none",
        "--edges",
        "normal",
        "--package",
        package,
    ];
    arguments.extend(features);
    cargo(&arguments)
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
