//! What an operator does: configure, check, add applications, look at the log, end the server.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use countersign::{
    Wallet,
    polkadot::{Network, PolkadotWallet, Scheme},
};
use countersign_testkit::{
    ethereum_wallet,
    rig::{Browser, OnSocket},
};
use serde_json::Value;

use crate::{
    node::{Folder, Node, command, digest, run},
    person::Person,
};

/// A client of a configuration, but for its secrets.
const SHOP: &str = "[[clients]]\nid = \"shop\"\nname = \"Shop\"\n\
    redirect_uris = [\"http://127.0.0.1:9/callback\"]\n";
/// What it asks.
const QUERY: &str = "response_type=code&client_id=shop&state=a-state-of-this-test&scope=openid\
    &redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback&code_challenge_method=S256\
    &code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
const SECRET: &str = "a secret of this test alone, 47 bytes; 0123456789";

#[test]
fn a_configuration_is_checked_without_being_served() {
    let folder = Folder::new();
    assert!(run(folder.path(), &["keys", "new"]).status.success());
    let secret = folder.write("secret", SECRET);
    for (config, expected) in [
        (
            format!("origin = \"https://id.example\"\nsecret_file = \"{secret}\"\n"),
            "the configuration is good",
        ),
        (
            "origin = \"https://id.example\"\n".into(),
            ": no secret: the option `secret_file`",
        ),
        (
            "origin = \"http://id.example\"\n".into(),
            "\ncountersign: CFG_SECRET_MISSING",
        ),
        (
            "origin = \"https://id.example\"\n[limits]\nchalenge = 1\n".into(),
            "config.toml:3: unknown field `chalenge`",
        ),
        (
            "origin = \"https://id.example\"\nsecret_file = \"none\"\n".into(),
            "the secret's file none",
        ),
        (
            format!("origin = \"http://id.example\"\nsecret_file = \"{secret}\"\n"),
            "CFG_INSECURE_ORIGIN",
        ),
        (format!("secret_file = \"{secret}\"\n"), "no origin"),
        (
            "origin = \"https://id.example\"\n[metrics]\nlisten = \"127.0.0.1:8080\"\n".into(),
            "an address of their own",
        ),
        (
            "orign = \"https://id.example\"\n".into(),
            "unknown field `orign`",
        ),
        (
            format!(
                "origin = \"https://id.example\"\nsecret_file = \"{secret}\"\nkeys = \"none.json\"\n"
            ),
            "countersign keys new",
        ),
    ] {
        let path = folder.write("config.toml", &config);
        let output = run(folder.path(), &["check-config", "--config", &path]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{config}\n{said}");
        let is_good = expected.contains("good");
        assert_eq!(
            output.status.code(),
            Some(if is_good { 0 } else { 2 }),
            "{said}"
        );
    }
}

#[test]
fn applications_are_added_to_the_store_and_removed_again() {
    let folder = Folder::new();
    let clients = |arguments: &[&str]| {
        let mut all = vec!["clients", "--json", "--store", "sqlite:test.db"];
        all.extend(arguments);
        run(folder.path(), &all)
    };
    let add = [
        "add",
        "shop",
        "--name",
        "Shop",
        "--redirect-uri",
        "https://shop.example/",
    ];
    let added = clients(&add);
    assert!(added.status.success(), "{added:?}");
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    let first = added["secret"].as_str().unwrap();
    assert_eq!(added["client"]["secrets"][0], digest(first));
    assert_eq!(clients(&add).status.code(), Some(1), "twice");

    let rotated: Value =
        serde_json::from_slice(&clients(&["rotate-secret", "shop", "--keep"]).stdout).unwrap();
    let second = rotated["secret"].as_str().unwrap();
    let secrets = &rotated["client"]["secrets"];
    assert_eq!(
        (&secrets[0], &secrets[1]),
        (&digest(second).into(), &digest(first).into())
    );
    let listed = String::from_utf8(clients(&["list"]).stdout).unwrap();
    assert!(
        listed.contains("shop") && !listed.contains(second),
        "{listed}"
    );

    assert!(clients(&["remove", "shop"]).status.success());
    assert_eq!(
        clients(&["remove", "shop"]).status.code(),
        Some(1),
        "it is gone"
    );
    let wild = [
        "add",
        "wild",
        "--name",
        "Wild",
        "--redirect-uri",
        "https://*.example/",
    ];
    assert_eq!(clients(&wild).status.code(), Some(2));
}

/// E9: what stands in queries is not for logs.
#[test]
fn e09_no_code_and_no_token_is_in_the_log() {
    let folder = Folder::new();
    let secret = "a-secret-that-must-not-be-logged";
    let config = format!("log = \"json\"\n{SHOP}secrets = [\"{}\"]\n", digest(secret));
    let config = folder.write("config.toml", &config);
    let node = Node::start(folder.path(), &["--dev", "--config", &config]);
    let rig = OnSocket(node.address);
    let code = countersign_testkit::run(async {
        let person = Person::at(&rig, &node.origin);
        let end = person
            .goes(&format!("{}/auth/authorize?{QUERY}", node.origin))
            .await;
        let program = Browser::program(&rig);
        program
            .get(&format!("/auth/token?client_secret={secret}"))
            .await;
        let code = end.split("code=").nth(1).unwrap();
        code.split('&').next().unwrap().to_owned()
    });
    assert_eq!(code.len(), 43);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("\"/auth/authorize\""), "{log}");
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
    for private in [
        &*code,
        secret,
        "a-state-of-this-test",
        "47DEQpj8",
        "transaction=",
    ] {
        assert!(!log.contains(private), "{private} is in the log:\n{log}");
    }
}

