//! The other side of a sign-in: a key that answers challenges.

use std::fmt::Debug;

use crate::caip::ChainId;

/// A key that signs sign-in texts as the wallets of its chain do: for tools and for tests.
pub trait Wallet: Debug + Send + Sync {
    /// The chain it signs in on.
    fn chain(&self) -> &ChainId;

    /// Its address, in the canonical text of the chain.
    fn address(&self) -> String;

    /// The signature over `message`, in the bytes that its chain's wallets hand out.
    fn sign(&self, message: &str) -> Vec<u8>;
}
