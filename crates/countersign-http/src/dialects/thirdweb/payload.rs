//! The login payload of thirdweb's auth, and the text that its fields make.

use std::{fmt::Write as _, time::Duration};

use countersign_core::{
    ChainText, Challenge, Code, Error, Field, NonceText, StatementText, TextForms, TextProfile,
};
use serde::{Deserialize, Serialize};

use super::LABEL;

/// The fields: those of versions 4 and 5, or of version 1, which has neither version nor `Issued At`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    domain: String,
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain_id: Option<Number>,
    nonce: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_at: Option<String>,
    expiration_time: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invalid_before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<String>>,
}

/// A chain's number, as text or as a number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    Text(String),
    Integer(u64),
}

impl Number {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Integer(number) => number.to_string(),
        }
    }
}

impl Payload {
    /// What the client is to sign for a challenge.
    pub(super) fn of(
        challenge: &Challenge,
        statement: &str,
        chain_id: Option<String>,
    ) -> Result<Self, Error> {
        // The challenge composed a text for this account, so its address is canonical there.
        let mut lines = challenge.message.iter().flat_map(|text| text.lines());
        let address = lines.nth(1).ok_or(Code::InternalError)?.to_owned();
        let now = challenge.issued_at;
        Ok(Self {
            kind: Some(EVM.to_owned()),
            domain: challenge.domain.clone(),
            address,
            statement: Some(statement.to_owned()),
            uri: Some(challenge.uri.clone()),
            version: Some("1".to_owned()),
            chain_id: chain_id.map(Number::Text),
            nonce: challenge.nonce.clone(),
            issued_at: Some(now.to_rfc3339()),
            expiration_time: challenge.expires_at.to_rfc3339(),
            invalid_before: Some((now - BEFORE).to_rfc3339()),
            resources: None,
        })
    }

    /// The text that was signed. The engine reads it back as strictly as any other, so a field
    /// cannot bring lines of its own.
    pub(super) fn text(&self) -> Result<String, Error> {
        if self.kind.as_deref().is_some_and(|kind| kind != EVM) {
            return Err(Code::ChainUnsupported.into());
        }
        let chain = self.chain_id.clone().map(Number::into_text);
        let mut text = String::with_capacity(512);
        let is_first_version = self.version.is_none() && self.issued_at.is_none();
        let (label, statement) = match is_first_version {
            true => (String::new(), Some(STATEMENT_V1)),
            false => (format!("{LABEL} "), self.statement.as_deref()),
        };
        let _ = write!(
            text,
            "{} wants you to sign in with your {label}account:\n{}\n\n",
            self.domain, self.address
        );
        if let Some(statement) = statement {
            let _ = writeln!(text, "{statement}");
        }
        let lines = [
            (Field::Uri, self.uri.as_deref()),
            (Field::Version, self.version.as_deref()),
            (Field::ChainId, chain.as_deref()),
            (Field::Nonce, Some(&*self.nonce)),
            (Field::IssuedAt, self.issued_at.as_deref()),
            (Field::ExpirationTime, Some(&*self.expiration_time)),
            (Field::NotBefore, self.invalid_before.as_deref()),
        ];
        for (field, value) in lines {
            if let Some(value) = value {
                let _ = write!(text, "\n{}{value}", field.label());
            }
        }
        if let Some(resources) = &self.resources {
            let _ = write!(text, "\n{}", Field::Resources.label());
            for resource in resources {
                let _ = write!(text, "\n- {resource}");
            }
        }
        text.push_str(if is_first_version { "\n" } else { "" });
        Ok(text)
    }
}

/// The two forms of text.
pub(super) const FORMS: TextForms = TextForms {
    profiles: &[&VERSION_5, &VERSION_1],
    label: LABEL,
};

/// Versions 4 and 5: ERC-4361 in which URI and chain may be absent.
const VERSION_5: TextProfile = TextProfile {
    name: "thirdweb",
    fields: &[
        Field::Uri,
        Field::Version,
        Field::ChainId,
        Field::Nonce,
        Field::IssuedAt,
        Field::ExpirationTime,
        Field::NotBefore,
        Field::Resources,
    ],
    optional: &[
        Field::Uri,
        Field::ChainId,
        Field::NotBefore,
        Field::Resources,
    ],
    chain: ChainText::Number,
    statement: StatementText::PrintableAscii,
    nonce: NonceText::Dashed,
    ..TextProfile::ERC4361
};

/// Version 1: a sentence, a nonce, and an end.
const VERSION_1: TextProfile = TextProfile {
    name: "thirdweb-v1",
    fields: &[Field::ChainId, Field::Nonce, Field::ExpirationTime],
    optional: &[Field::ChainId],
    names_account: false,
    end: "\n",
    ..VERSION_5
};

const EVM: &str = "evm";

const STATEMENT_V1: &str =
    "Make sure that the requesting domain above matches the URL of the current website.";

/// How long before it was made a payload is good: clocks differ.
const BEFORE: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use countersign_core::ChainId;
    use serde_json::Value;

    use super::*;

    /// `tests/vectors/thirdweb` says how these were had.
    #[test]
    fn the_text_is_the_one_that_thirdweb_signs() {
        let text = include_str!("../../../../../tests/vectors/thirdweb/cases.json");
        let cases: Value = serde_json::from_str(text).unwrap();
        let logins = cases["logins"].as_array().unwrap();
        assert!(logins.len() >= 5);
        for case in logins {
            let payload: Payload = serde_json::from_value(case["payload"].clone()).unwrap();
            let text = payload.text().unwrap();
            assert_eq!(text, case["text"], "{}", case["what"]);
            // Its own default for the URI is a bare domain, which is none.
            let is_uri = case["payload"]["uri"] != case["payload"]["domain"];
            let read = VERSION_5.parse(&text, |_, _| ChainId::new("eip155", "1").ok());
            assert_eq!(read.is_ok(), is_uri, "{}", case["what"]);
        }
    }

    #[test]
    fn the_text_of_version_1_is_read_back() {
        for chain in ["", ", \"chain_id\": 137"] {
            let payload: Payload = serde_json::from_str(&format!(
                r#"{{"domain": "app.example", "address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                "nonce": "d9428888-122b-41e1-b85c-61e2cb1c1a5e",
                "expiration_time": "2026-01-01T00:05:00.000Z"{chain}}}"#
            ))
            .unwrap();
            let text = payload.text().unwrap();
            let lines: Vec<_> = text.split('\n').collect();
            assert_eq!(
                lines[0],
                "app.example wants you to sign in with your account:"
            );
            assert_eq!((lines[3], lines.last()), (STATEMENT_V1, Some(&"")));
            let read = VERSION_1
                .parse(&text, |_, id| {
                    ChainId::new("eip155", id.unwrap_or("1")).ok()
                })
                .unwrap();
            assert_eq!(read.compose(), text);
            assert!(
                VERSION_5
                    .parse(&text, |_, _| ChainId::new("eip155", "1").ok())
                    .is_err()
            );
        }
    }
}