/// E10: what is counted, and of nobody in particular.
#[test]
fn e10_metrics_are_read_at_an_address_of_their_own_and_name_nobody() {
    let folder = Folder::new();
    let config = format!(
        "{SHOP}secrets = [\"{}\"]\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
        digest("x")
    );
    let config = folder.write("config.toml", &config);
    let node = Node::start(folder.path(), &["--dev", "--config", &config]);
    let said = node.said.iter().find_map(|line| {
        let url = line.strip_prefix("metrics at http://")?;
        url.strip_suffix("/metrics")
    });
    let (people, metrics) = (
        OnSocket(node.address),
        OnSocket(said.unwrap().parse().unwrap()),
    );
    countersign_testkit::run(async {
        let person = Person::at(&people, &node.origin);
        person
            .goes(&format!("{}/auth/authorize?{QUERY}", node.origin))
            .await;
        let reader = Browser::program(&metrics);
        let read = reader.get("/metrics").await;
        assert_eq!(read.status(), 200);
        assert!(
            read.header("content-type")
                .starts_with("text/plain; version=0.0.4")
        );
        let text = read.text();
        for line in [
            "# TYPE countersign_sign_ins_total counter",
            "# HELP countersign_sessions ",
            "countersign_sign_ins_total{chain=\"eip155:1\",method=\"eip191\",code=\"ok\"} 1",
            "countersign_challenges_total{credential=\"cookie\"} 1",
            "countersign_sessions 1",
            "countersign_http_requests_total{endpoint=\"/auth/authorize\",status=\"303\",code=\"ok\"} 1",
            "countersign_http_request_seconds_bucket{endpoint=\"/auth/authorize\",le=\"+Inf\"} ",
            "countersign_build_info{version=",
        ] {
            assert!(text.contains(line), "{line} is not in:\n{text}");
        }
        let account = countersign_testkit::address(&ethereum_wallet(1));
        for private in [&*account, "127.0.0.1", "shop", "a-state-of-this-test"] {
            let is_there = text.to_lowercase().contains(&private.to_lowercase());
            assert!(!is_there, "{private} is in:\n{text}");
        }
        assert_eq!(reader.get("/auth/session").await.status(), 404);
        assert_eq!(
            Browser::program(&people).get("/metrics").await.status(),
            404
        );
    });
}

#[test]
fn a_server_that_is_told_to_end_answers_first() {
    let folder = Folder::new();
    let mut node = Node::start(folder.path(), &["--dev"]);
    let mut idle = TcpStream::connect(node.address).unwrap();
    let mut busy = TcpStream::connect(node.address).unwrap();
    let body = r#"{"chain": "eip155:1"}"#;
    let head = format!(
        "POST /auth/challenge HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        node.address,
        body.len()
    );
    // A request that is whole and answered shows that the connection is being served.
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
        .unwrap();
    let mut heard = [0; 12];
    idle.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"HTTP/1.1 200");
    busy.write_all(&head.as_bytes()[..20]).unwrap();
    busy.write_all(&head.as_bytes()[20..]).unwrap();
    busy.write_all(&body.as_bytes()[..5]).unwrap();
    // The next request after it is answered, so the half one was read too.
    let _ = Command::new("kill")
        .args(["-TERM", &node.child.id().to_string()])
        .status();
    busy.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    let _ = busy.read_to_string(&mut answer);
    let ended = Instant::now();
    let status = loop {
        if let Some(status) = node.child.try_wait().unwrap() {
            break status;
        }
        assert!(ended.elapsed() < Duration::from_secs(30), "it did not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[test]
fn polkadot_sso_is_served_where_the_configuration_says_so() {
    let folder = Folder::new();
    let with = folder.write(
        "with.toml",
        &format!("[polkadot_sso]\nchallenge = 2\n{SHOP}"),
    );
    let without = folder.write("without.toml", SHOP);
    let wallet = PolkadotWallet::from_seed(Scheme::Ed25519, &[7; 32], &Network::POLKADOT).unwrap();
    let path = format!("/api/auth/challenge?address={}&{QUERY}", wallet.address());
    for (config, is_served) in [(with, true), (without, false)] {
        let node = Node::start(folder.path(), &["--dev", "--config", &config]);
        let rig = OnSocket(node.address);
        countersign_testkit::run(async {
            let mut program = Browser::program(&rig);
            let json = "application/json".parse().unwrap();
            program.headers.insert(http::header::ACCEPT, json);
            let answer = program.get(&path).await;
            if !is_served {
                assert_eq!(answer.status(), 404);
                return;
            }
            let challenge = answer.json();
            let signature = wallet.sign(challenge["message"].as_str().unwrap());
            let answered = serde_json::json!({
                "challenge_id": challenge["challenge_id"], "address": wallet.address(),
                "signature": format!("0x{}", hex::encode(signature)),
            });
            let answer = program.post("/api/auth/verify", answered).await;
            let url = answer.json()["redirect_url"].as_str().unwrap().to_owned();
            assert!(
                url.starts_with("http://127.0.0.1:9/callback?code="),
                "{url}"
            );
            assert_eq!(program.get(&path).await.status(), 200);
            assert_eq!(program.get(&path).await.status(), 429, "the limit is ours");
        });
    }
    let none = folder.write("none.toml", "polkadot = false\n[polkadot_sso]\n");
    let mut check = command(folder.path());
    let check = check.args(["check-config", "--config", &none]);
    let said = check.env("COUNTERSIGN_DEV", "1").output().unwrap();
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("CFG_PART_MISSING"), "{said}");
}

#[test]
fn dev_mode_is_for_this_machine_alone() {
    let folder = Folder::new();
    let output = command(folder.path())
        .args(["serve", "--dev"])
        .env("COUNTERSIGN_ORIGIN", "https://id.example")
        .env("COUNTERSIGN_LISTEN", "127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("CFG_DEV"), "{said}");
}
