//! What the engine asks of the outside world: one trait each, with its contract.
//!
//! Every contract line is a case of a conformance suite in `countersign-testkit`.

pub(crate) mod attach;
pub(crate) mod events;
pub(crate) mod gate;
pub(crate) mod limits;
pub(crate) mod nonces;
pub(crate) mod registry;
pub(crate) mod sessions;
pub(crate) mod tokens;
pub(crate) mod verifier;
pub(crate) mod wallet;
