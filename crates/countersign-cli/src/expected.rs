//! What a text is held to.

use countersign::{ChainId, Timestamp};

use crate::site::Site;

/// What a server would expect of the text. What is not given is not checked, and the report says so.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The site: of domain and URI.
    pub site: Option<Site>,
    /// The nonce that was given out.
    pub nonce: Option<String>,
    /// The one chain that is served.
    pub chain: Option<ChainId>,
    /// The instant of the check.
    pub at: Timestamp,
    /// A node of the text's chain, to ask its contracts; not read without the feature
    /// `contract-wallets`.
    pub rpc: Option<String>,
}

impl Expected {
    /// Nothing but an instant.
    pub fn at(at: Timestamp) -> Self {
        Self {
            site: None,
            nonce: None,
            chain: None,
            at,
            rpc: None,
        }
    }
}
