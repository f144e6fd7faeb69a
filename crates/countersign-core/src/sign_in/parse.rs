//! The strict reading of a sign-in text: one text, one meaning, nothing repaired.

use std::{borrow::Cow, ops::RangeInclusive};

use iri_string::types::UriStr;
use memchr::memchr;

use super::{
    SignIn,
    profile::{ACCOUNT, ChainText, Field, NonceText, TextProfile, WANTS},
};
use crate::{caip::ChainId, error::VerifyError, time::DateTime};

/// The longest sign-in text, in bytes.
pub(crate) const MAX_MESSAGE: usize = 8 * 1024;

impl TextProfile {
    /// Reads `text` as a statement of this form.
    ///
    /// `chain` resolves the label of the first line and the text of the `Chain ID` line, if there
    /// is one, to a chain; `None` says that there is no such chain.
    ///
    /// # Errors
    /// `message_too_large` over 8 KiB or where one field is over its cap, `unsupported_version`,
    /// else `message_malformed`.
    pub fn parse<'a>(
        &'static self,
        text: &'a str,
        chain: impl FnOnce(&str, Option<&str>) -> Option<ChainId>,
    ) -> Result<SignIn<'a>, VerifyError> {
        cap(text, MAX_MESSAGE, "the message is over 8 KiB")?;
        let text = text
            .strip_suffix(self.end)
            .ok_or_else(|| malformed("the text does not end as it must"))?;
        let mut lines = Lines::of(text);
        let (scheme, domain, label) = heading(lines.next()?, self.names_account)?;
        let address = lines.next()?;
        let statement = self.statement(&mut lines)?;

        let mut uri = None;
        let mut chain_text = None;
        let mut nonce = None;
        let mut issued_at = None;
        let mut expiration_time = None;
        let mut not_before = None;
        let mut request_id = None;
        let mut resources = None;
        for field in self.fields {
            let Some(value) = lines.take(*field) else {
                if self.optional.contains(field) {
                    continue;
                }
                return Err(malformed("a required line is missing or out of order"));
            };
            match field {
                Field::Uri => uri = Some(read_uri(value)?),
                Field::Version if value == self.version => {}
                Field::Version => return Err(VerifyError::version()),
                Field::ChainId => chain_text = Some(self.chain.read(value)?),
                Field::Nonce => nonce = Some(read_nonce(value, self.nonce)?),
                Field::IssuedAt => issued_at = Some(read_time(value)?),
                Field::ExpirationTime => expiration_time = Some(read_time(value)?),
                Field::NotBefore => not_before = Some(read_time(value)?),
                Field::RequestId => request_id = Some(read_request_id(value)?),
                Field::Resources => resources = Some(read_resources(value, &mut lines)?),
            }
        }
        if lines.peek().is_some() {
            return Err(malformed("a line is unknown, repeated or out of order"));
        }
        let resolved = chain(label, chain_text)
            .ok_or_else(|| malformed("the text names no chain of this kind"))?;
        Ok(SignIn {
            profile: self,
            scheme: scheme.map(Cow::Borrowed),
            domain: domain.into(),
            label: label.into(),
            address: address.into(),
            statement: statement.map(Cow::Borrowed),
            uri: uri.map(Cow::Borrowed),
            chain: resolved,
            chain_text: chain_text.map(Cow::Borrowed),
            nonce: nonce.ok_or_else(|| malformed("there is no nonce"))?.into(),
            issued_at,
            expiration_time,
            not_before,
            request_id: request_id.map(Cow::Borrowed),
            resources,
        })
    }

    /// Reads the blank lines after the address, and the statement between them if there is one.
    fn statement<'a>(&self, lines: &mut Lines<'a>) -> Result<Option<&'a str>, VerifyError> {
        lines.blank()?;
        // The fields begin with the first one that must be there, or one before it.
        let is_optional = |field: &&Field| self.optional.contains(field);
        let required = self.fields.iter().take_while(is_optional).count();
        let first = &self.fields[..self.fields.len().min(required + 1)];
        let at_fields = |lines: &Lines<'_>| {
            let next = lines.peek();
            next.is_some_and(|next| first.iter().any(|field| next.starts_with(field.label())))
        };
        if self.blank_lines == 1 && at_fields(lines) {
            return Ok(None);
        }
        let line = lines.next()?;
        if self.blank_lines == 2 && line.is_empty() && at_fields(lines) {
            return Ok(None);
        }
        cap(line, MAX_STATEMENT, "the statement is over 2 KiB")?;
        if !line.bytes().all(|byte| self.statement.allows(byte)) {
            return Err(malformed(
                "the statement holds a character that is not allowed",
            ));
        }
        if line.contains(WANTS) {
            return Err(malformed("the statement repeats the first line"));
        }
        lines.blank()?;
        Ok(Some(line))
    }
}

