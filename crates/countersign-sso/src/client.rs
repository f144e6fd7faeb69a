//! The applications that sign people in here.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::{redirect::RedirectUri, scopes::Scopes};

/// An application that may send people here to sign in (RFC 6749 section 2).
///
/// Its serde form is that of configuration files and of the registry; what is unknown there is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its name in the protocol.
    pub id: ClientId,
    /// Its name for people, on the consent page.
    pub name: String,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where people may be sent after signing out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// The digests of its secrets: two while one replaces the other. A client without is public: an
    /// application that cannot keep a secret.
    #[serde(default)]
    pub secrets: Vec<SecretDigest>,
    /// The scopes it may ask for; all there are by default.
    #[serde(default)]
    pub scopes: Scopes,
    /// When the person is asked.
    #[serde(default)]
    pub consent: ConsentRule,
    /// Whether it may introspect the tokens of others, as an API that takes them does.
    #[serde(default)]
    pub introspects: bool,
}

/// Characters that are not seen, and those that turn the words around them (Unicode's marks, embeddings,
/// overrides and isolates, fillers, tags). The joiners stay: names in Persian or Hindi need them.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// When a person is asked whether an application may know who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentRule {
    /// Once for each person; again for more than was allowed.
    #[default]
    Remember,
    /// Every time.
    Always,
    /// Never: an application of one's own. It needs a secret and `https`, else it counts as `always`.
    Never,
}

impl Client {
    /// An application that keeps a secret, which is made here and given out once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn confidential(
        id: &str,
        name: &str,
        redirect_uris: &[&str],
    ) -> Result<(Self, ClientSecret), ClientError> {
        let secret = ClientSecret::generate();
        let mut client = Self::public(id, name, redirect_uris)?;
        client.secrets.push(secret.digest());
        Ok((client, secret))
    }

    /// An application that keeps no secret: one in a browser, or on somebody's own machine.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn public(id: &str, name: &str, redirect_uris: &[&str]) -> Result<Self, ClientError> {
        let uris = redirect_uris.iter().map(|uri| RedirectUri::parse(uri));
        let client = Self {
            id: id.parse()?,
            name: name.to_owned(),
            redirect_uris: uris.collect::<Result<_, _>>()?,
            post_logout_redirect_uris: Vec::new(),
            secrets: Vec::new(),
            scopes: Scopes::default(),
            consent: ConsentRule::default(),
            introspects: false,
        };
        client.check()?;
        Ok(client)
    }

    /// Whether what was read is whole.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn check(&self) -> Result<(), ClientError> {
        if self.name.trim().is_empty() || self.name.len() > 100 || self.name.chars().any(is_unseen)
        {
            return Err(ClientError::Name);
        }
        // An API that only introspects sends nobody here.
        if self.redirect_uris.is_empty() && !self.introspects {
            return Err(ClientError::NoRedirectUri);
        }
        Ok(())
    }

    /// Whether it keeps a secret.
    pub fn is_confidential(&self) -> bool {
        !self.secrets.is_empty()
    }

    pub(crate) fn redirects_to(&self, asked: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|uri| uri.matches(asked))
    }

    /// Anybody can pose as a public client, and on somebody's machine any program can be at the end
    /// of its redirect URI: then a person is asked each time (RFC 9700 section 4.1.4, RFC 8252
    /// section 8.6).
    pub(crate) fn consent_at(&self, uri: &RedirectUri) -> ConsentRule {
        let is_certain = uri.is_https();
        match self.consent {
            ConsentRule::Never if self.is_confidential() && is_certain => ConsentRule::Never,
            ConsentRule::Remember if self.is_confidential() || is_certain => ConsentRule::Remember,
            _ => ConsentRule::Always,
        }
    }
}

/// A client's name in the protocol: 1 to 64 of letters, digits, `.`, `_`, `~` and `-`. It can equal
/// no subject, since those have a colon.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
        let is_id = (1..=64).contains(&text.len()) && text.bytes().all(is_good);
        is_id.then(|| Self(text.to_owned())).ok_or(ClientError::Id)
    }
}

