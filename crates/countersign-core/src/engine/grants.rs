//! What crates above the engine build flows of their own from: one-time values under a purpose of
//! their own, and sessions that belong to another application.

use std::{collections::BTreeMap, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;

use super::{
    Engine, Proved,
    tokens::{Holder, ROUNDS, Refreshed, Refusal, Tokens},
};
use crate::{
    error::{Code, Error},
    event::Event,
    ports::{
        nonces::OneTime,
        tokens::{AccessToken, Claims, IdClaims},
    },
    secret::{
        RefreshSeed, RefreshToken, SessionId, SessionToken, one_time_key, random_alphanumeric,
    },
    session::{Grant, RefreshState, Session, SessionKind},
    time::Timestamp,
};

/// A session of an application, with its first tokens.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The session.
    pub session: Session,
    /// Its tokens.
    pub tokens: Tokens,
}

impl Engine {
    /// A fresh value that nobody guesses: 43 letters and digits, 256 bits.
    pub fn fresh_value(&self) -> String {
        random_alphanumeric::<43>()
    }

    /// Puts something down that [`take`](Self::take) gives out once. Values of one purpose are
    /// unknown to every other; the store sees a digest of the value only.
    ///
    /// # Errors
    /// `store_unavailable`; `internal_error` if something stands there already.
    pub async fn put(
        &self,
        purpose: &str,
        value: &str,
        what: &(impl Serialize + Sync),
        keep: Duration,
    ) -> Result<(), Error> {
        let payload =
            serde_json::to_vec(what).map_err(|e| Error::with_source(Code::InternalError, e))?;
        let record = OneTime {
            key: one_time_key(purpose, value),
            payload,
            expires_at: self.now() + keep,
        };
        Ok(self.0.nonces.issue(&record).await?)
    }

