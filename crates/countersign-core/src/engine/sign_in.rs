//! Answering: a signed text becomes a session, or nothing at all.

use std::{collections::BTreeMap, time::Duration};

use serde_json::from_slice;

use super::{Durability, Engine, tokens::Tokens};
use crate::{
    caip::AccountId,
    challenge::{ChallengeRecord, Context, Proof},
    error::{Code, Error, StoreError},
    event::Event,
    identity::Identity,
    origin::Origin,
    ports::{
        nonces::OneTime,
        verifier::{ChainVerifier, Verified},
    },
    secret::{RefreshSeed, SessionToken, one_time_key},
    session::{RefreshState, Session, SessionKind, Standing},
    sign_in::SignIn,
    time::Timestamp,
};

/// Who signed, and what must go on being true on the chain, if anything must.
#[derive(Debug, Clone)]
pub struct Proved {
    /// Who.
    pub identity: Identity,
    /// What a session of theirs stands on.
    pub standing: Option<Standing>,
}

/// Somebody signed in: the session, and the token for the client.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What was written.
    pub session: Session,
    /// What the client carries from now on, if `tokens` is not there.
    pub token: SessionToken,
    /// What a program carries instead, if the engine has a token issuer.
    pub tokens: Option<Tokens>,
}

impl Engine {
    /// Turns a proof into a session.
    ///
    /// The order: size → origin → rate → strict parse and round trip → domain, URI, chain, times
    /// (no store is touched by garbage) → the nonce is taken, once and for all → its record is
    /// compared → the signature is checked → the gate → the session is written. A nonce burnt by a
    /// bad signature is the cheaper error; a crash after the claim means "sign again", never
    /// "accepted twice".
    ///
    /// # Errors
    /// Any code of the sign-in; see the list in `docs/protocol.md`.
    pub async fn sign_in(&self, proof: &Proof, context: &Context) -> Result<SignedIn, Error> {
        let mut claimed = None;
        let result = self.try_sign_in(proof, context, &mut claimed).await;
        match &result {
            Ok(signed_in) => self.0.events.record(&Event::SignedIn {
                identity: signed_in.session.identity.clone(),
                credential: signed_in.session.kind,
                session: self.handle(&signed_in.session.id),
            }),
            Err(error) => {
                self.0.events.record(&Event::SignInRefused {
                    code: error.code(),
                    claimed,
                });
            }
        }
        result
    }

    /// Who signed, by the same rules and in the same order, without a session: for a flow that makes
    /// something else of it, such as an authorization code.
    ///
    /// # Errors
    /// Those of [`sign_in`](Self::sign_in).
    pub async fn prove(&self, proof: &Proof, context: &Context) -> Result<Proved, Error> {
        let mut claimed = None;
        let result = self.identify(proof, context, &mut claimed).await;
        if let Err(error) = &result {
            self.0.events.record(&Event::SignInRefused {
                code: error.code(),
                claimed,
            });
        }
        let (identity, standing, _) = result?;
        Ok(Proved { identity, standing })
    }

    async fn try_sign_in(
        &self,
        proof: &Proof,
        context: &Context,
        claimed: &mut Option<AccountId>,
    ) -> Result<SignedIn, Error> {
        let (identity, standing, stated) = self.identify(proof, context, claimed).await?;
        let now = identity.authenticated_at;
        self.begin_session(identity, standing, stated, context, now)
            .await
    }

    /// What the application keeps with a new session.
    pub(super) async fn attached(
        &self,
        identity: &Identity,
    ) -> Result<BTreeMap<String, serde_json::Value>, Error> {
        let mut data = BTreeMap::new();
        for attach in &self.0.attach {
            let more = attach.data(identity).await;
            data.extend(more.map_err(|e| Error::with_source(Code::PluginError, e))?);
        }
        Ok(data)
    }

