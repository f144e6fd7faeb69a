//! Keeps `docs/attacks.md` honest: every claimed row has its tests, and every named test exists.

use std::{collections::BTreeSet, fs};

use countersign_tests::{root, test_names};

/// The parts of the project that are built; the `since` column of the table names them.
const BUILT: &[&str] = &[
    "foundation",
    "polkadot",
    "stores",
    "tokens",
    "page",
    "contracts",
    "sso",
    "adapters",
];

struct Row {
    id: String,
    since: String,
}

#[test]
fn every_claimed_row_has_a_test_named_after_it() {
    let tests = test_names(|_| true);
    let rows = rows();
    assert!(rows.len() >= 240, "only {} rows were read", rows.len());
    let missing: Vec<_> = rows
        .iter()
        .filter(|row| BUILT.contains(&&*row.since))
        .filter(|row| {
            !tests
                .iter()
                .any(|test| test.starts_with(&format!("{}_", prefix(&row.id))))
        })
        .map(|row| &row.id)
        .collect();
    assert!(
        missing.is_empty(),
        "claimed rows without a test: {missing:?}"
    );
}

#[test]
fn every_test_named_after_a_row_has_its_row() {
    let prefixes: BTreeSet<_> = rows().iter().map(|row| prefix(&row.id)).collect();
    for test in test_names(|_| true) {
        let head = test.split('_').next().unwrap();
        let digits = head.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let is_row = !head.starts_with('g') // the goals for races and faults
            && head.len() == 3 && digits.len() == 2 && digits.parse::<u8>().is_ok();
        assert!(
            !is_row || prefixes.contains(head),
            "{test} is named after no row"
        );
    }
}

/// `M2` → `m02`.
fn prefix(id: &str) -> String {
    let (letter, number) = id.split_at(1);
    format!(
        "{}{:02}",
        letter.to_lowercase(),
        number.parse::<u8>().unwrap()
    )
}

fn rows() -> Vec<Row> {
    let document = fs::read_to_string(root().join("docs/attacks.md")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    document
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_uppercase())
        .map(cells)
        .filter(|cells| cells[0].len() <= 3 && cells[0][1..].parse::<u8>().is_ok())
        .map(|cells| Row {
            id: cells[0].clone(),
            since: cells[3].clone(),
        })
        .collect()
}
