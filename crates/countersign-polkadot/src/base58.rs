//! Base58 in Bitcoin's alphabet, for short bytes: five digits at a time, on the stack.

/// The one text of these bytes, 36 at most.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    // The number in 32-bit limbs, the most significant first.
    let mut limbs = [0_u32; LIMBS];
    for (place, byte) in bytes.iter().rev().enumerate() {
        limbs[LIMBS - 1 - place / 4] |= u32::from(*byte) << (8 * (place % 4));
    }
    let mut text = [0; DIGITS];
    let mut begin = DIGITS;
    let mut head = 0;
    while let Some(skip) = limbs[head..].iter().position(|limb| *limb != 0) {
        head += skip;
        let mut rest = 0;
        for limb in &mut limbs[head..] {
            let dividend = rest << 32 | u64::from(*limb);
            *limb = (dividend / FIVE) as u32;
            rest = dividend % FIVE;
        }
        for _ in 0..5 {
            begin -= 1;
            text[begin] = ALPHABET[(rest % 58) as usize];
            rest /= 58;
        }
    }
    // The digits came by fives; what leads is nothing but the zero bytes.
    let digits = text[begin..].iter().position(|digit| *digit != ALPHABET[0]);
    let digits = digits.map_or(&[][..], |first| &text[begin + first..]);
    let mut encoded = String::with_capacity(zeros + digits.len());
    encoded.extend(std::iter::repeat_n('1', zeros));
    encoded.extend(digits.iter().map(|digit| char::from(*digit)));
    encoded
}

/// The bytes of a text, at the beginning of the buffer; `None` if it holds something else, or if
/// they do not fit.
pub(crate) fn decode<'a>(text: &str, buffer: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let text = text.as_bytes();
    let zeros = text.iter().take_while(|digit| **digit == b'1').count();
    let digits = &text[zeros..];
    if zeros > LONGEST || digits.len() > DIGITS {
        return None;
    }
    let mut limbs = [0_u32; LIMBS];
    for five in digits.chunks(5) {
        let mut scale = 1;
        let mut value = 0;
        for digit in five {
            scale *= 58;
            value = value * 58 + u64::from(value_of(*digit)?);
        }
        let mut carry = value;
        for limb in limbs.iter_mut().rev() {
            let product = u64::from(*limb) * scale + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut number = [0; 4 * LIMBS];
    for (bytes, limb) in number.chunks_exact_mut(4).zip(limbs) {
        bytes.copy_from_slice(&limb.to_be_bytes());
    }
    let first = number.iter().position(|byte| *byte != 0);
    let number = &number[first.unwrap_or(number.len())..];
    let length = zeros + number.len();
    buffer.get_mut(zeros..length)?.copy_from_slice(number);
    buffer[..zeros].fill(0);
    Some(&buffer[..length])
}

/// The longest bytes that are read or written.
pub(crate) const LONGEST: usize = 36;

fn value_of(digit: u8) -> Option<u8> {
    VALUES.get(usize::from(digit)).copied().filter(|v| *v < 58)
}

const LIMBS: usize = LONGEST / 4;
/// The digits of `LONGEST` bytes, in whole fives.
const DIGITS: usize = 50;
const FIVE: u64 = 58_u64.pow(5);
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const VALUES: [u8; 128] = {
    let mut values = [u8::MAX; 128];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn bytes_have_the_text_that_bs58_gives_them(zeros in 0..8_usize, tail in prop::collection::vec(any::<u8>(), 0..=28)) {
            let bytes = [vec![0; zeros], tail].concat();
            let text = encode(&bytes);
            prop_assert_eq!(&text, &bs58::encode(&bytes).into_string());
            let mut read = [0; LONGEST];
            prop_assert_eq!(decode(&text, &mut read), Some(&*bytes));
        }

        #[test]
        fn texts_are_read_as_bs58_reads_them(text in "1{0,3}[1-9A-HJ-NP-Za-km-z]{0,52}|[0-9A-Za-zIl é]{0,60}") {
            let mut theirs = [0; LONGEST];
            let theirs = bs58::decode(&text).onto(&mut theirs[..]).ok().map(|length| theirs[..length].to_vec());
            let mut ours = [0; LONGEST];
            prop_assert_eq!(decode(&text, &mut ours).map(<[u8]>::to_vec), theirs);
        }
    }

    #[test]
    fn the_edges_of_the_length_are_read_and_written() {
        for bytes in [vec![], vec![0], vec![0; LONGEST], vec![0xff; LONGEST]] {
            let text = encode(&bytes);
            assert_eq!(text, bs58::encode(&bytes).into_string());
            assert_eq!(decode(&text, &mut [0; LONGEST]), Some(&*bytes));
        }
        let too_long = bs58::encode([1; LONGEST + 1]).into_string();
        assert_eq!(decode(&too_long, &mut [0; LONGEST]), None);
        assert_eq!(decode(&"1".repeat(LONGEST + 1), &mut [0; LONGEST]), None);
    }
}
