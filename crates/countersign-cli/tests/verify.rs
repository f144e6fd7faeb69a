//! `countersign verify`, as a user runs it.

#![allow(clippy::unwrap_used)]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const CASES: &str = include_str!("../../../tests/vectors/ethereum/cases.json");

fn case(name: &str) -> Value {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let found = cases.into_iter().find(|case| case["name"] == name);
    found.unwrap_or_else(|| panic!("there is no case {name}"))
}

/// Runs the command with the message on its standard input.
fn countersign(arguments: &[&str], message: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(message);
    child.wait_with_output().unwrap()
}

/// Verifies a case of the vectors with everything it says.
fn verify(case: &Value, more: &[&str]) -> Output {
    let text = |name: &str| case[name].as_str().unwrap();
    let mut arguments = vec!["verify", "--message", "-"];
    for (flag, name) in [
        ("--signature", "signature"),
        ("--domain", "domain"),
        ("--nonce", "nonce"),
        ("--at", "at"),
        ("--chain", "chain"),
    ] {
        arguments.extend([flag, text(name)]);
    }
    arguments.extend(more);
    countersign(&arguments, text("message").as_bytes())
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_code_is_the_last_line_and_the_exit_status_tells_too() {
    for name in [
        "siwe_without_any_optional_field",
        "siwe_with_every_optional_field",
        "domain_is_localhost_without_a_port",
        "uri_line_twice",
        "statement_of_2049_bytes",
        "domain_127_0_0_1_for_localhost",
        "uri_that_is_a_urn",
        "expiration_time_at_this_instant",
        "not_before_ahead_although_its_hour_looks_earlier",
        "nonce_that_begins_with_ours",
        "address_with_a_letter_beyond_f",
        "signature_in_base64",
        "signature_that_is_empty",
        "text_of_alice_signed_by_mallory_with_viem",
    ] {
        let case = case(name);
        let output = verify(&case, &[]);
        let expected = case["expect"].as_str().unwrap();
        let (line, status) = if expected == "accepted" {
            let subject = case["address"].as_str().unwrap();
            (format!("Accepted: eip155:{subject} by eip191"), 0)
        } else {
            (format!("Refused: {expected}"), 1)
        };
        let shown = stdout(&output);
        assert_eq!(shown.lines().last(), Some(&*line), "{name}\n{shown}");
        assert_eq!(output.status.code(), Some(status), "{name}");
        assert_eq!(stderr(&output), "", "{name}");
    }
}

#[test]
fn json_holds_the_code_each_check_and_each_field() {
    let good = case("siwe_with_every_optional_field");
    let report = json(&verify(&good, &["--json"]));
    assert_eq!(report["accepted"], true);
    assert_eq!(report["code"], Value::Null);
    assert_eq!(report["not_done"], Value::Array(vec![]));
    assert_eq!(report["method"], "eip191");
    assert_eq!(report["checks"].as_array().unwrap().len(), 9);
    for (name, value) in good["fields"].as_object().unwrap() {
        assert_eq!(report["fields"][name], *value, "{name}");
    }

    let output = verify(&case("expiration_time_at_this_instant"), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report = json(&output);
    assert_eq!(report["accepted"], false);
    assert_eq!(report["code"], "message_expired");
    assert_eq!(report["subject"], Value::Null);
    let times = &report["checks"][6];
    assert_eq!(
        (&times["check"], &times["outcome"]),
        (&"times".into(), &"refused".into())
    );
}

#[test]
fn what_was_not_given_is_named_as_not_done() {
    let case = case("siwe_without_any_optional_field");
    let at = case["at"].as_str().unwrap();
    let message = case["message"].as_str().unwrap();
    let output = countersign(
        &["verify", "--message", "-", "--at", at],
        message.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(0));
    let shown = stdout(&output);
    assert_eq!(
        shown.lines().last(),
        Some("Accepted; not done: domain, uri, nonce, signature")
    );
    assert!(shown.contains("not done: no --nonce was given"), "{shown}");
}

#[test]
fn the_default_instant_is_now() {
    let message = case("siwe_without_any_optional_field")["message"].clone();
    let message = message.as_str().unwrap().as_bytes();
    let shown = stdout(&countersign(&["verify", "--message", "-"], message));
    assert_eq!(
        shown.lines().last(),
        Some("Refused: issued_at_out_of_range")
    );
}

#[test]
fn another_chain_passes_unless_one_is_named() {
    let message = case("siwe_without_any_optional_field")["message"].clone();
    let on_base = message
        .as_str()
        .unwrap()
        .replace("Chain ID: 1\n", "Chain ID: 8453\n");
    let common = ["verify", "--message", "-", "--at", "2026-03-14T09:21:00Z"];
    let open = countersign(&common, on_base.as_bytes());
    assert_eq!(open.status.code(), Some(0), "{}", stdout(&open));
    let one = [&common[..], &["--chain", "eip155:1"]].concat();
    let shown = stdout(&countersign(&one, on_base.as_bytes()));
    assert_eq!(shown.lines().last(), Some("Refused: chain_not_allowed"));
}

#[test]
fn a_label_that_nobody_serves_is_an_unsupported_chain() {
    let message = case("siwe_without_any_optional_field")["message"].clone();
    let foreign = message
        .as_str()
        .unwrap()
        .replace("your Ethereum account", "your Nowhere account");
    let shown = stdout(&countersign(
        &["verify", "--message", "-"],
        foreign.as_bytes(),
    ));
    assert_eq!(shown.lines().last(), Some("Refused: chain_unsupported"));
}

#[test]
fn a_line_break_at_the_end_is_refused_and_pointed_out() {
    let case = case("siwe_without_any_optional_field");
    let message = format!("{}\n", case["message"].as_str().unwrap());
    let output = countersign(&["verify", "--message", "-"], message.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("ends with a line break"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn bytes_that_are_no_text_and_endless_ones_are_refused() {
    let latin = countersign(&["verify", "--message", "-"], b"caf\xe9");
    assert_eq!(
        stdout(&latin).lines().last(),
        Some("Refused: request_malformed")
    );
    let endless = countersign(&["verify", "--message", "-"], &vec![b'a'; 1 << 20]);
    assert_eq!(
        stdout(&endless).lines().last(),
        Some("Refused: message_too_large")
    );
}

#[test]
fn escape_sequences_of_a_text_do_not_reach_the_terminal() {
    let message = "app.example wants you to sign in with your Ethereum account:\n\u{1b}[2J0x\n\n\n\
        URI: https://app.example\nVersion: 1\nChain ID: 1\nNonce: k7Qm2ZtR9vXc\n\
        Issued At: 2026-03-14T09:20:00Z";
    let output = countersign(&["verify", "--message", "-"], message.as_bytes());
    let shown = stdout(&output);
    assert!(shown.contains("\\u{1b}[2J0x"), "{shown}");
    assert_eq!(shown.lines().last(), Some("Refused: address_invalid"));
}

#[test]
fn wrong_usage_is_exit_status_2() {
    for arguments in [
        &["verify"][..],
        &["verify", "--message", "no/such/file"],
        &["verify", "--message", "-", "--at", "yesterday"],
        &["verify", "--message", "-", "--domain", "app.example/login"],
        &["verify", "--message", "-", "--chain", "mainnet"],
        &["verify", "--message", "-", "--chain", "nowhere:1"],
        &["verify", "--message", "-", "--chain", "eip155:01"],
        &["verify", "--message", "-", "--unknown"],
        &["forget"],
        &[],
    ] {
        let output = countersign(arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert_ne!(stderr(&output), "", "{arguments:?}");
    }
}
