//! Delegates: keys that a contract registered to sign in for it.

use countersign_core::{AccountId, Verified, VerifyError};
use sha3::{Digest, Keccak256};

use super::{ContractPath, abi, evidence::Evidence, reader::Call, runs};
use crate::address::Address;

impl ContractPath {
    /// Signs the contract in if `signer` is its registered delegate.
    pub(super) async fn by_delegate(
        &self,
        account: &AccountId,
        contract: Address,
        signer: Address,
    ) -> Result<Verified, VerifyError> {
        if !self.is_delegate(contract, signer).await? {
            return Err(VerifyError::bad_signature());
        }
        let delegate = AccountId::canonical(account.chain(), &signer.to_string())
            .map_err(|e| VerifyError::address("not a CAIP-10 address").with_source(e))?;
        Ok(Verified::on_chain(account, "delegate")
            .by_delegate(delegate)
            .with_evidence(Evidence::Delegate(signer).to_string()))
    }

    /// Whether the registry names `signer` at this block. Its mapping is read, not its events.
    pub(super) async fn is_delegate(
        &self,
        contract: Address,
        signer: Address,
    ) -> Result<bool, VerifyError> {
        let code = self
            .reader
            .code(&contract)
            .await
            .map_err(VerifyError::unavailable)?;
        if !runs(&code) || signer.is_reserved() {
            return Ok(false);
        }
        let registered = self
            .call(&Call {
                to: Some(DELEGATE_REGISTRY),
                data: abi::delegation(contract, purpose(signer)),
            })
            .await?;
        Ok(abi::read_address(&registered) == Some(signer))
    }
}

/// The id under which a delegate for sign-in is registered: Keccak-256 of `siwe` and the delegate's
/// address with its checksum, as SSX has it.
fn purpose(delegate: Address) -> [u8; 32] {
    Keccak256::digest(format!("siwe{delegate}")).into()
}

/// The `DelegateRegistry` of Gnosis, at the same address on every chain that has it.
pub const DELEGATE_REGISTRY: Address = Address::from_bytes([
    0x46, 0x97, 0x88, 0xfe, 0x6e, 0x9e, 0x96, 0x81, 0xc6, 0xeb, 0xf3, 0xbf, 0x78, 0xe7, 0xfd, 0x26,
    0xfc, 0x01, 0x54, 0x46,
]);
