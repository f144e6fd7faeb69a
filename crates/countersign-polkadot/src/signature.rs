//! Signatures: which schemes and which forms of the text are tried, in a fixed order.
//!
//! | bytes | 32-byte account | 20-byte account |
//! |---|---|---|
//! | 64 | sr25519 if it bears that scheme's mark, else ed25519 | – |
//! | 65 | `00`: ed25519, `01`: sr25519, of the rest; then ecdsa of all | ethereum |
//! | 66 | `02`: ecdsa of the rest | `02`: ethereum of the rest |
//!
//! A form is the wrapped text; its BLAKE2b-256 if it is longer than 256 bytes (Ledger); where
//! allowed, the same of the bare text. Ten checks are made at most.

use countersign_core::VerifyError;
use ed25519_dalek::VerifyingKey as Ed25519Key;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use schnorrkel::PublicKey as Sr25519Key;
use sha3::{Digest, Keccak256};

use crate::{
    accounts::{Account, blake2b_256},
    dialect::wrapped,
};

/// The scheme by which `signature` proves that the holder of `account` signed `message`.
pub(crate) fn prove(
    account: &Account,
    message: &str,
    signature: &[u8],
    bare: bool,
) -> Result<&'static str, VerifyError> {
    if !matches!(signature.len(), 64..=66) {
        return Err(VerifyError::signature(
            "the signature is not 64 to 66 bytes",
        ));
    }
    if account.is_weak() {
        return Err(VerifyError::weak_key());
    }
    let forms = Forms::of(message, bare);
    let proved = match account {
        Account::Id32(key) => prove_32(account, key, &forms, signature),
        Account::Id20(_) => prove_20(account, message, &forms, signature),
    };
    proved.ok_or_else(VerifyError::bad_signature)
}

fn prove_32(
    account: &Account,
    key: &[u8; 32],
    forms: &Forms<'_>,
    signature: &[u8],
) -> Option<&'static str> {
    let any = |check: &dyn Fn(&[u8]) -> bool| forms.any(check);
    let sr25519 = |s: &[u8; 64]| any(&|form| is_sr25519(key, form, s)).then_some(SR25519);
    let ed25519 = |s: &[u8; 64]| any(&|form| is_ed25519(key, form, s)).then_some(ED25519);
    let ecdsa = |s: &[u8; 65]| {
        let signed = |form: &[u8]| {
            recover(&blake2b_256(form), s).is_some_and(|key| Account::of_ecdsa(&key) == *account)
        };
        any(&signed).then_some(ECDSA)
    };
    if let Ok(signature) = <&[u8; 64]>::try_from(signature) {
        return match signature[63] & SR25519_MARK {
            0 => ed25519(signature),
            _ => sr25519(signature),
        };
    }
    if let Ok(whole) = <&[u8; 65]>::try_from(signature) {
        let (scheme, rest) = whole.split_first()?;
        let rest = rest.try_into().ok()?;
        let typed = match *scheme {
            TYPE_ED25519 => ed25519(rest),
            TYPE_SR25519 => sr25519(rest),
            _ => None,
        };
        return typed.or_else(|| ecdsa(whole)); // whose first byte may be anything
    }
    ecdsa(typed_ecdsa(signature)?)
}

fn prove_20(
    account: &Account,
    message: &str,
    forms: &Forms<'_>,
    signature: &[u8],
) -> Option<&'static str> {
    let signature = match <&[u8; 65]>::try_from(signature) {
        Ok(signature) => signature,
        Err(_) => typed_ecdsa(signature)?,
    };
    let is_of = |digest: [u8; 32]| {
        recover(&digest, signature).is_some_and(|key| Account::of_ethereum(&key) == *account)
    };
    let signed =
        forms.any(|form| is_of(Keccak256::digest(form).into())) || is_of(personal_digest(message));
    (signed && !account.is_reserved()).then_some(ETHEREUM)
}

fn typed_ecdsa(signature: &[u8]) -> Option<&[u8; 65]> {
    match signature {
        [TYPE_ECDSA, rest @ ..] => rest.try_into().ok(),
        _ => None,
    }
}

/// What may have been signed for a text, made as it is asked for: wallets sign the first form,
/// and only hardware the hash of a long one.
struct Forms<'a> {
    message: &'a str,
    bare: bool,
}

impl<'a> Forms<'a> {
    fn of(message: &'a str, bare: bool) -> Self {
        Self { message, bare }
    }

    fn any(&self, check: impl Fn(&[u8]) -> bool) -> bool {
        let of_text = |text: &[u8]| {
            // Below this length a Ledger shows and signs the text itself.
            check(text) || text.len() > LONGEST_UNHASHED && check(&blake2b_256(text))
        };
        of_text(&wrapped(self.message)) || self.bare && of_text(self.message.as_bytes())
    }
}

fn is_sr25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let (Ok(key), Ok(signature)) = (
        Sr25519Key::from_bytes(key),
        schnorrkel::Signature::from_bytes(signature),
    ) else {
        return false;
    };
    key.verify_simple(SIGNING_CONTEXT, message, &signature)
        .is_ok()
}

fn is_ed25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    Ed25519Key::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &signature.into()).is_ok())
}

/// The key that made a signature `r ‖ s ‖ v` over a digest. `v` is 0, 1, 27 or 28, and of the two
/// signatures that fit every digest only the one with the low `s` counts: the library does not
/// look at it while recovering.
fn recover(digest: &[u8; 32], signature: &[u8; 65]) -> Option<VerifyingKey> {
    let (v, rs) = signature.split_last()?;
    let parity = match v {
        0 | 27 => 0,
        1 | 28 => 1,
        _ => return None,
    };
    let signature = Signature::from_slice(rs).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    VerifyingKey::recover_from_prehash(digest, &signature, RecoveryId::from_byte(parity)?).ok()
}

/// The digest that Ethereum's wallets sign (EIP-191, version `0x45`).
fn personal_digest(message: &str) -> [u8; 32] {
    Keccak256::new()
        .chain_update(b"\x19Ethereum Signed Message:\n")
        .chain_update(message.len().to_string())
        .chain_update(message)
        .finalize()
        .into()
}

pub(crate) const SR25519: &str = "sr25519";
pub(crate) const ED25519: &str = "ed25519";
pub(crate) const ECDSA: &str = "ecdsa";
pub(crate) const ETHEREUM: &str = "ethereum";

/// The context of every sr25519 signature in Substrate.
pub(crate) const SIGNING_CONTEXT: &[u8] = b"substrate";

/// The bit that sr25519 sets in the last byte, where a valid ed25519 signature has none.
const SR25519_MARK: u8 = 0x80;
const TYPE_ED25519: u8 = 0;
const TYPE_SR25519: u8 = 1;
const TYPE_ECDSA: u8 = 2;
const LONGEST_UNHASHED: usize = 256;
