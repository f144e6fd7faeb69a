//! What the server decides, and goes on deciding.

use std::time::Duration;

use countersign_core::{Context, Credential, Event, EventSink};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_tests::npm::node;

use super::*;

#[test]
fn c07_an_owners_signature_for_one_wallet_is_not_good_for_another() {
    countersign_testkit::run(async {
        let chain = Chain::start().await;
        let server = crate::contract_wallets::server(&chain).await;
        let arguments = ["sign-in.mjs", &server.url(), &chain.url(), "owners"];
        let printed = node(&clients(), &arguments).await;
        let last = printed.lines().last().unwrap_or_default();
        assert!(last.ends_with("checks passed"), "{printed}");
    });
}

#[derive(Debug, Clone, Default)]
struct Noted(std::sync::Arc<std::sync::Mutex<Vec<Event>>>);

impl Noted {
    fn lost(&self) -> usize {
        let events = self.0.lock().unwrap();
        let lost = |event: &&Event| matches!(event, Event::StandingLost { .. });
        events.iter().filter(lost).count()
    }
}

impl EventSink for Noted {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

const PERIOD: Duration = Duration::from_secs(10 * 60);

#[test]
fn c08_a_session_ends_when_its_contract_no_longer_agrees() {
    countersign_testkit::run(async {
        let noted = Noted::default();
        let issuer = Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa)));
        let site = Site::with(
            |ethereum, _| ethereum,
            |b, _| b.tokens(issuer).recheck_every(PERIOD).events(noted.clone()),
        )
        .await;
        let account = site.chain.contract(1, &evm::agrees_while_set()).await;
        let agrees = async |word: u8| {
            let mut value = [0; 32];
            value[31] = word;
            site.chain.store(&account.address, [0; 32], value).await;
        };
        site.refused(&account, INVALID, "before").await;
        agrees(1).await;
        let engine = &site.stage.engine;

        // A program, at its refresh.
        let program = site.stage.sign_in(&account).await.unwrap();
        let refresh = program.tokens.unwrap().refresh.expose();
        site.node.asked();
        let again = engine.refresh(&refresh, &Context::token()).await.unwrap();
        assert!(!site.node.asked().is_empty(), "every refresh asks");
        let refresh = again.tokens.refresh.expose();
        // While nobody can be asked, nothing is used up and nobody is signed out.
        site.node.becomes(Mood::Status(500, ""));
        let error = engine
            .refresh(&refresh, &Context::token())
            .await
            .unwrap_err();
        assert_eq!(error.code().as_str(), "chain_unavailable");
        site.node.becomes(Mood::Honest);
        let again = engine.refresh(&refresh, &Context::token()).await.unwrap();
        agrees(0).await;
        let refresh = again.tokens.refresh.expose();
        let error = engine
            .refresh(&refresh, &Context::token())
            .await
            .unwrap_err();
        assert_eq!(error.code().as_str(), "invalid_grant");
        let access = again.tokens.access.expose();
        assert!(
            engine
                .authenticate(Credential::Bearer(access))
                .await
                .is_err()
        );
        assert_eq!(noted.lost(), 1);

        // A browser, once the time has come.
        agrees(1).await;
        let browser = site.browser();
        assert_eq!(browser.sign_in(&account).await.status(), 200);
        agrees(0).await;
        site.node.asked();
        site.stage.clock.advance(PERIOD - Duration::from_secs(1));
        assert_eq!(browser.get("/me").await.status(), 200, "not yet");
        assert!(site.node.asked().is_empty());
        site.stage.clock.advance(Duration::from_secs(1));
        site.node.becomes(Mood::Status(500, ""));
        assert_refused(&browser.get("/me").await, UNAVAILABLE, "away");
        site.node.becomes(Mood::Honest);
        agrees(1).await;
        assert_eq!(browser.get("/me").await.status(), 200, "agreed meanwhile");
        site.node.asked();
        assert_eq!(browser.get("/me").await.status(), 200);
        assert!(site.node.asked().is_empty(), "it was noted that it agreed");
        site.stage.clock.advance(PERIOD);
        agrees(0).await;
        assert_refused(
            &browser.get("/me").await,
            (401, "session_required"),
            "removed",
        );
        agrees(1).await;
        assert_refused(
            &browser.get("/me").await,
            (401, "session_required"),
            "for good",
        );
        assert_eq!(noted.lost(), 2);

        // A key's session asks nobody, ever.
        let browser = site.browser();
        assert_eq!(browser.sign_in(&key(1)).await.status(), 200);
        site.stage.clock.advance(2 * PERIOD);
        site.node.asked();
        assert_eq!(browser.get("/me").await.status(), 200);
        assert!(site.node.asked().is_empty());
    });
}

