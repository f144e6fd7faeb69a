//! Access tokens and JSON Web Keys.

use std::{sync::LazyLock, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{AccessToken, Claims, Expected, Timestamp, TokenIssuer};
use countersign_jwt::{Jwt, Key, KeyRing, WalletJwt};
use futures_util::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::path;
use crate::Target;

/// The targets of this file.
pub const ALL: &[Target] = &[
    Target {
        name: "jwt",
        seeds: tokens,
        run: token,
    },
    Target {
        name: "jwt-claims",
        seeds: payloads,
        run: payload,
    },
    Target {
        name: "thirdweb-token",
        seeds: wallet_tokens,
        run: wallet_token,
    },
    Target {
        name: "jwk",
        seeds: jwks,
        run: jwk,
    },
];

/// Of a token there is one spelling: only the very one that was issued is good.
fn token(input: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(input) else {
        return 0;
    };
    let good = verified(&*ISSUER, text);
    assert_eq!(good.is_some(), text == *TOKEN, "{text}");
    path((good.is_some(), shape(text)))
}

fn tokens() -> Vec<Vec<u8>> {
    let (message, signature) = TOKEN.rsplit_once('.').expect("three parts");
    let (header, payload) = message.split_once('.').expect("three parts");
    let bare = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt","kid":""}"#);
    [
        TOKEN.clone(),
        format!("{header}.{payload}."),
        format!("{bare}.{payload}."),
        format!("{header}.{payload}.{signature}=="),
        format!("{header}..{signature}"),
        "a.b.c.d.e".to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// What bears a good signature is still read strictly; what is accepted says what we expect.
fn payload(input: &[u8]) -> u64 {
    let header = TOKEN.split('.').next().expect("three parts");
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(input));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("any length");
    mac.update(message.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    match verified(&*ISSUER, &format!("{message}.{signature}")) {
        Some(claims) => {
            assert_eq!((&*claims.issuer, &*claims.audience), (SITE, SITE));
            assert!(claims.expires_at > NOW && claims.issued_at <= NOW + LEEWAY);
            let names = claims.extra.keys().map(String::as_str);
            assert!(names.clone().all(|name| !OURS.contains(&name)));
            path((1, names.count(), claims.token_id.len().min(40)))
        }
        None => path((0, names_of(input))),
    }
}

fn payloads() -> Vec<Vec<u8>> {
    let good = TOKEN.split('.').nth(1).expect("three parts");
    let good = URL_SAFE_NO_PAD.decode(good).expect("base64url");
    let text = String::from_utf8(good.clone()).expect("JSON");
    vec![
        good,
        text.replacen('{', r#"{"sub":"a","#, 1).into_bytes(),
        text.replacen('{', r#"{"plan":{"a":[1,2.5e3,null]},"#, 1)
            .into_bytes(),
        text.replace("1767225600", "1767225600.0").into_bytes(),
        text.replace("\"iss\"", "\"\\u0069ss\"").into_bytes(),
        b"[]".to_vec(),
    ]
}

fn wallet_token(input: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(input) else {
        return 0;
    };
    // The standard alphabet is another spelling of the same, which version 1 wrote.
    let good = verified(&*WALLET, text);
    let plain = text.replace('+', "-").replace('/', "_").replace('=', "");
    assert!(good.is_none() || plain == *WALLET_TOKEN, "{text}");
    path((good.is_some(), shape(text)))
}

fn wallet_tokens() -> Vec<Vec<u8>> {
    let (message, _) = WALLET_TOKEN.rsplit_once('.').expect("three parts");
    vec![
        WALLET_TOKEN.clone().into_bytes(),
        format!("{message}.MHg").into_bytes(),
        format!("{message}.").into_bytes(),
    ]
}

/// A key that is read is the key that is written.
fn jwk(input: &[u8]) -> u64 {
    let Ok(Value::Object(jwk)) = serde_json::from_slice(input) else {
        return path(names_of(input));
    };
    match Key::from_jwk(&jwk) {
        Ok(key) => {
            let public = key.public_jwk().unwrap_or_default();
            for name in ["x", "y", "n", "e", "alg"] {
                let (stated, own) = (jwk.get(name), public.get(name));
                assert!(stated.is_none() || own.is_none() || stated == own, "{name}");
            }
            assert!(!public.contains_key("d") && !public.contains_key("k"));
            path((key.algorithm(), public.len(), jwk.len()))
        }
        Err(error) => path((error.to_string(), jwk.keys().collect::<Vec<_>>())),
    }
}

fn jwks() -> Vec<Vec<u8>> {
    let secret = URL_SAFE_NO_PAD.encode(SECRET);
    [
        json!({"kty": "OKP", "crv": "Ed25519", "d": secret}),
        json!({"kty": "EC", "crv": "P-256", "d": secret}),
        json!({"kty": "EC", "crv": "secp256k1", "d": secret, "alg": "ES256K"}),
        json!({"kty": "oct", "k": secret}),
        json!({"kty": "RSA", "n": "", "e": "AQAB", "d": secret}),
        json!({"kty": "oct", "k": "AA"}),
    ]
    .map(|jwk| jwk.to_string().into_bytes())
    .to_vec()
}

fn verified(issuer: &impl TokenIssuer, token: &str) -> Option<Claims> {
    let expected = Expected {
        issuer: SITE,
        audience: SITE,
        now: NOW,
        leeway: LEEWAY,
    };
    let verified = issuer.verify(token, &expected).now_or_never();
    verified.expect("nothing is waited for").ok()
}

/// What tells one wrong token from another, roughly.
fn shape(text: &str) -> Vec<(usize, bool)> {
    let parts = text.split('.').take(6);
    let shape = parts.map(|part| (part.len() % 4, URL_SAFE_NO_PAD.decode(part).is_ok()));
    shape.collect()
}

/// Which of the claims' names are there, and whether it is JSON.
fn names_of(input: &[u8]) -> (bool, Vec<bool>) {
    let text = String::from_utf8_lossy(input);
    let is_json = serde_json::from_slice::<Value>(input).is_ok();
    (is_json, OURS.map(|name| text.contains(name)).to_vec())
}

fn claims() -> Claims {
    let account = "eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let subject = "eip155:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    Claims {
        issuer: SITE.to_owned(),
        subject: subject.parse().expect("a subject"),
        audience: SITE.to_owned(),
        issued_at: NOW,
        expires_at: NOW + Duration::from_secs(900),
        token_id: "jti".to_owned(),
        session: "sid".to_owned(),
        client: SITE.to_owned(),
        authenticated_at: NOW,
        scope: None,
        method: "eip191".to_owned(),
        account: account.parse().expect("an account"),
        extra: Map::new(),
    }
}

fn issued(issuer: &impl TokenIssuer) -> String {
    let claims = claims();
    let issued: Option<Result<AccessToken, _>> = issuer.issue(&claims).now_or_never();
    let token = issued.expect("nothing is waited for").expect("a key signs");
    token.expose().to_owned()
}

static ISSUER: LazyLock<Jwt> =
    LazyLock::new(|| Jwt::new(KeyRing::of(Key::hs256(SECRET).expect("a long secret"))));
static TOKEN: LazyLock<String> = LazyLock::new(|| issued(&*ISSUER));
static WALLET: LazyLock<WalletJwt> = LazyLock::new(|| {
    let key = Key::from_hex(&"11".repeat(32)).expect("a key");
    WalletJwt::thirdweb(key).expect("a wallet's")
});
static WALLET_TOKEN: LazyLock<String> = LazyLock::new(|| issued(&*WALLET));

const SITE: &str = "https://app.example";
const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);
const LEEWAY: Duration = Duration::from_secs(60);
/// 32 bytes: also a scalar of both curves.
const SECRET: &[u8; 32] = b"\x6a\x09\xe6\x67\xbb\x67\xae\x85\x3c\x6e\xf3\x72\xa5\x4f\xf5\x3a\
    \x51\x0e\x52\x7f\x9b\x05\x68\x8c\x1f\x83\xd9\xab\x5b\xe0\xcd\x19";
const OURS: [&str; 12] = [
    "iss",
    "sub",
    "aud",
    "iat",
    "nbf",
    "exp",
    "jti",
    "sid",
    "client_id",
    "auth_time",
    "amr",
    "account",
];
