//! The bare `jsonwebtoken` calls, with a provider over the same crates as `countersign-jwt`, made
//! like the provider `rust_crypto` that it comes with: keys are read at each call. RS256 is by its
//! own provider `aws_lc`.

use countersign_core::Claims;
use countersign_jwt::Algorithm as Ours;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils, aws_lc},
    signature::{Error, Signer, Verifier},
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// One key for `encode` and `decode`.
pub(crate) struct Yardstick {
    header: Header,
    private: EncodingKey,
    public: DecodingKey,
    validation: Validation,
}

/// The same claims as ours.
#[derive(Serialize, Deserialize)]
pub(crate) struct Bare {
    iss: String,
    sub: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
    client_id: String,
    auth_time: i64,
    amr: Vec<String>,
    account: String,
}

/// Makes the provider the process's own.
pub(crate) fn install() {
    PROVIDER.install_default().expect("nobody asked before");
}

impl Yardstick {
    pub(crate) fn new(algorithm: Ours, secret: &[u8; 32], issuer: &str) -> Self {
        let (algorithm, private, public) = match algorithm {
            Ours::EdDsa => {
                let key = ed25519_dalek::SigningKey::from_bytes(secret);
                let public = DecodingKey::from_ed_der(key.verifying_key().as_bytes());
                (Algorithm::EdDSA, EncodingKey::from_ed_der(secret), public)
            }
            Ours::Es256 => {
                let key = p256::ecdsa::SigningKey::from_slice(secret).expect("a scalar");
                let point = key.verifying_key().to_sec1_point(false);
                let public = DecodingKey::from_ec_der(point.as_bytes());
                (Algorithm::ES256, EncodingKey::from_ec_der(secret), public)
            }
            _ => (
                Algorithm::HS256,
                EncodingKey::from_secret(secret),
                DecodingKey::from_secret(secret),
            ),
        };
        Self::with(algorithm, private, public, issuer)
    }

    /// RS256, with an `RSAPrivateKey` (RFC 8017) and its public numbers.
    pub(crate) fn rsa(der: &[u8], n: &[u8], e: &[u8], issuer: &str) -> Self {
        let private = EncodingKey::from_rsa_der(der);
        let public = DecodingKey::from_rsa_raw_components(n, e);
        Self::with(Algorithm::RS256, private, public, issuer)
    }

    fn with(algorithm: Algorithm, private: EncodingKey, public: DecodingKey, issuer: &str) -> Self {
        let mut header = Header::new(algorithm);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some("a".repeat(43));
        let mut validation = Validation::new(algorithm);
        validation.validate_nbf = true;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        Self {
            header,
            private,
            public,
            validation,
        }
    }

    pub(crate) fn issue(&self, claims: &Claims) -> String {
        let bare = Bare {
            iss: claims.issuer.clone(),
            sub: claims.subject.as_str().to_owned(),
            aud: claims.audience.clone(),
            iat: claims.issued_at.as_secs(),
            nbf: claims.issued_at.as_secs(),
            exp: claims.expires_at.as_secs(),
            jti: claims.token_id.clone(),
            sid: claims.session.clone(),
            client_id: claims.client.clone(),
            auth_time: claims.authenticated_at.as_secs(),
            amr: vec![claims.method.clone()],
            account: claims.account.to_string(),
        };
        jsonwebtoken::encode(&self.header, &bare, &self.private).expect("a token is signed")
    }

    pub(crate) fn verify(&self, token: &str) -> Bare {
        let data = jsonwebtoken::decode::<Bare>(token, &self.public, &self.validation);
        data.expect("the token is good").claims
    }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        if *algorithm == Algorithm::RS256 {
            return (aws_lc::DEFAULT_PROVIDER.signer_factory)(algorithm, key);
        }
        let bytes = key.as_bytes();
        Ok(match algorithm {
            Algorithm::EdDSA => {
                let seed = bytes.try_into().expect("32 bytes");
                Box::new(Ed25519(ed25519_dalek::SigningKey::from_bytes(seed)))
            }
            Algorithm::ES256 => Box::new(P256(
                p256::ecdsa::SigningKey::from_slice(bytes).expect("a scalar"),
            )),
            _ => Box::new(HmacSha256(Hmac::new_from_slice(bytes).expect("any length"))),
        })
    },
    verifier_factory: |algorithm, key| {
        if *algorithm == Algorithm::RS256 {
            return (aws_lc::DEFAULT_PROVIDER.verifier_factory)(algorithm, key);
        }
        let bytes = key.try_get_as_bytes()?;
        Ok(match algorithm {
            Algorithm::EdDSA => {
                let point = bytes.try_into().expect("32 bytes");
                let key = ed25519_dalek::VerifyingKey::from_bytes(point);
                Box::new(Ed25519(key.expect("a point")))
            }
            Algorithm::ES256 => Box::new(P256(
                p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).expect("a point"),
            )),
            _ => Box::new(HmacSha256(Hmac::new_from_slice(bytes).expect("any length"))),
        })
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Ed25519<K>(K);
struct P256<K>(K);
struct HmacSha256(Hmac<Sha256>);

impl Signer<Vec<u8>> for Ed25519<ed25519_dalek::SigningKey> {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Ed25519<ed25519_dalek::VerifyingKey> {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let signature = ed25519_dalek::Signature::from_slice(signature)?;
        self.0.verify(message, &signature)
    }
}

impl Signer<Vec<u8>> for P256<p256::ecdsa::SigningKey> {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        use p256::ecdsa::signature::Signer as _;
        let signature: p256::ecdsa::Signature = self.0.sign(message);
        Ok(signature.to_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for P256<p256::ecdsa::VerifyingKey> {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        use p256::ecdsa::signature::Verifier as _;
        let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| Error::new())?;
        let verified = self.0.verify(message, &signature);
        verified.map_err(|_| Error::new())
    }
}

impl Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(signature).map_err(|_| Error::new())
    }
}

macro_rules! named {
    ($($of:ty => $algorithm:ident $as:ident)*) => {$(
        impl $as for $of {
            fn algorithm(&self) -> Algorithm {
                Algorithm::$algorithm
            }
        }
    )*};
}

named! {
    Ed25519<ed25519_dalek::SigningKey> => EdDSA JwtSigner
    Ed25519<ed25519_dalek::VerifyingKey> => EdDSA JwtVerifier
    P256<p256::ecdsa::SigningKey> => ES256 JwtSigner
    P256<p256::ecdsa::VerifyingKey> => ES256 JwtVerifier
    HmacSha256 => HS256 JwtSigner
    HmacSha256 => HS256 JwtVerifier
}
