//! Tokens that a wallet signs: one key of secp256k1, known to others by its Ethereum address.

mod address;
mod thirdweb;

use std::fmt;

use countersign_core::{
    AccessToken, Claims, Expected, Jwks, Timestamp, TokenError, TokenIssuer, async_trait,
};

use self::thirdweb::Alphabet;
pub use self::thirdweb::ThirdwebClaims;
use crate::{
    Jwt, KeyRing,
    key::{Key, KeyError, Material, Secp256k1},
};

/// Issues and checks access tokens with the key of an admin wallet.
///
/// [`new`](Self::new) writes what any library for JWTs reads: `ES256K` (RFC 8812) and the claims of
/// RFC 9068, with the public key in the JWKS. [`thirdweb`](Self::thirdweb) writes the format of
/// thirdweb's auth instead, for those whose other services check it.
///
/// ```
/// use countersign_jwt::{Key, WalletJwt};
///
/// // The first account of the test wallets that everybody knows.
/// let key = Key::from_hex("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")?;
/// let issuer = WalletJwt::thirdweb(key)?;
/// assert_eq!(issuer.address(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
/// # Ok::<(), countersign_jwt::KeyError>(())
/// ```
#[derive(Clone)]
pub struct WalletJwt {
    address: String,
    wallet: Secp256k1,
    format: Format,
}

#[derive(Clone)]
enum Format {
    Es256k(Jwt),
    Thirdweb(Alphabet),
}

impl WalletJwt {
    /// Standard tokens, signed with `ES256K`.
    ///
    /// # Errors
    /// [`KeyError::NotAWallet`], if the key is of another curve.
    pub fn new(key: Key) -> Result<Self, KeyError> {
        let jwt = Jwt::new(KeyRing::of(key.clone()));
        Self::with(&key, Format::Es256k(jwt))
    }

    /// Tokens as thirdweb's auth writes and checks them, version 5 (`generateJWT`, `verifyJWT`).
    ///
    /// Such a token is no JWS: its header says `ES256`, the signature is `personal_sign` (EIP-191)
    /// over the JSON of the claims, and its third part is the base64url of the hexadecimal text.
    /// `iss` is the wallet's address, `aud` the domain of the audience, `sub` the address that
    /// signed in; what else an access token says, and what the application attached, is in `ctx`.
    /// Their checkers write the JSON anew before they check it, so attach texts, booleans and whole
    /// numbers, under names that are no numbers.
    ///
    /// # Errors
    /// [`KeyError::NotAWallet`], if the key is of another curve.
    pub fn thirdweb(key: Key) -> Result<Self, KeyError> {
        Self::with(&key, Format::Thirdweb(Alphabet::UrlSafe))
    }

    /// The same as version 1 wrote them: in base64 with the standard alphabet.
    ///
    /// # Errors
    /// [`KeyError::NotAWallet`], if the key is of another curve.
    pub fn thirdweb_v1(key: Key) -> Result<Self, KeyError> {
        Self::with(&key, Format::Thirdweb(Alphabet::Standard))
    }

    /// The wallet's address (EIP-55), by which others know it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Checks a token that thirdweb's auth, or [`thirdweb`](Self::thirdweb), made with this wallet
    /// for a domain: also one without a session of ours. Written in either alphabet.
    ///
    /// # Errors
    /// [`TokenError::Invalid`].
    pub fn read_thirdweb(
        &self,
        token: &str,
        domain: &str,
        now: Timestamp,
    ) -> Result<ThirdwebClaims, TokenError> {
        let claims = thirdweb::read(token, &self.wallet, &self.address);
        claims
            .filter(|claims| claims.audience == domain && claims.is_good_at(now))
            .ok_or(TokenError::Invalid)
    }

    fn with(key: &Key, format: Format) -> Result<Self, KeyError> {
        let Material::Es256k(wallet) = &key.material else {
            return Err(KeyError::NotAWallet);
        };
        Ok(Self {
            address: address::of(wallet.0.verifying_key()),
            wallet: Secp256k1::clone(wallet),
            format,
        })
    }
}

#[async_trait]
impl TokenIssuer for WalletJwt {
    async fn issue(&self, claims: &Claims) -> Result<AccessToken, TokenError> {
        match &self.format {
            Format::Es256k(jwt) => jwt.issue(claims).await,
            Format::Thirdweb(alphabet) => {
                let token = thirdweb::write(claims, &self.wallet, &self.address, *alphabet);
                Ok(AccessToken::new(token))
            }
        }
    }

    async fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, TokenError> {
        match &self.format {
            Format::Es256k(jwt) => jwt.verify(token, expected).await,
            Format::Thirdweb(_) => {
                let claims = thirdweb::read(token, &self.wallet, &self.address);
                let claims = claims.and_then(|claims| claims.of_access_token(expected));
                claims.ok_or(TokenError::Invalid)
            }
        }
    }

    fn jwks(&self, now: Timestamp) -> Jwks {
        match &self.format {
            Format::Es256k(jwt) => jwt.jwks(now),
            Format::Thirdweb(_) => Jwks::default(),
        }
    }
}

impl fmt::Debug for WalletJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WalletJwt({})", self.address)
    }
}
