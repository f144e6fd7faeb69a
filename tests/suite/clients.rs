//! Clients that nobody here wrote: the wallet libraries of npm, against a real server.

use std::{path::Path, process::Stdio};

use countersign_core::{Ask, Context, EngineBuilder, Proof, Wallet};
use countersign_ethereum::Ethereum;
use countersign_http::{AuthHttp, dialects::PolkadotSso};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_polkadot::Polkadot;
use countersign_sso::{Client, StaticClients};
use countersign_store_memory::stores;
use countersign_testkit::ethereum_wallet;
use countersign_tests::{
    npm::{node, npm_ci},
    poem_rig_at, root,
};
use custom_chain::Solana;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

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
        let printed = node(&folder, &["sign-in.mjs", &format!("http://{address}")]).await;
        let last = printed.lines().last().unwrap_or_default();
        assert!(
            last.starts_with(&format!("{client}: ")) && last.ends_with(" checks passed"),
            "{printed}"
        );
    });
}

#[test]
fn applications_of_polkadot_sso_sign_in_with_three_key_types_and_hear_each_no() {
    countersign_testkit::run(async {
        let folder = root().join("tests/clients/polkadot-sso");
        npm_ci(&folder).await;
        let client = |id: &str| {
            let callback = format!("https://{id}.example/callback");
            let (client, secret) = Client::confidential(id, id, &[&callback]).unwrap();
            let told = json!({"id": id, "secret": secret.expose(), "redirect_uri": callback});
            (client, told)
        };
        let ((shop, shop_told), (rival, rival_told)) = (client("shop"), client("rival"));
        let clients = StaticClients::new([shop, rival]).unwrap();
        let site = async |change: fn(EngineBuilder) -> EngineBuilder| {
            let address = poem_rig_at(|origin, _| {
                let builder = countersign_core::Engine::builder(origin)
                    .chain(Polkadot::new())
                    .stores(stores())
                    .tokens(Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa))))
                    .dev();
                let auth = AuthHttp::new(change(builder).build().unwrap());
                auth.with(PolkadotSso::new(clients.clone())).unwrap()
            });
            format!("http://{}", address.await)
        };
        let brief = |builder: EngineBuilder| {
            let second = std::time::Duration::from_secs(1);
            builder.without_limits().challenge_ttl(second)
        };
        let given = json!({
            "url": site(EngineBuilder::without_limits).await,
            "brief": site(brief).await,
            "limited": site(|builder| builder).await,
            "client": shop_told,
            "rival": rival_told,
        });
        let printed = run_with("node", &folder, &["sign-in.mjs"], &given.to_string()).await;
        assert_eq!(printed.trim(), "polkadot-sso: 174 checks passed");
    });
}

#[test]
fn jose_and_pyjwt_take_our_tokens_and_we_refuse_their_wrong_ones() {
    countersign_testkit::run(async {
        let (jose, pyjwt) = (
            root().join("tests/clients/jose"),
            root().join("tests/clients/pyjwt"),
        );
        npm_ci(&jose).await;
        let python = virtual_environment(&pyjwt).await;
        let rsa = private_jwk(&Key::generate(Algorithm::Rs256));
        for (alg, jwk) in [
            ("RS256", rsa),
            (
                "EdDSA",
                json!({"kty": "OKP", "crv": "Ed25519", "d": SECRET}),
            ),
            ("ES256", json!({"kty": "EC", "crv": "P-256", "d": SECRET})),
            ("HS256", json!({"kty": "oct", "k": SECRET})),
            (
                "ES256K",
                json!({"kty": "EC", "crv": "secp256k1", "d": SECRET}),
            ),
        ] {
            let given = tokens_of_a_server(alg, &jwk).await;
            // jose has no ES256K.
            if alg != "ES256K" {
                let printed = run_with("node", &jose, &["tokens.mjs"], &given).await;
                assert_eq!(printed.trim(), format!("jose {alg}: 19 checks passed"));
            }
            let printed = run_with(&python, &pyjwt, &["tokens.py"], &given).await;
            assert_eq!(printed.trim(), format!("pyjwt {alg}: 16 checks passed"));
        }
    });
}

/// The private half of the test's keys.
const SECRET: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

/// A whole key, by the way of a ring's file.
fn private_jwk(key: &Key) -> Value {
    let file = std::env::temp_dir().join(format!("countersign-{}.json", key.kid()));
    KeyRing::of(key.clone()).save(&file).unwrap();
    let mut ring: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(file).unwrap();
    ring["keys"][0]["jwk"].take()
}

/// A server with that key, and what a client of it is given.
async fn tokens_of_a_server(alg: &str, jwk: &Value) -> String {
    let key = Key::from_jwk(jwk.as_object().unwrap()).unwrap();
    assert_eq!(key.algorithm().as_str(), alg);
    let mut engine = None;
    let address = poem_rig_at(|origin, _| {
        let built = countersign_core::Engine::builder(origin)
            .chain(Ethereum::mainnet())
            .stores(stores())
            .tokens(Jwt::new(KeyRing::of(key)))
            .dev()
            .build()
            .unwrap();
        engine = Some(built.clone());
        AuthHttp::new(built)
    })
    .await;
    let (engine, wallet) = (engine.unwrap(), ethereum_wallet(1));
    let ask = Ask::chain(wallet.chain().clone()).account(wallet.address());
    let message = engine.challenge(ask).await.unwrap().message.unwrap();
    let proof = Proof {
        chain: None,
        signature: wallet.sign(&message),
        message,
    };
    let signed_in = engine.sign_in(&proof, &Context::token()).await.unwrap();
    let token = signed_in.tokens.unwrap();
    let url = format!("http://{address}");
    json!({"url": url, "token": token.access.expose(), "alg": alg, "jwk": jwk}).to_string()
}

/// Installs the exact versions of `requirements.txt`, once; gives the interpreter.
async fn virtual_environment(folder: &Path) -> String {
    let environment = folder.join(".venv");
    let python = environment.join("bin/python").display().to_string();
    if environment.join("installed").exists() {
        return python;
    }
    run("python3", folder, &["-m", "venv", "--clear", ".venv"]).await;
    let arguments = ["-m", "pip", "install", "--quiet", "-r", "requirements.txt"];
    run(&python, folder, &arguments).await;
    std::fs::write(environment.join("installed"), "").unwrap();
    python
}

async fn run(program: &str, folder: &Path, arguments: &[&str]) -> String {
    run_with(program, folder, arguments, "").await
}

/// Runs a program that reads `input`.
pub(crate) async fn run_with(
    program: &str,
    folder: &Path,
    arguments: &[&str],
    input: &str,
) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{program}: {error}; install the packages nodejs, npm and python3-venv")
        });
    let mut stdin = child.stdin.take().unwrap();
    // A program that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}:\n{printed}\n{errors}"
    );
    printed
}
