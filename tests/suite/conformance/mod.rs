//! What the standards demand of an authorization server and OpenID Provider, a test for each demand:
//! `docs/conformance.md` names them. They run on the bare core; that every adapter answers as it does
//! is tested elsewhere.

mod authorization;
mod consent;
mod document;
mod id_token;
mod introspection;
mod logout;
mod metadata;
mod prompts;
mod refresh;
mod revocation;
mod token;
mod userinfo;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_testkit::rig::{Answer, Browser};
use countersign_tests::{
    Face,
    sso::{CALLBACK, Clients, basic, code, form, path, redeem, redirected, request},
};
use http::header;
use serde_json::Value;

/// The parameters of a request.
type Asked = BTreeMap<&'static str, String>;

/// A request of the shop with other parameters.
fn asking(changes: &[(&'static str, &str)]) -> Asked {
    let mut request = request("shop", CALLBACK);
    for (name, value) in changes {
        request.insert(name, (*value).to_owned());
    }
    request
}

/// The error that a redirect brings the application.
async fn error_of(browser: &Browser<'_>, asked: &Asked) -> String {
    let params = redirected(&browser.get(&path(asked)).await);
    params.one("error").unwrap().unwrap_or_default().to_owned()
}

/// Whether the person is sent to sign in.
fn must_sign_in(answer: &Answer) -> bool {
    answer.header("location").starts_with("/auth/login?")
}

/// The way back from the page on which people sign in.
fn back_from(answer: &Answer) -> String {
    let params = redirected(answer);
    params.one("return_to").unwrap().unwrap().to_owned()
}

/// What the shop gets for a request of a person who is signed in.
async fn tokens_for(face: &Face, clients: &Clients, browser: &Browser<'_>, asked: &Asked) -> Value {
    let code = code(browser, asked).await;
    let answer = redeem(face, shop(clients), &code, &asked["redirect_uri"]).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json()
}

/// The same for the usual request.
async fn tokens(face: &Face, clients: &Clients, browser: &Browser<'_>) -> Value {
    tokens_for(face, clients, browser, &asking(&[])).await
}

fn shop(clients: &Clients) -> Option<String> {
    basic("shop", clients.shop.expose())
}

fn rival(clients: &Clients) -> Option<String> {
    basic("rival", clients.rival.expose())
}

/// A form to an endpoint under `/auth`.
async fn ask(face: &Face, path: &str, by: Option<String>, pairs: &[(&str, &str)]) -> Answer {
    form(&face.program(), &format!("/auth/{path}"), by, pairs).await
}

async fn refresh(face: &Face, by: Option<String>, token: &str) -> Answer {
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
    ask(face, "token", by, &pairs).await
}

/// A program with a token in its hand.
fn bearer<'a>(face: &'a Face, token: &str) -> Browser<'a> {
    let mut program = face.program();
    let value = format!("Bearer {token}").parse().unwrap();
    program.headers.insert(header::AUTHORIZATION, value);
    program
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no `{name}` in {value}"))
}

/// One part of a token, read without checking it.
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn head(token: &str) -> Value {
    part(token, 0)
}

fn claims(token: &str) -> Value {
    part(token, 1)
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let text = answer.text();
    assert_eq!(answer.refusal(), (status, code.to_owned()), "{text}");
}
