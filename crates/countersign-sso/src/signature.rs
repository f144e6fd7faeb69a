//! The authorization endpoint without a sign-in page of its own: the application names the account
//! beforehand, and one signature both signs the person in and says yes to this one request.

use std::collections::BTreeMap;

use countersign_core::Proved;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    authorize::OVER,
    consent::destination,
    error::{OAuthCode, OAuthError, Refusal},
    params::Params,
    provider::Provider,
    request::Request,
    scopes::Scopes,
};

/// A request that waits for a signature. Whoever keeps it keeps it on the server: what a browser
/// changes on the way changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignatureRequest {
    request: Request,
    /// The application's name for people.
    pub client: String,
}

impl SignatureRequest {
    /// Where the answer goes, as the client registered and asked for it.
    pub fn redirect_uri(&self) -> &str {
        &self.request.redirect_uri
    }

    /// The same for people: the host, or the scheme of an application on this machine.
    pub fn destination(&self) -> String {
        destination(&self.request.redirect_uri)
    }
}

/// What comes of a request for a signature.
#[derive(Debug)]
#[must_use]
pub enum SignatureAnswer {
    /// The person may sign.
    Ask(Box<SignatureRequest>),
    /// The request is not good. The client hears of it at this address of its own, with the state.
    Refused(OAuthError, String),
    /// The client or its redirect URI is not good: nobody is sent anywhere.
    Fault(OAuthError),
}

impl Provider {
    /// Judges a request as the authorization endpoint does: the client, the exact redirect URI,
    /// `state`, and PKCE by `S256`. The scopes are `profile` and `offline_access`, if the client has
    /// them. Who asks must have been counted.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn ask_signature(&self, params: &Params) -> Result<SignatureAnswer, Refusal> {
        let (client, to) = match self.sender(params).await? {
            Ok(known) => known,
            Err(fault) => return Ok(SignatureAnswer::Fault(fault)),
        };
        let params = params
            .only(&["state", "code_challenge", "code_challenge_method"])
            .with("response_type", "code")
            .with("scope", &format!("{} {}", Scopes::PROFILE, Scopes::OFFLINE));
        Ok(
            match Request::read(&client, &to, &params, None, self.engine.now()) {
                Ok(request) => SignatureAnswer::Ask(Box::new(SignatureRequest {
                    request,
                    client: client.name,
                })),
                Err(error) => SignatureAnswer::Refused(error, self.back_to(&to, &error)),
            },
        )
    }

    /// The address at which the client hears why it gets no code.
    pub fn refuse_signature(&self, asked: &SignatureRequest, why: SignatureFault) -> String {
        let error = match why {
            SignatureFault::Declined => {
                OAuthError::new(OAuthCode::AccessDenied, "the person said no")
            }
            SignatureFault::Malformed => OAuthError::new(
                OAuthCode::InvalidRequest,
                "the account or the chain is not one that is served here",
            ),
        };
        self.back_to(&asked.request.to(), &error)
    }

    /// The address that takes the code of who signed to the client. `data` is what the session of
    /// the application is to keep.
    ///
    /// # Errors
    /// `invalid_request` if the client or its redirect URI is gone meanwhile; `store_unavailable`.
    pub async fn answer_signature(
        &self,
        asked: &SignatureRequest,
        holder: Proved,
        data: BTreeMap<String, Value>,
    ) -> Result<String, Refusal> {
        let request = &asked.request;
        let client = self.clients.find(&request.client).await?;
        client
            .and_then(|client| request.registered(&client).cloned())
            .ok_or(OVER)?;
        let code = self.issue_code_to(request, holder, None, data).await?;
        Ok(self.forth_to(request, &code))
    }
}

/// Why a person did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureFault {
    /// They said no.
    Declined,
    /// There is nobody of that name.
    Malformed,
}
