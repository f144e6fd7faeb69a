//! What happened, for logs, metrics and the application's own records.

use crate::{caip::AccountId, error::Code, identity::Identity, session::SessionKind};

/// Something that happened in the engine. Never holds a secret, a token or a signature.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A challenge was given out.
    ChallengeIssued {
        /// What it is good for.
        credential: SessionKind,
    },
    /// Somebody signed in.
    SignedIn {
        /// Who.
        identity: Identity,
        /// What carries the session.
        credential: SessionKind,
        /// The public handle of the session.
        session: String,
    },
    /// A sign-in was refused.
    SignInRefused {
        /// Why.
        code: Code,
        /// The account that the text named, if it got that far. It is a claim, not a proof.
        claimed: Option<AccountId>,
    },
    /// A client spent its quota. Where that refuses a proof, a `SignInRefused` follows.
    LimitReached {
        /// Of what, such as `challenge`, `verify` or `token`.
        flow: &'static str,
    },
    /// A session went on: a new pair of tokens was given out.
    Refreshed {
        /// The public handle of the session.
        session: String,
    },
    /// A refresh token was used again after its grace time: it was stolen, or its holder's state
    /// was. The session was ended.
    RefreshReplayed {
        /// The public handle of the session.
        session: String,
    },
    /// The chain no longer agrees to what it agreed to at sign-in: an owner of a contract wallet
    /// was removed, or a delegate. The session was ended.
    StandingLost {
        /// The public handle of the session.
        session: String,
    },
    /// A session was ended by its holder.
    SignedOut {
        /// The public handle of the session.
        session: String,
    },
    /// All sessions of a subject were ended.
    SignedOutEverywhere {
        /// The subject's text.
        subject: String,
        /// How many there were.
        sessions: u64,
    },
}
