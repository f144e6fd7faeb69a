//! Contract wallets: an address on one chain.

use countersign_core::{ChainId, Code, Error, FromSession, Identity, Session, Subject, Timestamp};

use crate::address::Address;

/// A contract wallet that signed in. Its owners may differ from chain to chain, so the address alone
/// names nobody: the chain belongs to it.
///
/// ```
/// use countersign_core::{AccountId, Identity, Subject, Timestamp};
/// use countersign_ethereum::{Address, ContractAccount};
///
/// let account: AccountId = "eip155:10:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse().unwrap();
/// let identity = Identity {
///     subject: Subject::on_chain(&account),
///     method: "eip1271".to_owned(),
///     authenticated_at: Timestamp::from_secs(0),
///     account,
///     delegate: None,
/// };
/// let wallet = ContractAccount::of(&identity).unwrap();
/// assert_eq!(wallet.chain.as_str(), "eip155:10");
/// assert_eq!(Address::of(&identity), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContractAccount {
    /// The one chain.
    pub chain: ChainId,
    /// The address there.
    pub address: Address,
}

impl ContractAccount {
    /// The contract wallet that signed in; `None` for keys and for accounts of other namespaces.
    pub fn of(identity: &Identity) -> Option<Self> {
        let account = &identity.account;
        let on_chain = identity.subject == Subject::on_chain(account);
        let ours = on_chain && account.chain().namespace() == "eip155";
        ours.then(|| {
            Some(Self {
                chain: account.chain().clone(),
                address: account.address().parse().ok()?,
            })
        })
        .flatten()
    }
}

/// For guards of applications that serve contract wallets alone; keys are `not_admitted`.
impl FromSession for ContractAccount {
    fn from_session(session: Session, _: Timestamp) -> Result<Self, Error> {
        Self::of(&session.identity).ok_or_else(|| Code::NotAdmitted.into())
    }
}
