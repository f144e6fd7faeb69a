//! The same refresh token several times: after one another, and at once.

use super::*;

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
