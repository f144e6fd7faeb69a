//! The suite for token issuers.

use std::time::Duration;

use countersign_core::{Claims, Expected, TokenError, TokenIssuer};

use crate::at_start;

/// Stamps the suite for a [`TokenIssuer`]: one named `#[test]` per contract line. The expression
/// makes an issuer with keys of its own each time, and may `.await`.
#[macro_export]
macro_rules! token_issuer_suite {
    ($issuer:expr) => {
        $crate::stamp!(
            $crate::tokens,
            [
                what_was_issued_is_read_back,
                tokens_of_one_claim_are_told_apart,
                every_character_that_changes_makes_it_invalid,
                another_issuer_or_audience_is_invalid,
                an_expired_token_is_invalid_without_leeway,
                a_token_of_the_future_is_good_within_the_leeway_only,
                whatever_is_no_token_is_invalid,
                the_published_keys_hold_no_secret,
            ],
            ($issuer)
        );
        $crate::stamp!(
            $crate::tokens,
            [a_token_of_other_keys_is_invalid],
            ($issuer, $issuer)
        );
    };
}

/// Field for field.
pub async fn what_was_issued_is_read_back(issuer: impl TokenIssuer) {
    let claims = claims();
    let token = issuer.issue(&claims).await.unwrap();
    let read = issuer.verify(token.expose(), &expected(0)).await.unwrap();
    assert_eq!(read, claims);
    assert_eq!(format!("{token:?}"), "[redacted]");
}

/// By their `jti`.
pub async fn tokens_of_one_claim_are_told_apart(issuer: impl TokenIssuer) {
    let (one, mut two) = (claims(), claims());
    two.token_id = "another".to_owned();
    let one = issuer.issue(&one).await.unwrap();
    let two = issuer.issue(&two).await.unwrap();
    assert_ne!(one.expose(), two.expose());
}

/// Flipped, left out or doubled.
pub async fn every_character_that_changes_makes_it_invalid(issuer: impl TokenIssuer) {
    let token = issuer.issue(&claims()).await.unwrap();
    let token = token.expose();
    for (index, old) in token.char_indices() {
        let (before, after) = (&token[..index], &token[index + 1..]);
        let new = if old == 'A' { 'B' } else { 'A' };
        for changed in [
            format!("{before}{new}{after}"),
            format!("{before}{after}"),
            format!("{before}{old}{old}{after}"),
        ] {
            // A doubled character beside its like is the same text one place on.
            if changed != token {
                assert_invalid(&issuer, &changed, &expected(0)).await;
            }
        }
    }
}

/// Byte for byte.
pub async fn another_issuer_or_audience_is_invalid(issuer: impl TokenIssuer) {
    let token = issuer.issue(&claims()).await.unwrap();
    for other in ["https://other.example", "https://app.example/", ""] {
        let right = expected(0);
        let issuers = Expected {
            issuer: other,
            ..right
        };
        let audiences = Expected {
            audience: other,
            ..right
        };
        assert_invalid(&issuer, token.expose(), &issuers).await;
        assert_invalid(&issuer, token.expose(), &audiences).await;
    }
}

/// `now == exp` is expired.
pub async fn an_expired_token_is_invalid_without_leeway(issuer: impl TokenIssuer) {
    let token = issuer.issue(&claims()).await.unwrap();
    assert!(issuer.verify(token.expose(), &expected(899)).await.is_ok());
    assert_invalid(&issuer, token.expose(), &expected(900)).await;
}

/// Clocks of two nodes differ.
pub async fn a_token_of_the_future_is_good_within_the_leeway_only(issuer: impl TokenIssuer) {
    let token = issuer.issue(&claims()).await.unwrap();
    assert!(issuer.verify(token.expose(), &expected(-60)).await.is_ok());
    assert_invalid(&issuer, token.expose(), &expected(-61)).await;
}

/// One answer for everything.
pub async fn whatever_is_no_token_is_invalid(issuer: impl TokenIssuer) {
    let huge = "A".repeat(1024 * 1024);
    for text in ["", ".", "..", "a.b.c", "e30.e30.", "\0", "ключ", &huge] {
        assert_invalid(&issuer, text, &expected(0)).await;
    }
}

/// Nothing that signs is given out.
pub async fn the_published_keys_hold_no_secret(issuer: impl TokenIssuer) {
    for key in issuer.jwks(at_start()).keys {
        assert_ne!(key["kty"], "oct", "a shared secret is published");
        for secret in ["d", "k", "p", "q", "dp", "dq", "qi"] {
            assert!(!key.contains_key(secret), "{secret} is published");
        }
        assert!(key.contains_key("kid") && key.contains_key("alg"));
    }
}

/// The same claims, other keys.
pub async fn a_token_of_other_keys_is_invalid(issuer: impl TokenIssuer, other: impl TokenIssuer) {
    let token = other.issue(&claims()).await.unwrap();
    assert_invalid(&issuer, token.expose(), &expected(0)).await;
}

async fn assert_invalid(issuer: &impl TokenIssuer, token: &str, expected: &Expected<'_>) {
    let answer = issuer.verify(token, expected).await;
    assert!(matches!(answer, Err(TokenError::Invalid)), "{answer:?}");
}

fn claims() -> Claims {
    let account = "eip155:1:0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A";
    let extra = serde_json::json!({"plan": "gold", "teams": [1, {"a": null}]});
    Claims {
        issuer: SITE.to_owned(),
        subject: "eip155:0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A"
            .parse()
            .unwrap(),
        audience: SITE.to_owned(),
        issued_at: at_start(),
        expires_at: at_start() + Duration::from_secs(900),
        token_id: "one".to_owned(),
        session: "A".repeat(46),
        client: SITE.to_owned(),
        authenticated_at: at_start(),
        method: "eip191".to_owned(),
        account: account.parse().unwrap(),
        scope: Some("openid offline_access".to_owned()),
        extra: extra.as_object().unwrap().clone(),
    }
}

fn expected(after_seconds: i64) -> Expected<'static> {
    Expected {
        issuer: SITE,
        audience: SITE,
        now: countersign_core::Timestamp::from_secs(at_start().as_secs() + after_seconds),
        leeway: Duration::from_secs(60),
    }
}

const SITE: &str = "https://app.example";
