//! Refresh tokens that must not be good, and the races for one that is.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign_core::{
    AccessToken, BoxError, Claims, Code, Context, Credential, Engine, Event, EventSink, Expected,
    Gate, Identity, Jwks, Secret, Session, SessionId, SessionStore, StoreError, Subject, Timestamp,
    TokenError, TokenIssuer, async_trait, policy::Lifetimes,
};
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_store_memory::{MemorySessions, stores};
use countersign_testkit::{ORIGIN, Stage, run};
use serde_json::Value;
use tokio::task::JoinSet;

use super::*;

const INVALID: Refusal = (400, "invalid_grant");

fn issuer() -> Jwt {
    Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa)))
}

fn with_tokens(test: impl AsyncFn(Face)) {
    with_engine(ORIGIN, |b| b.tokens(issuer()), test);
}

fn stage(grace: u64) -> Stage {
    let lifetimes = Lifetimes {
        refresh_grace: Duration::from_secs(grace),
        ..Lifetimes::default()
    };
    Stage::built(ORIGIN, |b| {
        b.chain(Ethereum::mainnet())
            .tokens(issuer())
            .lifetimes(lifetimes)
    })
}

/// A program's pair of tokens.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

async fn sign_in(face: &Face) -> Pair {
    let (wallet, program) = (ethereum_wallet(1), face.program());
    let ask = json!({"chain": "eip155:1", "account": wallet.address(), "credential": "token"});
    let challenge = program.post("/auth/challenge", ask).await.json();
    let mut body = proof(&wallet, challenge["message"].as_str().unwrap());
    body["credential"] = "token".into();
    Pair::of(&program.post("/auth/verify", body).await.json())
}

async fn refresh(face: &Face, token: &str) -> Answer {
    let body = json!({"refresh_token": token});
    face.program().post("/auth/refresh", body).await
}

async fn is_live(face: &Face, access: &str) -> bool {
    let request = http::Request::get("/me")
        .header("authorization", format!("Bearer {access}"))
        .body(Default::default())
        .unwrap();
    face.program().raw(request).await.status() == 200
}

async fn refreshed(engine: &Engine, token: &str) -> Result<(String, String), Code> {
    let refreshed = engine.refresh(token, &Context::token()).await;
    let tokens = refreshed.map_err(|error| error.code())?.tokens;
    Ok((tokens.access.expose().to_owned(), tokens.refresh.expose()))
}

/// A fresh session's refresh token, and its subject.
async fn token_of(stage: &Stage, wallet: u8) -> (String, Subject) {
    let signed_in = stage.sign_in(&ethereum_wallet(wallet)).await.unwrap();
    let subject = signed_in.session.identity.subject.clone();
    (signed_in.tokens.unwrap().refresh.expose(), subject)
}

#[derive(Debug, Clone, Default)]
struct Noted(Arc<Mutex<Vec<Event>>>);

impl EventSink for Noted {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

#[test]
fn r01_a_used_token_again_after_the_grace_time() {
    let noted = Noted::default();
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer()).events(noted.clone()),
        async |face| {
            let first = sign_in(&face).await;
            let second = Pair::of(&refresh(&face, &first.refresh).await.json());
            assert!(is_live(&face, &first.access).await && is_live(&face, &second.access).await);
            face.stage.clock.advance(Duration::from_secs(10));
            let replays = || {
                let events = noted.0.lock().unwrap();
                events
                    .iter()
                    .filter(|e| matches!(e, Event::RefreshReplayed { .. }))
                    .count()
            };
            let before = replays();
            assert_refused(&refresh(&face, &first.refresh).await, INVALID, "replayed");
            assert_eq!(replays(), before + 1);
            // The thief's and the holder's, all of them.
            assert_refused(&refresh(&face, &second.refresh).await, INVALID, "family");
            assert!(!is_live(&face, &first.access).await && !is_live(&face, &second.access).await);
            // One of the chain before the last is a replay also within the grace time.
            let first = sign_in(&face).await;
            let second = Pair::of(&refresh(&face, &first.refresh).await.json());
            let third = Pair::of(&refresh(&face, &second.refresh).await.json());
            assert_refused(
                &refresh(&face, &first.refresh).await,
                INVALID,
                "grandparent",
            );
            assert!(!is_live(&face, &third.access).await);
        },
    );
}

