//! What the command line may say.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use countersign::{ChainId, DateTime, Timestamp, polkadot::Scheme, sso::ConsentRule};

use crate::{chains, server::ServerUrl, site::Site};

/// Wallet sign-in: a provider to serve, a wallet in the terminal, and a second look at signed texts.
#[derive(Debug, Parser)]
#[command(name = "countersign", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Verify(VerifyArgs),
    SignIn(SignInArgs),
    Keys(KeysArgs),
    Serve(ServeArgs),
    CheckConfig(ConfigArgs),
    Clients(ClientsArgs),
}

/// Check a signed sign-in text as a server would.
///
/// Prints every field and every check, and the code that a server would answer. Exit status: 0
/// accepted, 1 refused, 2 wrong usage.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// The file with the text, byte for byte as it was signed; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) message: PathBuf,

    /// The signature, as `0x` and hex digits
    #[arg(long, value_name = "0x…", allow_hyphen_values = true)]
    pub(crate) signature: Option<String>,

    /// The site that the text must be for: `app.example`, or `https://app.example`
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Option<Site>,

    /// The nonce that the text must hold
    #[arg(long)]
    pub(crate) nonce: Option<String>,

    /// The instant of the check, such as `2026-03-14T09:21:00Z`; now, if it is not given
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub(crate) at: Option<Timestamp>,

    /// The one chain that is allowed, such as `eip155:1`; any, if it is not given
    #[arg(long, value_name = "CAIP2", value_parser = chains::read)]
    pub(crate) chain: Option<ChainId>,

    /// A node of the text's chain, whose contract is asked if no key made the signature (ERC-1271,
    /// ERC-6492)
    #[cfg(feature = "contract-wallets")]
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sign in to a server with a key of your own, as a wallet does.
///
/// Prints every step and the session. Exit status: 0 signed in, 1 refused, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("key").required(true).args(["key_file", "new_key"]))]
pub(crate) struct SignInArgs {
    /// The server, such as `https://app.example`; with a path if its endpoints are not under `/auth`
    #[arg(value_name = "URL")]
    pub(crate) server: ServerUrl,

    /// The chain to sign in on: a CAIP-2 name, or `ethereum`, `polkadot`, `kusama`, `westend`
    #[arg(long, value_name = "CAIP2", default_value = "eip155:1", value_parser = chains::read)]
    pub(crate) chain: ChainId,

    /// The kind of key, where the chain has several: sr25519 (the default there), ed25519, ecdsa or
    /// ethereum
    #[arg(long, value_name = "SCHEME", value_parser = scheme)]
    pub(crate) scheme: Option<Scheme>,

    /// A file with the private key: 32 bytes in hex, best readable by you alone
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Sign with a fresh key, which is thrown away at the end
    #[arg(long)]
    pub(crate) new_key: bool,

    /// What the session is to be carried by
    #[arg(long, value_enum, default_value_t = CredentialKind::Cookie)]
    pub(crate) credential: CredentialKind,

    /// Write the text and its signature to a file, as JSON: to see that they are good only once
    #[arg(long, value_name = "FILE")]
    pub(crate) save_proof: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Keep the keys that sign access tokens, in a file that the server reads anew when it changes.
///
/// Exit status: 0 done, 1 refused, 2 wrong usage.
#[derive(Debug, clap::Args)]
pub(crate) struct KeysArgs {
    /// The file of the ring; `new` makes it, readable by you alone
    #[arg(long, value_name = "FILE", global = true, default_value = "keys.json")]
    pub(crate) ring: PathBuf,

    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Add a key: the first signs at once, a later one is published first
    New {
        /// How it signs
        #[arg(long, value_enum, default_value_t = KeyAlgorithm::EdDsa)]
        alg: KeyAlgorithm,

        /// In how many seconds it signs by itself, without `rotate`
        #[arg(long, value_name = "SECONDS", default_value_t = 24 * 3_600)]
        signs_in: u64,
    },
    /// Let the next key sign from now on
    Rotate {
        /// For how many seconds the tokens of the key until now stay good
        #[arg(long, value_name = "SECONDS", default_value_t = 24 * 3_600)]
        keep: u64,
    },
    /// Show the keys, without what is secret
    List,
    /// End a key at once: its tokens are refused
    Retire {
        /// The key's name
        kid: String,
    },
}

/// Serve a wallet identity provider: applications sign people in by OpenID Connect.
///
/// `--dev` alone is enough to try it. Every option of the file is described in
/// `crates/countersign-cli/dist/countersign.toml`, how to run it for good in `docs/sso.md`. It ends on
/// SIGTERM and SIGINT, once the requests on their way are answered.
#[derive(Debug, clap::Args)]
#[command(after_help = ENVIRONMENT)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Where to listen, instead of what the file says
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// The store's URL, instead of what the file says
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,

