//! Asking a person whether an application may know who they are, and remembering the answer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{Registry, Session, SessionId, StoreError, Subject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    authorize::{Authorization, OVER},
    client::{Client, ClientId, ConsentRule},
    error::{OAuthCode, OAuthError, Refusal},
    provider::{Provider, TRANSACTION},
    request::Request,
    scopes::Scopes,
};

/// What a person is asked.
#[derive(Debug)]
pub struct Question {
    /// The application's name.
    pub client: String,
    /// Where it gets the answer: the host, or the scheme of an application on this machine.
    pub destination: String,
    /// The account that the person is signed in with (CAIP-10).
    pub account: String,
    /// The scopes it asks for.
    pub scopes: Vec<&'static str>,
    /// What must come back with the answer. Only the page that asks knows it.
    pub ticket: String,
}

/// A question that waits for its answer.
#[derive(Serialize, Deserialize)]
struct Asked {
    request: Request,
    session: SessionId,
}

/// What was allowed, as the registry keeps it.
#[derive(Serialize, Deserialize)]
struct Consent {
    client: ClientId,
    subject: Subject,
    scopes: Scopes,
}

impl Provider {
    pub(crate) async fn question(
        &self,
        client: &Client,
        request: Request,
        session: &Session,
    ) -> Result<Question, Refusal> {
        let question = Question {
            client: client.name.clone(),
            destination: destination(&request.redirect_uri),
            account: session.identity.account.to_string(),
            scopes: request.scopes.iter().collect(),
            ticket: self.engine.fresh_value(),
        };
        let asked = Asked {
            request,
            session: session.id,
        };
        self.engine
            .put(ASKED, &question.ticket, &asked, TRANSACTION)
            .await?;
        Ok(question)
    }

    /// Takes the answer of the person who was asked, and of nobody else.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn decide(
        &self,
        ticket: &str,
        is_allowed: bool,
        session: Option<&Session>,
    ) -> Result<Authorization, Refusal> {
        let taken = self.engine.take::<Asked>(ASKED, ticket).await?;
        let now = self.engine.now();
        let (Some((asked, until)), Some(session)) = (taken, session) else {
            return Ok(Authorization::Fault(OVER));
        };
        let client = self.clients.find(&asked.request.client).await?;
        let Some(client) = client.filter(|_| asked.session == session.id && now < until) else {
            return Ok(Authorization::Fault(OVER));
        };
        let request = asked.request;
        let Some(uri) = request.registered(&client) else {
            return Ok(Authorization::Fault(OVER));
        };
        if !is_allowed {
            let error = OAuthError::new(OAuthCode::AccessDenied, "the person said no");
            return Ok(self.back(&request.to(), &error));
        }
        if client.consent_at(uri) == ConsentRule::Remember {
            self.remember(&client, session, &request.scopes).await?;
        }
        let code = self.issue_code(&request, session).await?;
        Ok(self.forth(&request, &code))
    }

    pub(crate) async fn remembers(
        &self,
        client: &Client,
        session: &Session,
        scopes: &Scopes,
    ) -> Result<bool, StoreError> {
        let kept = self.recall(client, session).await?;
        Ok(kept.is_some_and(|kept| scopes.is_within(&kept.scopes)))
    }

    async fn recall(
        &self,
        client: &Client,
        session: &Session,
    ) -> Result<Option<Consent>, StoreError> {
        let Some(registry) = self.engine.registry() else {
            return Ok(None);
        };
        let subject = &session.identity.subject;
        let kept = registry.find(KIND, &name(&client.id, subject)).await?;
        let read = kept.and_then(|kept| serde_json::from_slice::<Consent>(&kept).ok());
        Ok(read.filter(|consent| consent.client == client.id && consent.subject == *subject))
    }

    async fn remember(
        &self,
        client: &Client,
        session: &Session,
        scopes: &Scopes,
    ) -> Result<(), StoreError> {
        let Some(registry) = self.engine.registry() else {
            return Ok(());
        };
        let before = self.recall(client, session).await?;
        let consent = Consent {
            client: client.id.clone(),
            subject: session.identity.subject.clone(),
            scopes: before.map_or_else(|| scopes.clone(), |before| before.scopes.and(scopes)),
        };
        let value = serde_json::to_vec(&consent).map_err(StoreError::corrupt)?;
        let name = name(&client.id, &consent.subject);
        registry.put(KIND, &name, &value).await
    }
}

/// Forgets all that was allowed to a client.
pub(crate) async fn forget(registry: &dyn Registry, client: &ClientId) -> Result<(), StoreError> {
    for (name, value) in registry.list(KIND).await? {
        let kept: Option<Consent> = serde_json::from_slice(&value).ok();
        if kept.is_none_or(|kept| kept.client == *client) {
            registry.remove(KIND, &name).await?;
        }
    }
    Ok(())
}

/// One entry for each client and subject; neither has a zero byte.
fn name(client: &ClientId, subject: &Subject) -> String {
    let digest = Sha256::digest(format!("{client}\0{subject}"));
    URL_SAFE_NO_PAD.encode(digest)
}

pub(crate) fn destination(redirect_uri: &str) -> String {
    match redirect_uri.split_once("://") {
        Some(("http" | "https", rest)) => {
            let host = rest.split(['/', '?']).next().unwrap_or(rest);
            host.to_owned()
        }
        _ => redirect_uri
            .split(':')
            .next()
            .unwrap_or(redirect_uri)
            .to_owned(),
    }
}

const KIND: &str = "consent";
/// The purpose of questions.
const ASKED: &str = "oauth consent";