#[test]
fn r02_sixty_four_racers_without_grace() {
    run(async {
        let stage = stage(0);
        let (token, subject) = token_of(&stage, 1).await;
        let answers = race(&stage.engine, &token, 64).await;
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
        let refused = answers.iter().filter(|a| **a == Err(Code::InvalidGrant));
        assert_eq!(refused.count(), 63);
        // The losers are replays, so the family is gone: nobody can tell thief from holder.
        assert!(stage.engine.sessions(&subject).await.unwrap().is_empty());
    });
}

#[test]
fn without_grace_a_clock_that_is_behind_gives_none() {
    run(async {
        let stage = stage(0);
        let (token, subject) = token_of(&stage, 1).await;
        stage
            .engine
            .refresh(&token, &Context::token())
            .await
            .unwrap();
        stage
            .clock
            .set(stage.engine.now() - Duration::from_millis(1));
        let again = stage.engine.refresh(&token, &Context::token()).await;
        assert_eq!(again.unwrap_err().code(), Code::InvalidGrant);
        assert!(stage.engine.sessions(&subject).await.unwrap().is_empty());
    });
}

#[test]
fn r03_the_answer_was_lost_and_the_client_asks_again() {
    with_tokens(async |face| {
        let first = sign_in(&face).await;
        let lost = Pair::of(&refresh(&face, &first.refresh).await.json());
        face.stage.clock.advance(Duration::from_millis(9_999));
        let again = Pair::of(&refresh(&face, &first.refresh).await.json());
        assert_eq!(lost.refresh, again.refresh, "one successor, no new branch");
        assert!(is_live(&face, &lost.access).await && is_live(&face, &again.access).await);
        let next = Pair::of(&refresh(&face, &again.refresh).await.json());
        assert_ne!(next.refresh, again.refresh);
    });
}

#[test]
fn r04_a_token_of_another_client() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        // The native endpoint knows no clients: it takes no such field.
        for field in ["client_id", "client_secret"] {
            let mut body = json!({"refresh_token": pair.refresh});
            body[field] = "other".into();
            let answer = face.program().post("/auth/refresh", body).await;
            assert_refused(&answer, (400, "request_malformed"), field);
        }
        // Of another server, and with another session's name.
        let other = stage(10);
        let (foreign, _) = token_of(&other, 1).await;
        assert_refused(&refresh(&face, &foreign).await, INVALID, "another server");
        let second = sign_in(&face).await;
        let crossed = format!("{}{}", &pair.refresh[..40], &second.refresh[40..]);
        assert_refused(&refresh(&face, &crossed).await, INVALID, "crossed");
        assert!(is_live(&face, &pair.access).await && is_live(&face, &second.access).await);
    });
}

#[test]
fn r05_a_wider_scope() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        let body = json!({"refresh_token": pair.refresh, "scope": "admin"});
        let answer = face.program().post("/auth/refresh", body).await;
        assert_refused(&answer, (400, "request_malformed"), "scope");
        assert_eq!(
            refresh(&face, &pair.refresh).await.status(),
            200,
            "nothing was used"
        );
    });
}