    /// Who signed, what that stands on, and the end that the text states.
    async fn identify(
        &self,
        proof: &Proof,
        context: &Context,
        claimed: &mut Option<AccountId>,
    ) -> Result<(Identity, Option<Standing>, Option<Timestamp>), Error> {
        if proof.signature.len() > MAX_SIGNATURE {
            return Err(Code::SignatureMalformed.into());
        }
        if let Some(origin) = &context.origin {
            self.admit_origin(origin)?;
        }
        self.spend("verify", self.0.limits.verify, context.client)
            .await?;

        let (verifier, sign_in) =
            self.0
                .verifiers
                .read(&proof.message, proof.chain.as_ref(), context.dialect.forms)?;
        let is_served = verifier.chains().contains(&sign_in.chain);
        if is_served {
            *claimed = Some(verifier.account(&sign_in.chain, &sign_in.address)?);
        }
        self.0
            .policy
            .check_site(&sign_in, context.origin.as_ref(), context.dialect)?;
        let account = claimed.clone().ok_or(Code::ChainNotAllowed)?;
        self.0.policy.times.check(&sign_in, self.now())?;

        self.claim(&sign_in, &account, context).await?;
        let verified = prove(&**verifier, &account, proof).await?;
        let now = self.now();
        let identity = Identity {
            subject: verified.subject().clone(),
            account,
            method: verified.method().to_owned(),
            authenticated_at: now,
            delegate: verified.delegate().cloned(),
        };
        let standing = verified.evidence().map(|evidence| Standing {
            evidence: evidence.to_owned(),
            confirmed_at: now,
        });
        match self.0.gate.admit(&identity).await {
            Ok(true) => {}
            Ok(false) => return Err(Code::NotAdmitted.into()),
            Err(error) => return Err(Error::with_source(Code::NotAdmitted, error)),
        }
        let stated = sign_in.expiration_time.as_ref().map(|end| end.floor());
        Ok((identity, standing, stated))
    }

    /// Takes the nonce, whatever comes of it, and compares the record with what came.
    async fn claim(
        &self,
        sign_in: &SignIn<'_>,
        account: &AccountId,
        context: &Context,
    ) -> Result<(), Error> {
        if context.dialect.client_nonces && is_uuid(&sign_in.nonce) {
            return self.mark(sign_in, account, context).await;
        }
        let key = one_time_key(&context.purpose, &sign_in.nonce);
        let taken = self
            .0
            .nonces
            .consume(&key)
            .await?
            .ok_or(Code::NonceInvalid)?;
        // A record that cannot be read is as good as none, and it is gone.
        let record: ChallengeRecord<'_> = from_slice(&taken.payload)
            .map_err(|source| Error::with_source(Code::NonceInvalid, source))?;

        match (&record.binding, context.credential, &context.binding) {
            (None, SessionKind::Token, _) => {}
            (Some(digest), SessionKind::Cookie, Some(binding)) if digest.matches(binding) => {}
            _ => return Err(Code::NonceInvalid.into()),
        }
        if self.now() >= taken.expires_at {
            let owner = record.binding.is_some();
            return Err(if owner {
                Code::ChallengeExpired
            } else {
                Code::NonceInvalid
            }
            .into());
        }
        // Domain and URI are checked once more, against the one origin that asked.
        let asked_by = |origin: &&Origin| origin.as_str() == record.origin;
        let origin = self.origins().iter().find(asked_by);
        let origin = origin.ok_or(Code::OriginRejected)?;
        self.0
            .policy
            .check_site(sign_in, Some(origin), context.dialect)?;
        if context.origin.as_ref().is_some_and(|from| from != origin) {
            return Err(Code::OriginRejected.into());
        }
        if record.chain.is_some_and(|it| it != sign_in.chain.as_str()) {
            return Err(Code::ChainNotAllowed.into());
        }
        if record.address.is_some_and(|it| it != account.address()) {
            return Err(Code::AddressMismatch.into());
        }
        Ok(())
    }

