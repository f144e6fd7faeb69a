//! `/session`, `/sessions` and the two ways out.

use countersign_core::{ChainId, Class, Credential, Error, Session, SessionId, Subject};
use http::{StatusCode, request::Parts};
use serde::Serialize;

use crate::{Inner, cookies::Cookies, guard::bearer, reply::Reply};

/// What a client may know of its session. Never a token.
#[derive(Serialize)]
pub(super) struct SessionAnswer<'a> {
    subject: &'a Subject,
    account: String,
    chain: &'a ChainId,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delegate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<&'a str>,
    issued_at: String,
    expires_at: String,
}

impl<'a> SessionAnswer<'a> {
    pub(super) fn of(session: &'a Session) -> Self {
        let identity = &session.identity;
        Self {
            subject: &identity.subject,
            account: identity.account.to_string(),
            chain: identity.account.chain(),
            method: &identity.method,
            delegate: identity.delegate.as_ref().map(ToString::to_string),
            name: session.name(),
            avatar: session.avatar(),
            issued_at: session.created_at.to_rfc3339(),
            expires_at: session.expires_at.to_rfc3339(),
        }
    }
}

#[derive(Serialize)]
struct ListAnswer {
    sessions: Vec<ListedSession>,
}

#[derive(Serialize)]
struct ListedSession {
    handle: String,
    account: String,
    method: String,
    created_at: String,
    last_seen: String,
    current: bool,
}

pub(super) async fn current(auth: &Inner, parts: &Parts) -> Result<Reply, Error> {
    match auth.authenticate(&parts.headers).await {
        Ok(session) => Ok(Reply::json(StatusCode::OK, &SessionAnswer::of(&session))),
        Err(error) => Ok(auth.refuse_and_clear(parts, &error)),
    }
}

pub(super) async fn list(auth: &Inner, parts: &Parts) -> Result<Reply, Error> {
    #[cfg(feature = "login-page")]
    if let Some(page) = auth
        .pages
        .as_ref()
        .and_then(|pages| pages.sessions(&parts.headers))
    {
        return Ok(page); // its script asks again, for the list
    }
    let current = match auth.authenticate(&parts.headers).await {
        Ok(session) => session,
        Err(error) => return Ok(auth.refuse_and_clear(parts, &error)),
    };
    let sessions = auth.engine.sessions(&current.identity.subject).await?;
    let sessions = sessions
        .iter()
        .take(LISTED)
        .map(|session| auth.listed(session, &current.id))
        .collect();
    Ok(Reply::json(StatusCode::OK, &ListAnswer { sessions }))
}

pub(super) async fn end(auth: &Inner, parts: &Parts, handle: &str) -> Result<Reply, Error> {
    let current = auth.authenticate(&parts.headers).await?;
    auth.engine
        .sign_out_handle(&current.identity.subject, handle)
        .await?;
    let own = auth.engine.handle(&current.id) == handle;
    Ok(if own {
        auth.cleared(parts, Reply::no_content())
    } else {
        Reply::no_content()
    })
}

pub(crate) async fn logout(auth: &Inner, parts: &Parts) -> Result<Reply, Error> {
    sign_out(auth, parts, Reply::no_content()).await
}

/// Ends the sessions of all credentials that came, and takes the cookie back with this answer.
pub(crate) async fn sign_out(auth: &Inner, parts: &Parts, reply: Reply) -> Result<Reply, Error> {
    for session in auth.all_sent(parts).await? {
        auth.engine.sign_out(&session.id).await?;
    }
    Ok(auth.cleared(parts, reply))
}

pub(super) async fn logout_all(auth: &Inner, parts: &Parts) -> Result<Reply, Error> {
    for session in auth.all_sent(parts).await? {
        let subject = &session.identity.subject;
        auth.engine.sign_out_everywhere(subject).await?;
    }
    Ok(auth.cleared(parts, Reply::no_content()))
}

impl Inner {
    /// The live sessions of all credentials that came: whoever signs out means each of them.
    async fn all_sent(&self, parts: &Parts) -> Result<Vec<Session>, Error> {
        let cookies = Cookies::read(&parts.headers, &self.cookies)?;
        let bearer = bearer(&parts.headers).unwrap_or_default();
        let sent = [
            bearer.map(Credential::Bearer),
            cookies.session.map(Credential::Cookie),
        ];
        let mut sessions = Vec::new();
        for credential in sent.into_iter().flatten() {
            match self.engine.authenticate(credential).await {
                Ok(session) => sessions.push(session),
                Err(error) if error.class() == Class::Unauthenticated => {} // signed out already
                Err(error) => return Err(error),
            }
        }
        Ok(sessions)
    }

    fn listed(&self, session: &Session, current: &SessionId) -> ListedSession {
        ListedSession {
            handle: self.engine.handle(&session.id),
            account: session.identity.account.to_string(),
            method: session.identity.method.clone(),
            created_at: session.created_at.to_rfc3339(),
            last_seen: session.last_seen.to_rfc3339(),
            current: session.id == *current,
        }
    }

    /// The error; and a cookie that opens nothing is taken back. While the store is away nobody
    /// knows what it opens, so then it stays.
    fn refuse_and_clear(&self, parts: &Parts, error: &Error) -> Reply {
        let reply = Reply::error(error);
        let by_cookie = matches!(bearer(&parts.headers), Ok(None));
        if by_cookie && error.class() == Class::Unauthenticated {
            self.cleared(parts, reply)
        } else {
            reply
        }
    }

    /// Takes the session cookie back from a browser that sent one.
    fn cleared(&self, parts: &Parts, reply: Reply) -> Reply {
        let sent = Cookies::read(&parts.headers, &self.cookies).is_ok_and(|c| c.session.is_some());
        if sent {
            reply.cookie(self.cookies.clear_session())
        } else {
            reply
        }
    }
}

/// How many sessions a list shows, the newest first.
const LISTED: usize = 100;
