//! Tokens of a session: signed access tokens, and refresh tokens that are derived, not stored.
//!
//! `R(n) = id ‖ n ‖ HMAC(k_refresh, seed ‖ n)`: the seed is in the session, the key in the engine,
//! so that neither a stolen store nor a stolen key forges one.

use std::time::Duration;

use serde_json::json;

use super::Engine;
use crate::{
    challenge::Context,
    error::{Code, Error, StoreError, TokenError},
    event::Event,
    identity::Identity,
    ports::tokens::{AccessToken, Claims, Expected, Jwks},
    secret::{RefreshToken, SessionId, random_alphanumeric},
    session::{Session, SessionKind},
    time::Timestamp,
};

/// What a program carries once an issuer is set: RFC 6749 section 5.1.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: AccessToken,
    /// How long it is good.
    pub expires_in: Duration,
    /// What the next pair is had for.
    pub refresh: RefreshToken,
}

/// A session that goes on, with its new tokens.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The session as it is now.
    pub session: Session,
    /// Its tokens.
    pub tokens: Tokens,
}

impl Engine {
    /// Gives a new pair of tokens for a refresh token.
    ///
    /// The same token again within the grace time is answered with the same successor, so a lost
    /// answer can be asked for again; after it, the session ends and all its tokens with it.
    ///
    /// # Errors
    /// `invalid_grant`, whatever is wrong with the token, its session or its holder;
    /// `rate_limited`, `store_unavailable`, `plugin_error`.
    pub async fn refresh(&self, token: &str, context: &Context) -> Result<Refreshed, Error> {
        if let Some(origin) = &context.origin {
            self.admit_origin(origin)?;
        }
        self.spend("token", self.0.limits.token, context.client)
            .await?;
        let token = RefreshToken::parse(token).ok_or(Code::InvalidGrant)?;
        for _ in 0..ROUNDS {
            match self.try_refresh(&token, &Holder::Own).await {
                // Another request wrote meanwhile: look again.
                Err(Refusal::Conflict) => {}
                Err(Refusal::Final(error)) => return Err(error),
                Ok(refreshed) => return Ok(refreshed),
            }
        }
        Err(Code::StoreUnavailable.into())
    }

    pub(super) async fn try_refresh(
        &self,
        token: &RefreshToken,
        holder: &Holder<'_>,
    ) -> Result<Refreshed, Refusal> {
        let now = self.now();
        let found = self.0.sessions.find(&token.id()).await?;
        let mut session = found
            .filter(|session| session.kind == SessionKind::Token && session.is_live(now))
            .ok_or(Code::InvalidGrant)?;
        // One client's token says nothing to another, nor to the endpoint without clients.
        if !holder.holds(&session) {
            return Err(Code::InvalidGrant.into());
        }
        let state = session.refresh.as_mut().ok_or(Code::InvalidGrant)?;
        let is_ours = self
            .0
            .refresh_keys
            .iter()
            .any(|key| token.is_of(key, &state.seed));
        if !is_ours {
            return Err(Code::InvalidGrant.into());
        }

        let is_next = token.count() == state.count;
        let grace = self.0.policy.lifetimes.refresh_grace;
        // Without grace a clock that is behind, or a request that took long, gets none either.
        let in_grace = !grace.is_zero() && now < state.rotated_at + grace;
        let is_again = token.count().checked_add(1) == Some(state.count) && in_grace;
        if !is_next && !is_again {
            self.0.sessions.remove(&session.id).await?;
            self.0.events.record(&Event::RefreshReplayed {
                session: self.handle(&session.id),
            });
            return Err(Code::InvalidGrant.into());
        }
        if is_next {
            state.count = state.count.checked_add(1).ok_or(Code::InvalidGrant)?;
            state.rotated_at = now;
        }
        match self.0.gate.admit(&session.identity).await {
            Ok(true) => {}
            Ok(false) => {
                self.0.sessions.remove(&session.id).await?;
                return Err(Code::InvalidGrant.into());
            }
            // Nobody passes a gate that is broken, but nobody is signed out by it either.
            Err(error) => return Err(Error::with_source(Code::PluginError, error).into()),
        }
        // While the chain is away nothing was used up, and nobody is signed out.
        if !self.confirm(&mut session, now).await? {
            return Err(Code::InvalidGrant.into());
        }
        // Minted before the step is written: if that fails, nothing was used up.
        let tokens = self.mint(&session, now, holder.scopes()).await?;
        if is_next {
            session.version += 1;
            session.last_seen = now;
            match self.0.sessions.replace(&session).await {
                Err(StoreError::Conflict) => return Err(Refusal::Conflict),
                other => other?,
            }
        }
        self.0.events.record(&Event::Refreshed {
            session: self.handle(&session.id),
        });
        Ok(Refreshed { session, tokens })
    }

    /// What an access token says, if it is good: by its signature, its times and its names alone.
    /// Whether the session behind it still stands is not asked.
    ///
    /// # Errors
    /// `token_invalid`; `store_unavailable` if the keys cannot be reached.
    pub async fn check_token(&self, token: &str) -> Result<Claims, Error> {
        let issuer = self.0.issuer.as_deref().ok_or(Code::TokenInvalid)?;
        let expected = Expected {
            issuer: self.origin().as_str(),
            audience: self.audience(),
            now: self.now(),
            leeway: self.0.policy.times.leeway,
        };
        Ok(issuer.verify(token, &expected).await?)
    }

