//! `/api/auth/token`, `/api/auth/session` and `/api/auth/logout`: what an application does with a code.

use bytes::Bytes;
use countersign_core::{Claims, Code, Error, Session};
use countersign_sso::OAuthCode;
use http::{StatusCode, header};
use serde::Serialize;

use super::{Asked, fields, refused};
use crate::{
    guard::bearer,
    reply::Reply,
    sso::{authorization, errors},
};

#[derive(Serialize)]
struct TokenAnswer<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_in: u64,
    token_type: &'static str,
}

/// Who is signed in. The refresh token is for the token endpoint alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionAnswer<'a> {
    user: User<'a>,
    access_token: &'a str,
    expires_at: String,
}

#[derive(Serialize)]
struct User<'a> {
    address: &'a str,
    chain: String,
    wallet: Option<&'a str>,
}

impl Asked<'_> {
    pub(super) async fn token(&self, body: &Bytes) -> Result<Reply, Error> {
        let authorization = match authorization(self.parts) {
            Ok(authorization) => authorization,
            Err(fault) => return Ok(errors::saying(&fault, Some(fault.1), false)),
        };
        let form = fields(self.parts, body)?;
        let ip = self.auth.client(self.parts);
        match self.provider.token(authorization, &form, ip).await {
            Ok(answer) => {
                let tokens = &answer.tokens;
                let answer = TokenAnswer {
                    access_token: tokens.access.expose(),
                    refresh_token: answer.is_refreshable.then(|| tokens.refresh.expose()),
                    expires_in: tokens.expires_in.as_secs(),
                    token_type: "Bearer",
                };
                Ok(Reply::json(StatusCode::OK, &answer).header(header::PRAGMA, "no-cache"))
            }
            Err(refusal) => refused(refusal, authorization.is_some()),
        }
    }

    pub(super) async fn session(&self) -> Result<Reply, Error> {
        let (token, claims, session) = self.granted().await?;
        // Other applications of the provider may have less than these clients ask for.
        let scopes = claims.scope.as_deref().unwrap_or_default();
        if !scopes.split(' ').any(|scope| scope == "profile") {
            let text = "the token needs the scope `profile`";
            let fault = (OAuthCode::InsufficientScope, text);
            return Ok(errors::saying(&fault, Some(text), false));
        }
        let account = &session.identity.account;
        let answer = SessionAnswer {
            user: User {
                address: account.address(),
                chain: self.chain_word(account.chain()),
                wallet: session.data.get(WALLET).and_then(|wallet| wallet.as_str()),
            },
            access_token: token,
            expires_at: claims.expires_at.to_rfc3339(),
        };
        Ok(Reply::json(StatusCode::OK, &answer))
    }

    pub(super) async fn logout(&self) -> Result<Reply, Error> {
        let (_, _, session) = self.granted().await?;
        self.auth.engine.sign_out(&session.id).await?;
        Ok(Reply::no_content())
    }

    /// The session behind the bearer token. No cookie counts here.
    async fn granted(&self) -> Result<(&str, Claims, Session), Error> {
        let token = bearer(&self.parts.headers)?.ok_or(Code::TokenInvalid)?;
        let (claims, session) = self.auth.engine.granted(token).await?;
        Ok((token, claims, session))
    }
}

/// Under this name a session keeps which wallet the application said it is.
pub(super) const WALLET: &str = "polkadot_sso_wallet";
