//! Every signed text of the vectors gets the answer of a strict server.

#![allow(clippy::unwrap_used)]

use countersign::{Code, DateTime};
use countersign_cli::{Check, Expected, Outcome, examine};
use serde_json::Value;

const CASES: &str = include_str!("../../../tests/vectors/ethereum/cases.json");

const POLKADOT_CASES: &str = include_str!("../../../tests/vectors/polkadot/cases.json");

fn cases() -> Vec<Value> {
    serde_json::from_str(CASES).expect("the vectors are a JSON list")
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_else(|| panic!("{name}"))
}

fn expected(case: &Value, site: &str) -> Expected {
    Expected {
        site: Some(text(case, site).parse().unwrap()),
        nonce: Some(text(case, "nonce").to_owned()),
        chain: Some(text(case, "chain").parse().unwrap()),
        at: DateTime::parse(text(case, "at")).unwrap().floor(),
        rpc: None,
    }
}

fn answer(code: Option<Code>) -> &'static str {
    code.map_or("accepted", Code::as_str)
}

#[test]
fn every_case_gets_the_code_of_a_strict_server() {
    let mut wrong = Vec::new();
    for case in cases() {
        let signature = Some(text(&case, "signature"));
        let report = examine(
            text(&case, "message"),
            signature,
            &expected(&case, "origin"),
        );
        let (got, expected) = (answer(report.code()), text(&case, "expect"));
        if got != expected {
            wrong.push(format!("{}: {got}, not {expected}", text(&case, "name")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_polkadot_case_gets_the_code_of_a_strict_server() {
    let cases: Vec<Value> = serde_json::from_str(POLKADOT_CASES).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    // This command knows the built-in networks only.
    for case in cases.iter().filter(|case| case["networks"].is_null()) {
        let expected = Expected {
            chain: None,
            ..expected(case, "origin")
        };
        let signature = Some(text(case, "signature"));
        let report = examine(text(case, "message"), signature, &expected);
        let got = answer(report.code());
        let expected = match text(case, "expect") {
            "accepted_if_bare_allowed" => "invalid_signature",
            other => other,
        };
        if got != expected {
            wrong.push(format!("{}: {got}, not {expected}", text(case, "name")));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 200, "only {count} cases");
}

#[test]
fn a_domain_alone_serves_as_well_as_an_origin() {
    for case in cases().iter().filter(|case| case["expect"] == "accepted") {
        let signature = Some(text(case, "signature"));
        let report = examine(text(case, "message"), signature, &expected(case, "domain"));
        assert_eq!(report.code(), None, "{}", text(case, "name"));
    }
}

#[test]
fn an_accepted_text_shows_every_field_as_it_stands() {
    for case in cases().iter().filter(|case| case["expect"] == "accepted") {
        let report = examine(text(case, "message"), None, &expected(case, "origin"));
        let shown = report.to_json();
        let fields = case["fields"].as_object().unwrap();
        for (name, value) in fields {
            assert_eq!(
                shown["fields"][name],
                *value,
                "{}: {name}",
                text(case, "name")
            );
        }
    }
}

#[test]
fn without_expectations_their_checks_are_not_done_and_nothing_else_changes() {
    let case = &cases()[0];
    let at = DateTime::parse(text(case, "at")).unwrap().floor();
    let report = examine(text(case, "message"), None, &Expected::at(at));
    assert_eq!(report.code(), None);
    for check in Check::ALL {
        let given = !matches!(
            check,
            Check::Domain | Check::Uri | Check::Nonce | Check::Signature
        );
        assert_eq!(report.outcome(check) == Outcome::Ok, given, "{check:?}");
    }
}

#[test]
fn no_text_makes_the_checks_panic() {
    let case = &cases()[1];
    let message = text(case, "message");
    for end in (0..message.len()).filter(|end| message.is_char_boundary(*end)) {
        let cut = examine(&message[..end], Some("0x00"), &expected(case, "origin"));
        assert!(cut.code().is_some(), "cut at {end}");
    }
}