    /// For this machine alone: a throw-away secret and key, and a demo application
    #[arg(long)]
    pub(crate) dev: bool,
}

/// Say whether a configuration of `serve` is good, with everything that is wrong with it.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    /// The configuration, in TOML; without, the environment and the defaults
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
}

/// Keep the applications that sign people in here, in the store of `serve`.
///
/// Exit status: 0 done, 1 refused, 2 wrong usage.
#[derive(Debug, clap::Args)]
pub(crate) struct ClientsArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// The store's URL, instead of what the file says
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) store: Option<String>,

    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: ClientsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientsCommand {
    /// Add an application; its secret is shown once
    Add {
        /// Its `client_id`: letters, digits, `.`, `_`, `~` and `-`
        id: String,

        /// Its name for people
        #[arg(long)]
        name: String,

        /// Where people may be sent back to; may be given several times
        #[arg(long = "redirect-uri", value_name = "URI")]
        redirect_uris: Vec<String>,

        /// Where people may be sent after signing out; may be given several times
        #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
        post_logout_redirect_uris: Vec<String>,

        /// An application that cannot keep a secret: in a browser, or on people's own machines
        #[arg(long, conflicts_with = "introspects")]
        public: bool,

        /// An API that looks at the tokens of other applications
        #[arg(long)]
        introspects: bool,

        /// When people are asked whether they allow it
        #[arg(long, value_enum, default_value_t = ConsentKind::Remember)]
        consent: ConsentKind,
    },
    /// Show the applications, without what is secret
    List,
    /// Remove an application, and what people allowed it
    Remove {
        /// Its `client_id`
        id: String,
    },
    /// Give an application a new secret
    RotateSecret {
        /// Its `client_id`
        id: String,

        /// Let the secret until now count as well, until the next rotation
        #[arg(long)]
        keep: bool,
    },
    /// Make a secret and its digest, for the configuration's own clients
    Secret,
}

/// When people are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConsentKind {
    /// Once for each person
    Remember,
    /// Every time
    Always,
    /// Never: an application of one's own
    Never,
}

impl From<ConsentKind> for ConsentRule {
    fn from(kind: ConsentKind) -> Self {
        match kind {
            ConsentKind::Remember => Self::Remember,
            ConsentKind::Always => Self::Always,
            ConsentKind::Never => Self::Never,
        }
    }
}

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyAlgorithm {
    /// Ed25519
    #[value(name = "EdDSA")]
    EdDsa,
    /// P-256
    #[value(name = "ES256")]
    Es256,
    /// secp256k1
    #[value(name = "ES256K")]
    Es256k,
    /// A shared secret: only where the one service that checks also signs
    #[value(name = "HS256")]
    Hs256,
    /// RSA of 2048 bits, for checkers that know nothing else
    #[cfg(feature = "rs256")]
    #[value(name = "RS256")]
    Rs256,
}

/// How the client is known from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CredentialKind {
    /// By a cookie, as browsers are
    Cookie,
    /// By a bearer token, as programs are
    Token,
}

impl CredentialKind {
    /// The word on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Token => "token",
        }
    }
}

const ENVIRONMENT: &str = "\
The environment comes before the file: COUNTERSIGN_ORIGIN, COUNTERSIGN_LISTEN, COUNTERSIGN_STORE,
COUNTERSIGN_SECRET, COUNTERSIGN_KEYS, COUNTERSIGN_METRICS_LISTEN, COUNTERSIGN_LOG (text, json),
COUNTERSIGN_LOG_LEVEL (info, debug), COUNTERSIGN_DEV (1: as --dev).";

fn instant(text: &str) -> Result<Timestamp, &'static str> {
    DateTime::parse(text)
        .map(|at| at.floor())
        .ok_or("not an RFC 3339 date-time, such as 2026-03-14T09:21:00Z")
}

fn scheme(text: &str) -> Result<Scheme, &'static str> {
    text.parse()
        .map_err(|_| "not one of sr25519, ed25519, ecdsa, ethereum")
}
