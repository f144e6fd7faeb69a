//! Clients that nobody here wrote: the wallet libraries of npm, against a real server.

use std::{path::Path, process::Stdio};

use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_polkadot::Polkadot;
use countersign_store_memory::stores;
use countersign_tests::{poem_rig_at, root};
use custom_chain::Solana;
use tokio::process::Command;

#[test]
fn viem_and_siwe_sign_in_with_a_cookie_and_as_an_unbound_client() {
    sign_in("viem-siwe");
}

#[test]
fn wallets_of_three_chains_sign_in_to_one_server() {
    sign_in("three-chains");
}

/// Runs a client's script against a server for three chains.
fn sign_in(client: &str) {
    countersign_testkit::run(async {
        let address = poem_rig_at(|origin, second_name| {
            let engine = countersign_core::Engine::builder(origin)
                .also_from(second_name)
                .chain(Ethereum::mainnet())
                .chain(Polkadot::new())
                .chain(Solana)
                .stores(stores())
                .dev()
                .build()
                .unwrap();
            AuthHttp::new(engine)
        })
        .await;
        let folder = root().join("tests/clients").join(client);
        install(&folder).await;
        let printed = node(&folder, &["sign-in.mjs", &format!("http://{address}")]).await;
        let last = printed.lines().last().unwrap_or_default();
        assert!(
            last.starts_with(&format!("{client}: ")) && last.ends_with(" checks passed"),
            "{printed}"
        );
    });
}

/// Installs the exact versions of the lock file, once.
async fn install(folder: &Path) {
    if folder.join("node_modules/.package-lock.json").exists() {
        return;
    }
    let arguments = [
        "ci",
        "--ignore-scripts",
        "--legacy-peer-deps",
        "--no-audit",
        "--no-fund",
    ];
    run("npm", folder, &arguments).await;
}

async fn node(folder: &Path, arguments: &[&str]) -> String {
    run("node", folder, arguments).await
}

async fn run(program: &str, folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{program}: {error}; install the packages nodejs and npm"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}:\n{printed}\n{errors}"
    );
    printed
}
