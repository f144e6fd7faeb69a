//! How the texts of another system may differ from ours.

use super::TextProfile;

/// Which site a text has to name, and how; and which form it has. The rules of [`SITE`](Self::SITE) hold everywhere; the
/// endpoints of another system, which take nonces of their own
/// [purpose](crate::Context::purpose) only, may allow what its clients write besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextDialect {
    /// What the domain in the first line may be, besides the site's host and port.
    pub domain: DomainText,
    /// What the `URI` line may be, besides one of the site.
    pub uri: UriText,
    /// The forms its texts have; without, those of the verifiers.
    pub forms: Option<TextForms>,
    /// Whether a nonce may be one that the client made: a UUID (version 4), good for a token only,
    /// accepted once. Only stores that lose nothing can keep that promise, and the text's
    /// Expiration Time must be at most ten minutes ahead.
    pub client_nonces: bool,
}

/// Forms of text besides those that a verifier reads by itself. The first that fits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextForms {
    /// The forms.
    pub profiles: &'static [&'static TextProfile],
    /// The [label](crate::ChainVerifier::label) of the verifier that judges the signature.
    pub label: &'static str,
}

impl TextDialect {
    /// Host and port of the site, and a URI of the site: ERC-4361, CAIP-122.
    pub const SITE: Self = Self {
        domain: DomainText::Authority,
        uri: UriText::OfSite,
        forms: None,
        client_nonces: false,
    };
}

/// What the domain in the first line may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainText {
    /// Host and port, as in the site's origin.
    Authority,
    /// The bare host as well, whatever the port.
    OrHost,
}

/// What the `URI` line may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriText {
    /// A URI of the site.
    OfSite,
    /// A `did:key` as well: a key that the page made for the session.
    OrDidKey,
}

impl UriText {
    pub(crate) fn allows(self, uri: &str) -> bool {
        // A key may be named by its own DID URL: the fragment says it again.
        let is_did_key = |uri: &str| {
            let key = uri.strip_prefix("did:key:").unwrap_or_default();
            let (key, again) = key.split_once('#').unwrap_or((key, key));
            // It is base58btc, which multibase marks by a z.
            let digits = key.strip_prefix('z').unwrap_or_default();
            let is_word = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
            !digits.is_empty() && is_word && key == again
        };
        self == Self::OrDidKey && is_did_key(uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_key_is_one_key_and_nothing_else() {
        for uri in ["did:key:z6MkiTBz", "did:key:z6MkiTBz#z6MkiTBz"] {
            assert!(UriText::OrDidKey.allows(uri) && !UriText::OfSite.allows(uri));
        }
        for uri in [
            "did:key:z",
            "did:key:",
            "did:key:6MkiTBz",
            "did:key:z6MkiTBz#",
            "did:key:z6MkiTBz#z6Mkother",
            "did:key:z6MkiTBz?service=x",
            "did:key:z6MkiTBz/path",
            "did:web:evil.example",
            "https://did:key:z6MkiTBz",
        ] {
            assert!(!UriText::OrDidKey.allows(uri), "{uri}");
        }
    }
}
