//! The authorization endpoint: from a request to a code, by way of signing in and consenting.

use std::net::IpAddr;

use countersign_core::{Code, Session, Subject};

use crate::{
    client::{Client, ConsentRule},
    consent::Question,
    error::{OAuthCode, OAuthError, Refusal},
    params::{Params, form_urlencode},
    provider::{Provider, TRANSACTION},
    request::{Request, Return},
};

/// What comes of an authorization request.
#[derive(Debug)]
#[must_use]
pub enum Authorization {
    /// The browser goes to the client, with a code or an error: by 303, never 307.
    Redirect(String),
    /// The person signs in first, and comes back with this name of the transaction.
    SignIn(String),
    /// The person is asked.
    Ask(Question),
    /// The client or its redirect URI is not good: a page says so, and nobody is sent anywhere.
    Fault(OAuthError),
}

impl Provider {
    /// Takes a request, in the name of whoever holds the session.
    ///
    /// # Errors
    /// `rate_limited`, `store_unavailable`.
    pub async fn authorize(
        &self,
        params: &Params,
        session: Option<&Session>,
        ip: Option<IpAddr>,
    ) -> Result<Authorization, Refusal> {
        self.count("authorize", self.engine.limits().challenge, ip)
            .await?;
        let (client, to) = match self.sender(params).await? {
            Ok(known) => known,
            Err(fault) => return Ok(Authorization::Fault(fault)),
        };
        let subject = match self.hinted(params).await? {
            Ok(subject) => subject,
            Err(error) => return Ok(self.back(&to, &error)),
        };
        match Request::read(&client, &to, params, subject, self.engine.now()) {
            Ok(request) => self.advance(&client, request, None, session).await,
            Err(error) => Ok(self.back(&to, &error)),
        }
    }