#[test]
fn r06_no_sliding_past_the_absolute_end() {
    with_tokens(async |face| {
        let mut pair = sign_in(&face).await;
        for _ in 0..6 {
            face.stage.clock.advance(Duration::from_secs(24 * 3_600));
            pair = Pair::of(&refresh(&face, &pair.refresh).await.json());
        }
        face.stage
            .clock
            .advance(Duration::from_secs(24 * 3_600 - 60));
        let last = refresh(&face, &pair.refresh).await.json();
        assert_eq!(last["expires_in"], 60, "no longer than the session");
        face.stage.clock.advance(Duration::from_secs(60));
        let token = last["refresh_token"].as_str().unwrap();
        assert_refused(&refresh(&face, token).await, INVALID, "seven days");
        assert!(!is_live(&face, last["access_token"].as_str().unwrap()).await);
    });
}

/// Lets people in until it is told otherwise.
#[derive(Debug, Clone, Default)]
struct Ban(Arc<AtomicBool>);

#[async_trait]
impl Gate for Ban {
    async fn admit(&self, _: &Identity) -> Result<bool, BoxError> {
        Ok(!self.0.load(Ordering::SeqCst))
    }
}

#[test]
fn r07_after_sign_out_and_after_a_ban() {
    let ban = Ban::default();
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer()).gate(ban.clone()),
        async |face| {
            for way_out in ["/auth/logout", "/auth/logout/all"] {
                let pair = sign_in(&face).await;
                let request = http::Request::post(way_out)
                    .header("authorization", format!("Bearer {}", pair.access))
                    .body(Default::default())
                    .unwrap();
                assert_eq!(face.program().raw(request).await.status(), 204);
                assert_refused(&refresh(&face, &pair.refresh).await, INVALID, way_out);
            }
            let pair = sign_in(&face).await;
            ban.0.store(true, Ordering::SeqCst);
            assert_refused(&refresh(&face, &pair.refresh).await, INVALID, "banned");
            ban.0.store(false, Ordering::SeqCst);
            assert_refused(
                &refresh(&face, &pair.refresh).await,
                INVALID,
                "and signed out",
            );
            assert!(!is_live(&face, &pair.access).await);
        },
    );
}

#[test]
fn r08_signing_out_while_the_token_is_used() {
    run(async {
        let stage = stage(10);
        for _ in 0..200 {
            let (token, subject) = token_of(&stage, 1).await;
            let (one, two) = (stage.engine.clone(), stage.engine.clone());
            let of = subject.clone();
            let using = tokio::spawn(async move { refreshed(&one, &token).await });
            let ending = tokio::spawn(async move { two.sign_out_everywhere(&of).await });
            ending.await.unwrap().unwrap();
            if let Ok((access, refresh)) = using.await.unwrap() {
                let bearer = Credential::Bearer(&access);
                assert!(stage.engine.authenticate(bearer).await.is_err());
                assert_eq!(
                    refreshed(&stage.engine, &refresh).await,
                    Err(Code::InvalidGrant)
                );
            }
            assert!(stage.engine.sessions(&subject).await.unwrap().is_empty());
        }
    });
}

#[test]
fn r09_one_kind_of_token_as_another() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        assert!(!is_live(&face, &pair.refresh).await);
        let browser = signed_in(&face).await;
        let cookie = browser.cookie("__Host-countersign").unwrap();
        let bare = pair.refresh.trim_start_matches("csr_").to_owned();
        let padded = format!("{}=", pair.refresh);
        for other in [&*pair.access, &*cookie, &*bare, &*padded, "", "csr_"] {
            assert_refused(&refresh(&face, other).await, INVALID, other);
        }
        assert_eq!(
            refresh(&face, &pair.refresh).await.status(),
            200,
            "nothing was used"
        );
    });
}

/// An issuer whose keys go away.
#[derive(Debug, Clone)]
struct Away(Jwt, Arc<AtomicBool>);

#[async_trait]
impl TokenIssuer for Away {
    async fn issue(&self, claims: &Claims) -> Result<AccessToken, TokenError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(TokenError::Unavailable("told to be away".into()));
        }
        self.0.issue(claims).await
    }
    async fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, TokenError> {
        self.0.verify(token, expected).await
    }
    fn jwks(&self, now: Timestamp) -> Jwks {
        self.0.jwks(now)
    }
}

