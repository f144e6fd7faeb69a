//! The port of chains.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{
    caip::{AccountId, ChainId},
    error::VerifyError,
    identity::Subject,
    sign_in::{SignIn, TextProfile},
};

/// What one chain family adds: names, wording, signatures. Never policy.
///
/// Domain, URI, chain, nonce, times, round trip and browser binding are checked once, in the
/// engine, for all chains: the author of a verifier cannot forget the nonce.
///
/// # Contract
/// - `chains` and `labels` never change; one chain and one label belong to one verifier.
/// - `parse` is strict: for every text it accepts, [`SignIn::compose`] gives the same text back.
/// - `account` is total, idempotent and canonical: two spellings of one account give one
///   [`AccountId`], and its address is accepted again and stays the same.
/// - `verify` proves exactly the account it was given, over the bytes of `message` as they are.
/// - `verify` does no I/O unless the signature needs the chain. Trouble with the chain is
///   [`VerifyError::unavailable`], never [`VerifyError::bad_signature`], and never success.
/// - A wrong curve, a wrong key and garbage of the right length are one answer.
/// - Keys for which anybody can forge signatures are refused.
/// - What holds only as long as the chain agrees comes [with evidence](Verified::with_evidence);
///   `still_holds` then asks the chain again, with nothing else in hand.
/// - `verify` and `still_holds` may be cancelled at any await: they write nothing.
///
/// A complete verifier in 60 lines is `examples/custom-chain`.
#[async_trait]
pub trait ChainVerifier: Debug + Send + Sync + 'static {
    /// The CAIP-2 namespace, such as `eip155`.
    fn namespace(&self) -> &str;

    /// The chains it serves.
    fn chains(&self) -> &[ChainId];

    /// The word for a chain in the first line of a text: `Ethereum` in `… with your Ethereum
    /// account:`.
    fn label(&self, chain: &ChainId) -> &str;

    /// All words its texts use; the engine picks the verifier by them.
    fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<_> = self
            .chains()
            .iter()
            .map(|chain| self.label(chain))
            .collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// The form of text that is composed for a chain, and the one that `parse` reads.
    fn profile(&self) -> &'static TextProfile {
        &TextProfile::CAIP122
    }

    /// Reads a text. The chain comes from the text; one that is not served is for the engine to
    /// refuse.
    ///
    /// # Errors
    /// `message_malformed`, `message_too_large`, `unsupported_version`.
    fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, VerifyError> {
        self.profile().parse(message, |label, name| {
            let chain = self.chain_named(name?)?;
            let is_served = self.chains().contains(&chain);
            (self.labels().contains(&label) && (!is_served || self.label(&chain) == label))
                .then_some(chain)
        })
    }

    /// The chain that a `Chain ID` line names: by its CAIP-2 reference, or by its whole name.
    /// Override it where texts use aliases too. `None` says that no chain of the namespace can be
    /// called so.
    fn chain_named(&self, name: &str) -> Option<ChainId> {
        name.parse()
            .or_else(|_| ChainId::new(self.namespace(), name))
            .ok()
            .filter(|chain: &ChainId| chain.namespace() == self.namespace())
    }

    /// The canonical account behind an address.
    ///
    /// # Errors
    /// `address_invalid`.
    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError>;

    /// Checks that the holder of `account` signed `message`. The account is one that
    /// [`account`](Self::account) gave: whether its address is canonical need not be checked again.
    ///
    /// # Errors
    /// `signature_malformed`, `invalid_signature`, `weak_key`, `chain_unavailable`.
    async fn verify(
        &self,
        account: &AccountId,
        message: &str,
        signature: &[u8],
    ) -> Result<Verified, VerifyError>;

    /// Whether what `evidence` proved at sign-in still holds. Only asked about sessions whose proof
    /// came [with evidence](Verified::with_evidence); a key's signature needs none.
    ///
    /// # Errors
    /// `chain_unavailable`.
    async fn still_holds(&self, account: &AccountId, evidence: &str) -> Result<bool, VerifyError> {
        let _ = (account, evidence);
        Err(VerifyError::unavailable("this verifier cannot ask again"))
    }

    /// Whether signatures may be much longer than a key's, as those of contract wallets are. The
    /// HTTP layer then takes larger bodies.
    fn takes_long_signatures(&self) -> bool {
        false
    }
}

