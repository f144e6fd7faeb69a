//! Contracts by hand, and the little of the ABI that they need.

use countersign_ethereum::Address;
use sha3::{Digest, Keccak256};

/// What `isValidSignature` returns when it agrees.
pub const MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// The magic value as a word.
pub fn magic_word() -> [u8; 32] {
    let mut word = [0; 32];
    word[..4].copy_from_slice(&MAGIC);
    word
}

/// An ordinary address.
pub fn address(number: u8) -> Address {
    let mut bytes = [0xc0; 20];
    bytes[19] = number;
    Address::from_bytes(bytes)
}

/// A contract that returns these bytes to whatever it is asked.
pub fn returns(data: &[u8]) -> Vec<u8> {
    ending(data, 0xf3)
}

/// A contract that reverts with these bytes.
pub fn reverts(data: &[u8]) -> Vec<u8> {
    ending(data, 0xfd)
}

fn ending(data: &[u8], op: u8) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    // PUSH2 length, PUSH2 15, PUSH1 0, CODECOPY, PUSH2 length, PUSH1 0, RETURN or REVERT
    let mut code = vec![0x61, length[0], length[1], 0x61, 0, 15, 0x60, 0, 0x39];
    code.extend([0x61, length[0], length[1], 0x60, 0, op]);
    code.extend(data);
    code
}

/// A contract that agrees to everything.
pub fn agrees() -> Vec<u8> {
    returns(&magic_word())
}

/// What creates a contract with this code: what it returns becomes the code.
pub fn creation(code: &[u8]) -> Vec<u8> {
    returns(code)
}

/// A contract that returns its input.
pub fn echoes() -> Vec<u8> {
    hex::decode("366000600037366000f3").unwrap()
}

/// A contract that returns the first word of its input.
pub fn echoes_a_word() -> Vec<u8> {
    hex::decode("60206000600037 60206000f3".replace(' ', "")).unwrap()
}

/// A contract that returns the selector of its input, in a word.
pub fn echoes_the_selector() -> Vec<u8> {
    hex::decode("60046000600037 60206000f3".replace(' ', "")).unwrap()
}

/// A contract that never ends.
pub fn loops() -> Vec<u8> {
    hex::decode("5b600056").unwrap()
}

/// A contract that returns a mebibyte of zeros.
pub fn returns_a_mebibyte() -> Vec<u8> {
    hex::decode("621000006000f3").unwrap()
}

/// A contract that calls itself with all its gas, again and again.
pub fn recurses() -> Vec<u8> {
    hex::decode("60006000600060006000305af100").unwrap()
}

/// A contract that destroys itself.
pub fn destroys_itself() -> Vec<u8> {
    hex::decode("33ff").unwrap()
}

/// A contract that does what no contract can.
pub fn is_invalid() -> Vec<u8> {
    vec![0xfe]
}

/// A contract that agrees while the first word of its storage is not zero.
pub fn agrees_while_set() -> Vec<u8> {
    // PUSH1 0, SLOAD, PUSH1 9, JUMPI, PUSH1 0, DUP1, REVERT, JUMPDEST; then MSTORE the magic word
    let mut code = hex::decode("600054600a5760006000fd5b7f").unwrap();
    // the jump goes to the JUMPDEST at 11
    code[4] = 11;
    code.extend(magic_word());
    code.extend(hex::decode("60005260206000f3").unwrap());
    code
}

/// What stands for the DelegateRegistry: `delegation(delegator, id)` is the word that is stored
/// under the digest of both.
pub fn registry() -> Vec<u8> {
    hex::decode("60406004600037 6040600020 54 600052 60206000f3".replace(' ', "")).unwrap()
}

/// Where the [`registry`] keeps the delegate of a delegator.
pub fn delegation_slot(delegator: &Address, delegate: &Address) -> [u8; 32] {
    let id = Keccak256::digest(format!("siwe{delegate}"));
    Keccak256::new()
        .chain_update(word(delegator))
        .chain_update(id)
        .finalize()
        .into()
}

/// An address as a word.
pub fn word(address: &Address) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(address.as_bytes());
    word
}

/// A number as a word.
pub fn number(number: usize) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&(number as u64).to_be_bytes());
    word
}

/// An ERC-6492 signature: `abi.encode(factory, deployment, signature)` and the suffix.
pub fn wrapped(factory: &Address, deployment: &[u8], signature: &[u8]) -> Vec<u8> {
    let padded = |data: &[u8]| {
        let mut bytes = [&number(data.len())[..], data].concat();
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes
    };
    let deployment = padded(deployment);
    let mut bytes = word(factory).to_vec();
    bytes.extend(number(96));
    bytes.extend(number(96 + deployment.len()));
    bytes.extend(deployment);
    bytes.extend(padded(signature));
    bytes.extend([0x64, 0x92].repeat(16));
    bytes
}

/// The deployer that stands on every chain: its input is a salt and a creation code.
pub fn deployer() -> Address {
    "0x4e59b44847b379578588920cA78FbF26c0B4956C"
        .parse()
        .unwrap()
}

/// What the [`deployer`] is given, and the address that comes of it (EIP-1014).
pub fn deployment(creation: &[u8]) -> (Vec<u8>, Address) {
    let salt = [7; 32];
    let digest = Keccak256::new()
        .chain_update([0xff])
        .chain_update(deployer().as_bytes())
        .chain_update(salt)
        .chain_update(Keccak256::digest(creation))
        .finalize();
    let address = <[u8; 20]>::try_from(&digest[12..]).unwrap();
    ([&salt[..], creation].concat(), address.into())
}

/// A contract that returns other data for each selector, and nothing for all others.
pub fn by_selector(cases: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let start = cases.len() * CASE + 2;
    let (mut code, mut data) = (Vec::new(), Vec::new());
    for (number, (selector, answer)) in cases.iter().enumerate() {
        let short = |number: usize| u16::try_from(number).unwrap().to_be_bytes();
        let length = short(answer.len());
        // JUMPDEST; selector of the input, PUSH4
        code.extend([0x5b, 0x60, 0, 0x35, 0x60, 0xe0, 0x1c, 0x63]);
        code.extend(selector);
        // EQ, ISZERO, PUSH2 next case, JUMPI
        code.extend([0x14, 0x15, 0x61]);
        code.extend(short((number + 1) * CASE));
        code.push(0x57);
        // PUSH2 length, PUSH2 place, PUSH1 0, CODECOPY, PUSH2 length, PUSH1 0, RETURN
        code.push(0x61);
        code.extend(length);
        code.push(0x61);
        code.extend(short(start + data.len()));
        code.extend([0x60, 0, 0x39, 0x61]);
        code.extend(length);
        code.extend([0x60, 0, 0xf3]);
        assert_eq!(code.len(), (number + 1) * CASE);
        data.extend(answer);
    }
    // JUMPDEST, STOP
    code.extend([0x5b, 0]);
    [code, data].concat()
}

/// The length of one case of [`by_selector`].
const CASE: usize = 8 + 4 + 3 + 2 + 1 + 3 + 3 + 3 + 1 + 2 + 3;

/// A text, as a function returns it.
pub fn text(text: &str) -> Vec<u8> {
    let mut data = [number(32), number(text.len())].concat();
    data.extend(text.as_bytes());
    data.resize(data.len().next_multiple_of(32), 0);
    data
}
