//! The functions of contracts that are called, and what their answers must be to count.

use alloy_sol_types::{SolCall, SolValue, sol};

use super::reader::Answer;
use crate::address::Address;

sol! {
    // ERC-1271
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    // DelegateRegistry
    function delegation(address delegator, bytes32 id) external view returns (address);
    // ENS: the registry, and resolvers (ERC-137, ERC-181, ERC-634)
    function resolver(bytes32 node) external view returns (address);
    function addr(bytes32 node) external view returns (address);
    function name(bytes32 node) external view returns (string);
    function text(bytes32 node, string key) external view returns (string);
}

/// The input of `isValidSignature`.
pub(crate) fn is_valid_signature(digest: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    isValidSignatureCall {
        hash: digest.into(),
        signature: signature.to_vec().into(),
    }
    .abi_encode()
}

/// Whether a contract said that the signature is its own: one word, the magic value and zeros, and
/// nothing else. The magic value is the function's selector, so an echo begins with it too.
pub(crate) fn agrees(answer: &Answer) -> bool {
    *answer == Answer::Returned(MAGIC.to_vec())
}

/// The input of the registry's `delegation`.
pub(crate) fn delegation(delegator: Address, id: [u8; 32]) -> Vec<u8> {
    delegationCall {
        delegator: delegator.as_bytes().into(),
        id: id.into(),
    }
    .abi_encode()
}

/// The input of the ENS registry's `resolver`.
pub(crate) fn resolver(node: [u8; 32]) -> Vec<u8> {
    resolverCall { node: node.into() }.abi_encode()
}

/// The input of a resolver's `addr`.
pub(crate) fn addr(node: [u8; 32]) -> Vec<u8> {
    addrCall { node: node.into() }.abi_encode()
}

/// The input of a resolver's `name`.
pub(crate) fn name(node: [u8; 32]) -> Vec<u8> {
    nameCall { node: node.into() }.abi_encode()
}

/// The input of a resolver's `text`.
pub(crate) fn text(node: [u8; 32], key: &str) -> Vec<u8> {
    textCall {
        node: node.into(),
        key: key.to_owned(),
    }
    .abi_encode()
}

/// The one address that was returned, if it is one and not zero.
pub(crate) fn read_address(answer: &Answer) -> Option<Address> {
    let Answer::Returned(data) = answer else {
        return None;
    };
    let (padding, bytes) = data.split_first_chunk::<12>()?;
    let address = Address::from(<[u8; 20]>::try_from(bytes).ok()?);
    (*padding == [0; 12] && *address.as_bytes() != [0; 20]).then_some(address)
}

/// The one text that was returned.
pub(crate) fn read_text(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Returned(data) => <(String,)>::abi_decode_params_validate(data)
            .ok()
            .map(|(text,)| text),
        Answer::Failed => None,
    }
}

/// What `isValidSignature` returns for a good signature: its own selector, in a word of zeros.
pub(crate) const MAGIC: [u8; 32] = {
    let mut word = [0; 32];
    let selector = isValidSignatureCall::SELECTOR;
    let mut place = 0;
    while place < 4 {
        word[place] = selector[place];
        place += 1;
    }
    word
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clean_word_agrees() {
        assert_eq!(MAGIC[..4], [0x16, 0x26, 0xba, 0x7e]);
        assert!(agrees(&Answer::Returned(MAGIC.to_vec())));
        let mut dirty = MAGIC;
        dirty[31] = 1;
        let mut right_aligned = [0; 32];
        right_aligned[28..].copy_from_slice(&MAGIC[..4]);
        for other in [
            vec![],
            MAGIC[..4].to_vec(),
            MAGIC[..31].to_vec(),
            dirty.to_vec(),
            right_aligned.to_vec(),
            [MAGIC, [0; 32]].concat(),
        ] {
            assert!(!agrees(&Answer::Returned(other)));
        }
        assert!(!agrees(&Answer::Failed));
    }

    #[test]
    fn an_address_is_twenty_bytes_in_a_word_and_not_zero() {
        let mut word = vec![0; 32];
        assert_eq!(read_address(&Answer::Returned(word.clone())), None);
        word[31] = 7;
        assert!(read_address(&Answer::Returned(word.clone())).is_some());
        word[0] = 1;
        assert_eq!(read_address(&Answer::Returned(word.clone())), None);
        for length in [0, 20, 31, 33, 64] {
            assert_eq!(read_address(&Answer::Returned(vec![0; length])), None);
        }
    }
}
