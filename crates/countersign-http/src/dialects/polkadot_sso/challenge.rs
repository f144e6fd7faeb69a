//! `GET /api/auth/challenge`: a text to sign, as a page or as JSON.

use countersign_core::{AccountId, Ask, Binding, ChainId, Class, Code, Error};
use countersign_sso::{
    OAuthCode, Params, Refusal, SignatureAnswer, SignatureFault, SignatureRequest,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Asked, NAMESPACE, challenge_id, refused, said, wants_json};
use crate::{
    cookies::Cookies,
    endpoints::asking::bound,
    login_page::signing::{Signing, SigningPage},
    reply::Reply,
    sso::{errors, pages},
};

/// What waits for a signature.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) request: SignatureRequest,
    pub(super) account: AccountId,
    pub(super) message: String,
    pub(super) wallet: Option<String>,
}

#[derive(Serialize)]
struct ChallengeAnswer<'a> {
    challenge_id: &'a str,
    message: &'a str,
    expires_at: String,
}

impl Asked<'_> {
    pub(super) async fn challenge(&self, page: &SigningPage, verify: &str) -> Result<Reply, Error> {
        let json = wants_json(&self.parts.headers);
        let query = self.parts.uri.query().unwrap_or_default();
        let Some(params) = Params::parse(query) else {
            return Ok(match json {
                true => errors::saying(&errors::MALFORMED, Some(errors::MALFORMED.1), false),
                false => pages::fault(&errors::MALFORMED),
            });
        };
        let asked = self.provider.ask_signature(&params).await;
        let request = match asked {
            Ok(SignatureAnswer::Ask(request)) => *request,
            Ok(SignatureAnswer::Refused(error, _)) if json => return Ok(said(&error, false)),
            Ok(SignatureAnswer::Refused(_, location)) => return Ok(Reply::see_other(&location)),
            Ok(SignatureAnswer::Fault(error)) if json => return Ok(unnamed(&error)),
            Ok(SignatureAnswer::Fault(error)) => return Ok(pages::fault(&error)),
            Err(refusal) => return refused(refusal, false),
        };
        let account = match self.account(&params) {
            Ok(account) => account,
            Err(refusal) if json || !is_the_clients(&refusal) => return refused(refusal, false),
            Err(_) => {
                let why = SignatureFault::Malformed;
                let location = self.provider.refuse_signature(&request, why);
                return Ok(Reply::see_other(&location));
            }
        };
        let wallet = params.one("wallet").ok().flatten();
        let wallet = wallet.filter(|wallet| is_word(wallet)).map(str::to_owned);

        // A page is for the browser that it is shown in; a program has no cookies to speak of.
        let binding = match json {
            true => None,
            false => {
                let cookies = Cookies::read(&self.parts.headers, &self.auth.cookies)?;
                Some(cookies.binding().unwrap_or_else(Binding::generate))
            }
        };
        let mut ask = Ask::chain(account.chain().clone())
            .account(account.address())
            .resources(vec![request.redirect_uri().to_owned()])
            .purpose(PURPOSE)
            .client(self.auth.client(self.parts));
        if let Some(binding) = &binding {
            ask = ask.bound_to(binding.clone());
        }
        let engine = &self.auth.engine;
        let challenge = engine.challenge(ask).await?;
        let expires_at = challenge
            .expires_at
            .min(engine.now() + challenge_id::LIFETIME);
        let (id, value) = challenge_id::issue(engine, expires_at, binding.as_ref());
        let message = challenge.message.ok_or(Code::InternalError)?;
        let waiting = Waiting {
            request,
            account,
            message,
            wallet,
        };
        let keep = expires_at.since(engine.now());
        engine.put(WAITING, &value, &waiting, keep).await?;

        if json {
            let answer = ChallengeAnswer {
                challenge_id: &id,
                message: &waiting.message,
                expires_at: expires_at.to_rfc3339(),
            };
            return Ok(Reply::json(StatusCode::OK, &answer));
        }
        let Waiting {
            request,
            account,
            message,
            wallet,
        } = &waiting;
        let signing = Signing {
            challenge_id: &id,
            message,
            domain: &challenge.domain,
            account: account.address(),
            verify,
            destination: &request.destination(),
            wallet: wallet.as_deref(),
        };
        let declined = SignatureFault::Declined;
        let cancel_to = self.provider.refuse_signature(request, declined);
        let chain = (account.chain(), self.label(account.chain()));
        let reply = page.html(&request.client, chain, signing, cancel_to);
        Ok(bound(self.auth, reply, binding))
    }

    /// The account that the application names.
    fn account(&self, params: &Params) -> Result<AccountId, Refusal> {
        let address = params.required("address")?;
        let named = params.one("chain")?;
        let mut chains = self.auth.engine.chains();
        let found = chains.find(|(id, label)| {
            id.namespace() == NAMESPACE
                && named.is_none_or(|named| id.as_str() == named || word(label) == named)
        });
        let (chain, _) = found.ok_or_else(|| Error::from(Code::ChainUnsupported))?;
        Ok(self.auth.engine.account(chain, address)?)
    }

    fn label(&self, chain: &ChainId) -> &str {
        let mut chains = self.auth.engine.chains();
        let found = chains.find(|(id, _)| *id == chain);
        found.map_or("", |(_, label)| label)
    }

    /// How these clients call a chain: `polkadot`, `kusama`, `westend`.
    pub(super) fn chain_word(&self, chain: &ChainId) -> String {
        word(self.label(chain))
    }
}

fn word(label: &str) -> String {
    label.to_ascii_lowercase()
}

/// An unknown client is 401 to these clients. Nobody can prove to be one here, so there is no
/// challenge to do so.
fn unnamed(error: &countersign_sso::OAuthError) -> Reply {
    if error.code() != OAuthCode::InvalidClient {
        return said(error, false);
    }
    let text = error.description();
    let code = error.code().as_str();
    Reply::oauth(StatusCode::UNAUTHORIZED, code, text, Some(text))
}

/// Whether the application can mend it.
fn is_the_clients(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::OAuth(_) => true,
        Refusal::Engine(error) => matches!(error.class(), Class::Malformed),
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

pub(super) const PURPOSE: &str = "polkadot sso";
pub(super) const WAITING: &str = "polkadot sso challenge";
