//! ERC-6492: signatures of wallets that are not deployed yet.

use alloy_primitives::Bytes;
use alloy_sol_types::SolValue;

use super::{abi, reader::Call};
use crate::address::Address;

/// What an ERC-6492 signature wraps: how the wallet would be deployed, and its own signature.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    factory: Address,
    deployment: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Wrapped {
    /// Whether a signature ends with the suffix of ERC-6492.
    pub(crate) fn is_in(signature: &[u8]) -> bool {
        signature.ends_with(&SUFFIX)
    }

    /// Reads `abi.encode(factory, deployment, signature) ‖ suffix`.
    pub(crate) fn read(signature: &[u8]) -> Option<Self> {
        let encoded = signature.strip_suffix(&SUFFIX)?;
        let (factory, deployment, signature) =
            <(alloy_primitives::Address, Bytes, Bytes)>::abi_decode_params_validate(encoded)
                .ok()?;
        Some(Self {
            factory: Address::from(factory.into_array()),
            deployment: deployment.into(),
            signature: signature.into(),
        })
    }

    /// One simulated call that deploys the wallet and then asks it. It returns the magic word if the
    /// wallet agrees, and nothing if it does not, cannot be deployed, or fails: so whatever contracts
    /// do, it is never mistaken for trouble with the chain.
    pub(crate) fn simulation(&self, account: Address, digest: &[u8; 32]) -> Call {
        let question = abi::is_valid_signature(digest, &self.signature);
        let program = program(self.factory, account, self.deployment.len(), question.len());
        Call {
            to: None,
            data: [&*program, &*self.deployment, &*question].concat(),
        }
    }
}

/// The code that runs, followed in the call's data by the deployment and the question.
fn program(factory: Address, account: Address, deployment: usize, question: usize) -> Vec<u8> {
    let mut code = Program(Vec::with_capacity(PROGRAM_LENGTH));
    // memory: deployment ‖ question
    code.push_length(deployment + question);
    code.push_length(PROGRAM_LENGTH);
    code.push_length(0);
    code.op(CODECOPY);
    // factory.call(deployment)
    code.push_length(0);
    code.push_length(0);
    code.push_length(deployment);
    code.push_length(0);
    code.push_length(0);
    code.push_address(factory);
    code.op(GAS);
    code.op(CALL);
    code.fail_if_zero();
    // Is there a wallet now?
    code.push_address(account);
    code.op(EXTCODESIZE);
    code.fail_if_zero();
    // account.staticcall(question)
    code.push_length(0);
    code.push_length(0);
    code.push_length(question);
    code.push_length(deployment);
    code.push_address(account);
    code.op(GAS);
    code.op(STATICCALL);
    code.fail_if_zero();
    // Exactly one word…
    code.op(RETURNDATASIZE);
    code.push_length(32);
    code.op(EQ);
    code.fail_if_zero();
    code.push_length(32);
    code.push_length(0);
    code.push_length(0);
    code.op(RETURNDATACOPY);
    // … and the right one.
    code.push_length(0);
    code.op(MLOAD);
    code.push_word(&abi::MAGIC);
    code.op(EQ);
    code.fail_if_zero();
    code.push_length(32);
    code.push_length(0);
    code.op(RETURN);
    debug_assert_eq!(code.0.len(), FAILURE);
    code.op(JUMPDEST);
    code.push_length(0);
    code.push_length(0);
    code.op(RETURN);
    debug_assert_eq!(code.0.len(), PROGRAM_LENGTH);
    code.0
}

/// EVM code that is being written. All lengths are pushed as four bytes, so that its own length
/// stands beforehand.
struct Program(Vec<u8>);

impl Program {
    fn op(&mut self, op: u8) {
        self.0.push(op);
    }

    fn push_length(&mut self, length: usize) {
        let length = u32::try_from(length).expect("a signature is at most 16 KiB");
        self.0.push(PUSH4);
        self.0.extend(length.to_be_bytes());
    }

    fn push_address(&mut self, address: Address) {
        self.0.push(PUSH20);
        self.0.extend(address.as_bytes());
    }

    fn push_word(&mut self, word: &[u8; 32]) {
        self.0.push(PUSH32);
        self.0.extend(word);
    }

    fn fail_if_zero(&mut self) {
        self.op(ISZERO);
        self.push_length(FAILURE);
        self.op(JUMPI);
    }
}

const PUSH4: u8 = 0x63;
const PUSH20: u8 = 0x73;
const PUSH32: u8 = 0x7f;
const EQ: u8 = 0x14;
const ISZERO: u8 = 0x15;
const CODECOPY: u8 = 0x39;
const EXTCODESIZE: u8 = 0x3b;
const RETURNDATASIZE: u8 = 0x3d;
const RETURNDATACOPY: u8 = 0x3e;
const MLOAD: u8 = 0x51;
const JUMPI: u8 = 0x57;
const GAS: u8 = 0x5a;
const JUMPDEST: u8 = 0x5b;
const CALL: u8 = 0xf1;
const RETURN: u8 = 0xf3;
const STATICCALL: u8 = 0xfa;

/// Where the program ends without a word.
const FAILURE: usize = 238;
const PROGRAM_LENGTH: usize = FAILURE + 12;

/// `6492`, sixteen times.
const SUFFIX: [u8; 32] = {
    let mut suffix = [0x64; 32];
    let mut place = 1;
    while place < 32 {
        suffix[place] = 0x92;
        place += 2;
    }
    suffix
};
