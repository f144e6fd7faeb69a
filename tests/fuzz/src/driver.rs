//! Mutates inputs, and keeps those that take a path that none took before.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::Target;

/// What a round of fuzzing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How many inputs were tried.
    pub runs: u64,
    /// How many paths they took.
    pub paths: usize,
}

/// Tries `runs` inputs.
///
/// # Panics
/// With the input in hex, if the target panics.
pub fn fuzz(target: &Target, seed: u64, runs: u64) -> Outcome {
    let mut random = Random(seed);
    let mut kept = (target.seeds)();
    assert!(!kept.is_empty(), "{} has no seeds", target.name);
    let mut paths = HashSet::new();
    for input in &kept {
        paths.insert(attempt(target, input, 0));
    }
    let mut input = Vec::new();
    for run in 1..=runs {
        input.clear();
        let place = random.below(kept.len());
        input.extend_from_slice(&kept[place]);
        for _ in 0..=random.below(4) {
            mutate(&mut input, &kept, &mut random);
        }
        input.truncate(LONGEST);
        if paths.insert(attempt(target, &input, run)) && kept.len() < MOST_KEPT {
            kept.push(input.clone());
        }
    }
    let paths = paths.len();
    Outcome { runs, paths }
}

fn attempt(target: &Target, input: &[u8], run: u64) -> u64 {
    match catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        Ok(path) => path,
        Err(_) => panic!(
            "{} failed at run {run} with the input {}",
            target.name,
            hex::encode(input)
        ),
    }
}

fn mutate(input: &mut Vec<u8>, kept: &[Vec<u8>], random: &mut Random) {
    let place = random.below(input.len() + 1);
    match random.below(9) {
        // A bit, a byte, a few bytes
        0 if place < input.len() => input[place] ^= 1 << random.below(8),
        1 if place < input.len() => input[place] = random.byte(),
        2 => {
            for _ in 0..=random.below(8) {
                let byte = random.byte();
                input.insert(place, byte);
            }
        }
        // A stretch goes, comes again, or moves
        3 => {
            let end = (place + 1 + random.below(40)).min(input.len());
            input.drain(place.min(end)..end);
        }
        4 => {
            let end = (place + 1 + random.below(64)).min(input.len());
            let stretch = input[place.min(end)..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, stretch);
        }
        5 => input.truncate(place),
        // A word that lengths and offsets are made of, where words stand
        6 => {
            let word = random.word();
            let start = place / 32 * 32;
            let end = (start + 32).min(input.len());
            input.splice(start..end, word);
        }
        // The tail of another
        7 => {
            let other = &kept[random.below(kept.len())];
            let from = random.below(other.len() + 1);
            input.truncate(place);
            input.extend_from_slice(&other[from..]);
        }
        _ => {
            let text = WORDS[random.below(WORDS.len())];
            input.splice(place..place, text.iter().copied());
        }
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a usize")
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }

    fn word(&mut self) -> [u8; 32] {
        let number = match self.below(4) {
            0 => 32 * (self.next() % 1_024),
            1 => self.next() % 300,
            2 => 1 << (self.next() % 63),
            _ => u64::MAX,
        };
        let mut word = [if number == u64::MAX { 0xff } else { 0 }; 32];
        word[24..].copy_from_slice(&number.to_be_bytes());
        word
    }
}

/// Texts that grammars here are made of.
const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b": ",
    b"\0",
    b"://",
    b"@",
    b"\xc3\xa9",
    b"0x",
    b"Nonce: ",
    b"URI: ",
    b"Chain ID: ",
    b"Version: 1",
    b"Issued At: ",
    b"Expiration Time: ",
    b"Resources:",
    b"\n- ",
    b"\x16\x26\xba\x7e",
    b"\x64\x92",
    b"\xef\x01\x00",
    b".",
    b"+",
    b"=",
    b"\"",
    b"{}",
    b"[]",
];

const LONGEST: usize = 16 * 1024;
const MOST_KEPT: usize = 4_096;
