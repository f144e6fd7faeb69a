//! `countersign verify`: a signed text, and what a server would say to it.

use std::{
    fs::File,
    io::{self, Read, stdin},
    path::Path,
    process::ExitCode,
};

use countersign::{Clock, Code, SystemClock};

use crate::{
    args::VerifyArgs,
    checks::examine,
    expected::Expected,
    failure::Failure,
    output,
    report::{Check, Report},
};

pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let bytes = read(&args.message).map_err(|error| {
        let path = args.message.display();
        Failure::usage(format_args!("the message {path}: {error}"))
    })?;
    let expected = Expected {
        site: args.domain.clone(),
        nonce: args.nonce.clone(),
        chain: args.chain.clone(),
        at: args.at.unwrap_or_else(|| SystemClock.now()),
        #[cfg(feature = "contract-wallets")]
        rpc: args.rpc.clone(),
        #[cfg(not(feature = "contract-wallets"))]
        rpc: None,
    };
    let signature = args.signature.as_deref();
    let report = match std::str::from_utf8(&bytes) {
        Ok(message) => examine(message, signature, &expected),
        Err(_) => unreadable(&expected, signature.is_some()),
    };
    if args.json {
        output::json(&report.to_json());
    } else {
        output::line(&report);
    }
    if report.is_refused(Check::Format) && bytes.ends_with(b"\n") {
        output::error("note: the message ends with a line break; was that signed too?");
    }
    Ok(match report.code() {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

/// Bytes that are not UTF-8 fit into no JSON request.
fn unreadable(expected: &Expected, is_signed: bool) -> Report {
    let mut report = Report::of_unread(expected, is_signed);
    let detail = "the message is not UTF-8";
    report.refuse(Check::Format, Code::RequestMalformed, detail);
    report
}

/// Reads the file, up to a size that is too large in any case.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        stdin().lock().take(MAX_READ).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(MAX_READ).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

const MAX_READ: u64 = 64 * 1024;