    /// Takes what was put down, once and for all; with the instant until which it is good, which is
    /// the caller's to judge. `None` if nothing stands there.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn take<T: DeserializeOwned>(
        &self,
        purpose: &str,
        value: &str,
    ) -> Result<Option<(T, Timestamp)>, Error> {
        let key = one_time_key(purpose, value);
        let Some(record) = self.0.nonces.consume(&key).await? else {
            return Ok(None);
        };
        // What cannot be read is as good as none, and it is gone.
        let read = serde_json::from_slice(&record.payload).ok();
        Ok(read.map(|read| (read, record.expires_at)))
    }

    /// A code by which the engine knows again, on every node, that it made `text`: 43 characters of
    /// base64url.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

        let message = [purpose.as_bytes(), &[0], text.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(self.0.seal_key.mac(&message))
    }

    /// Whether [`seal`](Self::seal) made this code, in constant time.
    pub fn is_sealed(&self, purpose: &str, text: &str, seal: &str) -> bool {
        let expected = self.seal(purpose, text);
        expected.as_bytes().ct_eq(seal.as_bytes()).into()
    }

    /// Begins a session of an application in the name of `holder`. It ends after `lifetime`, and
    /// never later than a token session. It keeps `data`; what the application attaches comes before
    /// it.
    ///
    /// # Errors
    /// `plugin_error`, `store_unavailable`; `internal_error` without a token issuer.
    pub async fn grant(
        &self,
        holder: &Proved,
        grant: Grant,
        lifetime: Duration,
        mut data: BTreeMap<String, serde_json::Value>,
    ) -> Result<Granted, Error> {
        let identity = &holder.identity;
        let now = self.now();
        let end = now + lifetime.min(self.0.policy.lifetimes.token_absolute);
        data.extend(self.attached(identity).await?);
        let session = Session {
            id: SessionToken::generate(&identity.subject).id(),
            identity: identity.clone(),
            kind: SessionKind::Token,
            version: 0,
            created_at: now,
            last_seen: now,
            idle_until: end,
            expires_at: end,
            refresh: Some(RefreshState {
                seed: RefreshSeed::generate(),
                count: 0,
                rotated_at: now,
            }),
            grant: Some(grant),
            standing: holder.standing.clone(),
            data,
        };
        let tokens = self.mint(&session, now, None).await?;
        self.0.sessions.insert(&session).await?;
        self.0.events.record(&Event::SignedIn {
            identity: identity.clone(),
            credential: SessionKind::Token,
            session: self.handle(&session.id),
        });
        Ok(Granted { session, tokens })
    }

    /// New tokens for an application's refresh token, perhaps for fewer scopes; else as
    /// [`refresh`](Self::refresh). Who asks must have been authenticated, and counted.
    ///
    /// # Errors
    /// `invalid_grant`, also for another client's token; `store_unavailable`, `plugin_error`.
    pub async fn refresh_grant(
        &self,
        token: &str,
        client: &str,
        scopes: Option<&[String]>,
    ) -> Result<Refreshed, Error> {
        let token = RefreshToken::parse(token).ok_or(Code::InvalidGrant)?;
        let holder = Holder::Client { id: client, scopes };
        for _ in 0..ROUNDS {
            match self.try_refresh(&token, &holder).await {
                Err(Refusal::Conflict) => {}
                Err(Refusal::Final(error)) => return Err(error),
                Ok(refreshed) => return Ok(refreshed),
            }
        }
        Err(Code::StoreUnavailable.into())
    }

    /// The live session behind an application's access token, and what the token says.
    ///
    /// # Errors
    /// `token_invalid`, also for the holder's own token; `store_unavailable`.
    pub async fn granted(&self, token: &str) -> Result<(Claims, Session), Error> {
        let (claims, session) = self.session_of(token).await?;
        let grants = session.grant.as_ref();
        let is_its = grants.is_some_and(|grant| grant.client == claims.client);
        (is_its && session.is_live(self.now()))
            .then_some((claims, session))
            .ok_or_else(|| Code::TokenInvalid.into())
    }

    /// The live session behind an application's refresh token, which stays as it is; and whether the
    /// token is its current one.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn of_refresh_token(&self, token: &str) -> Result<Option<(Session, bool)>, Error> {
        let Some(token) = RefreshToken::parse(token) else {
            return Ok(None);
        };
        let found = self.0.sessions.find(&token.id()).await?;
        Ok(found.and_then(|session| {
            let state = session.refresh.as_ref()?;
            let mut keys = self.0.refresh_keys.iter();
            let is_made = keys.any(|key| token.is_of(key, &state.seed));
            let may = session
                .grant
                .as_ref()
                .is_some_and(|grant| grant.refreshable);
            let is_current = token.count() == state.count;
            (is_made && may && session.is_live(self.now())).then_some((session, is_current))
        }))
    }

    /// The live session of that id, whoever holds it.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>, Error> {
        let found = self.0.sessions.find(id).await?;
        Ok(found.filter(|session| session.is_live(self.now())))
    }

    /// Signs an ID token.
    ///
    /// # Errors
    /// `store_unavailable` if the keys cannot be reached, or the issuer signs none; `internal_error`
    /// without a token issuer.
    pub async fn issue_id(&self, claims: &IdClaims) -> Result<AccessToken, Error> {
        let issuer = self.0.issuer.as_deref().ok_or(Code::InternalError)?;
        Ok(issuer.issue_id(claims).await?)
    }

    /// What an ID token of ours says, also an old one.
    ///
    /// # Errors
    /// `token_invalid`, `store_unavailable`.
    pub async fn read_id(&self, token: &str) -> Result<IdClaims, Error> {
        let issuer = self.0.issuer.as_deref().ok_or(Code::TokenInvalid)?;
        let read = issuer.read_id(token, self.origin().as_str(), self.now());
        Ok(read.await?)
    }

    /// How long an access token is good.
    pub fn access_lifetime(&self) -> Duration {
        self.0.policy.lifetimes.access
    }

    /// How long a token session lasts at most.
    pub fn token_lifetime(&self) -> Duration {
        self.0.policy.lifetimes.token_absolute
    }
}
