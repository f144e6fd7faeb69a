//! The token endpoint (RFC 6749 section 3.2): codes and refresh tokens become access tokens.

use std::net::IpAddr;

use countersign_core::{AccessToken, IdClaims, Session, Timestamp, Tokens};
use serde_json::{Map, Value, json};

use crate::{
    client::Client,
    error::{OAuthCode, OAuthError, Refusal},
    params::Params,
    provider::Provider,
    scopes::Scopes,
};

/// A successful answer (RFC 6749 section 5.1).
#[derive(Debug)]
pub struct TokenAnswer {
    /// The session behind it.
    pub session: Session,
    /// The tokens. The refresh token is the client's only if [`is_refreshable`](Self::is_refreshable).
    pub tokens: Tokens,
    /// The ID token, if `openid` was allowed.
    pub id_token: Option<AccessToken>,
    /// What was allowed, with spaces between.
    pub scope: String,
    /// Whether the client gets the refresh token.
    pub is_refreshable: bool,
}

impl TokenAnswer {
    /// The answer as JSON, secrets and all.
    pub fn to_json(&self) -> Value {
        let mut answer = json!({
            "access_token": self.tokens.access.expose(),
            "token_type": "Bearer",
            "expires_in": self.tokens.expires_in.as_secs(),
            "scope": self.scope,
        });
        if self.is_refreshable {
            answer["refresh_token"] = self.tokens.refresh.expose().into();
        }
        if let Some(id_token) = &self.id_token {
            answer["id_token"] = id_token.expose().into();
        }
        answer
    }
}

impl Provider {
    /// Answers a token request.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `invalid_scope`,
    /// `unsupported_grant_type`; `rate_limited`, `store_unavailable`.
    pub async fn token(
        &self,
        authorization: Option<&str>,
        form: &Params,
        ip: Option<IpAddr>,
    ) -> Result<TokenAnswer, Refusal> {
        let client = self.authenticate(authorization, form, ip).await?;
        if !client.is_confidential() {
            // A public client is whoever says so: counted as anybody is.
            self.count("token", self.engine.limits().token, ip).await?;
        }
        match form.required("grant_type")? {
            "authorization_code" => self.by_code(&client, form).await,
            "refresh_token" => self.by_refresh_token(&client, form).await,
            _ => {
                let code = OAuthCode::UnsupportedGrantType;
                let known = "the grant types are `authorization_code` and `refresh_token`";
                Err(OAuthError::new(code, known).into())
            }
        }
    }

    async fn by_code(&self, client: &Client, form: &Params) -> Result<TokenAnswer, Refusal> {
        let code = form.required("code")?;
        // Missing or wrong is one: the code is not good with it.
        let redirect_uri = form.one("redirect_uri")?.unwrap_or_default();
        let verifier = form.one("code_verifier")?.unwrap_or_default();
        let redeemed = self.redeem(client, code, redirect_uri, verifier).await?;
        let granted = redeemed.granted;
        let (session, tokens, nonce) = (granted.session, granted.tokens, redeemed.nonce);
        let scopes = scopes_of(&session);
        self.answer(client, session, tokens, scopes, nonce).await
    }

    async fn by_refresh_token(
        &self,
        client: &Client,
        form: &Params,
    ) -> Result<TokenAnswer, Refusal> {
        if !client.scopes.has(Scopes::OFFLINE) {
            let may_not = "this client gets no refresh tokens";
            return Err(OAuthError::new(OAuthCode::UnauthorizedClient, may_not).into());
        }
        let token = form.required("refresh_token")?;
        let narrowed = match form.one("scope")? {
            None => None,
            Some(scope) => {
                let found = self.engine.of_refresh_token(token).await?;
                let granted = found.map(|(session, _)| scopes_of(&session));
                Some(Scopes::narrowed(scope, &granted.unwrap_or_default())?)
            }
        };
        let refreshed = self
            .engine
            .refresh_grant(token, client.id.as_str(), narrowed.as_deref())
            .await?;
        let (session, tokens) = (refreshed.session, refreshed.tokens);
        let scopes = narrowed.unwrap_or_else(|| scopes_of(&session));
        self.answer(client, session, tokens, scopes, None).await
    }

    async fn answer(
        &self,
        client: &Client,
        session: Session,
        tokens: Tokens,
        scopes: Vec<String>,
        nonce: Option<String>,
    ) -> Result<TokenAnswer, Refusal> {
        let has = |name: &str| scopes.iter().any(|scope| scope == name);
        let id_token = match has(Scopes::OPENID) {
            true => {
                let now = Timestamp::from_secs(self.engine.now().as_secs());
                let claims = IdClaims {
                    issuer: self.issuer().to_owned(),
                    subject: session.identity.subject.clone(),
                    audience: client.id.to_string(),
                    issued_at: now,
                    expires_at: now + tokens.expires_in,
                    authenticated_at: session.identity.authenticated_at,
                    method: session.identity.method.clone(),
                    session: session.id.to_string(),
                    nonce,
                    access_token: Some(tokens.access.clone()),
                    extra: profile(&session, &scopes),
                };
                Some(self.engine.issue_id(&claims).await?)
            }
            false => None,
        };
        let is_refreshable = session
            .grant
            .as_ref()
            .is_some_and(|grant| grant.refreshable);
        Ok(TokenAnswer {
            session,
            tokens,
            id_token,
            scope: scopes.join(" "),
            is_refreshable,
        })
    }
}

/// What the scope `profile` tells.
pub(crate) fn profile(session: &Session, scopes: &[String]) -> Map<String, Value> {
    let mut claims = Map::new();
    if scopes.iter().any(|scope| scope == Scopes::PROFILE) {
        let account = &session.identity.account;
        let name = session.name().unwrap_or(account.address());
        claims.insert("preferred_username".to_owned(), name.into());
        claims.insert("account".to_owned(), account.to_string().into());
        claims.insert("chain_id".to_owned(), account.chain().as_str().into());
    }
    claims
}

pub(crate) fn scopes_of(session: &Session) -> Vec<String> {
    let grant = session.grant.as_ref();
    grant.map_or_else(Vec::new, |grant| grant.scopes.clone())
}
