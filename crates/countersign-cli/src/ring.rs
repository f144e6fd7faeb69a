//! `countersign keys`: the ring of keys that sign access tokens, in a file.

use std::{path::Path, process::ExitCode, time::Duration};

use countersign::{
    Clock, SystemClock, Timestamp,
    jwt::{Algorithm, Key, KeyRing, Phase, RingError, RingKey},
};
use serde_json::{Value, json};

use crate::{
    args::{KeyAlgorithm, KeysArgs, KeysCommand},
    failure::Failure,
    output,
};

pub(crate) fn run(args: &KeysArgs) -> Result<ExitCode, Failure> {
    let now = SystemClock.now();
    let path = &*args.ring;
    let said = match &args.command {
        KeysCommand::New { alg, signs_in } => new(path, *alg, *signs_in, now)?,
        KeysCommand::Rotate { keep } => {
            let ring = open(path)?;
            let kid = ring
                .rotate(now, Duration::from_secs(*keep))
                .map_err(Failure::refused)?;
            save(&ring, path)?;
            format!("{kid} signs from now on")
        }
        KeysCommand::Retire { kid } => {
            let ring = open(path)?;
            let current = ring
                .list(now)
                .into_iter()
                .find(|key| key.phase == Phase::Current);
            ring.retire(kid, now).map_err(Failure::refused)?;
            let is_last = ring.list(now).iter().all(|key| key.phase != Phase::Current);
            if is_last && current.is_some() {
                return Err(Failure::refused(
                    "no other key signs now: add one with `keys new`, then `keys rotate`",
                ));
            }
            save(&ring, path)?;
            format!("{kid} is over: its tokens are refused")
        }
        KeysCommand::List => {
            list(&open(path)?, now, args.json);
            return Ok(ExitCode::SUCCESS);
        }
    };
    if args.json {
        list(&open(path)?, now, true);
    } else {
        output::line(said);
    }
    Ok(ExitCode::SUCCESS)
}

/// The first key of a ring signs at once; a later one is published first.
fn new(
    path: &Path,
    algorithm: KeyAlgorithm,
    signs_in: u64,
    now: Timestamp,
) -> Result<String, Failure> {
    let exists = path.try_exists().map_err(Failure::refused)?;
    let ring = if exists {
        open(path)?
    } else {
        KeyRing::default()
    };
    let is_first = ring.list(now).iter().all(|key| key.phase != Phase::Current);
    let wait = if is_first { 0 } else { signs_in };
    let key = Key::generate(algorithm.into());
    let kid = key.kid().to_owned();
    ring.add(key, now + Duration::from_secs(wait))
        .map_err(Failure::refused)?;
    save(&ring, path)?;
    Ok(if wait == 0 {
        format!("{kid} signs from now on")
    } else {
        format!("{kid} is published; it signs in {wait} s, or after `keys rotate`")
    })
}

fn list(ring: &KeyRing, now: Timestamp, as_json: bool) {
    let keys = ring.list(now);
    if as_json {
        output::json(&json!({"keys": keys.iter().map(described).collect::<Vec<_>>()}));
        return;
    }
    for key in keys {
        let until = match key.verifies_until {
            Some(end) => format!(", good until {}", end.to_rfc3339()),
            None => String::new(),
        };
        let (kid, algorithm) = (&key.kid, key.algorithm.as_str());
        let (phase, from) = (word(key.phase), key.signs_from.to_rfc3339());
        output::line(format_args!(
            "{kid}  {algorithm:6}  {phase:7}  since {from}{until}"
        ));
    }
}

fn described(key: &RingKey) -> Value {
    json!({
        "kid": key.kid,
        "alg": key.algorithm.as_str(),
        "phase": word(key.phase),
        "signs_from": key.signs_from.to_rfc3339(),
        "verifies_until": key.verifies_until.map(Timestamp::to_rfc3339),
    })
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Next => "next",
        Phase::Current => "current",
        Phase::Retired => "retired",
        Phase::Ended => "ended",
    }
}

fn open(path: &Path) -> Result<KeyRing, Failure> {
    KeyRing::open(path).map_err(|error| {
        let hint = match error {
            RingError::File(_) => "; `keys new` makes one, `--ring` names another",
            _ => "",
        };
        Failure::refused(format_args!("{}: {error}{hint}", path.display()))
    })
}

fn save(ring: &KeyRing, path: &Path) -> Result<(), Failure> {
    ring.save(path)
        .map_err(|error| Failure::refused(format_args!("{}: {error}", path.display())))
}

impl From<KeyAlgorithm> for Algorithm {
    fn from(name: KeyAlgorithm) -> Self {
        match name {
            KeyAlgorithm::EdDsa => Self::EdDsa,
            KeyAlgorithm::Es256 => Self::Es256,
            KeyAlgorithm::Es256k => Self::Es256k,
            KeyAlgorithm::Hs256 => Self::Hs256,
            #[cfg(feature = "rs256")]
            KeyAlgorithm::Rs256 => Self::Rs256,
        }
    }
}
