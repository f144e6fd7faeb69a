//! The suite for adapters: a framework must change nothing.

use bytes::Bytes;
use countersign_core::{
    AccessToken, Claims, Expected, Jwks, Limits, Quota, Timestamp, TokenError, TokenIssuer,
    async_trait,
};
use countersign_ethereum::Ethereum;
use countersign_http::{AuthHttp, BODY_LIMIT};
use countersign_store_memory::stores;
use http::{Request, StatusCode, header};
use serde_json::json;

use crate::{
    corpus::{copy, corpus},
    rig::{Bare, Browser, Chunked, Rig, proof},
    stage::{ORIGIN, Stage, ethereum_wallet},
};

/// Stamps the suite for an adapter. The expression is an async function from an [`AuthHttp`] to a
/// [`Rig`] that serves it.
#[macro_export]
macro_rules! adapter_suite {
    ($rig:expr) => {
        $crate::stamp!(
            $crate::adapter,
            [
                strangers_are_refused_in_our_shape,
                a_browser_signs_in_and_out,
                a_program_signs_in_by_bearer_token,
                a_sign_in_sets_two_cookies_in_two_headers,
                bodies_over_the_limit_are_refused,
                the_peer_has_a_quota,
                answers_are_those_of_the_bare_core,
            ],
            ($rig)
        );
    };
}

/// A failed guard answers with our error, not with the framework's.
pub async fn strangers_are_refused_in_our_shape<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let rig = rig(auth()).await;
    let stranger = Browser::on(&rig, ORIGIN);
    for path in ["/me", "/auth/session", "/auth/sessions"] {
        let answer = stranger.get(path).await;
        assert_eq!(
            answer.refusal(),
            (401, "session_required".to_owned()),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.json()["request_id"].as_str().unwrap().len(), 16);
    }
}

/// Challenge, verify, guarded route, logout.
pub async fn a_browser_signs_in_and_out<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let rig = rig(auth()).await;
    let wallet = ethereum_wallet(1);
    let browser = Browser::on(&rig, ORIGIN);
    let signed_in = browser.sign_in(&wallet).await;
    assert_eq!(signed_in.status(), StatusCode::OK, "{}", signed_in.text());
    let account = signed_in.json()["account"].as_str().unwrap().to_owned();
    assert_eq!(
        browser.get("/me").await.text().trim_end(),
        format!("hello {account}")
    );
    assert_eq!(browser.get("/auth/session").await.json(), signed_in.json());

    assert_eq!(
        browser.post("/auth/logout", json!({})).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(browser.get("/me").await.refusal().0, 401);
    assert_eq!(
        browser.post("/auth/logout", json!({})).await.status(),
        StatusCode::NO_CONTENT
    );
}

/// Without cookies: an unbound nonce, a bearer token.
pub async fn a_program_signs_in_by_bearer_token<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let rig = rig(auth()).await;
    let wallet = ethereum_wallet(2);
    let mut program = Browser::program(&rig);
    let ask =
        json!({"chain": "eip155:1", "account": crate::address(&wallet), "credential": "token"});
    let challenge = program.post("/auth/challenge", ask).await;
    assert!(challenge.cookies().is_empty());
    let message = challenge.json()["message"].as_str().unwrap().to_owned();
    let mut body = proof(&wallet, &message);
    body["credential"] = json!("token");
    let answer = program.post("/auth/verify", body).await;
    assert!(answer.cookies().is_empty());
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    program.headers.insert(
        header::AUTHORIZATION,
        format!("Bearer {token}").parse().unwrap(),
    );
    assert_eq!(program.get("/me").await.status(), StatusCode::OK);
    assert_eq!(
        program.post("/auth/logout", json!({})).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        program.get("/me").await.refusal(),
        (401, "token_invalid".to_owned())
    );
}

/// Frameworks like to fold repeated headers; cookies cannot be folded.
pub async fn a_sign_in_sets_two_cookies_in_two_headers<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let rig = rig(auth()).await;
    let answer = Browser::on(&rig, ORIGIN).sign_in(&ethereum_wallet(1)).await;
    assert_eq!(
        answer
            .0
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .count(),
        2
    );
}

/// By stated length, and in pieces without one; and what fits passes.
pub async fn bodies_over_the_limit_are_refused<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let rig = rig(auth()).await;
    for (length, expected) in [
        (BODY_LIMIT, (400, "request_malformed")),
        (BODY_LIMIT + 1, (413, "request_too_large")),
        (20 * BODY_LIMIT, (413, "request_too_large")),
    ] {
        for chunked in [false, true] {
            let mut request = Request::post("/auth/verify")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Bytes::from(vec![b' '; length]))
                .unwrap();
            if chunked {
                request.extensions_mut().insert(Chunked);
            }
            let (status, code) = Browser::program(&rig).raw(request).await.refusal();
            assert_eq!(
                (status, &*code),
                expected,
                "{length} bytes, chunked: {chunked}"
            );
        }
    }
}

/// The peer's address reaches the limiter.
pub async fn the_peer_has_a_quota<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let limits = Limits {
        challenge: Quota::per_minute(3),
        ..Limits::default()
    };
    let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limits(limits));
    let rig = rig(AuthHttp::new(stage.engine)).await;
    let browser = Browser::on(&rig, ORIGIN);
    for _ in 0..3 {
        assert_eq!(browser.get("/auth/nonce").await.status(), StatusCode::OK);
    }
    let denied = browser.get("/auth/nonce").await;
    assert_eq!(denied.refusal(), (429, "rate_limited".to_owned()));
    assert_eq!(denied.header("retry-after"), "20");
}

/// Status, headers and body of the bare core, request by request.
pub async fn answers_are_those_of_the_bare_core<R: Rig>(rig: impl AsyncFn(AuthHttp) -> R) {
    let framed = rig(auth_with_keys()).await;
    let bare = Bare(auth_with_keys());
    let corpus = corpus();
    assert!(corpus.len() >= 2_000, "only {} requests", corpus.len());
    for request in corpus {
        let label = format!(
            "{} {} {:?}",
            request.method(),
            request.uri(),
            request.headers()
        );
        let expected = Browser::program(&bare)
            .raw(copy(&request))
            .await
            .comparable();
        let answer = Browser::program(&framed)
            .raw(copy(&request))
            .await
            .comparable();
        assert_eq!(answer, expected, "{label}");
    }
}

/// With all that is mounted beyond the base path.
fn auth() -> AuthHttp {
    let stage = Stage::built(ORIGIN, |b| b.chain(Ethereum::mainnet()).stores(stores()));
    AuthHttp::new(stage.engine).with_health()
}

/// The same, with an issuer whose keys are public and whose tokens nobody asks for.
fn auth_with_keys() -> AuthHttp {
    #[derive(Debug)]
    struct Keys;

    #[async_trait]
    impl TokenIssuer for Keys {
        async fn issue(&self, _: &Claims) -> Result<AccessToken, TokenError> {
            Err(TokenError::Unavailable("it has no keys".into()))
        }

        async fn verify(&self, _: &str, _: &Expected<'_>) -> Result<Claims, TokenError> {
            Err(TokenError::Invalid)
        }

        fn jwks(&self, _: Timestamp) -> Jwks {
            Jwks::default()
        }
    }

    let stage = Stage::built(ORIGIN, |b| b.chain(Ethereum::mainnet()).tokens(Keys));
    AuthHttp::new(stage.engine).with_health()
}
