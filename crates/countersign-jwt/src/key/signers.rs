//! The cryptography behind `jsonwebtoken`'s signer traits: keys are prepared once, not per token.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm,
    crypto::{JwtSigner, JwtVerifier},
    signature::{Error, Signer, Verifier},
};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use sha2::Sha256;

/// EdDSA over Curve25519 (RFC 8037).
#[derive(Clone)]
pub(crate) struct Ed25519(pub(crate) ed25519_dalek::SigningKey);

impl Signer<Vec<u8>> for Ed25519 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Ed25519 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let signature = ed25519_dalek::Signature::from_slice(signature)?;
        self.0.verifying_key().verify_strict(message, &signature)
    }
}

impl JwtSigner for Ed25519 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

impl JwtVerifier for Ed25519 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

/// ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4).
#[derive(Clone)]
pub(crate) struct P256(pub(crate) p256::ecdsa::SigningKey);

impl Signer<Vec<u8>> for P256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: p256::ecdsa::Signature = self.0.sign(message);
        Ok(signature.to_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for P256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| Error::new())?;
        let key = self.0.verifying_key();
        key.verify(message, &signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for P256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

impl JwtVerifier for P256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

/// ECDSA over secp256k1 with SHA-256 (RFC 8812 section 3.2), which `jsonwebtoken` has no name for.
#[derive(Clone)]
pub(crate) struct Secp256k1(pub(crate) k256::ecdsa::SigningKey);

impl Signer<Vec<u8>> for Secp256k1 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: k256::ecdsa::Signature = self.0.sign(message);
        Ok(signature.normalize_s().to_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Secp256k1 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let signature = k256::ecdsa::Signature::from_slice(signature).map_err(|_| Error::new())?;
        // One signature, one text: the twin with a high S is refused.
        if signature.normalize_s() != signature {
            return Err(Error::new());
        }
        let verified = self.0.verifying_key().verify(message, &signature);
        verified.map_err(|_| Error::new())
    }
}

/// HMAC with SHA-256 (RFC 7518 section 3.2).
#[derive(Clone)]
pub(crate) struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }

    pub(crate) fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac
    }
}

impl Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.mac(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        // Compares in constant time.
        let mac = self.mac(message);
        mac.verify_slice(signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