impl TryFrom<String> for ClientId {
    type Error = ClientError;

    fn try_from(text: String) -> Result<Self, ClientError> {
        text.parse()
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client's secret: 256 bits, 43 characters of base64url. Nobody guesses it, so a plain SHA-256 of it is
/// all that is kept.
#[derive(Clone)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// A fresh one from the operating system's randomness.
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives randomness");
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text, to be handed to the client and to nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The SHA-256 of a client's secret; as text `sha256:` and base64url. It opens nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// The digest of a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// In constant time.
    pub(crate) fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }

    /// What no secret has.
    pub(crate) const NOBODYS: Self = Self([0; 32]);
}

impl TryFrom<String> for SecretDigest {
    type Error = ClientError;

    fn try_from(text: String) -> Result<Self, ClientError> {
        let mut digest = [0; 32];
        let encoded = text
            .strip_prefix(DIGEST_PREFIX)
            .ok_or(ClientError::SecretDigest)?;
        match URL_SAFE_NO_PAD.decode_slice(encoded, &mut digest) {
            Ok(32) => Ok(Self(digest)),
            _ => Err(ClientError::SecretDigest),
        }
    }
}

impl From<SecretDigest> for String {
    fn from(digest: SecretDigest) -> Self {
        format!("{DIGEST_PREFIX}{}", URL_SAFE_NO_PAD.encode(digest.0))
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest")
    }
}

/// Why a client was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The id cannot be one.
    #[error("a client id is 1 to 64 letters, digits, `.`, `_`, `~` or `-`")]
    Id,
    /// Two clients of one id.
    #[error("there is a client of this id already")]
    Exists,
    /// The name cannot be shown.
    #[error("a client's name is 1 to 100 bytes that can be shown")]
    Name,
    /// A redirect URI cannot be one.
    #[error(
        "a redirect URI is https, http to 127.0.0.1, [::1] or localhost, or of a scheme with a dot; \
         without fragment, user info, wildcard, dot segments or non-ASCII characters"
    )]
    RedirectUri,
    /// Nobody could be sent back.
    #[error("a client needs a redirect URI")]
    NoRedirectUri,
    /// Not the digest of a secret.
    #[error("a secret is kept as `sha256:` and 43 characters of base64url")]
    SecretDigest,
    /// A scope there is not.
    #[error("the scopes are openid, profile and offline_access")]
    Scope,
}

const DIGEST_PREFIX: &str = "sha256:";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn u02_a_name_that_turns_words_around_or_hides_is_refused() {
        let named = |name: &str| Client::public("shop", name, &["https://shop.example/"]);
        for name in [
            "",
            " \u{a0}",
            "Shop\n",
            "Sh\u{202e}op",
            "Sh\u{2066}op",
            "Sh\u{200f}op",
            "Sh\u{200b}op",
            "Sh\u{ad}op",
            "\u{3164}",
            "Shop\u{e0041}",
            "\u{feff}Shop",
            &"x".repeat(101),
        ] {
            assert_eq!(named(name).unwrap_err(), ClientError::Name, "{name:?}");
        }
        for name in ["The <b>Shop</b>", "می\u{200c}خواهم", "Boutique d’été"] {
            assert_eq!(named(name).unwrap().name, name);
        }
    }

    /// There is no logo, so there is none to fetch or to run.
    #[test]
    fn u06_a_client_has_no_logo() {
        for uri in ["https://shop.example/logo.svg", "javascript:alert(1)"] {
            let text = format!(
                r#"{{"id": "shop", "name": "Shop", "redirect_uris": ["https://shop.example/"], "logo_uri": "{uri}"}}"#
            );
            let error = serde_json::from_str::<Client>(&text).unwrap_err();
            assert!(error.to_string().contains("logo_uri"), "{error}");
        }
    }
}
