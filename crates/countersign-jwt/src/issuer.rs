//! The issuer: claims in, signed tokens out, and the reverse.

use std::time::Duration;

use countersign_core::{
    AccessToken, Claims, Expected, IdClaims, Jwks, Timestamp, TokenError, TokenIssuer, async_trait,
};

use crate::{Algorithm, claims, id_claims, jws, jws::Parts, ring::KeyRing};

/// Issues and checks access tokens with the keys of a [`KeyRing`].
#[derive(Debug, Clone)]
pub struct Jwt {
    ring: KeyRing,
}

impl Jwt {
    /// An issuer with these keys. The ring may go on changing: clones of it are one ring.
    pub fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    /// The keys.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }
}

#[async_trait]
impl TokenIssuer for Jwt {
    async fn issue(&self, claims: &Claims) -> Result<AccessToken, TokenError> {
        let keys = self.ring.keys();
        let key = keys.current(claims.issued_at).ok_or_else(|| {
            TokenError::Unavailable("the key ring holds no key that may sign now".into())
        })?;
        Ok(AccessToken::new(jws::write(key, &claims::write(claims))))
    }

    async fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, TokenError> {
        let parts = Parts::read(token).ok_or(TokenError::Invalid)?;
        let keys = self.ring.keys();
        let good = keys.verifying(expected.now, expected.leeway);
        let payload = parts
            .proved_by(jws::ACCESS, good)
            .ok_or(TokenError::Invalid)?;
        claims::read(&payload, expected).ok_or(TokenError::Invalid)
    }

    async fn issue_id(&self, claims: &IdClaims) -> Result<AccessToken, TokenError> {
        let keys = self.ring.keys();
        let key = keys
            .current(claims.issued_at)
            .filter(|key| key.algorithm() != Algorithm::Hs256)
            .ok_or_else(|| {
                TokenError::Unavailable("the key ring holds no key that signs ID tokens now".into())
            })?;
        let payload = id_claims::write(claims, key.algorithm());
        Ok(AccessToken::new(jws::write_id(key, &payload)))
    }

    async fn read_id(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<IdClaims, TokenError> {
        let parts = Parts::read(token).ok_or(TokenError::Invalid)?;
        let keys = self.ring.keys();
        let good = keys.verifying(now, Duration::ZERO);
        let payload = parts.proved_by(jws::ID, good).ok_or(TokenError::Invalid)?;
        id_claims::read(&payload, issuer).ok_or(TokenError::Invalid)
    }

    fn jwks(&self, now: Timestamp) -> Jwks {
        self.ring.keys().jwks(now)
    }
}
