//! What is counted, and that no label says who.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex, OnceLock},
};

use countersign_core::{Limits, Quota};
use countersign_http::{
    AuthHttp,
    metrics::{MetricsEvents, counted},
};
use countersign_jwt::{Algorithm, Jwt, Key as SigningKey, KeyRing};
use countersign_store_memory::stores;
use countersign_testkit::{ORIGIN, Stage, rig::Rig, run};
use countersign_tests::{FACES, rig, root};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use super::*;

/// Every series that was touched, with its sum.
#[derive(Debug, Default, Clone)]
struct Seen(Arc<Mutex<BTreeMap<Series, f64>>>);

/// A name and its labels.
type Series = (String, Vec<(String, String)>);

struct One(Seen, Series);

impl One {
    fn add(&self, value: f64) {
        let mut sums = self.0.0.lock().unwrap();
        *sums.entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.add(value as f64);
    }
    fn absolute(&self, _: u64) {
        unreachable!("nothing is set");
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.add(value);
    }
    fn decrement(&self, value: f64) {
        self.add(-value);
    }
    fn set(&self, _: f64) {
        unreachable!("nothing is set");
    }
}

impl HistogramFn for One {
    fn record(&self, _: f64) {
        self.add(1.0);
    }
}

impl Seen {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels = key.labels();
        let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned()));
        Arc::new(One(self.clone(), (key.name().to_owned(), labels.collect())))
    }

    fn of(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let sums = self.0.lock().unwrap();
        let series = (name.to_owned(), labels.collect());
        sums.get(&series).copied().unwrap_or_default()
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

fn seen() -> &'static Seen {
    static SEEN: OnceLock<Seen> = OnceLock::new();
    SEEN.get_or_init(|| {
        let seen = Seen::default();
        metrics::set_global_recorder(seen.clone()).unwrap();
        seen
    })
}

#[test]
fn e10_no_label_of_a_metric_says_who() {
    let seen = seen();
    run(async {
        for name in FACES {
            let limits = Limits {
                challenge: Quota::per_minute(8),
                ..Limits::default()
            };
            let ring = KeyRing::of(SigningKey::generate(Algorithm::EdDsa));
            let stage = Stage::limited(ORIGIN, |b| {
                b.chain(Ethereum::mainnet())
                    .stores(counted(stores()))
                    .tokens(Jwt::new(ring.clone()))
                    .events(MetricsEvents::new())
                    .limits(limits)
            });
            let before = seen.clone().snapshot();
            let rig = rig(name, AuthHttp::new(stage.engine.clone()).with_health()).await;
            let secrets = visit(&*rig, &stage).await;
            let grown = |metric: &str, labels: &[(&str, &str)]| {
                seen.of(metric, labels) - before.of(metric, labels)
            };
            let signed_in = |code, method| {
                let chain = if code == "message_malformed" {
                    "none"
                } else {
                    "eip155:1"
                };
                let labels = [("chain", chain), ("method", method), ("code", code)];
                grown("countersign_sign_ins_total", &labels)
            };
            assert_eq!(signed_in("ok", "eip191"), 2.0, "{name}");
            assert_eq!(signed_in("invalid_signature", "none"), 1.0, "{name}");
            assert_eq!(signed_in("message_malformed", "none"), 1.0, "{name}");
            for (metric, labels, count) in [
                ("countersign_refreshes_total", &[("outcome", "ok")][..], 2.0),
                ("countersign_refreshes_total", &[("outcome", "replay")], 1.0),
                ("countersign_limited_total", &[("flow", "challenge")], 1.0),
                (
                    "countersign_challenges_total",
                    &[("credential", "token")],
                    1.0,
                ),
                ("countersign_sessions", &[], 0.0),
                ("countersign_guards_total", &[("code", "ok")], 1.0),
                (
                    "countersign_guards_total",
                    &[("code", "session_required")],
                    1.0,
                ),
                ("countersign_guard_seconds", &[], 2.0),
                (
                    "countersign_http_request_seconds",
                    &[("endpoint", "verify")],
                    4.0,
                ),
            ] {
                assert_eq!(grown(metric, labels), count, "{name}: {metric} {labels:?}");
            }
            let denied = [
                ("endpoint", "nonce"),
                ("status", "429"),
                ("code", "rate_limited"),
            ];
            assert_eq!(grown("countersign_http_requests_total", &denied), 1.0);
            seen.say_nothing_of(&secrets);
        }
    });
    seen.are_documented();
}