/// The word in the first line that picks the verifier: `Ethereum` in `… with your Ethereum account:`.
///
/// ```
/// use countersign_core::label_of;
///
/// let text = "app.example wants you to sign in with your Ethereum account:\n0x…";
/// assert_eq!(label_of(text).unwrap(), "Ethereum");
/// ```
///
/// # Errors
/// `message_too_large` over 8 KiB, else `message_malformed`.
pub fn label_of(text: &str) -> Result<&str, VerifyError> {
    cap(text, MAX_MESSAGE, "the message is over 8 KiB")?;
    let line = Lines::of(text).next()?;
    heading(line, true).map(|(_, _, label)| label)
}

/// The lines of a text that are yet to be read: the next one, and what follows its line feed.
struct Lines<'a> {
    next: Option<&'a str>,
    rest: Option<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let mut lines = Self {
            next: None,
            rest: Some(text),
        };
        lines.advance();
        lines
    }

    fn advance(&mut self) {
        let Some(text) = self.rest else {
            self.next = None;
            return;
        };
        let end = memchr(b'\n', text.as_bytes());
        self.next = Some(&text[..end.unwrap_or(text.len())]);
        self.rest = end.map(|end| &text[end + 1..]);
    }

    fn next(&mut self) -> Result<&'a str, VerifyError> {
        let line = self.next;
        self.advance();
        line.ok_or_else(|| malformed("the message ends too early"))
    }

    fn peek(&self) -> Option<&'a str> {
        self.next
    }

    /// The value of the next line if it is of this field.
    fn take(&mut self, field: Field) -> Option<&'a str> {
        self.take_after(field.label())
    }

    fn take_after(&mut self, prefix: &str) -> Option<&'a str> {
        let value = self.next?.strip_prefix(prefix)?;
        self.advance();
        Some(value)
    }

    fn blank(&mut self) -> Result<(), VerifyError> {
        match self.next()? {
            "" => Ok(()),
            _ => Err(malformed("a line that must be empty is not")),
        }
    }
}

/// Splits the first line into scheme, domain and label.
fn heading(line: &str, names_account: bool) -> Result<(Option<&str>, &str, &str), VerifyError> {
    let sentence = || malformed("the first line is not the sign-in sentence");
    // No site has a space in it, so the first one begins the sentence.
    let (site, rest) = line.split_at(line.find(' ').ok_or_else(sentence)?);
    let rest = rest.strip_prefix(WANTS).ok_or_else(sentence)?;
    let label = match names_account {
        true => rest.strip_suffix(ACCOUNT),
        false => (rest == ACCOUNT.trim_start()).then_some(""),
    };
    let label = label.ok_or_else(sentence)?;
    let (scheme, domain) = match site.split_once("://") {
        Some((scheme, domain)) if is_scheme(scheme) => (Some(scheme), domain),
        Some(_) => return Err(malformed("the scheme is not one")),
        None => (None, site),
    };
    cap(domain, MAX_DOMAIN, "the domain is over 255 bytes")?;
    if !is_authority(domain) {
        return Err(malformed(
            "the domain is not an authority without user info",
        ));
    }
    if names_account && !is_label(label) {
        return Err(malformed("the chain's label is not a word"));
    }
    Ok((scheme, domain, label))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn is_label(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b" -_.".contains(&b))
}

fn is_authority(text: &str) -> bool {
    if is_name_and_port(text) {
        return true;
    }
    let uri = format!("x://{text}");
    let Ok(uri) = UriStr::new(&uri) else {
        return false;
    };
    let Some(authority) = uri.authority_components() else {
        return false;
    };
    uri.authority_str() == Some(text)
        && !authority.host().is_empty()
        && authority.userinfo().is_none()
        && authority
            .port()
            .is_none_or(|port| port.parse::<u16>().is_ok())
}

