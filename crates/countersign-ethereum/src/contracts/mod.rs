//! Contract wallets: signatures that a contract on the chain says are its own (ERC-1271), also of
//! wallets that are not deployed yet (ERC-6492), and those of registered delegates.

mod abi;
mod delegates;
mod ens;
mod evidence;
mod reader;
mod wrapper;

use std::{sync::Arc, time::Duration};

use countersign_core::{AccountId, Code, Verified, VerifyError};

use crate::{address::Address, signature::recover};
use evidence::Evidence;
use wrapper::Wrapped;

pub use delegates::DELEGATE_REGISTRY;
pub use ens::{ENS_REGISTRY, Ens, EnsName};
pub use reader::{Answer, Call, ChainReader, Unavailable};

/// The contract path of one chain.
#[derive(Debug, Clone)]
pub(crate) struct ContractPath {
    pub(crate) reader: Arc<dyn ChainReader>,
}

impl ContractPath {
    /// Decides about a signature, in this order:
    ///
    /// 1. with the suffix of ERC-6492: by the contract alone;
    /// 2. made by the account's own key: good, and the chain is not asked;
    /// 3. anything else: by the contract, if there is one;
    /// 4. made by the account's delegate, if the server takes delegates.
    ///
    /// What the chain decides is bounded: by the gas of a call, and by [`DEADLINE`] in all.
    pub(crate) async fn verify(
        &self,
        account: &AccountId,
        address: Address,
        digest: &[u8; 32],
        signature: &[u8],
        takes_delegates: bool,
    ) -> Result<Verified, VerifyError> {
        let signer = match Wrapped::is_in(signature) {
            true => None,
            false => recover(digest, signature).ok(),
        };
        if signer == Some(address) {
            return Ok(Verified::key(account, "eip191"));
        }
        let decide = async {
            let invalid = match self.ask(address, digest, signature).await {
                Ok(method) => {
                    let evidence = Evidence::Signature {
                        digest: *digest,
                        signature: signature.to_vec(),
                    };
                    let verified = Verified::on_chain(account, method);
                    return Ok(verified.with_evidence(evidence.to_string()));
                }
                Err(refusal) => refusal,
            };
            match signer {
                Some(signer) if takes_delegates && invalid.code() == Code::InvalidSignature => {
                    self.by_delegate(account, address, signer).await
                }
                _ => Err(invalid),
            }
        };
        within_deadline(decide).await
    }

    /// Whether what was once proved still holds.
    pub(crate) async fn still_holds(
        &self,
        address: Address,
        evidence: &str,
        takes_delegates: bool,
    ) -> Result<bool, VerifyError> {
        let decide = async {
            let outcome = match evidence.parse() {
                Ok(Evidence::Signature { digest, signature }) => {
                    self.ask(address, &digest, &signature).await.map(drop)
                }
                Ok(Evidence::Delegate(delegate)) => {
                    return Ok(takes_delegates && self.is_delegate(address, delegate).await?);
                }
                Err(_) => return Ok(false),
            };
            match outcome {
                Err(error) if error.code() == Code::ChainUnavailable => Err(error),
                other => Ok(other.is_ok()),
            }
        };
        within_deadline(decide).await
    }

    /// Asks the contract at an address, or the one that would be there; says by which rules it
    /// agreed.
    async fn ask(
        &self,
        address: Address,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<&'static str, VerifyError> {
        let wrapped = match Wrapped::is_in(signature) {
            true => Some(Wrapped::read(signature).ok_or_else(|| {
                VerifyError::signature("the signature is not wrapped as ERC-6492 says")
            })?),
            false => None,
        };
        let code = self
            .reader
            .code(&address)
            .await
            .map_err(VerifyError::unavailable)?;
        let (call, method) = match &wrapped {
            Some(wrapped) if code.is_empty() => (wrapped.simulation(address, digest), "eip6492"),
            // Whoever is deployed is asked directly: what is wrapped around is not run.
            _ => {
                let inner = wrapped
                    .as_ref()
                    .map_or(signature, |wrapped| &wrapped.signature);
                (direct(address, digest, inner), "eip1271")
            }
        };
        let is_there = match code.is_empty() {
            true => wrapped.is_some(), // it may be, once it is deployed
            false => runs(&code),
        };
        if is_there && abi::agrees(&self.call(&call).await?) {
            Ok(method)
        } else {
            Err(VerifyError::bad_signature())
        }
    }

    async fn call(&self, call: &Call) -> Result<Answer, VerifyError> {
        self.reader
            .call(call)
            .await
            .map_err(VerifyError::unavailable)
    }
}

/// `isValidSignature` at the address.
fn direct(address: Address, digest: &[u8; 32], signature: &[u8]) -> Call {
    Call {
        to: Some(address),
        data: abi::is_valid_signature(digest, signature),
    }
}

/// Whether code is there to run: not if there is none, and not if an account delegates to nobody or
/// to a precompiled contract (EIP-7702).
fn runs(code: &[u8]) -> bool {
    match code.strip_prefix(&DELEGATION) {
        Some(target) => {
            <[u8; 20]>::try_from(target).is_ok_and(|target| !Address::from(target).is_reserved())
        }
        None => !code.is_empty(),
    }
}

async fn within_deadline<T>(
    decide: impl Future<Output = Result<T, VerifyError>>,
) -> Result<T, VerifyError> {
    match tokio::time::timeout(DEADLINE, decide).await {
        Ok(outcome) => outcome,
        Err(elapsed) => Err(VerifyError::unavailable(elapsed)),
    }
}

/// What the code of an account begins with that delegates to a contract (EIP-7702).
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

/// How long the chain may take over one signature, all calls together.
const DEADLINE: Duration = Duration::from_millis(2_500);
