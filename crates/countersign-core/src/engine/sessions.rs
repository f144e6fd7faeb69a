//! Sessions after sign-in: who is this, what else is open, and the end of it.

use std::pin::Pin;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Engine;
use crate::{
    error::{Code, Error, StoreError},
    event::Event,
    identity::Subject,
    secret::{SessionId, SessionToken},
    session::{Session, SessionKind},
    time::Timestamp,
};

/// What a client shows to be let in.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The value of the session cookie.
    Cookie(&'a str),
    /// The token of an `Authorization: Bearer` header.
    Bearer(&'a str),
}

/// How far a look-up came without waiting.
pub enum LookUp<'a> {
    /// The live session, and the instant at which it is.
    Found(Box<Session>, Timestamp),
    /// The store, the chain or the keys must be asked: this does.
    Asking(Asking<'a>),
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Box<Session>, Error>> + Send + 'a>>;

impl Engine {
    /// The live session behind a credential.
    ///
    /// # Errors
    /// `session_required` for a cookie that opens nothing, `token_invalid` for such a bearer
    /// token, `store_unavailable`; `chain_unavailable` if a re-check is due and cannot be made.
    pub async fn authenticate(&self, credential: Credential<'_>) -> Result<Session, Error> {
        match self.look_up(credential)? {
            LookUp::Found(session, _) => Ok(*session),
            LookUp::Asking(asking) => asking.await.map(|session| *session),
        }
    }

    /// The same in two steps: what need not be waited for is done at once.
    ///
    /// # Errors
    /// Those of [`authenticate`](Self::authenticate).
    pub fn look_up<'a>(&'a self, credential: Credential<'a>) -> Result<LookUp<'a>, Error> {
        let (text, kind, refused) = match credential {
            Credential::Cookie(text) => (text, SessionKind::Cookie, Code::SessionRequired),
            Credential::Bearer(text) => (text, SessionKind::Token, Code::TokenInvalid),
        };
        // A signed token has dots; an opaque one, and a refresh token, have none.
        if kind == SessionKind::Token && text.contains('.') {
            return Ok(LookUp::Asking(Box::pin(async move {
                let session = Box::new(self.of_access_token(text).await?);
                self.admit(session, kind, refused).await
            })));
        }
        let id = SessionToken::parse(text).ok_or(refused)?.id();
        let Some(session) = self.0.sessions.at_hand(&id) else {
            return Ok(LookUp::Asking(Box::pin(async move {
                let found = self.0.sessions.find(&id).await?.map(Box::new);
                self.admit(found.ok_or(refused)?, kind, refused).await
            })));
        };
        self.judge(session, kind, refused)
    }

    /// A session that was found, if it is live and of the right kind.
    fn judge(
        &self,
        session: Box<Session>,
        kind: SessionKind,
        refused: Code,
    ) -> Result<LookUp<'_>, Error> {
        let now = self.now();
        if session.kind != kind || !session.is_live(now) {
            return Err(refused.into());
        }
        if session.standing.is_none() && !self.is_touch_due(&session, now) {
            return Ok(LookUp::Found(session, now));
        }
        // On the heap, because it is rare, and the futures of callers hold this one.
        let settled = self.settle(session, now, refused);
        Ok(LookUp::Asking(Box::pin(settled)))
    }

    /// The same where somebody waits already.
    async fn admit(
        &self,
        session: Box<Session>,
        kind: SessionKind,
        refused: Code,
    ) -> Result<Box<Session>, Error> {
        match self.judge(session, kind, refused)? {
            LookUp::Found(session, _) => Ok(session),
            LookUp::Asking(settled) => settled.await,
        }
    }

    async fn settle(
        &self,
        mut session: Box<Session>,
        now: Timestamp,
        refused: Code,
    ) -> Result<Box<Session>, Error> {
        if session.standing.is_some() {
            *session = self.confirm_if_due(*session, now, refused).await?;
        }
        if self.is_touch_due(&session, now) {
            *session = self.touch(*session, now).await;
        }
        Ok(session)
    }

    /// Whether the session's use is to be noted: to read one is one round trip, to write it back an
    /// exception.
    fn is_touch_due(&self, session: &Session, now: Timestamp) -> bool {
        now.since(session.last_seen) >= self.0.policy.lifetimes.cookie_idle / 10
    }

    /// The live sessions of a subject, newest first.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn sessions(&self, subject: &Subject) -> Result<Vec<Session>, Error> {
        let now = self.now();
        let mut sessions = self.0.sessions.of_subject(subject).await?;
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.created_at), session.id));
        Ok(sessions)
    }

    /// The name of a session that people may see: 16 bytes in base64url. It opens nothing, and
    /// leads nobody to the session's id.
    pub fn handle(&self, id: &SessionId) -> String {
        URL_SAFE_NO_PAD.encode(&self.0.handle_key.mac(id.as_bytes())[..16])
    }

    /// Ends the session that a handle names, if it is one of this subject.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn sign_out_handle(&self, subject: &Subject, handle: &str) -> Result<(), Error> {
        let sessions = self.0.sessions.of_subject(subject).await?;
        let named = sessions
            .iter()
            .find(|session| self.handle(&session.id) == handle);
        self.sign_out(&named.ok_or(Code::NotFound)?.id).await
    }

    /// Ends a session. Ending one that is gone is no error.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn sign_out(&self, id: &SessionId) -> Result<(), Error> {
        if self.0.sessions.remove(id).await? {
            self.0.events.record(&Event::SignedOut {
                session: self.handle(id),
            });
        }
        Ok(())
    }

    /// Ends all sessions of a subject; says how many there were.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn sign_out_everywhere(&self, subject: &Subject) -> Result<u64, Error> {
        let sessions = self.0.sessions.remove_all(subject).await?;
        let subject = subject.to_string();
        self.0
            .events
            .record(&Event::SignedOutEverywhere { subject, sessions });
        Ok(sessions)
    }

    /// Changes what the application keeps with a session. If another request wrote meanwhile, the
    /// session is read anew and `change` runs again, so no writer's change is lost; on a session
    /// that was signed out nothing is written.
    ///
    /// # Errors
    /// `session_required` if there is no such session (any more), `store_unavailable`, also when
    /// others kept writing for three rounds.
    pub async fn update(
        &self,
        id: &SessionId,
        change: impl Fn(&mut std::collections::BTreeMap<String, serde_json::Value>) + Send + Sync,
    ) -> Result<Session, Error> {
        for _ in 0..UPDATE_ROUNDS {
            let found = self.0.sessions.find(id).await?;
            let mut session = found.ok_or(Code::SessionRequired)?;
            if !session.is_live(self.now()) {
                return Err(Code::SessionRequired.into());
            }
            change(&mut session.data);
            session.version += 1;
            match self.0.sessions.replace(&session).await {
                Ok(()) => return Ok(session),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Code::StoreUnavailable.into())
    }

    /// Moves the idle limit; asked for only once a tenth of the idle time has passed.
    async fn touch(&self, session: Session, now: Timestamp) -> Session {
        let idle = self.0.policy.lifetimes.cookie_idle;
        let mut touched = session.clone();
        touched.version += 1;
        touched.last_seen = now;
        if touched.kind == SessionKind::Cookie {
            touched.idle_until = (now + idle).min(touched.expires_at);
        }
        match self.0.sessions.replace(&touched).await {
            Ok(()) => touched,
            Err(StoreError::Conflict) => session, // another request touched it, or it is gone
            Err(error) => {
                tracing::warn!(target: "countersign", error = %error, "idle time not moved");
                session
            }
        }
    }
}

impl std::fmt::Debug for LookUp<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Found(session, _) => f.debug_tuple("Found").field(&session.id).finish(),
            Self::Asking(_) => f.write_str("Asking"),
        }
    }
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cookie(_) => "Cookie([redacted])",
            Self::Bearer(_) => "Bearer([redacted])",
        })
    }
}

const UPDATE_ROUNDS: usize = 3;
