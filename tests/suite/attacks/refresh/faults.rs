//! Stores and issuers that fail in the middle of a refresh.

use super::*;

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
