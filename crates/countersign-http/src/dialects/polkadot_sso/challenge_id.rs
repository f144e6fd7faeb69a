//! The name of a challenge: it says to its owner, and to nobody else, that it is over.
//!
//! `random . expiry . seal`, where the seal is the engine's over all that and the browser that the
//! challenge is for, if it is for one. So a used challenge is known again without a list of what was
//! used; and another browser cannot even spend it.

use std::time::Duration;

use countersign_core::{Binding, Code, Engine, Error, Timestamp};

/// A challenge of ours that is in time, for whoever presents it.
pub(super) struct ChallengeId<'a> {
    /// The key of its record.
    pub(super) value: &'a str,
    /// Whether it is for the browser that presents it; else for whoever knows it.
    pub(super) is_bound: bool,
}

/// A fresh one.
pub(super) fn issue(
    engine: &Engine,
    expires_at: Timestamp,
    binding: Option<&Binding>,
) -> (String, String) {
    let value = engine.fresh_value();
    let named = format!("{value}.{}", expires_at.as_millis());
    let seal = engine.seal(PURPOSE, &sealed(&named, binding));
    (format!("{named}.{seal}"), value)
}

impl<'a> ChallengeId<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// `nonce_invalid` for one that is not ours, or another browser's; `challenge_expired`.
    pub(super) fn read(
        engine: &Engine,
        text: &'a str,
        binding: Option<&Binding>,
    ) -> Result<Self, Error> {
        let (named, seal) = text.rsplit_once('.').ok_or(Code::NonceInvalid)?;
        let (value, expiry) = named.split_once('.').ok_or(Code::NonceInvalid)?;
        let is_for = |binding| engine.is_sealed(PURPOSE, &sealed(named, binding), seal);
        let is_bound = binding.is_some() && is_for(binding);
        if !is_bound && !is_for(None) {
            return Err(Code::NonceInvalid.into());
        }
        let expiry: i64 = expiry.parse().map_err(|_| Code::NonceInvalid)?;
        if engine.now().as_millis() >= expiry {
            return Err(Code::ChallengeExpired.into());
        }
        Ok(Self { value, is_bound })
    }
}

fn sealed(named: &str, binding: Option<&Binding>) -> String {
    let binding = binding.map(Binding::expose).unwrap_or_default();
    format!("{named}.{binding}")
}

/// How long people have to sign.
pub(super) const LIFETIME: Duration = Duration::from_secs(5 * 60);

const PURPOSE: &str = "polkadot sso challenge id";
