//! What the programs of this package share: the siwe crate's reading of a proof.

use serde::Deserialize;
use siwe::{Message, VerificationOpts};

/// A text and its signature in hex.
#[derive(Deserialize)]
pub struct Proof {
    message: String,
    signature: String,
}

impl Proof {
    /// The address in hex, if the text carries the nonce and the signature is its account's.
    pub async fn address(&self, nonce: Option<&str>) -> Option<String> {
        let message: Message = self.message.parse().ok()?;
        let signature = hex::decode(self.signature.trim_start_matches("0x")).ok()?;
        let options = VerificationOpts {
            domain: Some("app.example".parse().ok()?),
            nonce: Some(nonce?.to_owned()),
            ..VerificationOpts::default()
        };
        message.verify(&signature, &options).await.ok()?;
        Some(hex::encode(message.address))
    }
}

/// The program's one word.
pub fn port() -> u16 {
    std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("a port")
}
