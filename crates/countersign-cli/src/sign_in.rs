//! `countersign sign-in`: a wallet in the terminal.

use std::{fs::OpenOptions, io::Write, path::Path, process::ExitCode};

use countersign::{Clock, SystemClock, Wallet};
use serde_json::{Value, json};

use crate::{
    args::{CredentialKind, SignInArgs},
    chains,
    checks::examine,
    expected::Expected,
    failure::Failure,
    keys,
    output::{self, visible},
    report::{Check, Outcome},
    server::{Answer, Server},
};

pub(crate) fn run(args: &SignInArgs) -> Result<ExitCode, Failure> {
    let wallet = open_wallet(args)?;
    let say = |text: String| {
        if !args.json {
            output::line(text);
        }
    };
    let thrown_away = if args.new_key {
        ", thrown away at the end"
    } else {
        ""
    };
    say(format!(
        "Wallet {} on {}{thrown_away}",
        wallet.address(),
        args.chain
    ));

    let mut server = Server::new(args.server.clone());
    let challenge = server.post(
        "/challenge",
        &json!({
            "chain": args.chain,
            "account": wallet.address(),
            "credential": args.credential.as_str(),
        }),
    )?;
    say(step("POST", args, "/challenge", &challenge));
    let message = challenge
        .text("message")
        .ok_or_else(|| Failure::refused("the server sent no text to sign"))?;
    for line in message.split('\n') {
        say(format!("    {}", visible(line)).trim_end().to_owned());
    }
    approve(message, &*wallet, args)?;

    let signature = format!("0x{}", hex::encode(wallet.sign(message)));
    say(format!("Signed {signature}"));
    let mut proof = json!({"message": message, "signature": signature});
    if let Some(path) = &args.save_proof {
        save(path, &proof)?;
        say(format!("Saved the proof in {}", path.display()));
    }
    if args.credential == CredentialKind::Token {
        proof["credential"] = json!(args.credential.as_str());
    }
    let verified = server.post("/verify", &proof)?;
    say(step("POST", args, "/verify", &verified));
    let credential = Credential::of(&verified, args.credential)?;
    let session = server.get("/session", credential.bearer())?;
    say(step("GET", args, "/session", &session));

    if args.json {
        output::json(&json!({
            "origin": args.server.origin,
            "chain": args.chain,
            "address": wallet.address(),
            "message": message,
            "signature": signature,
            "session": session.body,
            "credential": credential.to_json(&verified),
        }));
    } else {
        print_session(&session, &credential, args);
    }
    Ok(ExitCode::SUCCESS)
}

fn open_wallet(args: &SignInArgs) -> Result<Box<dyn Wallet>, Failure> {
    let key = match &args.key_file {
        Some(path) => Some(keys::from_file(path)?),
        None => None,
    };
    chains::wallet(&args.chain, args.scheme, key.as_deref()).ok_or_else(|| {
        let chain = &args.chain;
        match args.scheme {
            Some(scheme) => Failure::usage(format_args!("this is no {scheme} key of {chain}")),
            None => Failure::usage(format_args!("this is no private key of {chain}")),
        }
    })
}

/// Looks at a text before it is signed: it must be for the server that sent it, and for our
/// account. Otherwise any server could have us sign in elsewhere.
fn approve(message: &str, wallet: &dyn Wallet, args: &SignInArgs) -> Result<(), Failure> {
    let expected = Expected {
        site: Some(args.server.origin.clone().into()),
        chain: Some(args.chain.clone()),
        ..Expected::at(SystemClock.now())
    };
    let report = examine(message, None, &expected);
    let outcomes = Check::ALL
        .into_iter()
        .filter(|check| *check != Check::Times); // as the server's clock says
    for check in outcomes {
        if let Outcome::Refused(code, detail) = report.outcome(check) {
            return Err(Failure::refused(format_args!(
                "{code}: {detail}; the server's text was not signed"
            )));
        }
    }
    if report
        .sign_in()
        .is_some_and(|text| text.address == wallet.address())
    {
        Ok(())
    } else {
        Err(Failure::refused(
            "address_mismatch: the server's text names another account; it was not signed",
        ))
    }
}

/// What the client shows from now on.
enum Credential {
    Cookie(String),
    Token(String),
}

impl Credential {
    fn of(verified: &Answer, kind: CredentialKind) -> Result<Self, Failure> {
        let found = match kind {
            CredentialKind::Cookie => verified.new_cookies.first().cloned().map(Self::Cookie),
            CredentialKind::Token => verified
                .text("access_token")
                .map(|token| Self::Token(token.to_owned())),
        };
        let kind = kind.as_str();
        found.ok_or_else(|| Failure::refused(format_args!("the server sent no {kind}")))
    }

    fn bearer(&self) -> Option<&str> {
        match self {
            Self::Cookie(_) => None,
            Self::Token(token) => Some(token),
        }
    }

    fn header(&self) -> String {
        match self {
            Self::Cookie(pair) => format!("Cookie: {pair}"),
            Self::Token(token) => format!("Authorization: Bearer {token}"),
        }
    }

    fn to_json(&self, verified: &Answer) -> Value {
        match self {
            Self::Cookie(pair) => {
                json!({"kind": "cookie", "cookie": pair, "header": self.header()})
            }
            Self::Token(token) => json!({
                "kind": "token",
                "access_token": token,
                "expires_in": verified.body.get("expires_in"),
                "header": self.header(),
            }),
        }
    }
}

fn step(method: &str, args: &SignInArgs, path: &str, answer: &Answer) -> String {
    let status = answer.status.as_u16();
    format!("{method} {} -> {status}", args.server.endpoint(path))
}

fn print_session(session: &Answer, credential: &Credential, args: &SignInArgs) {
    output::line("\nSigned in");
    for name in SESSION_FIELDS {
        if let Some(value) = session.text(name) {
            output::line(format_args!("  {name:<16} {}", visible(value)));
        }
    }
    let header = credential.header();
    output::line(format_args!("\n{}", visible(&header)));
    // A line to be copied into a shell holds nothing that a shell would act on.
    let is_tame = |c: char| c.is_ascii_alphanumeric() || " :=_-.~+/%".contains(c);
    if header.chars().all(is_tame) {
        let origin = &args.server.origin;
        output::line("\nShow it to the application, for example:\n");
        output::line(format_args!("    curl -H '{header}' {origin}/me"));
    }
}

/// Writes the proof where only the owner can read it.
fn save(path: &Path, proof: &Value) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| writeln!(file, "{proof}"))
        .map_err(|error| Failure::usage(format_args!("the proof file {}: {error}", path.display())))
}

const SESSION_FIELDS: [&str; 6] = [
    "subject",
    "account",
    "chain",
    "method",
    "issued_at",
    "expires_at",
];
