//! Guards on every adapter: what they give, whom they refuse, and what they leave alone.

use std::time::Duration;

use countersign_core::{Session, Wallet};
use countersign_ethereum::Ethereum;
use countersign_polkadot::{Network, Polkadot, PolkadotAccount, PolkadotWallet, Scheme};
use countersign_testkit::{Stage, ethereum_wallet, rig::Browser};
use countersign_tests::{Face, with_parts};
use serde_json::{Value, json};

/// Every adapter, with an engine for Ethereum and Polkadot; the bare core has no handlers.
fn on_every_adapter(test: impl AsyncFn(Face)) {
    let origin = countersign_testkit::ORIGIN;
    with_parts(
        origin,
        |b| b.chain(Ethereum::mainnet()).chain(Polkadot::new()),
        async |face| {
            if face.name != "bare" {
                test(face).await;
            }
        },
    );
}

fn alice() -> PolkadotWallet {
    PolkadotWallet::from_seed(Scheme::Sr25519, &[7; 32], &Network::POLKADOT).unwrap()
}

async fn signed_in<'a>(face: &'a Face, wallet: &dyn Wallet) -> Browser<'a> {
    let browser = face.browser();
    let answer = browser.sign_in(wallet).await;
    assert_eq!(answer.status(), 200, "{}: {}", face.name, answer.text());
    browser
}

#[test]
fn an_optional_guard_lets_strangers_pass() {
    on_every_adapter(async |face| {
        let stranger = face.browser();
        assert_eq!(stranger.get("/").await.text(), "hello stranger");
        stranger.plant("__Host-countersign", "nonsense");
        assert_eq!(stranger.get("/").await.text(), "hello stranger");
        let user = signed_in(&face, &ethereum_wallet(1)).await;
        assert_eq!(user.get("/").await.text(), "welcome back", "{}", face.name);
    });
}

#[test]
fn a_guard_for_one_chain_refuses_accounts_of_another() {
    on_every_adapter(async |face| {
        let wallet = ethereum_wallet(1);
        let user = signed_in(&face, &wallet).await;
        assert_eq!(user.get("/address").await.text(), wallet.address());
        let other = signed_in(&face, &alice()).await;
        let refused = other.get("/address").await;
        let expected = (403, "not_admitted".to_owned());
        assert_eq!(refused.refusal(), expected, "{}", face.name);
        let stranger = face.browser().get("/address").await;
        assert_eq!(stranger.refusal(), (401, "session_required".to_owned()));
    });
}

#[test]
fn an_optional_guard_for_one_chain_is_empty_for_another() {
    on_every_adapter(async |face| {
        let user = signed_in(&face, &alice()).await;
        let subject = user.get("/auth/session").await.json()["subject"].clone();
        let subject = subject.as_str().unwrap();
        let account = user.get("/substrate").await.text();
        assert_eq!(format!("polkadot:{account}"), subject, "{}", face.name);
        let other = signed_in(&face, &ethereum_wallet(1)).await;
        assert_eq!(other.get("/substrate").await.text(), "none");
        assert_eq!(face.browser().get("/substrate").await.text(), "none");
    });
}

#[test]
fn a_guard_for_a_recent_signature_wants_a_new_one_in_time() {
    on_every_adapter(async |face| {
        let wallet = ethereum_wallet(1);
        let user = signed_in(&face, &wallet).await;
        face.stage.clock.advance(Duration::from_secs(600));
        assert_eq!(user.get("/address").await.status(), 200, "{}", face.name);
        face.stage.clock.advance(Duration::from_secs(1));
        let refused = user.get("/address").await;
        assert_eq!(refused.refusal(), (401, "session_required".to_owned()));
        assert_eq!(user.get("/me").await.status(), 200, "{}", face.name);
        user.sign_in(&wallet).await;
        assert_eq!(user.get("/address").await.status(), 200, "{}", face.name);
    });
}

#[test]
fn a_handler_signs_out_and_takes_the_cookie_back() {
    on_every_adapter(async |face| {
        let user = signed_in(&face, &ethereum_wallet(1)).await;
        let kept = user.cookie("__Host-countersign").unwrap();
        let answer = user.post("/leave", json!({})).await;
        assert_eq!(answer.text(), "bye", "{}", face.name);
        assert_eq!(user.cookie("__Host-countersign"), None, "{}", face.name);
        user.plant("__Host-countersign", &kept);
        assert_eq!(user.get("/me").await.status(), 401, "{}", face.name);
    });
}

#[test]
fn a_guard_of_a_changing_route_refuses_foreign_pages() {
    on_every_adapter(async |face| {
        let mut user = signed_in(&face, &ethereum_wallet(1)).await;
        for foreign in [Some("https://evil.example"), Some("null"), None] {
            user.origin = foreign.map(str::to_owned);
            let refused = user.post("/leave", json!({})).await;
            let expected = (403, "origin_rejected".to_owned());
            assert_eq!(refused.refusal(), expected, "{} {foreign:?}", face.name);
        }
        assert_eq!(user.get("/me").await.status(), 200, "{}", face.name);
    });
}

#[test]
fn a_path_that_only_begins_like_the_base_is_the_apps_own() {
    on_every_adapter(async |face| {
        let answer = face.browser().get("/authx").await;
        let said = (answer.status().as_u16(), answer.text());
        assert_eq!(said, (200, "the app's own".to_owned()), "{}", face.name);
    });
}

#[test]
fn roles_and_scopes_are_what_the_application_gave() {
    let session = |data: Value| -> Session {
        let mut session = countersign_testkit::run(async {
            Stage::ethereum()
                .sign_in(&ethereum_wallet(1))
                .await
                .unwrap()
        })
        .session;
        session.data = serde_json::from_value(data).unwrap();
        session
    };
    let one = session(json!({"roles": ["admin", 7], "scope": "read write"}));
    assert!(one.has_role("admin") && one.has_scope("read") && one.has_scope("write"));
    for (role, scope) in [("adm", "rea"), ("", ""), ("7", "read write")] {
        assert!(!one.has_role(role) && !one.has_scope(scope), "{role}");
    }
    let other = session(json!({"roles": {"admin": true}, "scope": 1}));
    let none = session(json!({}));
    for session in [other, none] {
        let refused = [session.require_role("admin"), session.require_scope("1")];
        for refused in refused {
            assert_eq!(refused.unwrap_err().code().as_str(), "not_admitted");
        }
    }
}

#[test]
fn an_account_of_polkadot_is_one_key_on_every_network() {
    countersign_testkit::run(async {
        let stage = Stage::with(Polkadot::new());
        let mut accounts = Vec::new();
        for network in [Network::POLKADOT, Network::KUSAMA] {
            let wallet = PolkadotWallet::from_seed(Scheme::Ed25519, &[9; 32], &network).unwrap();
            let identity = stage.sign_in(&wallet).await.unwrap().session.identity;
            let account = PolkadotAccount::of(&identity).unwrap();
            assert_eq!(account.subject(), identity.subject);
            assert_eq!(account.ss58(network.prefix).unwrap(), wallet.address());
            accounts.push(account);
        }
        assert_eq!(accounts[0], accounts[1]);
        let other = Stage::ethereum().sign_in(&ethereum_wallet(1)).await;
        assert_eq!(PolkadotAccount::of(&other.unwrap().session.identity), None);
    });
}
