// ed25519 signatures that no wallet makes: forged without a key, or bent in one place.

import { ed25519 } from '@noble/curves/ed25519';
import { sha512 } from '@noble/hashes/sha2';
import { concatBytes, hexToBytes } from '@noble/hashes/utils';

const ORDER = ed25519.CURVE.n;
const FIELD = ed25519.CURVE.Fp.ORDER;
const POINT = ed25519.ExtendedPoint;

/** The eight points of small order. The third is the address of Solana's system program. */
export const SMALL_ORDER_KEYS = [
  ['of_order_one', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['of_order_two', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['of_the_system_program', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['of_order_four_negative', '0000000000000000000000000000000000000000000000000000000000000080'],
  ['of_order_eight_first', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['of_order_eight_second', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['of_order_eight_third', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['of_order_eight_fourth', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
].map(([name, hex]) => ({ name, publicKey: hexToBytes(hex) }));

/** Two ways to write the identity; only the first is canonical. */
export const IDENTITY_ENCODINGS = {
  canonical: littleEndian(1n),
  above_the_field: littleEndian(FIELD + 1n),
};

/** A signature for a small-order key that passes where the key is not looked at. */
export function forgedForASmallOrderKey(payload, publicKey) {
  const A = POINT.fromHex(publicKey);
  // k·A takes at most eight values, so a few tries meet the one that R was made for.
  for (let s = 1n; s < 1000n; s += 1n) {
    const sG = POINT.BASE.multiply(s);
    for (let multiple = 0n; multiple < 8n; multiple += 1n) {
      const R = sG.subtract(times(A, multiple)).toRawBytes();
      const k = challenge(R, publicKey, payload);
      if (!times(A, k % 8n).equals(times(A, multiple))) continue;
      const signature = concatBytes(R, littleEndian(s));
      mustHold(ed25519.verify(signature, payload, publicKey), 'lax verification accepts it');
      return signature;
    }
  }
  throw new Error('no forgery found');
}

/** S + L: the same scalar, written in a way that only lax readers take. */
export function withUnreducedS(signature) {
  const s = fromLittleEndian(signature.subarray(32));
  return concatBytes(signature.subarray(0, 32), littleEndian(s + ORDER));
}

/** A signature of the key's owner whose R is the given bytes, taken for the identity. */
export function withIdentityAsR(secretKey, payload, R) {
  const { scalar, point, pointBytes } = ed25519.utils.getExtendedPublicKey(secretKey);
  const k = challenge(R, pointBytes, payload);
  const s = (k * scalar) % ORDER;
  const readLaxly = POINT.fromHex(R, true);
  mustHold(POINT.BASE.multiply(s).equals(readLaxly.add(point.multiply(k))), 's·G = R + k·A');
  return concatBytes(R, littleEndian(s));
}

function challenge(R, publicKey, payload) {
  return fromLittleEndian(sha512(concatBytes(R, publicKey, payload))) % ORDER;
}

// The library refuses to multiply by zero.
function times(point, scalar) {
  return scalar === 0n ? POINT.ZERO : point.multiplyUnsafe(scalar);
}

function littleEndian(number) {
  return hexToBytes(number.toString(16).padStart(64, '0')).reverse();
}

function fromLittleEndian(bytes) {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function mustHold(condition, what) {
  if (!condition) throw new Error(`expected that ${what}`);
}
