//! Secrets, errors and enumeration.

use std::{
    cell::RefCell,
    fs,
    io::Write,
    sync::{Arc, Mutex, Once},
};

use countersign_core::{
    AccessToken, Ask, Binding, Context, Credential, Secret, SessionToken, SignedIn, Subject,
};
use countersign_store_memory::MemorySessions;
use countersign_testkit::{
    ORIGIN, Stage,
    faults::{Flaky, Mood},
    run,
};

use super::*;

/// Everything that this thread logs while `test` runs, down to the last detail, as plain text.
///
/// There is one subscriber for all tests of the process, and a buffer for each thread: `tracing`
/// remembers for a whole process which events nobody wants.
pub(super) fn logged(test: impl Future<Output = ()>) -> String {
    thread_local! {
        static BUFFER: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
    }

    struct Buffer;

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            BUFFER.with_borrow_mut(|buffer| {
                if let Some(buffer) = buffer {
                    buffer.extend_from_slice(bytes);
                }
            });
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Buffer)
            .init();
    });
    BUFFER.set(Some(Vec::new()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
    String::from_utf8(BUFFER.take().unwrap()).unwrap()
}

#[test]
fn e01_no_secret_prints_itself() {
    let canary = "canary-canary-canary-canary-canary-canary-0123456789";
    let subject: Subject = "eip155:0x0".parse().unwrap();
    let token = SessionToken::generate(&subject);
    let binding = Binding::generate();
    let exposed = [token.expose(), binding.expose(), canary.to_owned()];
    run(async {
        let secret = Secret::new(canary);
        let builder = countersign_core::Engine::builder(ORIGIN).secret(secret.clone());
        let stage = Stage::built(ORIGIN, |b| {
            b.chain(Ethereum::mainnet()).secret(secret.clone())
        });
        let signed_in: SignedIn = stage.sign_in(&ethereum_wallet(1)).await.unwrap();
        let context = Context {
            previous: Some(token.clone()),
            ..Context::cookie(Some(binding.clone()))
        };
        let shown = format!(
            "{secret:?} {builder:?} {stage:?} {token:?} {binding:?} {context:?} {:?} {:?} {:?} {:?} {:#?}",
            Ask::any_chain().bound_to(binding.clone()),
            Credential::Cookie(&exposed[0]),
            Credential::Bearer(&exposed[0]),
            AccessToken::new(canary),
            signed_in,
        );
        for secret in exposed.iter().chain([&signed_in.token.expose()]) {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
        assert!(shown.matches("[redacted]").count() >= 10, "{shown}");
    });
    // And no secret type derives what would show it or compare it carelessly.
    let core = countersign_tests::root().join("crates/countersign-core/src");
    for (file, name) in [
        ("secret/mod.rs", "Secret"),
        ("secret/mod.rs", "Key"),
        ("secret/session.rs", "SessionToken"),
        ("secret/refresh.rs", "RefreshSeed"),
        ("secret/refresh.rs", "RefreshToken"),
        ("secret/binding.rs", "Binding"),
        ("secret/binding.rs", "BindingDigest"),
        ("ports/tokens.rs", "AccessToken"),
    ] {
        let source = fs::read_to_string(core.join(file)).unwrap();
        let place = source.find(&format!("struct {name}(")).expect(name);
        let before = &source[..place];
        let derive = &before[before.rfind("#[derive(").unwrap()..];
        for forbidden in ["Debug", "PartialEq", "Display"] {
            assert!(!derive.contains(forbidden), "{name} derives {forbidden}");
        }
        let serialize = derive.contains("Serialize") && name != "BindingDigest";
        assert!(!serialize, "{name} derives Serialize");
    }
}

#[test]
fn e02_no_secret_reaches_the_log() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let collect = seen.clone();
    let log = logged(async move {
        let secret = "canary-secret-canary-secret-canary-secret-0123456789";
        let stage = Stage::built(ORIGIN, |b| {
            b.chain(Ethereum::mainnet()).secret(Secret::new(secret))
        });
        let auth = countersign_http::AuthHttp::new(stage.engine.clone());
        let rig = countersign_testkit::rig::Bare(auth);
        let wallet = ethereum_wallet(1);
        let browser = Browser::on(&rig, ORIGIN);
        let text = browser.challenge(&wallet).await;
        let body = proof(&wallet, &text);
        browser.post("/auth/verify", body.clone()).await;
        browser.post("/auth/verify", body.clone()).await;
        browser.get("/auth/session").await;
        let nonce = text
            .lines()
            .find_map(|l| l.strip_prefix("Nonce: "))
            .unwrap()
            .to_owned();
        let token = stage.sign_in(&wallet).await.unwrap().token.expose();
        let mut bearer = Browser::program(&rig);
        bearer
            .headers
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
        bearer.get("/auth/session").await;
        browser.post("/auth/logout", json!({})).await;
        let mut secrets = collect.lock().unwrap();
        secrets.extend([secret.to_owned(), token, nonce]);
        secrets.extend(browser.cookie("__Host-countersign-pre"));
        secrets.push(body["signature"].as_str().unwrap().to_owned());
    });
    assert!(
        log.contains("signed in") && log.contains("nonce_invalid"),
        "{log}"
    );
    let secrets = seen.lock().unwrap();
    assert_eq!(secrets.len(), 5);
    for secret in &*secrets {
        assert!(
            !log.contains(secret.as_str()),
            "{secret} is in the log:\n{log}"
        );
    }
}

#[test]
fn e03_a_fault_of_ours_says_nothing_of_itself() {
    let sessions = Flaky::new(MemorySessions::default());
    with_engine(
        ORIGIN,
        |b| b.sessions(sessions.clone()),
        async |face| {
            let browser = signed_in(&face).await;
            for mood in [Mood::Panics, Mood::Down] {
                sessions.set(mood);
                let answer = browser.get("/auth/session").await;
                let body = answer.json();
                let object = body.as_object().unwrap();
                let mut fields: Vec<_> = object.keys().map(String::as_str).collect();
                fields.sort_unstable();
                assert_eq!(fields, ["error", "error_description", "request_id"]);
                assert!(!answer.text().contains("told to"), "{}", answer.text());
                sessions.set(Mood::Well);
            }
        },
    );
}

#[test]
fn e04_what_is_logged_cannot_forge_a_line() {
    let log = logged(async {
        let stage = Stage::ethereum();
        let auth = countersign_http::AuthHttp::new(stage.engine.clone());
        let rig = countersign_testkit::rig::Bare(auth);
        let browser = Browser::on(&rig, ORIGIN);
        let evil = "eip155:1\r\n2026-01-01 INFO countersign: signed in \u{1b}[31m{\"a\":1}";
        browser
            .post("/auth/challenge", json!({"chain": evil}))
            .await;
        browser
            .post(
                "/auth/challenge",
                json!({"chain": "eip155:1", "account": evil}),
            )
            .await;
        browser
            .post(
                "/auth/verify",
                json!({"message": evil, "signature": evil, "chain": evil}),
            )
            .await;
        browser
            .post(
                "/auth/verify",
                json!({"message": evil, "signature": "0x00"}),
            )
            .await;
        browser.post("/auth/verify", json!({evil: evil})).await;
        let mut bearer = Browser::program(&rig);
        bearer
            .headers
            .insert("authorization", "Bearer a\tb".parse().unwrap());
        bearer.get("/auth/session").await;
    });
    assert!(log.lines().count() >= 5, "{log}");
    for line in log.lines() {
        assert!(
            !line.starts_with("2026-01-01 INFO"),
            "a forged line: {line}"
        );
        assert!(!line.contains('\u{1b}') && !line.contains('\r'), "{line:?}");
    }
}

#[test]
fn e06_an_account_that_is_known_answers_like_one_that_is_not() {
    on_every_face(async |face| {
        let known = signed_in(&face).await;
        assert_eq!(known.get("/me").await.status(), 200);
        let mut answers = Vec::new();
        for number in [1, 7] {
            let wallet = ethereum_wallet(number);
            let browser = face.browser();
            let ask = json!({"chain": "eip155:1", "account": wallet.address()});
            let asked = browser.post("/auth/challenge", ask).await.comparable();
            let text = browser.challenge(&wallet).await;
            let refused = browser
                .verify(&ethereum_wallet(9), &text)
                .await
                .comparable();
            answers.push((asked, refused));
        }
        assert_eq!(answers[0], answers[1]);
    });
}

#[test]
fn e07_secrets_are_compared_in_constant_time() {
    // What compares a secret is `subtle`; and no secret type has `==` at all: see E1. So what is
    // left to look for is a comparison of what a secret exposes.
    for source in countersign_tests::sources() {
        let in_tests = source.components().any(|part| part.as_os_str() == "tests")
            || source.to_string_lossy().contains("countersign-testkit");
        if in_tests {
            continue;
        }
        let text = fs::read_to_string(&source).unwrap();
        for (number, line) in text.lines().enumerate() {
            let compares = line.contains("==") || line.contains("!=");
            let careless = compares
                && [".expose()", ".mac(", ".digest()"]
                    .iter()
                    .any(|secret| line.contains(secret));
            assert!(
                !careless || line.contains("assert"),
                "{source:?}:{}: {line}",
                number + 1
            );
        }
    }
    for file in ["refresh.rs", "binding.rs"] {
        let secrets = countersign_tests::root().join("crates/countersign-core/src/secret");
        let source = fs::read_to_string(secrets.join(file)).unwrap();
        assert!(source.contains("ct_eq"), "{file}");
    }
}

#[test]
fn e08_secrets_are_wiped_and_no_panic_shows_one() {
    fn wiped<T: zeroize::ZeroizeOnDrop>() {}
    wiped::<Secret>();
    wiped::<SessionToken>();
    wiped::<Binding>();
    wiped::<AccessToken>();
    let secret = Secret::new("canary-secret-canary-secret-canary-secret-0123456789");
    let panic = std::panic::catch_unwind(|| panic!("{secret:?}")).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "[redacted]");
}
