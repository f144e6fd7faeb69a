//! Asking: a nonce is put down, and the text is composed where the account is known.

use std::borrow::Cow;

use serde_json::to_vec;

use super::Engine;
use crate::{
    caip::{AccountId, ChainId},
    challenge::{Ask, Challenge, ChallengeRecord},
    error::{Code, Error},
    event::Event,
    origin::Origin,
    ports::nonces::OneTime,
    secret::{Binding, one_time_key, random_alphanumeric},
    session::SessionKind,
    sign_in::{SignIn, parse},
    time::{DateTime, Timestamp},
};

impl Engine {
    /// Gives out a challenge.
    ///
    /// # Errors
    /// `origin_rejected`, `rate_limited`, `chain_unsupported`, `address_invalid`,
    /// `request_malformed` (a resource that is no URI), `store_unavailable`.
    pub async fn challenge(&self, ask: Ask) -> Result<Challenge, Error> {
        if let Some(origin) = &ask.origin {
            self.admit_origin(origin)?;
        }
        self.spend("challenge", self.0.limits.challenge, ask.client)
            .await?;
        check_resources(&ask.resources)?;

        let origin = ask.origin.as_ref().unwrap_or(self.origin());
        let account = self.account_of(&ask)?;
        let nonce = random_alphanumeric::<NONCE_LENGTH>();
        let issued_at = Timestamp::from_secs(self.now().as_secs());
        let message = match &account {
            Some(account) => Some(self.compose(account, &ask, origin, &nonce, issued_at)?),
            None => None,
        };
        let expires_at = self.now() + self.0.policy.challenge_ttl;
        let record = ChallengeRecord {
            chain: ask.chain.as_ref().map(ChainId::as_str),
            address: account.as_ref().map(AccountId::address),
            origin: origin.as_str(),
            binding: ask.binding.as_ref().map(Binding::digest),
        };
        let payload = to_vec(&record).map_err(|e| Error::with_source(Code::InternalError, e))?;
        let key = one_time_key(&ask.purpose, &nonce);
        self.0
            .nonces
            .issue(&OneTime {
                key,
                payload,
                expires_at,
            })
            .await?;

        let credential = if ask.binding.is_some() {
            SessionKind::Cookie
        } else {
            SessionKind::Token
        };
        self.0.events.record(&Event::ChallengeIssued { credential });
        Ok(Challenge {
            nonce,
            domain: origin.authority().to_owned(),
            uri: origin.as_str().to_owned(),
            chain: ask.chain,
            statement: self.0.policy.statement.clone(),
            issued_at,
            expires_at,
            message,
        })
    }

    /// The canonical account that was asked for.
    fn account_of(&self, ask: &Ask) -> Result<Option<AccountId>, Error> {
        let Some(chain) = &ask.chain else {
            return match ask.account {
                Some(_) => Err(Code::RequestMalformed.into()), // an address of what chain?
                None => Ok(None),
            };
        };
        match &ask.account {
            Some(address) => self.account(chain, address).map(Some),
            None => self
                .0
                .verifiers
                .of_chain(chain)
                .map(|_| None)
                .map_err(Error::from),
        }
    }

    /// The exact text to sign. It is read back, so nothing a client sent can add a line to it.
    fn compose(
        &self,
        account: &AccountId,
        ask: &Ask,
        origin: &Origin,
        nonce: &str,
        issued_at: Timestamp,
    ) -> Result<String, Error> {
        let chain = account.chain();
        let verifier = self.0.verifiers.of_chain(chain)?;
        let sign_in = SignIn {
            profile: verifier.profile(),
            scheme: None,
            domain: origin.authority().into(),
            label: verifier.label(chain).into(),
            address: account.address().into(),
            statement: self.0.policy.statement.as_deref().map(Cow::Borrowed),
            uri: Some(origin.as_str().into()),
            chain: chain.clone(),
            chain_text: Some(chain.reference().into()),
            nonce: nonce.into(),
            issued_at: Some(DateTime::at(issued_at)),
            expiration_time: None, // the record holds the challenge's expiry
            not_before: None,
            request_id: None,
            resources: (!ask.resources.is_empty())
                .then(|| ask.resources.iter().map(Cow::from).collect()),
        };
        let text = sign_in.compose();
        match verifier.parse(&text) {
            Ok(read) if read == sign_in => Ok(text),
            Ok(_) => Err(Code::RequestMalformed.into()),
            Err(error) => Err(Error::with_source(Code::RequestMalformed, error)),
        }
    }
}

/// Whether a text could list these.
fn check_resources(resources: &[String]) -> Result<(), Error> {
    let count = parse::cap_resources(resources.len());
    let each = resources
        .iter()
        .try_for_each(|uri| parse::read_uri(uri).map(drop));
    count.and(each).map_err(|error| match error.code() {
        Code::MessageTooLarge => error.into(),
        _ => Error::with_source(Code::RequestMalformed, error),
    })
}

const NONCE_LENGTH: usize = 24;
