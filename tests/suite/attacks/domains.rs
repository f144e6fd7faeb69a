//! Domain and URI binding.

use countersign_core::{Engine, Secret};
use countersign_store_memory::stores;

use super::*;
use crate::vectors::play_row;

/// The codes an engine for `origin` is refused with.
pub(super) fn faults(origin: &str) -> Vec<&'static str> {
    let built = Engine::builder(origin)
        .chain(Ethereum::mainnet())
        .stores(stores())
        .secret(Secret::random())
        .build();
    built.err().map_or_else(Vec::new, |e| {
        e.faults().iter().map(|fault| fault.code).collect()
    })
}

#[test]
fn d01_a_valid_signature_for_another_domain() {
    play_row("D1");
}

#[test]
fn d02_an_engine_without_a_domain_or_at_an_ip_address() {
    for origin in [
        "",
        "app.example",
        "https://",
        "null",
        "https://*.app.example",
    ] {
        assert_eq!(faults(origin), ["CFG_ORIGIN"], "{origin}");
    }
    assert_eq!(faults("https://192.0.2.1"), ["CFG_ORIGIN"]);
    assert_eq!(faults("https://[2001:db8::1]"), ["CFG_ORIGIN"]);
    for loopback in [
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://localhost:3000",
    ] {
        assert!(faults(loopback).is_empty(), "{loopback}");
    }
}

#[test]
fn d03_other_spellings_of_the_domain() {
    play_row("D3");
}

#[test]
fn d04_user_info_before_the_domain() {
    play_row("D4");
}

#[test]
fn d05_domains_that_end_or_begin_alike() {
    play_row("D5");
}

#[test]
fn d06_a_path_behind_the_domain() {
    play_row("D6");
}

#[test]
fn d07_uris_of_other_origins() {
    play_row("D7");
}

#[test]
fn d08_http_on_an_https_site() {
    play_row("D8");
}

#[test]
fn d09_forged_host_headers_do_not_move_the_expected_domain() {
    on_every_face(async |face| {
        let mut browser = face.browser();
        for (name, value) in [
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "host=evil.example"),
            ("x-original-host", "evil.example"),
        ] {
            browser.headers.insert(name, value.parse().unwrap());
        }
        browser
            .headers
            .insert("host", "evil.example".parse().unwrap());
        let wallet = ethereum_wallet(1);
        let text = browser.challenge(&wallet).await;
        assert!(text.starts_with("app.example wants you"), "{text}");
        let foreign = verify_edited(&browser, |s| s.domain = "evil.example".into()).await;
        assert_refused(&foreign, (401, "domain_mismatch"), face.name);
        assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
    });
}

#[test]
fn d10_a_page_of_another_site_relays_the_right_message() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let mut browser = face.browser();
        let text = browser.challenge(&wallet).await;
        let own = browser.origin.clone();
        for evil in [
            "https://evil.example",
            "https://app.example.evil.io",
            "http://app.example",
            "https://APP.example",
            "null",
            "https://app.example, https://evil.example",
        ] {
            browser.origin = Some(evil.to_owned());
            let answer = browser.verify(&wallet, &text).await;
            assert_refused(&answer, (403, "origin_rejected"), evil);
        }
        browser.origin = own; // and none of these has spent the nonce
        assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
    });
}

#[test]
fn d11_a_chain_that_is_not_served() {
    play_row("D11");
}
