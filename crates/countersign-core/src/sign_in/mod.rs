//! The text that a wallet signs (CAIP-122, ERC-4361): its fields, and the exact text they make.

pub(crate) mod dialect;
pub(crate) mod parse;
pub(crate) mod profile;

use std::borrow::Cow;

use crate::{caip::ChainId, time::DateTime};

pub use dialect::{DomainText, TextDialect, TextForms, UriText};
pub use parse::label_of;
pub use profile::{ChainText, Field, NonceText, StatementText, TextProfile};

/// A sign-in statement: what the signed text says, field by field. One that was read borrows from its
/// text; [`into_owned`](Self::into_owned) makes it independent.
///
/// Texts and values correspond one to one: [`compose`](Self::compose) writes back exactly the text
/// that [`TextProfile::parse`] read. The engine demands it of every text at run time, and checks
/// the signature over the received bytes, never over a re-rendering.
///
/// ```
/// use countersign_core::{ChainId, TextProfile};
///
/// let text = "app.example wants you to sign in with your Ethereum account:\n\
///     0x6E3a5e3b0e3c1CE3Fbd7d3D1f5a1e0F9cB1d5C8A\n\n\n\
///     URI: https://app.example\n\
///     Version: 1\n\
///     Chain ID: 1\n\
///     Nonce: 32891756\n\
///     Issued At: 2026-01-01T00:00:00Z";
/// let sign_in = TextProfile::ERC4361
///     .parse(text, |_label, id| ChainId::new("eip155", id.unwrap_or("1")).ok())
///     .unwrap();
/// assert_eq!(sign_in.domain, "app.example");
/// assert_eq!(sign_in.compose(), text);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn<'a> {
    /// Which form of text it is.
    pub profile: &'static TextProfile,
    /// The scheme written before the domain, without `://`.
    pub scheme: Option<Cow<'a, str>>,
    /// The site that asks: an RFC 3986 authority without user info.
    pub domain: Cow<'a, str>,
    /// The word for the chain in the first line, such as `Ethereum`; empty where there is none.
    pub label: Cow<'a, str>,
    /// The address, as it was written.
    pub address: Cow<'a, str>,
    /// What the site says to the user. `Some("")` is a statement line that is empty.
    pub statement: Option<Cow<'a, str>>,
    /// The URI that is the subject of the signing.
    pub uri: Option<Cow<'a, str>>,
    /// The chain, with aliases resolved.
    pub chain: ChainId,
    /// The chain as the text names it, if it does.
    pub chain_text: Option<Cow<'a, str>>,
    /// The server's nonce.
    pub nonce: Cow<'a, str>,
    /// When the text was made.
    pub issued_at: Option<DateTime>,
    /// From when on it does not count any more.
    pub expiration_time: Option<DateTime>,
    /// From when on it counts.
    pub not_before: Option<DateTime>,
    /// A name of this request, given by the site.
    pub request_id: Option<Cow<'a, str>>,
    /// URIs the user was shown. `Some` of none is a bare `Resources:` line.
    pub resources: Option<Vec<Cow<'a, str>>>,
}

impl SignIn<'_> {
    /// The same, independent of the text it was read from.
    pub fn into_owned(self) -> SignIn<'static> {
        let owned = |value: Cow<'_, str>| Cow::Owned(value.into_owned());
        SignIn {
            profile: self.profile,
            scheme: self.scheme.map(owned),
            domain: owned(self.domain),
            label: owned(self.label),
            address: owned(self.address),
            statement: self.statement.map(owned),
            uri: self.uri.map(owned),
            chain: self.chain,
            chain_text: self.chain_text.map(owned),
            nonce: owned(self.nonce),
            issued_at: self.issued_at,
            expiration_time: self.expiration_time,
            not_before: self.not_before,
            request_id: self.request_id.map(owned),
            resources: self
                .resources
                .map(|all| all.into_iter().map(owned).collect()),
        }
    }

    /// The exact text.
    pub fn compose(&self) -> String {
        let mut text = String::with_capacity(512);
        if let Some(scheme) = &self.scheme {
            text.extend([scheme, "://"]);
        }
        text.extend([&self.domain, profile::WANTS, &self.label]);
        text.push_str(profile::account(self.profile));
        text.push('\n');
        text.extend([&self.address, "\n"]);
        match &self.statement {
            Some(statement) => text.extend(["\n", statement, "\n"]),
            None => (1..self.profile.blank_lines).for_each(|_| text.push('\n')),
        }
        for field in self.profile.fields {
            self.write_field(*field, &mut text);
        }
        text.push_str(self.profile.end);
        text
    }

    fn write_field(&self, field: Field, text: &mut String) {
        let value = match field {
            Field::Uri => self.uri.as_deref(),
            Field::Version => Some(self.profile.version),
            Field::ChainId => self.chain_text.as_deref(),
            Field::Nonce => Some(&*self.nonce),
            Field::IssuedAt => self.issued_at.as_ref().map(DateTime::as_str),
            Field::ExpirationTime => self.expiration_time.as_ref().map(DateTime::as_str),
            Field::NotBefore => self.not_before.as_ref().map(DateTime::as_str),
            Field::RequestId => self.request_id.as_deref(),
            Field::Resources => self.resources.as_ref().map(|_| ""),
        };
        let Some(value) = value else { return };
        text.extend(["\n", field.label(), value]);
        if field == Field::Resources {
            for resource in self.resources.iter().flatten() {
                text.extend(["\n- ", resource]);
            }
        }
    }
}
