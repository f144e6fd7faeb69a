//! The two forms of text: CAIP-122 with the label of the network, and SIWS 1.0.0 as Talisman
//! writes and shows it.

use countersign_core::{Field, StatementText, TextProfile, VerifyError};

/// Sign-In with Substrate, version 1.0.0: one blank line where there is no statement, the chain
/// may be left out, the label is `Substrate` or the network's.
pub const SIWS: TextProfile = TextProfile {
    name: "siws",
    version: "1.0.0",
    optional: &[
        Field::ChainId,
        Field::ExpirationTime,
        Field::NotBefore,
        Field::RequestId,
        Field::Resources,
    ],
    blank_lines: 1,
    statement: StatementText::PrintableAscii,
    ..TextProfile::CAIP122
};

/// The word that SIWS texts use for every network.
pub(crate) const SIWS_LABEL: &str = "Substrate";

/// The form that a text claims to be of, by its version: nothing below the `Version` line of a
/// proper text begins like it. The form itself judges the rest.
pub(crate) fn profile_of(message: &str) -> &'static TextProfile {
    let version = message
        .rsplit('\n')
        .find_map(|line| line.strip_prefix(Field::Version.label()));
    if version == Some(SIWS.version) {
        &SIWS
    } else {
        &TextProfile::CAIP122
    }
}

/// Refuses texts that hold what wallets put around texts: a signature over one could be taken for
/// a signature over another.
pub(crate) fn refuse_wrapped(message: &str) -> Result<(), VerifyError> {
    let is_wrapped = message.contains(OPENING)
        || message.contains(CLOSING)
        || message.starts_with("\x19Ethereum Signed Message:");
    if is_wrapped {
        return Err(VerifyError::message(
            "the text holds the marks of a wrapped one",
        ));
    }
    Ok(())
}

/// The text as extensions and hardware wallets sign it.
pub(crate) fn wrapped(message: &str) -> Vec<u8> {
    [OPENING, message, CLOSING].concat().into_bytes()
}

const OPENING: &str = "<Bytes>";
const CLOSING: &str = "</Bytes>";