/// A verifier that several hold together is one.
#[async_trait]
impl<V: ChainVerifier + ?Sized> ChainVerifier for Arc<V> {
    fn namespace(&self) -> &str {
        (**self).namespace()
    }

    fn chains(&self) -> &[ChainId] {
        (**self).chains()
    }

    fn label(&self, chain: &ChainId) -> &str {
        (**self).label(chain)
    }

    fn labels(&self) -> Vec<&str> {
        (**self).labels()
    }

    fn profile(&self) -> &'static TextProfile {
        (**self).profile()
    }

    fn parse<'a>(&self, message: &'a str) -> Result<SignIn<'a>, VerifyError> {
        (**self).parse(message)
    }

    fn chain_named(&self, name: &str) -> Option<ChainId> {
        (**self).chain_named(name)
    }

    fn account(&self, chain: &ChainId, address: &str) -> Result<AccountId, VerifyError> {
        (**self).account(chain, address)
    }

    async fn verify(
        &self,
        account: &AccountId,
        message: &str,
        signature: &[u8],
    ) -> Result<Verified, VerifyError> {
        (**self).verify(account, message, signature).await
    }

    async fn still_holds(&self, account: &AccountId, evidence: &str) -> Result<bool, VerifyError> {
        (**self).still_holds(account, evidence).await
    }

    fn takes_long_signatures(&self) -> bool {
        (**self).takes_long_signatures()
    }
}

/// A proof that holds. A session needs one, and only a verifier's success makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    account: AccountId,
    subject: Subject,
    method: &'static str,
    delegate: Option<AccountId>,
    evidence: Option<String>,
}

impl Verified {
    /// The holder of the key behind `account` signed; the address itself is the key's one text.
    pub fn key(account: &AccountId, method: &'static str) -> Self {
        Self {
            account: account.clone(),
            subject: Subject::key(account),
            method,
            delegate: None,
            evidence: None,
        }
    }

    /// The holder of the key signed, and the key has one text for all chains: `key`.
    ///
    /// # Errors
    /// `address_invalid` if `key` cannot be part of a CAIP-10 name.
    pub fn key_as(
        account: &AccountId,
        key: &str,
        method: &'static str,
    ) -> Result<Self, VerifyError> {
        let subject = Subject::key_as(account.chain().namespace(), key)
            .map_err(|e| VerifyError::address("the key has no CAIP-10 text").with_source(e))?;
        Ok(Self {
            account: account.clone(),
            subject,
            method,
            delegate: None,
            evidence: None,
        })
    }

    /// The account on its one chain agreed, as a contract does.
    pub fn on_chain(account: &AccountId, method: &'static str) -> Self {
        Self {
            account: account.clone(),
            subject: Subject::on_chain(account),
            method,
            delegate: None,
            evidence: None,
        }
    }

    /// It was this account's key that signed, as the registered delegate of the one that was
    /// proved.
    #[must_use]
    pub fn by_delegate(mut self, delegate: AccountId) -> Self {
        self.delegate = Some(delegate);
        self
    }

    /// It holds only as long as the chain agrees: `evidence` is what
    /// [`still_holds`](ChainVerifier::still_holds) needs to ask again. It is kept with the session,
    /// so it must open nothing.
    #[must_use]
    pub fn with_evidence(mut self, evidence: String) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// The account that was proved.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Who it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// How it was proved.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Whose key signed, where that is another.
    pub fn delegate(&self) -> Option<&AccountId> {
        self.delegate.as_ref()
    }

    /// What is needed to ask the chain again.
    pub fn evidence(&self) -> Option<&str> {
        self.evidence.as_deref()
    }
}
