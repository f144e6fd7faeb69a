//! Sign-in texts.

use countersign_core::ChainVerifier;
use countersign_ethereum::Ethereum;

use super::path;
use crate::Target;

/// The targets of this file.
pub const ALL: &[Target] = &[Target {
    name: "erc4361-text",
    seeds: texts,
    run: text,
}];

fn texts() -> Vec<Vec<u8>> {
    let head = "app.example wants you to sign in with your Ethereum account:\n\
        0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n\n";
    let fields = "URI: https://app.example\nVersion: 1\nChain ID: 1\nNonce: abcdefgh1\n\
        Issued At: 2026-01-01T00:00:00Z";
    [
        format!("{head}\n{fields}"),
        format!("{head}A statement.\n\n{fields}"),
        format!("https://{head}\n\n{fields}\nExpiration Time: 2026-01-01T00:00:00.5+01:00"),
        format!("{head}\n{fields}\nRequest ID: \nResources:\n- https://a.example/\n- urn:x:y"),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// What is accepted is written back as it was.
fn text(input: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(input) else {
        return 0;
    };
    match Ethereum::mainnet().parse(text) {
        Ok(sign_in) => {
            assert_eq!(sign_in.compose(), text);
            let options = (
                sign_in.scheme.is_some(),
                sign_in.statement.map(|statement| statement.len().min(40)),
                sign_in.expiration_time.is_some(),
                sign_in.not_before.is_some(),
                sign_in.request_id.map(|id| id.len().min(8)),
                sign_in.resources.map(|resources| resources.len()),
            );
            path(options)
        }
        Err(error) => path((error.code(), error.detail())),
    }
}
