//! What contracts return, and signatures wrapped as ERC-6492 says.

use std::sync::Mutex;

use countersign_core::{AccountId, ChainVerifier, Verified, VerifyError, async_trait};
use countersign_ethereum::{Address, Answer, Call, ChainReader, Ens, Ethereum, Unavailable};
use tokio::runtime::{Builder, Runtime};

use super::path;
use crate::Target;

/// The targets of this file.
pub const ALL: &[Target] = &[
    Target {
        name: "contract-answer",
        seeds: answers,
        run: answer,
    },
    Target {
        name: "erc6492-wrapper",
        seeds: wrappers,
        run: wrapper,
    },
    Target {
        name: "ens-answer",
        seeds: names,
        run: name,
    },
];

/// Only the clean word is agreement.
fn answer(input: &[u8]) -> u64 {
    let chain = Says::with_code(vec![0], vec![input.to_vec()]);
    let outcome = verify(chain, &[7; 66]);
    assert_eq!(outcome.is_ok(), *input == MAGIC, "{outcome:?}");
    path((outcome.is_ok(), input.len().min(70)))
}

fn answers() -> Vec<Vec<u8>> {
    let mut dirty = MAGIC;
    dirty[31] = 1;
    vec![
        MAGIC.to_vec(),
        MAGIC[..4].to_vec(),
        dirty.to_vec(),
        [MAGIC, [0; 32]].concat(),
        vec![],
    ]
}

/// A wrapper is read as `abi.encode(factory, deployment, signature)` or refused, and what is
/// simulated holds no more than what came.
fn wrapper(input: &[u8]) -> u64 {
    let signature = [input, &[0x64, 0x92].repeat(16)].concat();
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let chain = Says {
        asked: asked.clone(),
        ..Says::with_code(vec![], vec![MAGIC.to_vec()])
    };
    let outcome = verify(chain, &signature);
    let asked = asked.lock().expect("nobody panicked");
    match &outcome {
        Ok(verified) => {
            assert_eq!(verified.method(), "eip6492");
            let [call] = &asked[..] else {
                panic!("{} calls", asked.len());
            };
            assert_eq!(call.to, None);
            let (deployment, inner) = parts(input);
            let question = 4 + 3 * 32 + inner.len().next_multiple_of(32);
            assert_eq!(call.data.len(), PROGRAM + deployment.len() + question);
            assert_eq!(&call.data[PROGRAM..][..deployment.len()], deployment);
            assert!(call.data.ends_with(&padded(inner)));
            path((deployment.len().min(64), inner.len().min(64)))
        }
        Err(error) => {
            assert_eq!(error.code().as_str(), "signature_malformed");
            assert!(asked.is_empty());
            path(input.len().min(300))
        }
    }
}

/// The deployment and the signature, read by offsets alone.
fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    let number = |place: usize| {
        let word = &input[place..place + 32];
        assert!(word[..24].iter().all(|byte| *byte == 0));
        usize::try_from(u64::from_be_bytes(
            word[24..].try_into().expect("eight bytes"),
        ))
        .expect("an offset")
    };
    let bytes = |place: usize| {
        let start = number(place);
        &input[start + 32..][..number(start)]
    };
    (bytes(32), bytes(64))
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(32), 0);
    data
}

fn wrappers() -> Vec<Vec<u8>> {
    let word = |number: u8| {
        let mut word = [0; 32];
        word[31] = number;
        word
    };
    let [deployment, signature] = [&[5; 40][..], &[6; 65]].map(|data| {
        let length = word(u8::try_from(data.len()).expect("a short one"));
        [&length[..], &padded(data)].concat()
    });
    let second = word(96 + u8::try_from(deployment.len()).expect("a short one"));
    let whole = [&word(9)[..], &word(96), &second, &deployment, &signature].concat();
    vec![
        whole,
        [word(9), word(96), word(96), word(0)].concat(),
        vec![],
    ]
}

/// A name is of plain characters, or none.
fn name(input: &[u8]) -> u64 {
    let address = account_address();
    let mut word = [0; 32];
    word[12..].copy_from_slice(address.as_bytes());
    let (first, second) = input.split_at(input.len() / 2);
    let resolver = word.to_vec();
    let replies = [&resolver, first, &resolver, &word, second].map(<[u8]>::to_vec);
    let ens = Ens::new(Says::with_code(vec![0], replies.to_vec()));
    let found = runtime(|runtime| runtime.block_on(ens.of(&address)));
    match found {
        Some(found) => {
            let is_plain = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
            };
            assert!(found.name.bytes().all(is_plain), "{found:?}");
            let avatar = found.avatar.as_ref();
            assert!(avatar.is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_graphic())));
            path((
                found.name.len().min(64),
                avatar.map(|text| text.len().min(64)),
            ))
        }
        None => path(input.len().min(200)),
    }
}

fn names() -> Vec<Vec<u8>> {
    let text = |text: &str| {
        let mut data = vec![0; 64];
        data[31] = 32;
        data[63] = u8::try_from(text.len()).expect("a short one");
        data.extend(padded(text.as_bytes()));
        data
    };
    vec![
        [text("alice.eth"), text("ipfs://x")].concat(),
        [text("a-b_c.d.eth"), text("")].concat(),
        vec![],
    ]
}

/// A chain that says what it was told to, one reply after the other.
#[derive(Debug)]
struct Says {
    code: Vec<u8>,
    replies: Mutex<Vec<Vec<u8>>>,
    asked: std::sync::Arc<Mutex<Vec<Call>>>,
}

impl Says {
    fn with_code(code: Vec<u8>, mut replies: Vec<Vec<u8>>) -> Self {
        replies.reverse();
        Self {
            code,
            replies: Mutex::new(replies),
            asked: std::sync::Arc::default(),
        }
    }
}

#[async_trait]
impl ChainReader for Says {
    fn chain_id(&self) -> u64 {
        1
    }

    async fn code(&self, _: &Address) -> Result<Vec<u8>, Unavailable> {
        Ok(self.code.clone())
    }

    async fn call(&self, call: &Call) -> Result<Answer, Unavailable> {
        self.asked
            .lock()
            .expect("nobody panicked")
            .push(call.clone());
        let reply = self.replies.lock().expect("nobody panicked").pop();
        Ok(reply.map_or(Answer::Failed, Answer::Returned))
    }
}

fn verify(chain: Says, signature: &[u8]) -> Result<Verified, VerifyError> {
    let verifier = Ethereum::mainnet().contract_wallets(chain);
    let account = format!("eip155:1:{}", account_address());
    let account: AccountId = account.parse().expect("a CAIP-10 account");
    runtime(|runtime| runtime.block_on(verifier.verify(&account, "a text", signature)))
}

fn account_address() -> Address {
    Address::from_bytes([0xc0; 20])
}

/// One runtime for each thread.
fn runtime<T>(work: impl FnOnce(&Runtime) -> T) -> T {
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(work)
}

const MAGIC: [u8; 32] = {
    let mut word = [0; 32];
    word[0] = 0x16;
    word[1] = 0x26;
    word[2] = 0xba;
    word[3] = 0x7e;
    word
};

/// How long the code of the simulation is.
const PROGRAM: usize = 250;
