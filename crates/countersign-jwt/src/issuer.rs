//! The issuer: claims in, signed tokens out, and the reverse.

use countersign_core::{
    AccessToken, Claims, Expected, Jwks, Timestamp, TokenError, TokenIssuer, async_trait,
};

use crate::{claims, jws, jws::Parts, ring::KeyRing};

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
        let payload = parts.proved_by(good).ok_or(TokenError::Invalid)?;
        claims::read(&payload, expected).ok_or(TokenError::Invalid)
    }

    fn jwks(&self, now: Timestamp) -> Jwks {
        self.ring.keys().jwks(now)
    }
}