#[test]
fn r10_a_fault_between_the_step_and_the_token() {
    let away = Away(issuer(), Arc::default());
    with_engine(
        ORIGIN,
        |b| b.tokens(away.clone()),
        async |face| {
            let pair = sign_in(&face).await;
            away.1.store(true, Ordering::SeqCst);
            assert_refused(
                &refresh(&face, &pair.refresh).await,
                (503, "store_unavailable"),
                "away",
            );
            away.1.store(false, Ordering::SeqCst);
            // Neither happened: much later it is still the good one.
            face.stage.clock.advance(Duration::from_secs(3_600));
            assert_eq!(refresh(&face, &pair.refresh).await.status(), 200);
        },
    );
}

/// Writes that fail, before or after they are done.
#[derive(Debug, Clone)]
struct Torn {
    store: Arc<MemorySessions>,
    conflicts: Arc<AtomicUsize>,
    lose_answer: Arc<AtomicBool>,
}

impl Torn {
    fn new() -> Self {
        Self {
            store: Arc::default(),
            conflicts: Arc::default(),
            lose_answer: Arc::default(),
        }
    }
}

#[async_trait]
impl SessionStore for Torn {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.store.insert(session).await
    }
    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.store.find(id).await
    }
    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let left = self.conflicts.load(Ordering::SeqCst);
        if left > 0 {
            self.conflicts.store(left - 1, Ordering::SeqCst);
            return Err(StoreError::Conflict);
        }
        self.store.replace(session).await?;
        if self.lose_answer.swap(false, Ordering::SeqCst) {
            return Err(StoreError::unavailable("told to lose the answer"));
        }
        Ok(())
    }
    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.store.remove(id).await
    }
    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.store.of_subject(subject).await
    }
    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        self.store.remove_all(subject).await
    }
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.store.purge(before).await
    }
}

#[test]
fn r10_the_write_is_done_and_its_answer_lost() {
    let torn = Torn::new();
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer()).sessions(torn.clone()),
        async |face| {
            let pair = sign_in(&face).await;
            torn.lose_answer.store(true, Ordering::SeqCst);
            assert_refused(
                &refresh(&face, &pair.refresh).await,
                (503, "store_unavailable"),
                "lost",
            );
            let again = refresh(&face, &pair.refresh).await;
            assert_eq!(
                again.status(),
                200,
                "the step was taken, and its token is had again"
            );
            let next = Pair::of(&again.json());
            assert_eq!(refresh(&face, &next.refresh).await.status(), 200);
        },
    );
}

#[test]
fn r11_what_the_store_holds_makes_no_token() {
    with_tokens(async |face| {
        let pair = sign_in(&face).await;
        assert!(pair.refresh.starts_with("csr_") && pair.refresh.len() == 98);
        let subject = format!("eip155:{}", ethereum_wallet(1).address())
            .parse()
            .unwrap();
        let sessions = face.stage.engine.sessions(&subject).await.unwrap();
        let dump = serde_json::to_string(&sessions).unwrap();
        assert!(!dump.contains(&pair.refresh) && !dump.contains(&pair.access));
        // All that the row holds, and a key of one's own: not a token of this server.
        let thief = Stage::built(ORIGIN, |b| {
            let stores = stores();
            b.chain(Ethereum::mainnet())
                .tokens(issuer())
                .stores(stores)
                .secret(Secret::random())
        });
        let (forged, _) = token_of(&thief, 1).await;
        let spliced = format!("{}{}", &pair.refresh[..54], &forged[54..]);
        assert_refused(&refresh(&face, &spliced).await, INVALID, "spliced");
        let shown = format!("{:?}", sessions[0].refresh);
        assert!(shown.contains("[redacted]"), "{shown}");
        assert_eq!(refresh(&face, &pair.refresh).await.status(), 200);
    });
}

