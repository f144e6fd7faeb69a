//! A challenge: what is asked for, what is answered, and what the store keeps of it.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    caip::ChainId,
    origin::Origin,
    secret::{Binding, BindingDigest, SessionToken},
    session::SessionKind,
    sign_in::TextDialect,
    time::Timestamp,
};

/// The purpose of an ordinary sign-in. A nonce asked for one purpose is unknown to every other.
pub const SIGN_IN: &str = "sign-in";

/// What a challenge is asked for.
///
/// Without a [binding](Self::bound_to) the challenge is good for tokens only; with one, for a
/// cookie session of that browser only.
///
/// ```
/// use countersign_core::Ask;
///
/// let ask = Ask::chain("eip155:1".parse().unwrap())
///     .account("0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A");
/// # let _ = ask;
/// ```
#[derive(Debug, Clone)]
pub struct Ask {
    pub(crate) chain: Option<ChainId>,
    pub(crate) account: Option<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) origin: Option<Origin>,
    pub(crate) client: Option<IpAddr>,
    pub(crate) binding: Option<Binding>,
    pub(crate) purpose: Cow<'static, str>,
}

impl Ask {
    /// A challenge that any chain of the engine may answer.
    pub fn any_chain() -> Self {
        Self {
            chain: None,
            account: None,
            resources: Vec::new(),
            origin: None,
            client: None,
            binding: None,
            purpose: SIGN_IN.into(),
        }
    }

    /// A challenge for one chain.
    pub fn chain(chain: ChainId) -> Self {
        Self {
            chain: Some(chain),
            ..Self::any_chain()
        }
    }

    /// For this one account, by its address; then the answer holds the exact text to sign.
    #[must_use]
    pub fn account(mut self, address: impl Into<String>) -> Self {
        self.account = Some(address.into());
        self
    }

    /// URIs to be listed in the text.
    #[must_use]
    pub fn resources(mut self, resources: Vec<String>) -> Self {
        self.resources = resources;
        self
    }

    /// From a page of this origin; without, the engine's main origin counts.
    #[must_use]
    pub fn from_origin(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    /// By a client at this address, for the rate limit; without, all such clients share one quota.
    #[must_use]
    pub fn client(mut self, client: Option<IpAddr>) -> Self {
        self.client = client;
        self
    }

    /// By this browser.
    #[must_use]
    pub fn bound_to(mut self, binding: Binding) -> Self {
        self.binding = Some(binding);
        self
    }

    /// For another purpose than [`SIGN_IN`].
    #[must_use]
    pub fn purpose(mut self, purpose: impl Into<Cow<'static, str>>) -> Self {
        self.purpose = purpose.into();
        self
    }
}

/// The answer to an [`Ask`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Challenge {
    /// 24 letters and digits.
    pub nonce: String,
    /// What the text's domain must be.
    pub domain: String,
    /// What the text's URI must be, or begin with.
    pub uri: String,
    /// The chain asked for.
    pub chain: Option<ChainId>,
    /// The statement that a composed text carries.
    pub statement: Option<String>,
    /// When it was made; the text's `Issued At`.
    pub issued_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// The exact text to sign, if the account was named.
    pub message: Option<String>,
}

/// What a client hands in: the text as it was signed, and the signature. Never a set of fields.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Confirms the chain that the text names; without, the text alone decides.
    pub chain: Option<ChainId>,
    /// The signed text, byte for byte.
    pub message: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

/// Where a [`Proof`] comes from and what it is to become.
#[derive(Debug, Clone)]
pub struct Context {
    /// The origin of the page that sent it, if the client said so.
    pub origin: Option<Origin>,
    /// The address of the client, for the rate limit.
    pub client: Option<IpAddr>,
    /// The binding that the browser sent along.
    pub binding: Option<Binding>,
    /// What the session is to be carried by.
    pub credential: SessionKind,
    /// What the challenge was asked for.
    pub purpose: Cow<'static, str>,
    /// How the text may name the site; [`TextDialect::SITE`] but for endpoints of another system.
    pub dialect: TextDialect,
    /// The session that the client held until now: it ends, whoever signs in.
    pub previous: Option<SessionToken>,
    /// What the endpoints keep with the session; what the application attaches comes before it.
    pub data: BTreeMap<String, Value>,
}

impl Context {
    /// A program that wants a token.
    pub fn token() -> Self {
        Self {
            origin: None,
            client: None,
            binding: None,
            credential: SessionKind::Token,
            purpose: SIGN_IN.into(),
            dialect: TextDialect::SITE,
            previous: None,
            data: BTreeMap::new(),
        }
    }

    /// A browser that wants a cookie, with the binding it sent.
    pub fn cookie(binding: Option<Binding>) -> Self {
        Self {
            binding,
            credential: SessionKind::Cookie,
            ..Self::token()
        }
    }
}

/// What the nonce store keeps of a challenge: names in their canonical texts, which are compared and
/// need not be parsed again.
///
/// Records once held the whole account under the name `account`. The address has that name now, so
/// while nodes of both kinds share a store each refuses the other's, and none overlooks an account. For
/// the same reason a record with a field that nobody here knows is refused: it may be a restriction.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengeRecord<'a> {
    pub(crate) chain: Option<&'a str>,
    #[serde(rename = "account")]
    pub(crate) address: Option<&'a str>,
    pub(crate) origin: &'a str,
    pub(crate) binding: Option<BindingDigest>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::AccountId;

    #[test]
    fn a_record_of_the_older_form_does_not_lose_its_account() {
        let older = r#"{"chain":"test:1","account":"test:1:alice","origin":"https://a.example","binding":null}"#;
        let record: ChallengeRecord<'_> = serde_json::from_str(older).unwrap();
        assert_eq!(record.address, Some("test:1:alice")); // the address of nobody
    }

    #[test]
    fn whoever_reads_the_older_form_does_not_lose_the_account() {
        #[derive(Debug, Deserialize)]
        struct Older {
            #[serde(rename = "account")]
            _account: Option<AccountId>,
        }
        let record = ChallengeRecord {
            chain: Some("test:1"),
            address: Some("alice"),
            origin: "https://app.example",
            binding: None,
        };
        let text = serde_json::to_string(&record).unwrap();
        assert!(serde_json::from_str::<Older>(&text).is_err());
    }

    #[test]
    fn a_record_with_a_restriction_that_nobody_knows_is_refused() {
        let newer =
            r#"{"chain":null,"account":null,"origin":"https://a.example","binding":null,"only":1}"#;
        assert!(serde_json::from_str::<ChallengeRecord<'_>>(newer).is_err());
    }
}
