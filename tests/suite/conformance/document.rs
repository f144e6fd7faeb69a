//! Keeps `docs/conformance.md` honest: each demand has a test that exists, and each test of this
//! folder is somebody's demand.

use std::{collections::BTreeSet, fs};

use countersign_tests::{root, test_names};

/// Standard, demand, and the names in the last cell.
fn rows(document: &str) -> Vec<(String, String, Vec<String>)> {
    let lines = document.lines().filter(|line| line.starts_with("| "));
    let cells = lines.map(|line| -> Vec<&str> {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(str::trim).collect()
    });
    let rows = cells.filter(|cells| cells.len() == 3 && cells[0] != "Standard");
    rows.map(|cells| {
        let names = cells[2].split('`').skip(1).step_by(2).map(str::to_owned);
        (cells[0].to_owned(), cells[1].to_owned(), names.collect())
    })
    .collect()
}

/// What is wrong with a document, given the tests there are, and those that must be named.
fn faults(document: &str, tests: &BTreeSet<String>, due: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named = BTreeSet::new();
    for (standard, demand, names) in rows(document) {
        if names.len() != 1 {
            faults.push(format!("{standard}, {demand}: not one test"));
        }
        for name in names {
            if !tests.contains(&name) {
                faults.push(format!("{standard}, {demand}: there is no test {name}"));
            }
            named.insert(name);
        }
    }
    let unnamed = due.difference(&named);
    faults.extend(unnamed.map(|name| format!("{name} is no demand's")));
    faults
}

#[test]
fn each_demand_has_its_one_test_and_each_test_its_demand() {
    let document = fs::read_to_string(root().join("docs/conformance.md")).unwrap();
    let rows = rows(&document);
    assert!(rows.len() > 90, "only {} rows were read", rows.len());
    for standard in [
        "RFC 6749",
        "RFC 6750",
        "RFC 7636",
        "RFC 7009",
        "RFC 7662",
        "RFC 8414",
        "RFC 9207",
        "RFC 9068",
        "RFC 9700",
        "Core",
        "Discovery",
        "Logout",
    ] {
        let is_there = rows.iter().any(|(name, ..)| name.contains(standard));
        assert!(is_there, "nothing is said of {standard}");
    }
    let here = |path: &std::path::Path| path.parent().is_some_and(|at| at.ends_with("conformance"));
    let mut due = test_names(here);
    due.retain(|name| !name.starts_with("the_document_") && !name.starts_with("each_demand_"));
    let faults = faults(&document, &test_names(|_| true), &due);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_document_check_sees_what_is_missing() {
    let tests = BTreeSet::from(["one".to_owned(), "two".to_owned()]);
    let row = |cell: &str| {
        format!("| Standard | Demand | Test |\n|---|---|---|\n| RFC 1 | x | {cell} |\n")
    };
    let check = |cell: &str| faults(&row(cell), &tests, &tests);
    assert_eq!(check("`one`"), ["two is no demand's"]);
    assert_eq!(check("`three`").len(), 3);
    assert_eq!(check("`one`, `two`"), ["RFC 1, x: not one test"]);
    assert_eq!(check("by hand").len(), 3);
}
