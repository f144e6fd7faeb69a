//! The key behind a signature, by the library that was chosen: `k256`, or libsecp256k1 with the
//! feature `secp256k1`. Both give the same answer to everything.

#[cfg(not(feature = "secp256k1"))]
pub(crate) use by_k256::key_of;
#[cfg(feature = "secp256k1")]
pub(crate) use by_libsecp256k1::key_of;

/// The 64 bytes of an uncompressed public key, without the byte that says so.
pub(crate) type Key = [u8; 64];

#[cfg(any(test, not(feature = "secp256k1")))]
mod by_k256 {
    use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

    use super::Key;

    /// The key that made `r ‖ s` over a digest; `is_odd` is the parity of the point behind `r`.
    pub(crate) fn key_of(digest: &[u8; 32], rs: &[u8; 64], is_odd: bool) -> Option<Key> {
        let signature = Signature::from_slice(rs).ok()?;
        let id = RecoveryId::new(is_odd, false);
        let key = VerifyingKey::recover_from_prehash(digest, &signature, id).ok()?;
        key.to_sec1_point(false).as_bytes()[1..].try_into().ok()
    }
}

#[cfg(feature = "secp256k1")]
mod by_libsecp256k1 {
    use secp256k1::{
        Message,
        ecdsa::{RecoverableSignature, RecoveryId},
    };

    use super::Key;

    /// The key that made `r ‖ s` over a digest; `is_odd` is the parity of the point behind `r`.
    pub(crate) fn key_of(digest: &[u8; 32], rs: &[u8; 64], is_odd: bool) -> Option<Key> {
        let id = if is_odd {
            RecoveryId::One
        } else {
            RecoveryId::Zero
        };
        let signature = RecoverableSignature::from_compact(rs, id).ok()?;
        let key = signature.recover(Message::from_digest(*digest)).ok()?;
        key.serialize_uncompressed()[1..].try_into().ok()
    }
}

#[cfg(all(test, feature = "secp256k1"))]
mod tests {
    use k256::ecdsa::SigningKey;
    use sha3::{Digest, Keccak256};

    use super::{Key, by_k256, by_libsecp256k1};
    use crate::signature::personal_digest;

    /// What both say.
    fn agreed(digest: &[u8; 32], rs: &[u8; 64], is_odd: bool) -> Option<Key> {
        let ours = by_k256::key_of(digest, rs, is_odd);
        let theirs = by_libsecp256k1::key_of(digest, rs, is_odd);
        assert_eq!(
            ours,
            theirs,
            "{} {} {is_odd}",
            hex::encode(digest),
            hex::encode(rs)
        );
        ours
    }

    #[test]
    fn both_libraries_recover_the_same_key_from_signatures_of_any_kind() {
        let mut recovered = 0;
        for round in 0..5_000_u32 {
            let digest: [u8; 32] = Keccak256::digest(round.to_be_bytes()).into();
            let secret: [u8; 32] = Keccak256::digest(digest).into();
            let key = SigningKey::from_slice(&secret).unwrap();
            let (signature, id) = key.sign_prehash_recoverable(&digest);
            let good: [u8; 64] = signature.to_bytes().into();
            let point = key.verifying_key().to_sec1_point(false);
            let recovered_key = agreed(&digest, &good, id.is_y_odd()).unwrap();
            assert_eq!(recovered_key, point.as_bytes()[1..]);

            // The other parity, the twin with a high s, a flipped bit, and bytes that nobody made.
            agreed(&digest, &good, !id.is_y_odd());
            let mut high = good;
            high[32..].copy_from_slice(&(-*signature.s()).to_bytes());
            assert_eq!(agreed(&digest, &high, !id.is_y_odd()), Some(recovered_key));
            let mut flipped = good;
            flipped[round as usize % 64] ^= 1 << (round % 8);
            agreed(&digest, &flipped, id.is_y_odd());
            let mut noise = [0; 64];
            noise[..32].copy_from_slice(&Keccak256::digest(secret));
            noise[32..].copy_from_slice(&digest);
            recovered += usize::from(agreed(&digest, &noise, false).is_some());
        }
        // About half of all numbers are the abscissa of a point.
        assert!((2_000..3_000).contains(&recovered), "{recovered}");
    }

    #[test]
    fn both_libraries_refuse_the_same_edges() {
        let number = |text: &str| -> [u8; 32] { hex::decode(text).unwrap().try_into().unwrap() };
        let mut edges: Vec<[u8; 32]> = [0_u8, 1, 2, 3, 4, 5, 6, 7, 8, 255]
            .map(|low| {
                let mut number = [0; 32];
                number[31] = low;
                number
            })
            .into();
        edges.extend(
            [
                "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b209f", // n / 2 - 1
                "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", // n / 2
                "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1",
                "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", // n - 1
                "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", // n
                "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142",
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e", // p - 1
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", // p
                "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", // of the generator
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            ]
            .map(number),
        );
        let mut recovered = 0;
        for digest in &edges {
            for r in &edges {
                for s in &edges {
                    let rs: [u8; 64] = [*r, *s].concat().try_into().unwrap();
                    for is_odd in [false, true] {
                        let key = agreed(digest, &rs, is_odd);
                        let zero = [0; 32];
                        assert!(key.is_none() || *r != zero && *s != zero);
                        recovered += usize::from(key.is_some());
                    }
                }
            }
        }
        assert!(recovered > 1_000, "{recovered}");
    }

    #[test]
    fn both_libraries_answer_every_vector_alike() {
        let cases = include_str!("../../../tests/vectors/ethereum/cases.json");
        let cases: serde_json::Value = serde_json::from_str(cases).unwrap();
        let mut compared = 0;
        for case in cases.as_array().unwrap() {
            let (Some(message), Some(signature)) =
                (case["message"].as_str(), case["signature"].as_str())
            else {
                continue;
            };
            let signature = hex::decode(signature.trim_start_matches("0x")).unwrap_or_default();
            let Some(rs) = signature.first_chunk() else {
                continue;
            };
            for is_odd in [false, true] {
                agreed(&personal_digest(message), rs, is_odd);
                compared += 1;
            }
        }
        assert!(compared > 200, "{compared}");
    }
}