/// All that a client may do, and the secrets that it met.
async fn visit(rig: &dyn Rig, stage: &Stage) -> Vec<String> {
    let wallet = ethereum_wallet(1);
    let browser = Browser::on(rig, ORIGIN);
    let text = browser.challenge(&wallet).await;
    let mut secrets = vec![
        wallet.address(),
        text.lines()
            .find(|line| line.starts_with("Nonce: "))
            .unwrap()[7..]
            .to_owned(),
        browser.cookie("__Host-countersign-pre").unwrap(),
        "127.0.0.1".to_owned(),
    ];
    assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
    secrets.push(browser.cookie("__Host-countersign").unwrap());
    assert_eq!(browser.get("/me").await.status(), 200);
    let listed = browser.get("/auth/sessions").await.json();
    let handle = listed["sessions"][0]["handle"].as_str().unwrap();
    secrets.push(handle.to_owned());
    let one = format!("/auth/sessions/{handle}");
    assert_eq!(browser.delete(&one).await.status(), 204);
    assert_eq!(browser.get("/me").await.status(), 401);

    // Another's signature, no text at all, a path and a method that somebody made up.
    let text = browser.challenge(&wallet).await;
    let forged = browser.verify(&ethereum_wallet(2), &text).await;
    assert_refused(&forged, (401, "invalid_signature"), "forged");
    let odd = browser.verify(&wallet, "hello").await;
    assert_refused(&odd, (400, "message_malformed"), "odd");
    let made_up = format!("/auth/{}", wallet.address());
    browser.get(&made_up).await;
    let method = http::Method::from_bytes(b"SECRETMETHOD").unwrap();
    browser.send(method, "/auth/nonce", None).await;
    secrets.push("SECRETMETHOD".to_owned());

    let program = Browser::program(rig);
    let ask = json!({"chain": "eip155:1", "account": wallet.address(), "credential": "token"});
    let challenge = program.post("/auth/challenge", ask).await.json();
    let mut proof = proof(&wallet, challenge["message"].as_str().unwrap());
    proof["credential"] = json!("token");
    let tokens = program.post("/auth/verify", proof).await.json();
    for name in ["access_token", "refresh_token"] {
        secrets.push(tokens[name].as_str().unwrap().to_owned());
    }
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    for status in [200, 200] {
        let refreshed = program.post("/auth/refresh", refresh.clone()).await;
        assert_eq!(refreshed.status(), status);
    }
    stage.clock.advance(std::time::Duration::from_secs(11));
    assert_eq!(program.post("/auth/refresh", refresh).await.status(), 400);
    loop {
        let nonce = program.get("/auth/nonce").await;
        if nonce.status() == 429 {
            return secrets;
        }
        secrets.push(nonce.text());
    }
}

impl Seen {
    fn snapshot(self) -> Self {
        let sums = self.0.lock().unwrap().clone();
        Self(Arc::new(Mutex::new(sums)))
    }

    fn say_nothing_of(&self, secrets: &[String]) {
        for (name, labels) in self.0.lock().unwrap().keys() {
            for (key, value) in labels {
                for secret in secrets {
                    let told = value.to_lowercase().contains(&secret.to_lowercase());
                    assert!(!told, "{name} {key}={value}");
                }
                let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                let is_bounded = match key.as_str() {
                    "status" => value.len() == 3,
                    "chain" => value == "none" || value.contains(':') && value.len() <= 41,
                    _ => value.chars().all(is_word),
                };
                assert!(is_bounded, "{name} {key}={value}");
            }
        }
    }

    /// Each series stands in the document, with exactly its labels.
    fn are_documented(&self) {
        let document = fs::read_to_string(root().join("docs/observability.md")).unwrap();
        let mut names = BTreeSet::new();
        for (name, labels) in self.0.lock().unwrap().keys() {
            let start = format!("| `{name}` |");
            let line = document.lines().find(|line| line.starts_with(&start));
            let cells: Vec<_> = line
                .unwrap_or_else(|| panic!("{name}"))
                .split('|')
                .collect();
            let keys: Vec<_> = labels.iter().map(|(key, _)| format!("`{key}`")).collect();
            let expected = if keys.is_empty() {
                "–".to_owned()
            } else {
                keys.join(" ")
            };
            assert_eq!(cells[3].trim(), expected, "{name}");
            names.insert(name.clone());
        }
        let documented = document.matches("| `countersign_").count();
        assert_eq!(names.len(), documented, "{names:?}");
    }
}
