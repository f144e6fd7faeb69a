//! The port of events.

use std::fmt::Debug;

use crate::{error::Code, event::Event};

/// Takes note of what happens. It must not block and cannot fail.
pub trait EventSink: Debug + Send + Sync + 'static {
    /// Takes note.
    fn record(&self, event: &Event);
}

/// Writes events to the log by `tracing`, under the target `countersign`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingEvents;

impl EventSink for TracingEvents {
    fn record(&self, event: &Event) {
        match event {
            Event::ChallengeIssued { credential } => {
                tracing::debug!(target: "countersign", ?credential, "challenge issued");
            }
            Event::SignedIn {
                identity,
                credential,
                session,
            } => tracing::info!(
                target: "countersign", subject = %identity.subject, account = %identity.account,
                method = %identity.method, ?credential, session, "signed in",
            ),
            Event::SignInRefused {
                code: Code::RateLimited,
                ..
            } => tracing::debug!(target: "countersign", "sign-in over the quota"),
            Event::SignInRefused { code, claimed } => {
                let claimed = claimed.as_ref().map(tracing::field::display);
                tracing::info!(target: "countersign", %code, claimed, "sign-in refused");
            }
            Event::Refreshed { session } => {
                tracing::debug!(target: "countersign", session, "refreshed");
            }
            Event::RefreshReplayed { session } => {
                tracing::warn!(target: "countersign", session, "refresh token replayed, session ended");
            }
            Event::StandingLost { session } => {
                tracing::info!(target: "countersign", session, "the chain no longer agrees, session ended");
            }
            Event::SignedOut { session } => {
                tracing::info!(target: "countersign", session, "signed out");
            }
            Event::SignedOutEverywhere { subject, sessions } => {
                tracing::info!(target: "countersign", subject, sessions, "signed out everywhere");
            }
        }
    }
}
