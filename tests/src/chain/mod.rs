//! A real chain on this machine, hostile contracts on it, and a node that lies.

pub mod evm;
mod node;

use std::{net::SocketAddr, path::PathBuf, process::Stdio};

use countersign_core::{ChainId, Wallet};
use countersign_ethereum::{Address, Rpc};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{npm::npm_ci, root};

pub use node::{Mood, Node};

/// A private chain: foundry's anvil for x86-64, which npm installs. It ends with this value.
#[derive(Debug)]
pub struct Chain {
    /// Where it listens.
    pub address: SocketAddr,
    _process: Child,
}

/// The EIP-155 number of every [`Chain`].
pub const CHAIN_ID: u64 = 31_337;

impl Chain {
    /// Starts a chain on a free port.
    pub async fn start() -> Self {
        npm_ci(&clients()).await;
        let mut process = Command::new(anvil())
            .args(["--host", "127.0.0.1", "--port", "0"])
            .args(["--chain-id", &CHAIN_ID.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("anvil ended");
            if let Some(address) = line.strip_prefix("Listening on ") {
                break address.parse().unwrap();
            }
        };
        // Whoever stops reading stops anvil.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            address,
            _process: process,
        }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A reader of it.
    pub async fn rpc(&self) -> Rpc {
        let builder = Rpc::builder(CHAIN_ID).endpoint(self.url());
        builder.connect().await.unwrap()
    }

    /// Asks it anything; the result.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = node::forward(self.address, question.to_string().into()).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Puts code at the address of a number.
    pub async fn contract(&self, number: u8, code: &[u8]) -> Account {
        let account = Account::at(evm::address(number));
        self.put(&account.address, code).await;
        account
    }

    /// Puts code at an address.
    pub async fn put(&self, address: &Address, code: &[u8]) {
        let code = format!("0x{}", hex::encode(code));
        self.ask("anvil_setCode", json!([address.to_string(), code]))
            .await;
    }

    /// Puts a word into a contract's storage.
    pub async fn store(&self, address: &Address, slot: [u8; 32], word: [u8; 32]) {
        let [slot, word] = [slot, word].map(|bytes| format!("0x{}", hex::encode(bytes)));
        self.ask(
            "anvil_setStorageAt",
            json!([address.to_string(), slot, word]),
        )
        .await;
    }
}

/// The folder of the scripts that use a chain.
pub fn clients() -> PathBuf {
    root().join("tests/clients/contract-wallets")
}

fn anvil() -> PathBuf {
    clients().join("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
}

/// An account without a key, that "signs" with whatever bytes it was given.
#[derive(Debug, Clone)]
pub struct Account {
    chain: ChainId,
    /// Its address.
    pub address: Address,
    /// What it hands in as a signature.
    pub signature: Vec<u8>,
}

impl Account {
    /// The account at an address of the [`Chain`].
    pub fn at(address: Address) -> Self {
        Self {
            chain: format!("eip155:{CHAIN_ID}").parse().unwrap(),
            address,
            signature: vec![0xab; 65],
        }
    }

    /// The same on another chain.
    #[must_use]
    pub fn on(mut self, id: u64) -> Self {
        self.chain = format!("eip155:{id}").parse().unwrap();
        self
    }

    /// The same with another signature.
    #[must_use]
    pub fn signing(mut self, signature: impl Into<Vec<u8>>) -> Self {
        self.signature = signature.into();
        self
    }
}

impl Wallet for Account {
    fn chain(&self) -> &ChainId {
        &self.chain
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    fn sign(&self, _: &str) -> Vec<u8> {
        self.signature.clone()
    }
}
