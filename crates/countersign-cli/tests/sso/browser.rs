//! The pages of a provider in a real browser: `openid-client` sends Chromium to `countersign serve`.

use std::{path::Path, process::Stdio};

use countersign_testkit::npm::npm_ci;
use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::node::{Folder, Node, digest};

#[test]
fn wallets_sign_in_for_an_application_on_the_real_login_page() {
    play("sign_in");
}

#[test]
fn a_newcomer_signs_in_to_the_demo_application_and_to_one_of_their_own() {
    play("newcomer");
}

#[test]
fn u11_who_refuses_goes_back_to_the_application_with_access_denied() {
    play("refusal");
}

/// Plays one scene of `tests/browser/sso.mjs`, which has to end with its name and how many checks passed.
fn play(scene: &str) {
    // U2, U6: a name is words, whatever they are.
    let name = "The <img src=x onerror=alert(1)> \"Shop\"";
    let secret = "a-secret-of-this-test";
    let folder = Folder::new();
    let config = format!(
        "[limits]\nenabled = false\n\
         [[clients]]\nid = \"shop\"\nname = '{name}'\nsecrets = [\"{}\"]\n\
         redirect_uris = [\"http://127.0.0.1/callback\"]\n\
         post_logout_redirect_uris = [\"http://127.0.0.1/goodbye\"]\n\
         [[clients]]\nid = \"desk\"\nname = \"Desk\"\n\
         redirect_uris = [\"http://127.0.0.1/callback\"]\n",
        digest(secret)
    );
    let config = folder.write("config.toml", &config);
    let node = Node::start(folder.path(), &["--dev", "--config", &config]);
    let given = json!({
        "issuer": node.origin,
        "shop": {"id": "shop", "name": name, "secret": secret},
        "desk": {"id": "desk"},
    });
    countersign_testkit::run(async {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser");
        npm_ci(&folder).await;
        let mut child = Command::new("node")
            .args(["sso.mjs", scene])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("node: {error}; install the package nodejs"));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(given.to_string().as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = printed.lines().last().unwrap_or_default();
        let is_whole = last.starts_with(&format!("{scene}: ")) && last.ends_with(" checks passed");
        assert!(output.status.success() && is_whole, "{printed}\n{errors}");
    });
}