    /// Accepts a nonce that the client made, by a mark that it was used: the first to leave it wins.
    /// The mark outlives the text, so a store that loses nothing knows of every text that is not
    /// over.
    async fn mark(
        &self,
        sign_in: &SignIn<'_>,
        account: &AccountId,
        context: &Context,
    ) -> Result<(), Error> {
        let end = sign_in.expiration_time.as_ref().map(|end| end.floor());
        let end = end.filter(|end| *end <= self.now() + MOST_AHEAD);
        let keeps = self.0.durability == Durability::Durable;
        let end = match end {
            Some(end) if keeps && context.credential == SessionKind::Token => end,
            _ => return Err(Code::NonceInvalid.into()),
        };
        let used = format!("{} {}", sign_in.nonce, account);
        let mark = OneTime {
            key: one_time_key(&format!("{} used", context.purpose), &used),
            payload: Vec::new(),
            expires_at: end + CLOCKS_APART,
        };
        match self.0.nonces.issue(&mark).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict) => Err(Code::NonceInvalid.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the new session under an id of its own and ends the client's old one.
    async fn begin_session(
        &self,
        identity: Identity,
        standing: Option<Standing>,
        stated: Option<Timestamp>,
        context: &Context,
        now: Timestamp,
    ) -> Result<SignedIn, Error> {
        let lifetimes = self.0.policy.lifetimes;
        let (idle_until, expires_at) = match context.credential {
            SessionKind::Cookie => {
                let absolute = now + lifetimes.cookie_absolute;
                // Another system's text may end with its challenge; that says nothing of sessions.
                let stated = stated.filter(|_| context.dialect.forms.is_none());
                let end = stated.map_or(absolute, |stated| stated.min(absolute));
                (end.min(now + lifetimes.cookie_idle), end)
            }
            SessionKind::Token => {
                let end = now + lifetimes.token_absolute;
                (end, end)
            }
        };
        let mut data = context.data.clone();
        data.extend(self.attached(&identity).await?);
        let issues = context.credential == SessionKind::Token && self.issues_tokens();
        let token = SessionToken::generate(&identity.subject);
        let session = Session {
            id: token.id(),
            identity,
            kind: context.credential,
            version: 0,
            created_at: now,
            last_seen: now,
            idle_until,
            expires_at,
            refresh: issues.then(|| RefreshState {
                seed: RefreshSeed::generate(),
                count: 0,
                rotated_at: now,
            }),
            grant: None,
            standing,
            data,
        };
        let tokens = match issues {
            true => Some(Box::pin(self.mint(&session, now, None)).await?),
            false => None,
        };
        self.0.sessions.insert(&session).await?;
        if let Some(previous) = &context.previous
            && let Err(error) = self.0.sessions.remove(&previous.id()).await
        {
            // Both or neither: the client hears of no new session while the old one may live.
            let _ = self.0.sessions.remove(&session.id).await;
            return Err(error.into());
        }
        Ok(SignedIn {
            session,
            token,
            tokens,
        })
    }
}

/// Asks the verifier, and believes it only about the account it was asked about.
async fn prove(
    verifier: &dyn ChainVerifier,
    account: &AccountId,
    proof: &Proof,
) -> Result<Verified, Error> {
    let verified = verifier
        .verify(account, &proof.message, &proof.signature)
        .await?;
    let about_another = verified.account() != account
        || verified.subject().namespace() != account.chain().namespace();
    if about_another {
        return Err(Code::PluginError.into());
    }
    Ok(verified)
}

/// Whether this is a random UUID (RFC 9562 section 5.4), as clients make one for a nonce. The
/// engine's own nonces have no dashes.
fn is_uuid(nonce: &str) -> bool {
    let groups: Vec<_> = nonce.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12])
        && groups[2].starts_with('4')
        && groups[3].starts_with(['8', '9', 'a', 'b', 'A', 'B'])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// How far ahead a text with a nonce of the client's may end.
const MOST_AHEAD: Duration = Duration::from_secs(10 * 60);

/// How far the clocks of nodes may be apart, at most.
const CLOCKS_APART: Duration = Duration::from_secs(2 * 60);

/// The longest signature, in bytes.
const MAX_SIGNATURE: usize = 16 * 1024;
