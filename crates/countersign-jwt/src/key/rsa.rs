//! RS256 by aws-lc-rs: RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518 section 3.3).

use std::sync::Arc;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeyPairComponents, KeySize, PublicKeyComponents},
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use jsonwebtoken::{
    Algorithm,
    crypto::{JwtSigner, JwtVerifier},
    signature::{Error, Signer, Verifier},
};
use p256::pkcs8::{
    ObjectIdentifier, PrivateKeyInfoRef,
    der::{Decode, Reader, SliceReader, asn1::UintRef},
};
use zeroize::Zeroizing;

/// An RSA key, prepared.
#[derive(Clone)]
pub(crate) struct Rsa(Arc<Prepared>);

struct Prepared {
    pair: KeyPair,
    public: ParsedPublicKey,
    numbers: Numbers,
}

/// The numbers of a key, big-endian and without leading zeros: `n`, `e`, then the secret `d`, `p`,
/// `q`, `dp`, `dq`, `qi`, as [`NAMES`] has them.
pub(crate) type Numbers = [Zeroizing<Vec<u8>>; NAMES.len()];

/// The members of an RSA key in a JSON Web Key (RFC 7518 section 6.3).
pub(crate) const NAMES: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

impl Rsa {
    /// A fresh key of 2048 bits.
    pub(crate) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("the system gives randomness");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key has an encoding");
        let key = numbers(der.as_ref()).and_then(Self::of);
        key.expect("a fresh key can be read")
    }

    /// A key in PKCS#8 (RFC 8017 inside), of 2048 bits or more.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        Self::of(numbers(der)?)
    }

    /// A key of these numbers, if they agree with each other.
    pub(crate) fn of(numbers: Numbers) -> Option<Self> {
        let [n, e, d, p, q, dp, dq, qi] = numbers.each_ref().map(|number| number.as_slice());
        let public = PublicKeyComponents { n, e };
        let components = KeyPairComponents {
            public_key: public,
            d,
            p,
            q,
            dP: dp,
            dQ: dq,
            qInv: qi,
        };
        let pair = KeyPair::from_components(&components).ok()?;
        let parsed = public.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
        Some(Self(Arc::new(Prepared {
            pair,
            public: parsed.ok()?,
            numbers,
        })))
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.0.numbers
    }
}

impl Signer<Vec<u8>> for Rsa {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let pair = &self.0.pair;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        )
        .map_err(|_| Error::new())?;
        Ok(signature)
    }
}

impl Verifier<Vec<u8>> for Rsa {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let verified = self.0.public.verify_sig(message, signature);
        verified.map_err(|_| Error::new())
    }
}

impl JwtSigner for Rsa {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

impl JwtVerifier for Rsa {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

/// The numbers of an `RSAPrivateKey` (RFC 8017 appendix A.1.2) of two primes inside PKCS#8.
fn numbers(der: &[u8]) -> Option<Numbers> {
    let info = PrivateKeyInfoRef::try_from(der).ok()?;
    if info.algorithm.oid != RSA_ENCRYPTION {
        return None;
    }
    let mut reader = SliceReader::new(info.private_key.as_bytes()).ok()?;
    let read = reader.sequence(|members| {
        let version = u8::decode(members)?;
        let mut numbers = Numbers::default();
        for number in &mut numbers {
            number.extend_from_slice(UintRef::decode(members)?.as_bytes());
        }
        Ok::<_, p256::pkcs8::der::Error>((version, numbers))
    });
    reader.finish().ok()?;
    read.ok()
        .filter(|(version, _)| *version == 0)
        .map(|(_, numbers)| numbers)
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
