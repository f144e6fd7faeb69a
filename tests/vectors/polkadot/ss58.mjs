// SS58 by hand, for the texts that the library would not write.

import { u8aConcat } from '@polkadot/util';
import { base58Encode, blake2AsU8a } from '@polkadot/util-crypto';

/** Account indices: 1, 2, 4 and 8 bytes, followed by a single byte of checksum. */
export const SHORT_BODIES = [1, 2, 4, 8].map((length) => ({
  name: `the_short_form_of_${length}_bytes`,
  prefix: 42,
  body: new Uint8Array(length).fill(1),
}));

/** base58(prefix ‖ body ‖ checksum), whatever the prefix bytes are. */
export function ss58(prefixBytes, body) {
  const front = u8aConcat(prefixBytes, body);
  return base58Encode(u8aConcat(front, checksumOf(front, body)));
}

/** The two bytes of a prefix, also where one would do. */
export function inTwoBytes(prefix) {
  return [((prefix & 0xfc) >> 2) | 0x40, (prefix >> 8) | ((prefix & 3) << 6)];
}

/** The same with the last bit of the checksum turned over. */
export function withWrongChecksum(prefixBytes, body) {
  const front = u8aConcat(prefixBytes, body);
  const checksum = Uint8Array.from(checksumOf(front, body));
  checksum[checksum.length - 1] ^= 1;
  return base58Encode(u8aConcat(front, checksum));
}

/** A text with another character at a place. */
export function withCharacterChanged(text, at, character) {
  return text.slice(0, at) + character + text.slice(at + 1);
}

function checksumOf(front, body) {
  const digest = blake2AsU8a(u8aConcat('SS58PRE', front), 512);
  return digest.subarray(0, body.length < 31 ? 1 : 2);
}
