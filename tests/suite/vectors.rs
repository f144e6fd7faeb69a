//! The signed messages that real wallet libraries made, played to every face of a server.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    fs,
    sync::LazyLock,
};

use countersign_core::{ChainId, DateTime, Engine, Secret, TextProfile};
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_store_memory::stores;
use countersign_testkit::{
    ManualClock, at_start,
    planted::Planted,
    rig::{Browser, Rig},
    run,
};
use countersign_tests::{every_rig, root};
use serde::Deserialize;
use serde_json::json;

/// A signed message, and what must come of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) row: Option<String>,
    pub(crate) message: String,
    pub(crate) signature: String,
    address: String,
    origin: String,
    chain: String,
    nonce: String,
    at: String,
    expect: String,
    fields: Option<Fields>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Fields {
    scheme: Option<String>,
    domain: String,
    address: String,
    statement: Option<String>,
    uri: String,
    version: String,
    chain_id: String,
    nonce: String,
    issued_at: String,
    expiration_time: Option<String>,
    not_before: Option<String>,
    request_id: Option<String>,
    resources: Option<Vec<String>>,
}

pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let path = root().join("tests/vectors/ethereum/cases.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
});

/// Plays all cases of a row of the attack table. A row without cases is a fault of the test.
pub(crate) fn play_row(row: &str) {
    let cases: Vec<_> = CASES
        .iter()
        .filter(|case| case.row.as_deref() == Some(row))
        .collect();
    assert!(!cases.is_empty(), "there is no vector for row {row}");
    play(&cases);
}

#[test]
fn every_vector_gets_the_stated_answer() {
    assert!(CASES.len() >= 180, "only {} vectors", CASES.len());
    play(&CASES.iter().collect::<Vec<_>>());
}

#[test]
fn every_accepted_vector_has_the_stated_fields() {
    let accepted = CASES.iter().filter(|case| case.expect == "accepted");
    let mut count = 0;
    for case in accepted {
        let sign_in = TextProfile::ERC4361
            .parse(&case.message, |_, id| ChainId::new("eip155", id?).ok())
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(sign_in.compose(), case.message, "{}", case.name);
        let text = |time: &Option<DateTime>| time.as_ref().map(|time| time.as_str().to_owned());
        let own = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        let read = Fields {
            domain: sign_in.domain.into_owned(),
            address: sign_in.address.into_owned(),
            uri: own(sign_in.uri).unwrap(),
            version: sign_in.profile.version.to_owned(),
            chain_id: own(sign_in.chain_text).unwrap(),
            issued_at: text(&sign_in.issued_at).unwrap(),
            expiration_time: text(&sign_in.expiration_time),
            not_before: text(&sign_in.not_before),
            scheme: own(sign_in.scheme),
            statement: own(sign_in.statement),
            nonce: sign_in.nonce.into_owned(),
            request_id: own(sign_in.request_id),
            resources: sign_in
                .resources
                .map(|all| all.into_iter().map(Cow::into_owned).collect()),
        };
        assert_eq!(Some(&read), case.fields.as_ref(), "{}", case.name);
        count += 1;
    }
    assert!(count >= 60, "only {count} accepted vectors");
}

/// A server for one origin and chain, whose clock and nonce are set case by case.
struct Stand {
    engine: Engine,
    clock: ManualClock,
    nonces: Planted,
    rigs: Vec<(&'static str, Box<dyn Rig>)>,
}

impl Stand {
    async fn new(origin: &str, chain: &str) -> Self {
        let clock = ManualClock::at(at_start());
        let nonces = Planted::default();
        let number = chain.strip_prefix("eip155:").unwrap().parse().unwrap();
        let engine = Engine::builder(origin)
            .chain(Ethereum::chain(number))
            .stores(stores())
            .nonces(nonces.clone())
            .without_limits()
            .clock(clock.clone())
            .secret(Secret::random())
            .build()
            .unwrap();
        let auth = AuthHttp::new(engine.clone());
        let rigs = every_rig(&auth).await;
        Self {
            engine,
            clock,
            nonces,
            rigs,
        }
    }

    async fn play(&self, case: &Case) {
        self.clock.set(DateTime::parse(&case.at).unwrap().floor());
        for (name, rig) in &self.rigs {
            self.nonces.plant(&self.engine, &case.nonce).await;
            let body = json!({
                "message": case.message, "signature": case.signature, "credential": "token",
            });
            let answer = Browser::program(&**rig).post("/auth/verify", body).await;
            let label = format!("{} on {name}", case.name);
            if case.expect == "accepted" {
                assert_eq!(answer.status(), 200, "{label}: {}", answer.text());
                assert_eq!(
                    answer.json()["subject"],
                    format!("eip155:{}", case.address),
                    "{label}"
                );
                assert_eq!(
                    answer.json()["account"],
                    format!("{}:{}", case.chain, case.address)
                );
            } else {
                assert_eq!(answer.json()["error"], case.expect, "{label}");
                assert!(answer.status().is_client_error(), "{label}");
            }
        }
    }
}

fn play(cases: &[&Case]) {
    run(async {
        let mut stands = HashMap::new();
        for case in cases {
            let key = (&*case.origin, &*case.chain);
            let stand = match stands.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(Stand::new(key.0, key.1).await),
            };
            stand.play(case).await;
        }
    });
}