    /// The session as an access token describes it, without asking the store: a sign-out is seen
    /// only when the token expires.
    ///
    /// # Errors
    /// As [`check_token`](Self::check_token).
    pub async fn authenticate_stateless(&self, token: &str) -> Result<Session, Error> {
        let mut claims = self.check_token(token).await?;
        if claims.client != self.origin().as_str() {
            return Err(Code::TokenInvalid.into()); // an application's, not the holder's own
        }
        let act = claims.extra.remove("act");
        let delegate = act.and_then(|act| act["sub"].as_str()?.parse().ok());
        Ok(Session {
            id: SessionId::parse(&claims.session).ok_or(Code::TokenInvalid)?,
            identity: Identity {
                subject: claims.subject,
                account: claims.account,
                method: claims.method,
                authenticated_at: claims.authenticated_at,
                delegate,
            },
            kind: SessionKind::Token,
            version: 0,
            created_at: claims.issued_at,
            last_seen: claims.issued_at,
            idle_until: claims.expires_at,
            expires_at: claims.expires_at,
            refresh: None,
            grant: None,
            standing: None,
            data: claims.extra.into_iter().collect(),
        })
    }

    /// Whether access tokens are signed ones.
    pub fn issues_tokens(&self) -> bool {
        self.0.issuer.is_some()
    }

    /// The public keys of the issuer; `None` without one.
    pub fn jwks(&self) -> Option<Jwks> {
        let issuer = self.0.issuer.as_ref()?;
        Some(issuer.jwks(self.now()))
    }

    /// Whom access tokens are for: the site itself, unless the builder was told otherwise.
    pub fn audience(&self) -> &str {
        let own = self.origin().as_str();
        self.0.audience.as_deref().unwrap_or(own)
    }

    /// The session behind a signed access token, if it still stands.
    pub(super) async fn of_access_token(&self, token: &str) -> Result<Session, Error> {
        let (_, session) = self.session_of(token).await?;
        match session.grant {
            None => Ok(session),
            Some(_) => Err(Code::TokenInvalid.into()),
        }
    }

    /// The session behind an access token, whoever holds it, and what the token says.
    pub(super) async fn session_of(&self, token: &str) -> Result<(Claims, Session), Error> {
        let claims = self.check_token(token).await?;
        let id = SessionId::parse(&claims.session).ok_or(Code::TokenInvalid)?;
        let found = self.0.sessions.find(&id).await?;
        let session = found.ok_or(Code::TokenInvalid)?;
        let is_same = session.identity.subject == claims.subject && session.refresh.is_some();
        is_same
            .then_some((claims, session))
            .ok_or_else(|| Code::TokenInvalid.into())
    }

    /// The tokens of a session as it is about to stand.
    pub(super) async fn mint(
        &self,
        session: &Session,
        now: Timestamp,
        scopes: Option<&[String]>,
    ) -> Result<Tokens, Error> {
        let failed = |source| Error::with_source(Code::PluginError, source);
        let issuer = self.0.issuer.as_deref().ok_or(Code::InternalError)?;
        let state = session.refresh.as_ref().ok_or(Code::InternalError)?;
        let key = self.0.refresh_keys.first().ok_or(Code::InternalError)?;
        let mut extra = serde_json::Map::new();
        for attach in &self.0.attach {
            extra.extend(attach.claims(session).await.map_err(failed)?);
        }
        if let Some(name) = extra
            .keys()
            .find(|name| Claims::RESERVED.contains(&name.as_str()))
        {
            return Err(failed(
                format!("the claim `{name}` is the engine's own").into(),
            ));
        }
        let grant = session.grant.as_ref();
        let client = grant.map_or(self.origin().as_str(), |grant| &grant.client);
        let scope = grant.map(|grant| scopes.unwrap_or(&grant.scopes).join(" "));
        if let Some(delegate) = &session.identity.delegate {
            extra.insert("act".to_owned(), json!({"sub": delegate.to_string()}));
        }
        let issued_at = Timestamp::from_secs(now.as_secs());
        let end = (issued_at + self.0.policy.lifetimes.access).min(session.expires_at);
        let expires_at = Timestamp::from_secs(end.as_secs());
        let claims = Claims {
            issuer: self.origin().as_str().to_owned(),
            subject: session.identity.subject.clone(),
            audience: self.audience().to_owned(),
            issued_at,
            expires_at,
            token_id: random_alphanumeric::<22>(),
            session: session.id.to_string(),
            client: client.to_owned(),
            authenticated_at: session.identity.authenticated_at,
            method: session.identity.method.clone(),
            account: session.identity.account.clone(),
            scope,
            extra,
        };
        Ok(Tokens {
            access: issuer.issue(&claims).await?,
            expires_in: expires_at.since(issued_at),
            refresh: RefreshToken::derive(key, session.id, &state.seed, state.count),
        })
    }
}

/// Who asks for new tokens.
pub(super) enum Holder<'a> {
    /// Whoever signed in.
    Own,
    /// An application that was allowed to, perhaps for fewer scopes than it may have.
    Client {
        id: &'a str,
        scopes: Option<&'a [String]>,
    },
}

impl Holder<'_> {
    fn holds(&self, session: &Session) -> bool {
        match (self, &session.grant) {
            (Self::Own, None) => true,
            (Self::Client { id, .. }, Some(grant)) => grant.client == *id && grant.refreshable,
            _ => false,
        }
    }

    fn scopes(&self) -> Option<&[String]> {
        match self {
            Self::Own => None,
            Self::Client { scopes, .. } => *scopes,
        }
    }
}

/// Why one round of a refresh came to nothing.
pub(super) enum Refusal {
    Conflict,
    Final(Error),
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::Final(code.into())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Final(error.into())
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Invalid => Code::TokenInvalid,
            TokenError::Unavailable(_) => Code::StoreUnavailable,
        };
        Self::with_source(code, error)
    }
}

pub(super) const ROUNDS: usize = 3;
