//! What becomes of tokens later: userinfo, introspection (RFC 7662), revocation (RFC 7009).

use std::net::IpAddr;

use countersign_core::Session;
use serde_json::{Value, json};

use crate::{
    client::Client,
    error::{OAuthCode, OAuthError, Refusal},
    params::Params,
    provider::Provider,
    scopes::Scopes,
    token::{profile, scopes_of},
};

impl Provider {
    /// The claims about the person behind an access token (OpenID Connect Core section 5.3).
    ///
    /// # Errors
    /// `invalid_token`, `insufficient_scope`; `store_unavailable`.
    pub async fn userinfo(&self, token: &str) -> Result<Value, Refusal> {
        let (claims, session) = self.engine.granted(token).await?;
        let scope = claims.scope.unwrap_or_default();
        let scopes: Vec<String> = scope.split(' ').map(str::to_owned).collect();
        if !scopes.iter().any(|scope| scope == Scopes::OPENID) {
            let needs = "the token needs the scope `openid`";
            return Err(OAuthError::new(OAuthCode::InsufficientScope, needs).into());
        }
        let mut answer = profile(&session, &scopes);
        answer.insert("sub".to_owned(), session.identity.subject.as_str().into());
        Ok(answer.into())
    }

    /// Says what a token is worth: to its own client, and to those that introspect.
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`; `store_unavailable`.
    pub async fn introspect(
        &self,
        authorization: Option<&str>,
        form: &Params,
        ip: Option<IpAddr>,
    ) -> Result<Value, Refusal> {
        let client = self.proved(authorization, form, ip).await?;
        let token = form.required("token")?;
        let inactive = json!({"active": false});
        // An access token has dots; a refresh token has none.
        if !token.contains('.') {
            let found = self.engine.of_refresh_token(token).await?;
            let session = found.and_then(|(session, is_current)| is_current.then_some(session));
            return Ok(match session {
                Some(session) if may_see(&client, &session) => {
                    let mut answer = self.described(&session, &scopes_of(&session).join(" "));
                    answer["exp"] = session.expires_at.as_secs().into();
                    answer["iat"] = session.created_at.as_secs().into();
                    answer
                }
                _ => inactive,
            });
        }
        let (claims, session) = match self.engine.granted(token).await.map_err(Refusal::from) {
            Ok(granted) => granted,
            Err(Refusal::OAuth(_)) => return Ok(inactive),
            Err(refusal) => return Err(refusal),
        };
        if !may_see(&client, &session) {
            return Ok(inactive);
        }
        let mut answer = self.described(&session, &claims.scope.unwrap_or_default());
        answer["token_type"] = "Bearer".into();
        answer["aud"] = claims.audience.into();
        answer["jti"] = claims.token_id.into();
        answer["exp"] = claims.expires_at.as_secs().into();
        answer["iat"] = claims.issued_at.as_secs().into();
        Ok(answer)
    }

    fn described(&self, session: &Session, scope: &str) -> Value {
        let grant = session.grant.as_ref();
        json!({
            "active": true,
            "scope": scope,
            "client_id": grant.map(|grant| &grant.client),
            "username": session.identity.account.address(),
            "sub": session.identity.subject.as_str(),
            "account": session.identity.account.to_string(),
            "iss": self.issuer(),
            "sid": session.id.to_string(),
        })
    }

    /// Ends a token of the client's, and with it all tokens of the same sign-in. Of an unknown one,
    /// and of another client's, nothing is said.
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`; `store_unavailable`.
    pub async fn revoke(
        &self,
        authorization: Option<&str>,
        form: &Params,
        ip: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        let client = self.authenticate(authorization, form, ip).await?;
        let token = form.required("token")?;
        let session = if token.contains('.') {
            match self.engine.granted(token).await.map_err(Refusal::from) {
                Ok((_, session)) => Some(session),
                Err(Refusal::OAuth(_)) => None,
                Err(refusal) => return Err(refusal),
            }
        } else {
            let found = self.engine.of_refresh_token(token).await?;
            found.map(|(session, _)| session)
        };
        if let Some(session) = session.filter(|session| is_its_own(&client, session)) {
            self.engine.sign_out(&session.id).await?;
        }
        Ok(())
    }

    /// A client that has shown a secret.
    async fn proved(
        &self,
        authorization: Option<&str>,
        form: &Params,
        ip: Option<IpAddr>,
    ) -> Result<Client, Refusal> {
        let client = self.authenticate(authorization, form, ip).await?;
        if !client.is_confidential() {
            let needs = "this endpoint needs a client with a secret";
            return Err(OAuthError::new(OAuthCode::InvalidClient, needs).into());
        }
        Ok(client)
    }
}

fn may_see(client: &Client, session: &Session) -> bool {
    client.introspects || is_its_own(client, session)
}

fn is_its_own(client: &Client, session: &Session) -> bool {
    let grant = session.grant.as_ref();
    grant.is_some_and(|grant| grant.client == client.id.as_str())
}
