//! What is kept with a session, to ask the chain again.

use std::{fmt, str::FromStr};

use crate::address::Address;

/// What the chain agreed to at sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The contract took this signature of this digest.
    Signature {
        digest: [u8; 32],
        signature: Vec<u8>,
    },
    /// The contract had registered this delegate.
    Delegate(Address),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature { digest, signature } => {
                write!(
                    f,
                    "signature {} {}",
                    hex::encode(digest),
                    hex::encode(signature)
                )
            }
            Self::Delegate(address) => write!(f, "delegate {address}"),
        }
    }
}

/// A text that is no evidence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoEvidence;

impl FromStr for Evidence {
    type Err = NoEvidence;

    fn from_str(text: &str) -> Result<Self, NoEvidence> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(NoEvidence);
        let evidence = match word()? {
            "signature" => {
                let mut digest = [0; 32];
                hex::decode_to_slice(word()?, &mut digest).map_err(|_| NoEvidence)?;
                let signature = hex::decode(word()?).map_err(|_| NoEvidence)?;
                Self::Signature { digest, signature }
            }
            "delegate" => Self::Delegate(word()?.parse().map_err(|_| NoEvidence)?),
            _ => return Err(NoEvidence),
        };
        word().is_err().then_some(evidence).ok_or(NoEvidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_reads_back() {
        let of = |signature: &[u8]| Evidence::Signature {
            digest: [7; 32],
            signature: signature.to_vec(),
        };
        for evidence in [of(&[1; 130]), of(&[]), Evidence::Delegate([9; 20].into())] {
            assert_eq!(evidence.to_string().parse(), Ok(evidence));
        }
        for text in [
            "",
            "signature",
            "signature 00 00",
            "delegate",
            "delegate x",
            "key 1",
        ] {
            assert_eq!(text.parse::<Evidence>(), Err(NoEvidence), "{text}");
        }
    }
}
