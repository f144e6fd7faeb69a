//! The account of somebody who signed in, for guards and handlers.

use std::fmt;

use countersign_core::{Code, Error, FromSession, Identity, Session, Subject, Timestamp};

use crate::{NAMESPACE, accounts::Account, ss58::GENERIC};

/// The account of a key on Polkadot, Kusama and all other Substrate networks: the same on each of
/// them. Its text is the subject's: SS58 with the generic prefix 42, or EIP-55 where the account
/// has 20 bytes.
///
/// ```
/// use countersign_core::{Identity, Subject, Timestamp};
/// use countersign_polkadot::PolkadotAccount;
///
/// let identity = Identity {
///     subject: "polkadot:5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".parse().unwrap(),
///     account: "polkadot:91b171bb158e2d3848fa23a9f1c25182:15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"
///         .parse()
///         .unwrap(),
///     method: "sr25519".to_owned(),
///     authenticated_at: Timestamp::from_secs(0),
///     delegate: None,
/// };
/// let alice = PolkadotAccount::of(&identity).unwrap();
/// assert_eq!(alice.to_string(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
/// assert_eq!(alice.ss58(0).unwrap(), identity.account.address());
/// assert_eq!(alice.as_bytes().len(), 32);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PolkadotAccount(Account);

impl PolkadotAccount {
    /// The account whose key signed in; `None` for other chains.
    pub fn of(identity: &Identity) -> Option<Self> {
        let subject = identity.subject.as_str().strip_prefix(NAMESPACE)?;
        let text = subject.strip_prefix(':')?;
        Account::parse(text, &[GENERIC]).map(Self)
    }

    /// The 32 bytes of the account, or the 20 of an Ethereum-type one.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Account::Id32(bytes) => bytes,
            Account::Id20(bytes) => bytes,
        }
    }

    /// Its text with the prefix of a network; `None` for an account of 20 bytes, and for a prefix
    /// that SS58 reserves.
    pub fn ss58(&self, prefix: u16) -> Option<String> {
        match &self.0 {
            Account::Id32(bytes) => crate::ss58::encode(prefix, bytes).ok(),
            Account::Id20(_) => None,
        }
    }

    /// The subject that it signs in as, on whatever network.
    pub fn subject(&self) -> Subject {
        Subject::key_as(NAMESPACE, &self.to_string()).expect("an account's text is a key's")
    }
}

/// For guards: the account whose key signed in.
impl FromSession for PolkadotAccount {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Self::of(&session.identity).ok_or_else(|| Code::NotAdmitted.into())
    }
}

impl fmt::Display for PolkadotAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.text(GENERIC);
        f.write_str(&text.expect("the generic prefix is not reserved"))
    }
}

impl fmt::Debug for PolkadotAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolkadotAccount({self})")
    }
}
