//! Asking the chain again: sessions that hold only as long as a contract agrees.

use super::Engine;
use crate::{
    error::{Code, Error, StoreError},
    event::Event,
    session::Session,
    time::Timestamp,
};

impl Engine {
    /// Whether the session may go on; one that may not is ended. What must be true for it is asked
    /// of the chain now, and the answer noted in the session, which the caller writes.
    ///
    /// # Errors
    /// `chain_unavailable`: the session stays, and nobody knows more.
    pub(super) async fn confirm(
        &self,
        session: &mut Session,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Some(standing) = &mut session.standing else {
            return Ok(true);
        };
        let account = &session.identity.account;
        // A chain that is no longer served cannot be asked either.
        let verifier = self.0.verifiers.of_chain(account.chain());
        let verifier = verifier.map_err(|_| Code::ChainUnavailable)?;
        if verifier.still_holds(account, &standing.evidence).await? {
            standing.confirmed_at = now;
            return Ok(true);
        }
        self.0.sessions.remove(&session.id).await?;
        self.0.events.record(&Event::StandingLost {
            session: self.handle(&session.id),
        });
        Ok(false)
    }

    /// The same for a session in use, if the time for it has come. `refused` is what the client is
    /// told if the session ends here.
    pub(super) async fn confirm_if_due(
        &self,
        session: Session,
        now: Timestamp,
        refused: Code,
    ) -> Result<Session, Error> {
        let (Some(period), Some(standing)) = (self.0.recheck_every, &session.standing) else {
            return Ok(session);
        };
        if now.since(standing.confirmed_at) < period {
            return Ok(session);
        }
        let mut confirmed = session.clone();
        if !self.confirm(&mut confirmed, now).await? {
            return Err(refused.into());
        }
        confirmed.version += 1;
        match self.0.sessions.replace(&confirmed).await {
            Ok(()) => Ok(confirmed),
            Err(StoreError::Conflict) => Ok(session), // another request noted it, or it is gone
            Err(error) => Err(error.into()),
        }
    }
}