#[test]
fn c10_nothing_is_asked_of_a_node_before_the_text_and_its_nonce_are_good() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let account = site.chain.contract(1, &evm::agrees()).await;
        let edits: [(&str, &str, Refusal); 5] = [
            (
                "app.example wants",
                "evil.example wants",
                (401, "domain_mismatch"),
            ),
            (
                "URI: https://app.example",
                "URI: https://evil.example",
                (401, "uri_mismatch"),
            ),
            ("Nonce: ", "Nonce: 0", (401, "nonce_invalid")),
            ("Version: 1", "Version: 2", (400, "unsupported_version")),
            (
                "Issued At: 2026",
                "Issued At: 2025",
                (401, "issued_at_out_of_range"),
            ),
        ];
        for (from, to, expected) in edits {
            let browser = site.browser();
            let text = browser.challenge(&account).await;
            assert!(text.contains(from), "{text}");
            let answer = browser.verify(&account, &text.replace(from, to)).await;
            assert_refused(&answer, expected, to);
            assert!(site.node.asked().is_empty(), "{to}: a node was asked");
        }
        // A used nonce, another browser's nonce, and another account's challenge.
        let browser = site.browser();
        let text = browser.challenge(&account).await;
        assert_eq!(browser.verify(&account, &text).await.status(), 200);
        site.node.asked();
        assert_refused(
            &browser.verify(&account, &text).await,
            (401, "nonce_invalid"),
            "used",
        );
        let text = browser.challenge(&account).await;
        let answer = site.browser().verify(&account, &text).await;
        assert_refused(&answer, (401, "nonce_invalid"), "another browser");
        let text = browser.challenge(&account).await;
        let other = Account::at(evm::address(9));
        let text = text.replace(&account.address(), &other.address());
        let answer = browser.verify(&other, &text).await;
        assert_refused(&answer, (401, "address_mismatch"), "another account");
        assert!(site.node.asked().is_empty());
    });
}

#[test]
fn c15_delegates_count_where_the_server_says_so_and_nowhere_else() {
    countersign_testkit::run(async {
        let setting = async |site: &Site, word: [u8; 32]| {
            let contract = site.chain.contract(1, &evm::reverts(&[])).await;
            site.chain.put(&DELEGATE_REGISTRY, &evm::registry()).await;
            let delegate = key(1).address().parse().unwrap();
            let slot = evm::delegation_slot(&contract.address, &delegate);
            site.chain.store(&DELEGATE_REGISTRY, slot, word).await;
            contract
        };
        let registered = evm::word(&key(1).address().parse().unwrap());

        // A server that was not told to takes none, whatever the request says.
        let site = Site::start().await;
        let contract = setting(&site, registered).await;
        let by_delegate = Instead(&key(1), contract);
        site.refused(&by_delegate, INVALID, "not told to").await;
        for field in ["daoLogin", "resolveEns", "delegate"] {
            let browser = site.browser();
            let text = browser.challenge(&by_delegate).await;
            let mut body = proof(&by_delegate, &text);
            body[field] = true.into();
            let answer = browser.post("/auth/verify", body).await;
            assert_refused(&answer, (400, "request_malformed"), field);
        }

        let issuer = Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa)));
        let site = Site::with(
            |ethereum, _| ethereum.delegates(),
            |b, _| b.tokens(issuer).recheck_every(PERIOD),
        )
        .await;
        let contract = setting(&site, registered).await;
        let by_delegate = Instead(&key(1), contract.clone());
        let browser = site.browser();
        let answer = browser.sign_in(&by_delegate).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let session = answer.json();
        let named = |address: String| format!("eip155:{CHAIN_ID}:{address}");
        assert_eq!(session["method"], "delegate");
        assert_eq!(session["subject"], named(contract.address()));
        assert_eq!(session["delegate"], named(key(1).address()));
        // A token names both, to whoever reads it.
        let engine = &site.stage.engine;
        let tokens = site
            .stage
            .sign_in(&by_delegate)
            .await
            .unwrap()
            .tokens
            .unwrap();
        let access = tokens.access.expose();
        let claims = engine.check_token(access).await.unwrap();
        assert_eq!(claims.subject.as_str(), named(contract.address()));
        assert_eq!(claims.extra["act"]["sub"], named(key(1).address()));
        let read = engine.authenticate_stateless(access).await.unwrap();
        assert_eq!(read.identity.delegate.unwrap().address(), key(1).address());
        let stranger = Instead(&key(2), contract.clone());
        site.refused(&stranger, INVALID, "another key").await;
        // Nobody's delegate: an account without code, and the other way round.
        let nobody = Instead(&key(1), Account::at(evm::address(70)));
        site.refused(&nobody, INVALID, "no contract").await;
        let other = site.chain.contract(3, &evm::reverts(&[])).await;
        site.refused(&Instead(&key(1), other), INVALID, "another contract")
            .await;
        // Words that are no address.
        let mut dirty = registered;
        dirty[0] = 1;
        for word in [[0; 32], dirty] {
            setting(&site, word).await;
            site.refused(&by_delegate, INVALID, "another word").await;
        }
        // The registration was taken back: the session ends.
        site.stage.clock.advance(PERIOD);
        assert_refused(
            &browser.get("/me").await,
            (401, "session_required"),
            "no delegate",
        );
    });
}