/// A host of letters, digits and their like, and a port perhaps: what nearly every domain is, and
/// an authority without further ado.
fn is_name_and_port(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    !host.is_empty() && host.bytes().all(is_host) && port.is_none_or(is_port)
}

pub(crate) fn read_uri(value: &str) -> Result<&str, VerifyError> {
    cap(value, MAX_URI, "a URI is over 2 KiB")?;
    match UriStr::new(value) {
        Ok(_) => Ok(value),
        Err(error) => Err(malformed("a URI is not one (RFC 3986)").with_source(error)),
    }
}

impl ChainText {
    fn read(self, value: &str) -> Result<&str, VerifyError> {
        let valid = match self {
            Self::Number => {
                let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
                let canonical = value == "0" || !value.starts_with('0');
                digits && canonical && value.parse::<u64>().is_ok()
            }
            Self::Reference => {
                let reference = value.rsplit(':').next().unwrap_or_default();
                crate::caip::is_reference(reference)
                    && (reference == value || value.parse::<ChainId>().is_ok())
            }
        };
        valid
            .then_some(value)
            .ok_or_else(|| malformed("the chain id is not one"))
    }
}

fn read_nonce(value: &str, text: NonceText) -> Result<&str, VerifyError> {
    let valid = NONCE_LENGTH.contains(&value.len()) && value.bytes().all(|byte| text.allows(byte));
    valid
        .then_some(value)
        .ok_or_else(|| malformed("the nonce is not 8 to 128 letters and digits"))
}

fn read_time(value: &str) -> Result<DateTime, VerifyError> {
    DateTime::parse(value).ok_or_else(|| malformed("a time is not an RFC 3339 date-time"))
}

fn read_request_id(value: &str) -> Result<&str, VerifyError> {
    cap(value, MAX_REQUEST_ID, "the request id is over 256 bytes")?;
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
        let mut hex = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        if !(plain || byte == b'%' && hex() && hex()) {
            return Err(malformed("the request id is not made of RFC 3986 pchar"));
        }
    }
    Ok(value)
}

fn read_resources<'a>(
    value: &str,
    lines: &mut Lines<'a>,
) -> Result<Vec<Cow<'a, str>>, VerifyError> {
    if !value.is_empty() {
        return Err(malformed("there is text after `Resources:`"));
    }
    let mut resources = Vec::new();
    while let Some(resource) = lines.take_after("- ") {
        cap_resources(resources.len() + 1)?;
        resources.push(read_uri(resource)?.into());
    }
    Ok(resources)
}

/// Refuses more resources than a text may list.
pub(crate) fn cap_resources(count: usize) -> Result<(), VerifyError> {
    if count > MAX_RESOURCES {
        return Err(VerifyError::too_large("there are more than 32 resources"));
    }
    Ok(())
}

fn cap(text: &str, max: usize, detail: &'static str) -> Result<(), VerifyError> {
    if text.len() > max {
        Err(VerifyError::too_large(detail))
    } else {
        Ok(())
    }
}

fn malformed(detail: &'static str) -> VerifyError {
    VerifyError::message(detail)
}

const NONCE_LENGTH: RangeInclusive<usize> = 8..=128;
const MAX_DOMAIN: usize = 255;
const MAX_STATEMENT: usize = 2 * 1024;
const MAX_URI: usize = 2 * 1024;
const MAX_REQUEST_ID: usize = 256;
const MAX_RESOURCES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_blank_line_may_stand_for_no_statement() {
        const ONE: TextProfile = TextProfile {
            blank_lines: 1,
            ..TextProfile::CAIP122
        };
        fn read(text: &str) -> Result<SignIn<'_>, VerifyError> {
            ONE.parse(text, |_, name| ChainId::new("test", name?).ok())
        }
        let text = "app.example wants you to sign in with your Test account:\n\
            address\n\n\
            URI: https://app.example\n\
            Version: 1\n\
            Chain ID: 1\n\
            Nonce: 32891756\n\
            Issued At: 2026-01-01T00:00:00Z";
        assert_eq!(read(text).unwrap().compose(), text);
        assert!(read(&text.replace("\n\n", "\n\n\n")).is_err());
        let stated = text.replace("\n\n", "\n\nHello.\n\n");
        assert_eq!(read(&stated).unwrap().compose(), stated);
    }
}