    /// Goes on with a request that was put aside while the person signed in.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn resume(
        &self,
        transaction: &str,
        session: Option<&Session>,
    ) -> Result<Authorization, Refusal> {
        let Some(request) = self.look_at(transaction).await? else {
            return Ok(Authorization::Fault(OVER));
        };
        match self.clients.find(&request.client).await? {
            Some(client) if request.registered(&client).is_some() => {
                self.advance(&client, request, Some(transaction), session)
                    .await
            }
            _ => Ok(Authorization::Fault(OVER)),
        }
    }

    /// Ends a request that was put aside: the person does not want to sign in.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn cancel(&self, transaction: &str) -> Result<Authorization, Refusal> {
        let mut found = None;
        for copy in WAITING {
            let taken = self.engine.take::<Request>(copy, transaction).await?;
            found = found.or(taken);
        }
        let now = self.engine.now();
        let Some((request, _)) = found.filter(|(_, until)| now < *until) else {
            return Ok(Authorization::Fault(OVER));
        };
        match self.clients.find(&request.client).await? {
            Some(client) if request.registered(&client).is_some() => {
                let error = OAuthError::new(OAuthCode::AccessDenied, "the person did not sign in");
                Ok(self.back(&request.to(), &error))
            }
            _ => Ok(Authorization::Fault(OVER)),
        }
    }

    async fn advance(
        &self,
        client: &Client,
        request: Request,
        transaction: Option<&str>,
        session: Option<&Session>,
    ) -> Result<Authorization, Refusal> {
        let now = self.engine.now();
        // Of somebody else the client must not hear, not even as an answer (OpenID Connect Core
        // section 3.1.2.2).
        if session.is_some_and(|other| request.was_answered_by(other) && !request.is_for(other)) {
            let error = OAuthError::new(OAuthCode::LoginRequired, "somebody else signed in");
            return Ok(self.back(&request.to(), &error));
        }
        let Some(session) = session.filter(|session| request.is_content_with(session, now)) else {
            if request.silent {
                let error = OAuthError::new(OAuthCode::LoginRequired, "nobody is signed in");
                return Ok(self.back(&request.to(), &error));
            }
            return self.wait(request, transaction).await;
        };
        let uri = request.registered(client).ok_or(OVER)?;
        let may_skip = match client.consent_at(uri) {
            ConsentRule::Never => !request.ask_always,
            ConsentRule::Remember if request.ask_always => false,
            ConsentRule::Remember => self.remembers(client, session, &request.scopes).await?,
            ConsentRule::Always => false,
        };
        if may_skip {
            let code = self.issue_code(&request, session).await?;
            return Ok(self.forth(&request, &code));
        }
        if request.silent {
            let asks = "the person would have to be asked";
            let error = OAuthError::new(OAuthCode::InteractionRequired, asks);
            return Ok(self.back(&request.to(), &error));
        }
        Ok(Authorization::Ask(
            self.question(client, request, session).await?,
        ))
    }

    /// Puts a request aside.
    async fn wait(
        &self,
        request: Request,
        transaction: Option<&str>,
    ) -> Result<Authorization, Refusal> {
        let name = match transaction {
            Some(name) => name.to_owned(), // it is waiting already
            None => {
                let name = self.engine.fresh_value();
                for copy in WAITING {
                    self.engine.put(copy, &name, &request, TRANSACTION).await?;
                }
                name
            }
        };
        Ok(Authorization::SignIn(name))
    }

    /// The request of a transaction, which stays, so that the page can be loaded again. Reading
    /// takes it out of the store, so there are two copies: a node that dies before it has put one
    /// back, and a page that is loaded twice at once, leave the other.
    async fn look_at(&self, transaction: &str) -> Result<Option<Request>, Refusal> {
        let now = self.engine.now();
        for (number, copy) in WAITING.into_iter().enumerate() {
            let taken = self.engine.take::<Request>(copy, transaction).await?;
            let Some((request, until)) = taken.filter(|(_, until)| now < *until) else {
                continue;
            };
            for missing in &WAITING[..=number] {
                let keep = until.since(now);
                match self.engine.put(missing, transaction, &request, keep).await {
                    // Somebody else has put it back.
                    Err(error) if error.code() == Code::InternalError => {}
                    put => put?,
                }
            }
            return Ok(Some(request));
        }
        Ok(None)
    }

    /// The client, and where its answers go; or why nobody is sent anywhere.
    pub(crate) async fn sender(
        &self,
        params: &Params,
    ) -> Result<Result<(Client, Return), OAuthError>, Refusal> {
        let id = match params.required("client_id") {
            Ok(id) => id.parse(),
            Err(error) => return Ok(Err(error)),
        };
        let unknown = OAuthError::new(OAuthCode::InvalidClient, "there is no such client");
        let Ok(id) = id else {
            return Ok(Err(unknown));
        };
        let Some(client) = self.clients.find(&id).await? else {
            return Ok(Err(unknown));
        };
        Ok(Return::of(&client, params).map(|to| (client, to)))
    }

    /// Whose ID token the client shows, if it shows one.
    async fn hinted(
        &self,
        params: &Params,
    ) -> Result<Result<Option<Subject>, OAuthError>, Refusal> {
        let token = match params.one("id_token_hint") {
            Ok(Some(token)) => token,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
        };
        match self.engine.read_id(token).await.map_err(Refusal::from) {
            Ok(hint) => Ok(Ok(Some(hint.subject))),
            Err(Refusal::OAuth(_)) => {
                let foreign = "the ID token is not one of ours";
                Ok(Err(OAuthError::new(OAuthCode::InvalidRequest, foreign)))
            }
            Err(refusal) => Err(refusal),
        }
    }

    pub(crate) fn forth(&self, request: &Request, code: &str) -> Authorization {
        Authorization::Redirect(self.forth_to(request, code))
    }

    pub(crate) fn forth_to(&self, request: &Request, code: &str) -> String {
        self.redirect(&request.to(), &[("code", code)])
    }

    pub(crate) fn back(&self, to: &Return, error: &OAuthError) -> Authorization {
        Authorization::Redirect(self.back_to(to, error))
    }

    pub(crate) fn back_to(&self, to: &Return, error: &OAuthError) -> String {
        let pairs = [
            ("error", error.code().as_str()),
            ("error_description", error.description()),
        ];
        self.redirect(to, &pairs)
    }

    /// Every answer names the issuer (RFC 9207) and gives the state back as it came.
    fn redirect(&self, to: &Return, pairs: &[(&str, &str)]) -> String {
        let state = to.state.as_deref().map(|state| ("state", state));
        let all = pairs.iter().copied().chain(state);
        let query = form_urlencode(all.chain([("iss", self.issuer())]));
        let uri = &to.redirect_uri;
        let mark = if uri.contains('?') { '&' } else { '?' };
        format!("{uri}{mark}{query}")
    }
}

pub(crate) const OVER: OAuthError = OAuthError::new(
    OAuthCode::InvalidRequest,
    "this request is over, or was never made: begin again at the application",
);

/// The purposes of requests that wait for a sign-in, each of which has its copy.
const WAITING: [&str; 2] = ["oauth request", "oauth request, again"];