#[test]
fn r12_writers_that_get_in_the_way() {
    let torn = Torn::new();
    with_engine(
        ORIGIN,
        |b| b.tokens(issuer()).sessions(torn.clone()),
        async |face| {
            let pair = sign_in(&face).await;
            torn.conflicts.store(2, Ordering::SeqCst);
            let second = refresh(&face, &pair.refresh).await;
            assert_eq!(second.status(), 200, "the third try");
            let pair = Pair::of(&second.json());
            torn.conflicts.store(3, Ordering::SeqCst);
            assert_refused(
                &refresh(&face, &pair.refresh).await,
                (503, "store_unavailable"),
                "enough",
            );
            assert_eq!(
                refresh(&face, &pair.refresh).await.status(),
                200,
                "nothing was used"
            );
        },
    );
}

#[test]
fn a_retired_secret_still_checks_and_no_longer_makes() {
    run(async {
        let (stores, old, new) = (stores(), Secret::random(), Secret::random());
        let built = |secret: &Secret, retired: Option<&Secret>| {
            Stage::built(ORIGIN, |b| {
                let b = b
                    .chain(Ethereum::mainnet())
                    .tokens(issuer())
                    .stores(stores.clone());
                let b = b.secret(secret.clone());
                match retired {
                    Some(retired) => b.retired_secret(retired.clone()),
                    None => b,
                }
            })
        };
        let (token, _) = token_of(&built(&old, None), 1).await;
        let without = built(&new, None);
        assert_eq!(
            refreshed(&without.engine, &token).await,
            Err(Code::InvalidGrant)
        );
        let (_, next) = refreshed(&built(&new, Some(&old)).engine, &token)
            .await
            .unwrap();
        assert!(refreshed(&without.engine, &next).await.is_ok());
    });
}

/// Goal G3: 2,000 tokens, 32 racers each.
#[test]
fn the_refresh_race_without_grace() {
    run(async {
        let stage = stage(0);
        for number in 0..2_000 {
            let (token, _) = token_of(&stage, 1).await;
            let answers = race(&stage.engine, &token, 32).await;
            let children = answers.iter().filter(|a| a.is_ok()).count();
            assert_eq!(children, 1, "token {number}");
            assert!(
                answers
                    .iter()
                    .flat_map(|a| a.as_ref().err())
                    .all(|c| *c == Code::InvalidGrant)
            );
        }
    });
}

#[test]
fn the_refresh_race_within_the_grace_time() {
    run(async {
        let stage = stage(10);
        for number in 0..2_000 {
            let (token, subject) = token_of(&stage, 1).await;
            let answers = race(&stage.engine, &token, 32).await;
            let (_, child) = answers[0].clone().unwrap();
            assert!(
                answers
                    .iter()
                    .all(|a| a.as_ref().is_ok_and(|(_, refresh)| *refresh == child)),
                "token {number}"
            );
            // Reuse after the grace time leaves nothing alive.
            stage.clock.advance(Duration::from_secs(10));
            assert_eq!(
                refreshed(&stage.engine, &token).await,
                Err(Code::InvalidGrant)
            );
            assert_eq!(
                refreshed(&stage.engine, &child).await,
                Err(Code::InvalidGrant)
            );
            assert!(stage.engine.sessions(&subject).await.unwrap().is_empty());
        }
    });
}

/// So many at once with one token.
async fn race(engine: &Engine, token: &str, racers: usize) -> Vec<Result<(String, String), Code>> {
    let start = Arc::new(tokio::sync::Barrier::new(racers));
    let mut running = JoinSet::new();
    for _ in 0..racers {
        let (engine, token, start) = (engine.clone(), token.to_owned(), start.clone());
        running.spawn(async move {
            start.wait().await;
            refreshed(&engine, &token).await
        });
    }
    running.join_all().await
}
