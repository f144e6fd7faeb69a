//! The O rows: authorization code, PKCE, redirect URIs, client authentication.

mod clients;
mod codes;
mod redirects;

use countersign_core::RefreshToken;
use countersign_sso::{Client, ClientError, RedirectUri};
use countersign_store_memory::MemorySessions;
use countersign_testkit::{
    ORIGIN, Stage, ethereum_wallet,
    faults::{Flaky, Mood},
    rig::{Answer, Bare, Browser},
};
use countersign_tests::sso::{
    CALLBACK, VERIFIER, allow, basic, challenge, code, form, on_every_face, parts, path, person,
    provider, redeem, redirected, request, ticket,
};
use http::header;

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        answer.refusal(),
        (status, code.to_owned()),
        "{}",
        answer.text()
    );
}

/// A page, and no way on.
fn is_fault(answer: &Answer, what: &str) {
    assert_eq!(answer.status(), 400, "{what}");
    assert_eq!(answer.header("location"), "", "{what}");
    assert!(answer.text().contains("This did not work"), "{what}");
}
