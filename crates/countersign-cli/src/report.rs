//! What came of the checks: for programs, and for people.

use std::fmt;

use countersign::{Code, DateTime, SignIn, Timestamp, Verified};
use serde_json::{Map, Value, json};

use crate::{expected::Expected, output::visible};

/// What is checked, in the order of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The text keeps to the grammar.
    Format,
    /// Its version is known.
    Version,
    /// Its address is one of the chain, in canonical form.
    Address,
    /// It was made for the site.
    Domain,
    /// Its URI is of the site.
    Uri,
    /// Its chain is allowed.
    Chain,
    /// It is not too old and not too new.
    Times,
    /// It holds the nonce.
    Nonce,
    /// The signature proves the account.
    Signature,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Format,
        Self::Version,
        Self::Address,
        Self::Domain,
        Self::Uri,
        Self::Chain,
        Self::Times,
        Self::Nonce,
        Self::Signature,
    ];

    /// Its word in the output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Version => "version",
            Self::Address => "address",
            Self::Domain => "domain",
            Self::Uri => "uri",
            Self::Chain => "chain",
            Self::Times => "times",
            Self::Nonce => "nonce",
            Self::Signature => "signature",
        }
    }
}

/// What came of one check. The words are fixed ones, without input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Good.
    Ok,
    /// Not good: the code, and what is wrong.
    Refused(Code, &'static str),
    /// Not done: the reason.
    NotDone(&'static str),
}

/// What came of all checks of one text.
#[derive(Debug, Clone)]
pub struct Report {
    outcomes: [Outcome; 9],
    code: Option<Code>,
    at: Timestamp,
    pub(crate) sign_in: Option<SignIn<'static>>,
    pub(crate) verified: Option<Verified>,
}

impl Report {
    /// Nothing is checked yet: each check says why, should it stay so.
    pub(crate) fn of_unread(expected: &Expected, is_signed: bool) -> Self {
        let outcomes = Check::ALL.map(|check| {
            Outcome::NotDone(match check {
                Check::Domain | Check::Uri if expected.site.is_none() => "no --domain was given",
                Check::Nonce if expected.nonce.is_none() => "no --nonce was given",
                Check::Signature if !is_signed => "no --signature was given",
                _ => "the text cannot be read",
            })
        });
        Self {
            outcomes,
            code: None,
            at: expected.at,
            sign_in: None,
            verified: None,
        }
    }

    /// The code that a server would answer; `None` if nothing is refused.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// What came of one check.
    pub fn outcome(&self, check: Check) -> Outcome {
        self.outcomes[check as usize]
    }

    /// The text's fields, if it could be read.
    pub fn sign_in(&self) -> Option<&SignIn<'_>> {
        self.sign_in.as_ref()
    }

    /// What the signature proved, if it was checked and good.
    pub fn verified(&self) -> Option<&Verified> {
        self.verified.as_ref()
    }

    pub(crate) fn pass(&mut self, check: Check) {
        self.outcomes[check as usize] = Outcome::Ok;
    }

    pub(crate) fn skip(&mut self, check: Check, reason: &'static str) {
        self.outcomes[check as usize] = Outcome::NotDone(reason);
    }

    /// Notes a refusal. The first one is the answer.
    pub(crate) fn refuse(&mut self, check: Check, code: Code, detail: &'static str) {
        self.outcomes[check as usize] = Outcome::Refused(code, detail);
        self.code.get_or_insert(code);
    }

    pub(crate) fn judge(&mut self, check: Check, good: bool, code: Code) {
        if good {
            self.pass(check);
        } else {
            self.refuse(check, code, code.description());
        }
    }

    pub(crate) fn is_refused(&self, check: Check) -> bool {
        matches!(self.outcome(check), Outcome::Refused(..))
    }

    fn not_done(&self) -> Vec<&'static str> {
        let undone = |check: &Check| matches!(self.outcome(*check), Outcome::NotDone(_));
        let checks = Check::ALL.into_iter().filter(undone);
        checks.map(Check::name).collect()
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let checks: Vec<_> = Check::ALL
            .into_iter()
            .map(|check| {
                let name = check.name();
                match self.outcome(check) {
                    Outcome::Ok => json!({"check": name, "outcome": "ok"}),
                    Outcome::Refused(code, detail) => json!({
                        "check": name, "outcome": "refused", "code": code.as_str(), "detail": detail,
                    }),
                    Outcome::NotDone(detail) => {
                        json!({"check": name, "outcome": "not_done", "detail": detail})
                    }
                }
            })
            .collect();
        // Nobody is named who would not get in.
        let verified = self.verified.as_ref().filter(|_| self.code.is_none());
        json!({
            "accepted": self.code.is_none(),
            "code": self.code.map(Code::as_str),
            "at": self.at.to_rfc3339(),
            "not_done": self.not_done(),
            "checks": checks,
            "fields": self.sign_in.as_ref().map(fields_as_json),
            "subject": verified.map(Verified::subject),
            "account": verified.map(Verified::account),
            "method": verified.map(Verified::method),
        })
    }
}

