//! Tokens: to issue and to verify one, against the bare `jsonwebtoken` call (ES256K, which it does
//! not have: against k256) with the same claims on the same arithmetic, and against the signature
//! alone.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use countersign_bench::{Goal, Report, calls};
use countersign_core::{AccountId, Claims, Clock, Expected, Subject, SystemClock, TokenIssuer};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use futures_util::FutureExt as _;
use k256::ecdsa::signature::{Signer as _, Verifier as _};
use serde_json::{Map, Value};

mod keys;
mod yardstick;

use keys::{SECRET, key};
use yardstick::Yardstick;

fn main() {
    yardstick::install();
    let mut report = Report::new("tokens");
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
        let bare = Yardstick::new(algorithm, SECRET, ISSUER);
        compare(&mut report, &bare, key(algorithm));
    }
    let key = Key::from_pem(RSA).unwrap();
    let jwk = key.public_jwk().unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let bare = Yardstick::rsa(&rsa_private_key(), &number("n"), &number("e"), ISSUER);
    compare(&mut report, &bare, key);
    arithmetic(&mut report);
    report.finish();
}

/// The two whole calls, with the same claims.
fn compare(report: &mut Report, bare: &Yardstick, key: Key) {
    let algorithm = key.algorithm();
    let (jwt, claims) = (Jwt::new(KeyRing::of(key)), claims());
    let token = issue(&jwt, &claims);
    report
        .contest(&format!("issue {algorithm}"))
        .side("jsonwebtoken::encode", calls(|| bare.issue(&claims)))
        .side("Jwt::issue", calls(|| issue(&jwt, &claims)))
        .goal(Goal::CpuRatio(1.10))
        .run();
    let goal = match algorithm {
        Algorithm::Hs256 => Goal::Cpu(Duration::from_micros(3)),
        _ => Goal::CpuRatio(1.10),
    };
    report
        .contest(&format!("verify {algorithm}"))
        .side("jsonwebtoken::decode", calls(|| bare.verify(&token)))
        .side("Jwt::verify", calls(|| verify(&jwt, &token)))
        .goal(goal)
        .run();
}

/// Against the signature alone.
fn arithmetic(report: &mut Report) {
    let dalek = ed25519_dalek::SigningKey::from_bytes(SECRET);
    let (jwt, claims) = (Jwt::new(KeyRing::of(key(Algorithm::EdDsa))), claims());
    let token = issue(&jwt, &claims);
    let (message, signature) = parts(&token);
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    let public = dalek.verifying_key();
    let bare = || {
        public
            .verify_strict(message.as_bytes(), &signature)
            .unwrap()
    };
    report
        .contest("verify EdDSA, the signature alone")
        .side("ed25519-dalek", calls(bare))
        .side("Jwt::verify", calls(|| verify(&jwt, &token)))
        .goal(Goal::CpuRatio(1.10))
        .run();

    let bare = k256::ecdsa::SigningKey::from_slice(SECRET).unwrap();
    let jwt = Jwt::new(KeyRing::of(key(Algorithm::Es256k)));
    let token = issue(&jwt, &claims);
    let (message, signature) = parts(&token);
    let signature = k256::ecdsa::Signature::from_slice(&signature).unwrap();
    let sign = || -> k256::ecdsa::Signature { bare.sign(message.as_bytes()) };
    report
        .contest("issue ES256K")
        .side("k256", calls(sign))
        .side("Jwt::issue", calls(|| issue(&jwt, &claims)))
        .goal(Goal::CpuRatio(1.10))
        .run();
    let public = *bare.verifying_key();
    let check = || public.verify(message.as_bytes(), &signature).unwrap();
    report
        .contest("verify ES256K")
        .side("k256", calls(check))
        .side("Jwt::verify", calls(|| verify(&jwt, &token)))
        .goal(Goal::CpuRatio(1.10))
        .run();
}

fn issue(jwt: &Jwt, claims: &Claims) -> String {
    let token = jwt.issue(claims).now_or_never().unwrap();
    token.unwrap().expose().to_owned()
}

fn verify(jwt: &Jwt, token: &str) -> Claims {
    let expected = Expected {
        issuer: ISSUER,
        audience: ISSUER,
        now: SystemClock.now(),
        leeway: Duration::from_secs(60),
    };
    jwt.verify(token, &expected)
        .now_or_never()
        .unwrap()
        .unwrap()
}

/// What was signed, and the signature.
fn parts(token: &str) -> (String, Vec<u8>) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    (
        message.to_owned(),
        URL_SAFE_NO_PAD.decode(signature).unwrap(),
    )
}

/// The `RSAPrivateKey` inside the PKCS#8 of a key of 2048 bits, whose frame has 26 bytes.
fn rsa_private_key() -> Vec<u8> {
    let digits: String = RSA.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(digits).unwrap().split_off(26)
}

fn claims() -> Claims {
    let now = SystemClock.now();
    let account: AccountId = "eip155:1:0x1111111111111111111111111111111111111111"
        .parse()
        .unwrap();
    Claims {
        issuer: ISSUER.to_owned(),
        subject: "eip155:0x1111111111111111111111111111111111111111"
            .parse::<Subject>()
            .unwrap(),
        audience: ISSUER.to_owned(),
        issued_at: now,
        expires_at: now + Duration::from_secs(86_400),
        token_id: "h1oDLQcN1bZ8lVbUFVv8YQ".to_owned(),
        session: "a".repeat(43),
        client: ISSUER.to_owned(),
        authenticated_at: now,
        method: "eip191".to_owned(),
        account,
        scope: None,
        extra: Map::<String, Value>::new(),
    }
}

const RSA: &str = include_str!("../../../../../crates/countersign-jwt/tests/rsa.pem");
const ISSUER: &str = "https://app.example";
