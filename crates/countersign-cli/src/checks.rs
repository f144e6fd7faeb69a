//! The checks of a signed text, in the order of the engine, with the engine's own parts.

use countersign::{
    AccountId, ChainId, ChainVerifier, Code, SignIn, Verified, label_of,
    policy::{TimeRules, names_site, names_uri},
};

use crate::{
    chains::{self, Reader},
    expected::Expected,
    report::{Check, Report},
    site::Site,
};

/// Checks a text, and its signature in the form it has on the wire.
///
/// Every check that can be done is done; the report's code is the one that a server with these
/// expectations would answer first.
pub fn examine(message: &str, signature: Option<&str>, expected: &Expected) -> Report {
    let mut report = Report::of_unread(expected, signature.is_some());
    // A server reads the whole request before it looks at the text.
    let signature = match signature.map(read_signature) {
        Some(Ok(bytes)) => Some(bytes),
        Some(Err(detail)) => {
            report.refuse(Check::Signature, Code::SignatureMalformed, detail);
            None
        }
        None => None,
    };
    let readers = chains::readers(expected.chain.as_ref());
    let Some(reader) = pick(&readers, message, &mut report) else {
        return report;
    };
    let Some(sign_in) = read(&*reader.verifier, message, &mut report) else {
        return report;
    };
    let account = check_fields(reader, &sign_in, expected, &mut report);
    report.sign_in = Some(sign_in.into_owned());
    match (account, signature) {
        (Some(account), Some(signature)) => {
            match prove(&*reader.verifier, &account, message, &signature, expected) {
                Ok(verified) => {
                    report.pass(Check::Signature);
                    report.verified = Some(verified);
                }
                Err((code, detail)) => report.refuse(Check::Signature, code, detail),
            }
        }
        (None, Some(_)) => report.skip(Check::Signature, "there is no account to check it for"),
        (_, None) => {}
    }
    report
}

/// Finds the verifier whose label the text bears.
fn pick<'a>(readers: &'a [Reader], message: &str, report: &mut Report) -> Option<&'a Reader> {
    let label = match label_of(message) {
        Ok(label) => label,
        Err(error) => {
            report.refuse(Check::Format, error.code(), error.detail());
            return None;
        }
    };
    let reader = readers
        .iter()
        .find(|reader| reader.verifier.labels().contains(&label));
    if reader.is_none() {
        let code = Code::ChainUnsupported;
        report.refuse(Check::Chain, code, code.description());
    }
    reader
}

/// Reads the text and holds it to the round-trip law.
fn read<'a>(
    verifier: &dyn ChainVerifier,
    message: &'a str,
    report: &mut Report,
) -> Option<SignIn<'a>> {
    let error = match verifier.parse(message) {
        Ok(sign_in) if sign_in.compose() == message => {
            report.pass(Check::Format);
            report.pass(Check::Version);
            return Some(sign_in);
        }
        Ok(_) => {
            let detail = "the text is not what its fields make";
            report.refuse(Check::Format, Code::MessageMalformed, detail);
            return None;
        }
        Err(error) => error,
    };
    let check = match error.code() {
        Code::UnsupportedVersion => Check::Version,
        Code::AddressInvalid => Check::Address,
        Code::ChainUnsupported => Check::Chain,
        _ => Check::Format,
    };
    report.refuse(check, error.code(), error.detail());
    if check != Check::Address {
        return None;
    }
    // Only the address is wrong: the other fields can still be shown and checked.
    let chain = |reference: &str| ChainId::new(verifier.namespace(), reference).ok();
    let rest = verifier
        .profile()
        .parse(message, |_, reference| reference.and_then(chain))
        .ok()?;
    report.pass(Check::Format);
    report.pass(Check::Version);
    Some(rest)
}

/// Checks what the text says; gives the account if there is one.
fn check_fields(
    reader: &Reader,
    sign_in: &SignIn<'_>,
    expected: &Expected,
    report: &mut Report,
) -> Option<AccountId> {
    let chain = &sign_in.chain;
    let is_served = reader.any_chain || reader.verifier.chains().contains(chain);
    let account = if report.is_refused(Check::Address) {
        None
    } else {
        match reader.verifier.account(chain, &sign_in.address) {
            Ok(account) => {
                report.pass(Check::Address);
                Some(account)
            }
            Err(error) if is_served => {
                report.refuse(Check::Address, error.code(), error.detail());
                None
            }
            Err(_) => {
                report.skip(Check::Address, "its chain is not allowed");
                None
            }
        }
    };
    if let Some(site) = &expected.site {
        check_site(sign_in, site, report);
    }
    report.judge(Check::Chain, is_served, Code::ChainNotAllowed);
    match TimeRules::default().check(sign_in, expected.at) {
        Ok(()) => report.pass(Check::Times),
        Err(code) => report.refuse(Check::Times, code, code.description()),
    }
    if let Some(nonce) = &expected.nonce {
        report.judge(Check::Nonce, sign_in.nonce == *nonce, Code::NonceInvalid);
    }
    account
}

fn check_site(sign_in: &SignIn<'_>, site: &Site, report: &mut Report) {
    let mut named = site.origins().to_vec();
    named.retain(|origin| names_site(sign_in, origin));
    let is_named = !named.is_empty();
    report.judge(Check::Domain, is_named, Code::DomainMismatch);
    let candidates = if is_named { &named } else { site.origins() };
    let uri = candidates.iter().any(|origin| names_uri(sign_in, origin));
    report.judge(Check::Uri, uri, Code::UriMismatch);
}

fn prove(
    verifier: &dyn ChainVerifier,
    account: &AccountId,
    message: &str,
    signature: &[u8],
    expected: &Expected,
) -> Result<Verified, (Code, &'static str)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| (Code::InternalError, Code::InternalError.description()))?;
    let verified = runtime
        .block_on(async {
            #[cfg(feature = "contract-wallets")]
            if let Some(url) = &expected.rpc {
                let verifier = chains::with_contracts(account.chain(), url).await?;
                return verifier.verify(account, message, signature).await;
            }
            let _ = expected;
            verifier.verify(account, message, signature).await
        })
        .map_err(|error| (error.code(), error.detail()))?;
    if verified.account() == account {
        Ok(verified)
    } else {
        Err((Code::PluginError, "the verifier proved another account"))
    }
}

fn read_signature(text: &str) -> Result<Vec<u8>, &'static str> {
    let digits = text
        .strip_prefix("0x")
        .ok_or("the signature does not begin with 0x")?;
    let bytes = hex::decode(digits).map_err(|_| "the signature is not hex digits in pairs")?;
    if bytes.len() > MAX_SIGNATURE {
        return Err("the signature is over 16 KiB");
    }
    Ok(bytes)
}

/// The longest signature that an engine takes, in bytes.
const MAX_SIGNATURE: usize = 16 * 1024;
