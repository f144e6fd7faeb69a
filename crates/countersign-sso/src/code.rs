//! Authorization codes: given out once, redeemed once (RFC 6749 section 4.1.2, RFC 7636).

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{Grant, Granted, Identity, Proved, Session, SessionId, Standing, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    client::{Client, ClientId},
    error::{OAuthCode, OAuthError, Refusal},
    provider::Provider,
    request::Request,
    scopes::Scopes,
};

/// What a code stands for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    client: ClientId,
    redirect_uri: String,
    code_challenge: String,
    scopes: Scopes,
    nonce: Option<String>,
    identity: Identity,
    standing: Option<Standing>,
    /// The session of the person who allowed it: once signed out, the code is worth nothing.
    session: Option<SessionId>,
    /// What the session of the application keeps from the beginning.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    data: BTreeMap<String, serde_json::Value>,
}

/// A code that was redeemed.
pub(crate) struct Redeemed {
    pub(crate) granted: Granted,
    pub(crate) nonce: Option<String>,
}

impl Provider {
    pub(crate) async fn issue_code(
        &self,
        request: &Request,
        session: &Session,
    ) -> Result<String, Refusal> {
        let holder = Proved {
            identity: session.identity.clone(),
            standing: session.standing.clone(),
        };
        let (session, data) = (Some(session.id), BTreeMap::new());
        self.issue_code_to(request, holder, session, data).await
    }

    /// The same for a holder who needs no session of their own here.
    pub(crate) async fn issue_code_to(
        &self,
        request: &Request,
        holder: Proved,
        session: Option<SessionId>,
        data: BTreeMap<String, serde_json::Value>,
    ) -> Result<String, Refusal> {
        let value = self.engine.fresh_value();
        let code = Code {
            client: request.client.clone(),
            redirect_uri: request.redirect_uri.clone(),
            code_challenge: request.code_challenge.clone(),
            scopes: request.scopes.clone(),
            nonce: request.nonce.clone(),
            identity: holder.identity,
            standing: holder.standing,
            session,
            data,
        };
        self.engine.put(CODE, &value, &code, LIFETIME).await?;
        Ok(value)
    }

    /// Takes a code, whatever comes of it; then compares. The order makes a replay harmless: the
    /// session is written, then the mark of the spent code, and only then does anybody hear of
    /// either.
    pub(crate) async fn redeem(
        &self,
        client: &Client,
        value: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Redeemed, Refusal> {
        let Some((code, until)) = self.engine.take::<Code>(CODE, value).await? else {
            self.revoke_replayed(value).await?;
            return Err(refused());
        };
        let is_good = code.client == client.id
            && code.redirect_uri == redirect_uri
            && self.engine.now() < until
            && proves(verifier, &code.code_challenge);
        if !is_good || !self.still_stands(&code).await? {
            return Err(refused());
        }
        let refreshable = code.scopes.has(Scopes::OFFLINE);
        let grant = Grant {
            client: client.id.to_string(),
            scopes: code.scopes.to_vec(),
            refreshable,
        };
        let lifetime = match refreshable {
            true => self.engine.token_lifetime(),
            false => self.engine.access_lifetime(),
        };
        let holder = Proved {
            identity: code.identity,
            standing: code.standing,
        };
        let granted = self
            .engine
            .grant(&holder, grant, lifetime, code.data)
            .await?;
        let id = granted.session.id;
        if let Err(error) = self.engine.put(SPENT, value, &id, REMEMBERED).await {
            // A replay could not be told: then nobody gets anything.
            let _ = self.engine.sign_out(&id).await;
            return Err(error.into());
        }
        Ok(Redeemed {
            granted,
            nonce: code.nonce,
        })
    }

    async fn still_stands(&self, code: &Code) -> Result<bool, Refusal> {
        match &code.session {
            Some(id) => Ok(self.engine.session(id).await?.is_some()),
            None => Ok(true),
        }
    }

    /// A code that comes a second time was stolen, or its first use was: what came of it ends (RFC
    /// 6749 section 4.1.2).
    async fn revoke_replayed(&self, value: &str) -> Result<(), Refusal> {
        let spent: Option<(SessionId, Timestamp)> = self.engine.take(SPENT, value).await?;
        if let Some((session, _)) = spent {
            tracing::warn!(target: "countersign", session = self.engine.handle(&session),
                "authorization code replayed, its session ended");
            self.engine.sign_out(&session).await?;
        }
        Ok(())
    }
}

/// RFC 7636 sections 4.1 and 4.6.
fn proves(verifier: &str, challenge: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_allowed);
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    is_verifier && bool::from(made.as_bytes().ct_eq(challenge.as_bytes()))
}

fn refused() -> Refusal {
    OAuthError::new(OAuthCode::InvalidGrant, "the code is not valid").into()
}

/// The purposes of codes, and of the marks of spent ones.
const CODE: &str = "oauth code";
const SPENT: &str = "oauth spent code";
const LIFETIME: Duration = Duration::from_secs(60);
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
