//! Conversions for people who hold a `siwe::Message`. Both ways go through the text, so both
//! sides have read the same bytes.

use countersign_core::{ChainId, SignIn, TextProfile, VerifyError};

/// Reads a `siwe::Message` as a statement of ours.
///
/// # Errors
/// `message_malformed` where the message's text breaks ERC-4361: the `siwe` crate lets some such
/// texts pass.
pub fn from_siwe(message: &siwe::Message) -> Result<SignIn<'static>, VerifyError> {
    let text = message.to_string();
    let read = TextProfile::ERC4361.parse(&text, |label, id| {
        (label == "Ethereum")
            .then(|| ChainId::new("eip155", id?).ok())
            .flatten()
    });
    read.map(SignIn::into_owned)
}

/// Reads a statement of ours as a `siwe::Message`.
///
/// # Errors
/// `message_malformed` where the `siwe` crate does not read the text: a scheme before the domain,
/// an empty statement, an empty `Resources:` list.
pub fn to_siwe(sign_in: &SignIn<'_>) -> Result<siwe::Message, VerifyError> {
    let text = sign_in.compose();
    let refused = || VerifyError::message("the siwe crate does not read this text");
    let message: siwe::Message = text.parse().map_err(|e| refused().with_source(e))?;
    if message.to_string() != text {
        return Err(refused());
    }
    Ok(message)
}
