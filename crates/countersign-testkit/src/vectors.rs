//! Signed texts that real wallets made, run through a whole engine.

use countersign_core::{ChainVerifier, Context, DateTime, Error, Proof, SignedIn};
use serde_json::Value;

use crate::{Stage, planted::Planted};

/// One signed text, and what must become of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is about, in snake case.
    pub name: String,
    /// The row of the attack table that it belongs to.
    pub row: Option<String>,
    /// What the client sends.
    pub proof: Proof,
    /// `accepted`, or the code of the refusal.
    pub expect: String,
    /// All fields, as they stand in the file.
    pub fields: Value,
}

impl Case {
    /// The cases of a file: a JSON list with the fields that `tests/vectors/polkadot` describes.
    pub fn read_all(json: &str) -> Vec<Self> {
        let list: Vec<Value> = serde_json::from_str(json).unwrap();
        list.into_iter().map(Self::read).collect()
    }

    fn read(fields: Value) -> Self {
        let text = |name: &str| fields[name].as_str().unwrap().to_owned();
        let signature = text("signature");
        Self {
            name: text("name"),
            row: fields["row"].as_str().map(str::to_owned),
            proof: Proof {
                chain: None,
                message: text("message"),
                signature: hex::decode(signature.strip_prefix("0x").unwrap()).unwrap(),
            },
            expect: text("expect"),
            fields,
        }
    }

    /// A field that is a text.
    pub fn text(&self, name: &str) -> &str {
        self.fields[name].as_str().unwrap()
    }

    /// What an engine with this verifier says: it has given out the case's nonce, and its clock
    /// stands at the case's time.
    pub async fn outcome(&self, verifier: impl ChainVerifier) -> Result<SignedIn, Error> {
        let nonces = Planted::default();
        let stage = Stage::built(self.text("origin"), |builder| {
            builder.chain(verifier).nonces(nonces.clone())
        });
        let at = DateTime::parse(self.text("at")).unwrap();
        stage.clock.set(at.floor());
        nonces.plant(&stage.engine, self.text("nonce")).await;
        stage.engine.sign_in(&self.proof, &Context::token()).await
    }

    /// Runs the case.
    ///
    /// # Errors
    /// What came of it, if that is not `expect`; or whose session it is on which chain, if not
    /// the case's subject on the case's chain.
    pub async fn check(&self, verifier: impl ChainVerifier, expect: &str) -> Result<(), String> {
        let outcome = self.outcome(verifier).await;
        let code = match &outcome {
            Ok(_) => "accepted",
            Err(error) => error.code().as_str(),
        };
        if code != expect {
            return Err(format!("{}: {code}, not {expect}", self.name));
        }
        let Ok(SignedIn { session, .. }) = outcome else {
            return Ok(());
        };
        let (subject, chain) = (session.identity.subject, session.identity.account.chain());
        if subject.as_str() == self.text("subject") && chain.as_str() == self.text("chain") {
            Ok(())
        } else {
            Err(format!("{}: a session of {subject} on {chain}", self.name))
        }
    }
}