/// The report for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sign_in) = &self.sign_in {
            writeln!(f, "Fields")?;
            for (name, value) in fields(sign_in) {
                if let Some(value) = value {
                    writeln!(f, "  {name:<16} {}", visible(value))?;
                }
            }
            for resource in sign_in.resources.iter().flatten() {
                writeln!(f, "  {:<16} {}", "resource", visible(resource))?;
            }
            writeln!(f)?;
        }
        writeln!(f, "Checks, at {}", self.at.to_rfc3339())?;
        for check in Check::ALL {
            write!(f, "  {:<16} ", check.name())?;
            match self.outcome(check) {
                Outcome::Ok => writeln!(f, "ok")?,
                Outcome::Refused(code, detail) => writeln!(f, "refused {code}: {detail}")?,
                Outcome::NotDone(reason) => writeln!(f, "not done: {reason}")?,
            }
        }
        writeln!(f)?;
        if let Some(code) = self.code {
            return write!(f, "Refused: {code}");
        }
        write!(f, "Accepted")?;
        if let Some(verified) = &self.verified {
            write!(
                f,
                ": {} by {}",
                verified.subject().as_str(),
                verified.method()
            )?;
        }
        match self.not_done().as_slice() {
            [] => Ok(()),
            undone => write!(f, "; not done: {}", undone.join(", ")),
        }
    }
}

/// Every field but the list of resources, under the names of the JSON output.
fn fields<'a>(sign_in: &'a SignIn<'_>) -> [(&'static str, Option<&'a str>); 14] {
    fn text(time: &Option<DateTime>) -> Option<&str> {
        time.as_ref().map(DateTime::as_str)
    }
    [
        ("scheme", sign_in.scheme.as_deref()),
        ("domain", Some(&sign_in.domain)),
        ("label", Some(&sign_in.label)),
        ("address", Some(&sign_in.address)),
        ("statement", sign_in.statement.as_deref()),
        ("uri", sign_in.uri.as_deref()),
        ("version", Some(sign_in.profile.version)),
        ("chain_id", sign_in.chain_text.as_deref()),
        ("chain", Some(sign_in.chain.as_str())),
        ("nonce", Some(&sign_in.nonce)),
        ("issued_at", text(&sign_in.issued_at)),
        ("expiration_time", text(&sign_in.expiration_time)),
        ("not_before", text(&sign_in.not_before)),
        ("request_id", sign_in.request_id.as_deref()),
    ]
}

fn fields_as_json(sign_in: &SignIn<'_>) -> Map<String, Value> {
    let mut map: Map<_, _> = fields(sign_in)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    map.insert("resources".to_owned(), json!(sign_in.resources));
    map
}
