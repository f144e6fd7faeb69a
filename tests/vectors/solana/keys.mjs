// The keys that sign: made from small numbers, for tests only.

import { ed25519 } from '@noble/curves/ed25519';
import bs58 from 'bs58';

export const OWNER = key(1);
export const STRANGER = key(2);

/** A key whose first byte is zero, which base58 writes as a leading 1. */
export const OWNER_WITH_LEADING_ZERO = firstKey(({ publicKey }) => publicKey[0] === 0);

/** A key whose text has 43 letters instead of the usual 44. */
export const OWNER_WITH_SHORT_TEXT = firstKey(
  ({ publicKey, address }) => publicKey[0] !== 0 && address.length === 43,
);

function key(number) {
  const secretKey = new Uint8Array(32);
  new DataView(secretKey.buffer).setUint32(0, number);
  const publicKey = ed25519.getPublicKey(secretKey);
  return { secretKey, publicKey, address: bs58.encode(publicKey) };
}

function firstKey(fits) {
  for (let number = 3; ; number += 1) {
    const candidate = key(number);
    if (fits(candidate)) return candidate;
  }
}
