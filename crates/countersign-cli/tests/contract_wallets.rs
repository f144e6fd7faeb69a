//! `countersign verify --rpc`, as a user runs it.

#![cfg(feature = "contract-wallets")]
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::Command,
    thread,
};

use serde_json::{Value, json};

const TEXT: &str = "app.example wants you to sign in with your Ethereum account:
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed


URI: https://app.example
Version: 1
Chain ID: 10
Nonce: abcdefgh12345678
Issued At: 2026-01-01T00:00:00Z";

/// A node of chain 10, on which every contract answers `word`.
fn node(word: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_ascii_lowercase();
                if let Some(text) = lower.strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let question: Value = serde_json::from_slice(&body).unwrap();
            let result = match question["method"].as_str().unwrap() {
                "eth_chainId" => "0xa",
                "eth_getCode" => "0x00",
                _ => word,
            };
            let answer = json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
            write!(stream, "{head} {}\r\n\r\n{answer}", answer.len()).unwrap();
        }
    });
    url
}

fn verify(signature: &str, rpc: &str) -> Value {
    let folder = std::env::temp_dir().join(format!("countersign-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("text");
    std::fs::write(&file, TEXT).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args([
            "verify",
            "--at",
            "2026-01-01T00:00:10Z",
            "--json",
            "--rpc",
            rpc,
        ])
        .args(["--signature", signature, "--message"])
        .arg(&file)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.success(), report["accepted"] == true);
    report
}

#[test]
fn a_contract_is_asked_where_no_key_signed() {
    let magic = "0x1626ba7e00000000000000000000000000000000000000000000000000000000";
    for signature in ["0x", "0x0102"] {
        let report = verify(signature, &node(magic));
        assert_eq!(report["method"], "eip1271", "{report}");
        let account = "eip155:10:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(report["subject"], account);
        let report = verify(signature, &node("0x"));
        assert_eq!(report["code"], "invalid_signature", "{report}");
    }
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let report = verify("0x", &format!("http://{gone}"));
    assert_eq!(report["code"], "chain_unavailable", "{report}");
}
