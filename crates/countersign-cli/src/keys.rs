//! Private keys from files.

use std::{fs::File, io::Read, path::Path};

use zeroize::Zeroizing;

use crate::failure::Failure;
#[cfg(unix)]
use crate::output;

/// Reads a file with 32 bytes in hex, with or without `0x`.
pub(crate) fn from_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let fault =
        |what: &str| Failure::usage(format_args!("the key file {}: {what}", path.display()));
    let file = File::open(path).map_err(|error| fault(&error.to_string()))?;
    warn_if_open_to_others(&file, path);
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE));
    file.take(MAX_FILE as u64)
        .read_to_string(&mut text)
        .map_err(|error| fault(&error.to_string()))?;
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, &mut *key).map_err(|_| fault("not 32 bytes in hex"))?;
    Ok(key)
}

#[cfg(unix)]
fn warn_if_open_to_others(file: &File, path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let open = file
        .metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if open {
        let path = path.display();
        output::error(format_args!(
            "warning: others can read {path}; try `chmod 600`"
        ));
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_others(_: &File, _: &Path) {}

const MAX_FILE: usize = 256;
