//! An authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1), read and
//! judged.

use std::time::Duration;

use countersign_core::{Session, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    client::{Client, ClientId},
    error::{OAuthCode, OAuthError},
    params::Params,
    redirect::RedirectUri,
    scopes::Scopes,
};

/// A request whose client and redirect URI are good. Kept on the server while the person signs in, so
/// what a browser changes on the way changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) client: ClientId,
    /// As it was asked for: with the port that a native application has now.
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: String,
    login_hint: Option<String>,
    /// Who alone may answer, if the client showed an ID token of theirs.
    subject: Option<Subject>,
    max_age: Option<u64>,
    sign_in_anew: bool,
    pub(crate) ask_always: bool,
    pub(crate) silent: bool,
    began: Timestamp,
}

/// Where an answer goes, errors included, once the client and its redirect URI are known.
#[derive(Debug, Clone)]
pub(crate) struct Return {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
}

impl Return {
    /// The redirect URI of the request, if it is the client's; without one, nobody is sent anywhere.
    pub(crate) fn of(client: &Client, params: &Params) -> Result<Self, OAuthError> {
        let asked = params.required("redirect_uri")?;
        let unregistered = OAuthError::new(
            OAuthCode::InvalidRequest,
            "the redirect URI is not one of the client's",
        );
        client.redirects_to(asked).ok_or(unregistered)?;
        let state = params.one("state").ok().flatten();
        Ok(Self {
            redirect_uri: asked.to_owned(),
            state: state.filter(|state| fits(state)).map(str::to_owned),
        })
    }
}

impl Request {
    pub(crate) fn read(
        client: &Client,
        to: &Return,
        params: &Params,
        subject: Option<Subject>,
        now: Timestamp,
    ) -> Result<Self, OAuthError> {
        use OAuthCode as Code;
        let refused = |code, description| Err(OAuthError::new(code, description));
        if params.has("request") {
            return refused(
                Code::RequestNotSupported,
                "request objects are not supported",
            );
        }
        if params.has("request_uri") {
            return refused(
                Code::RequestUriNotSupported,
                "request objects are not supported",
            );
        }
        if params.required("response_type")? != "code" {
            return refused(Code::UnsupportedResponseType, "the response type is `code`");
        }
        if !matches!(params.one("response_mode")?, None | Some("query")) {
            return refused(Code::InvalidRequest, "the response mode is `query`");
        }
        params.one("state")?; // twice
        let Some(state) = to.state.clone() else {
            return refused(
                Code::InvalidRequest,
                "`state` is required, of 512 bytes at most",
            );
        };
        if params.one("code_challenge_method")? != Some("S256") {
            return refused(
                Code::InvalidRequest,
                "PKCE is required, by the method `S256`",
            );
        }
        let code_challenge = params.required("code_challenge")?;
        if !is_challenge(code_challenge) {
            return refused(
                Code::InvalidRequest,
                "the code challenge is not a SHA-256 in base64url",
            );
        }
        let nonce = params.one("nonce")?;
        if nonce.is_some_and(|nonce| !fits(nonce)) {
            return refused(Code::InvalidRequest, "`nonce` has 512 bytes at most");
        }
        let login_hint = params.one("login_hint")?.filter(|hint| fits(hint));
        let max_age = params.one("max_age")?.map(str::parse);
        let Ok(max_age) = max_age.transpose() else {
            return refused(Code::InvalidRequest, "`max_age` is a number of seconds");
        };
        let mut request = Self {
            client: client.id.clone(),
            redirect_uri: to.redirect_uri.clone(),
            state,
            scopes: Scopes::asked(params.one("scope")?, &client.scopes)?,
            nonce: nonce.map(str::to_owned),
            code_challenge: code_challenge.to_owned(),
            login_hint: login_hint.map(str::to_owned),
            subject,
            max_age,
            sign_in_anew: false,
            ask_always: false,
            silent: false,
            began: now,
        };
        for prompt in params.one("prompt")?.unwrap_or_default().split(' ') {
            match prompt {
                "none" => request.silent = true,
                "login" | "select_account" => request.sign_in_anew = true,
                "consent" => request.ask_always = true,
                "" => {}
                _ => return refused(Code::InvalidRequest, "an unknown `prompt`"),
            }
        }
        if request.silent && (request.sign_in_anew || request.ask_always) {
            return refused(Code::InvalidRequest, "`prompt=none` stands alone");
        }
        Ok(request)
    }

    /// Whether a session is what this request wants. One that began after the request always is.
    pub(crate) fn is_content_with(&self, session: &Session, now: Timestamp) -> bool {
        if self.was_answered_by(session) {
            return true;
        }
        let identity = &session.identity;
        let is_young = self.max_age.is_none_or(|seconds| {
            now.since(identity.authenticated_at) <= Duration::from_secs(seconds)
        });
        let is_meant = self.login_hint.as_ref().is_none_or(|hint| {
            identity.account.address().eq_ignore_ascii_case(hint)
                || identity.account.to_string().eq_ignore_ascii_case(hint)
                || identity.subject.as_str().eq_ignore_ascii_case(hint)
        });
        is_young && is_meant && self.is_for(session) && !self.sign_in_anew
    }

    /// Whether the person signed in for this request.
    pub(crate) fn was_answered_by(&self, session: &Session) -> bool {
        session.identity.authenticated_at >= self.began
    }

    /// Whether the client may hear of this person: of any, unless it showed an ID token.
    pub(crate) fn is_for(&self, session: &Session) -> bool {
        let subject = self.subject.as_ref();
        subject.is_none_or(|subject| *subject == session.identity.subject)
    }

    pub(crate) fn to(&self) -> Return {
        Return {
            redirect_uri: self.redirect_uri.clone(),
            state: Some(self.state.clone()),
        }
    }

    /// The registered form of the redirect URI, which may have lost it meanwhile.
    pub(crate) fn registered<'c>(&self, client: &'c Client) -> Option<&'c RedirectUri> {
        client.redirects_to(&self.redirect_uri)
    }
}

fn fits(text: &str) -> bool {
    (1..=512).contains(&text.len())
}

/// 32 bytes in base64url without padding.
fn is_challenge(text: &str) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|bytes| bytes.len() == 32)
}
