//! Signing out at an application's wish (OpenID Connect RP-Initiated Logout 1.0).

use countersign_core::{Session, SessionId};
use serde::{Deserialize, Serialize};

use crate::{
    authorize::OVER,
    client::Client,
    error::{OAuthCode, OAuthError, Refusal},
    params::{Params, form_urlencode},
    provider::{Provider, TRANSACTION},
};

/// What comes of a wish to sign out.
#[derive(Debug)]
#[must_use]
pub enum Logout {
    /// The person is asked; the ticket must come back with the answer.
    Ask(String),
    /// The person is signed out, and goes on to the application, if it said where to.
    Done(Option<String>),
    /// The request is not good.
    Fault(OAuthError),
}

/// A question that waits for its answer.
#[derive(Serialize, Deserialize)]
struct Asked {
    session: SessionId,
    next: Option<String>,
}

impl Provider {
    /// Takes a wish to sign out. Who shows an ID token of the person who is signed in here is
    /// believed; else the person is asked, since any page can send a browser here.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn end_session(
        &self,
        params: &Params,
        session: Option<&Session>,
    ) -> Result<Logout, Refusal> {
        let (hint, next) = match self.read_wish(params).await? {
            Ok(wish) => wish,
            Err(fault) => return Ok(Logout::Fault(fault)),
        };
        // The application's own session ends in any case: the token says it is the application's.
        if let Some(hint) = &hint
            && let Some(id) = SessionId::parse(&hint.session)
            && let Some(granted) = self.engine.session(&id).await?
            && granted
                .grant
                .as_ref()
                .is_some_and(|grant| grant.client == hint.audience)
        {
            self.engine.sign_out(&id).await?;
        }
        let Some(session) = session else {
            return Ok(Logout::Done(next));
        };
        if hint.is_some_and(|hint| hint.subject == session.identity.subject) {
            self.engine.sign_out(&session.id).await?;
            return Ok(Logout::Done(next));
        }
        let ticket = self.engine.fresh_value();
        let asked = Asked {
            session: session.id,
            next,
        };
        self.engine.put(ASKED, &ticket, &asked, TRANSACTION).await?;
        Ok(Logout::Ask(ticket))
    }

    /// Takes the person's "yes".
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn confirm_logout(
        &self,
        ticket: &str,
        session: Option<&Session>,
    ) -> Result<Logout, Refusal> {
        let taken = self.engine.take::<Asked>(ASKED, ticket).await?;
        let now = self.engine.now();
        match (taken, session) {
            (Some((asked, until)), Some(session)) if asked.session == session.id && now < until => {
                self.engine.sign_out(&session.id).await?;
                Ok(Logout::Done(asked.next))
            }
            _ => Ok(Logout::Fault(OVER)),
        }
    }

    async fn read_wish(
        &self,
        params: &Params,
    ) -> Result<Result<(Option<countersign_core::IdClaims>, Option<String>), OAuthError>, Refusal>
    {
        let read = || {
            Ok((
                params.one("id_token_hint")?,
                params.one("client_id")?,
                params.one("post_logout_redirect_uri")?,
                params.one("state")?,
            ))
        };
        let (token, id, uri, state) = match read() {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        let fault = |description| Ok(Err(OAuthError::new(OAuthCode::InvalidRequest, description)));
        let hint = match token {
            None => None,
            Some(token) => match self.engine.read_id(token).await.map_err(Refusal::from) {
                Ok(hint) => Some(hint),
                Err(Refusal::OAuth(_)) => return fault("the ID token is not one of ours"),
                Err(refusal) => return Err(refusal),
            },
        };
        let audience = hint.as_ref().map(|hint| &*hint.audience);
        if let (Some(id), Some(audience)) = (id, audience)
            && id != audience
        {
            return fault("the ID token is another client's");
        }
        let Some(uri) = uri else {
            return Ok(Ok((hint, None)));
        };
        let client = match id.or(audience).and_then(|id| id.parse().ok()) {
            Some(id) => self.clients.find(&id).await?,
            None => None,
        };
        match client.and_then(|client| next(&client, uri, state)) {
            Some(next) => Ok(Ok((hint, Some(next)))),
            None => fault("the address to go on to is not one of the client's"),
        }
    }
}

fn next(client: &Client, uri: &str, state: Option<&str>) -> Option<String> {
    let mut registered = client.post_logout_redirect_uris.iter();
    registered.find(|registered| registered.matches(uri))?;
    let Some(state) = state else {
        return Some(uri.to_owned());
    };
    let mark = if uri.contains('?') { '&' } else { '?' };
    Some(format!("{uri}{mark}{}", form_urlencode([("state", state)])))
}

/// The purpose of questions.
const ASKED: &str = "oauth logout";
