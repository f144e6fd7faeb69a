// Signatures that no wallet makes: forged without a key, or bent in one place. All of them come
// out the same in every run.

import { ed25519, RistrettoPoint } from '@noble/curves/ed25519';
import { sha512 } from '@noble/hashes/sha2';
import { hexToU8a, stringToU8a, u8aConcat } from '@polkadot/util';
import { sr25519PairFromSeed } from '@polkadot/util-crypto';
import * as wasm from '@polkadot/wasm-crypto';
import { __tests as merlin } from '@scure/sr25519';

const ORDER = ed25519.CURVE.n;
const FIELD = ed25519.CURVE.Fp.ORDER;
const POINT = ed25519.ExtendedPoint;
const SCHNORRKEL_MARK = 0x80;

/** The eight points of small order: who "signs" with one of them needs no secret. */
export const SMALL_ORDER_KEYS = [
  ['of_order_one', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['of_order_two', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['of_order_four_all_zero', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['of_order_four_negative', '0000000000000000000000000000000000000000000000000000000000000080'],
  ['of_order_eight_first', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['of_order_eight_second', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['of_order_eight_third', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['of_order_eight_fourth', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
].map(([name, hex]) => ({ name, bytes: hexToU8a(`0x${hex}`) }));

/** The sr25519 key that is the identity: R = s·G passes for every text. */
export const ZERO_KEY = new Uint8Array(32);

/** R = s·G for the all-zero sr25519 key. With s = 0 it is 63 zero bytes and the mark. */
export function forgedForTheZeroKey(payload, s) {
  const R = s === 0n ? RistrettoPoint.ZERO : RistrettoPoint.BASE.multiply(s);
  const signature = marked(u8aConcat(R.toRawBytes(), littleEndian(s)));
  mustHold(wasm.sr25519Verify(signature, payload, ZERO_KEY), 'schnorrkel accepts it');
  return signature;
}

/** A signature for a small-order ed25519 key that passes where the key is not looked at. */
export function forgedForASmallOrderKey(payload, key) {
  const A = POINT.fromHex(key);
  // k·A takes at most eight values, so a few tries meet the one that R was made for.
  for (let s = 1n; s < 1000n; s += 1n) {
    const sG = POINT.BASE.multiply(s);
    for (let multiple = 0n; multiple < 8n; multiple += 1n) {
      const R = sG.subtract(times(A, multiple)).toRawBytes();
      const k = ed25519Challenge(R, key, payload);
      if (!times(A, k % 8n).equals(times(A, multiple))) continue;
      const signature = u8aConcat(R, littleEndian(s));
      mustHold(wasm.ed25519Verify(signature, payload, key), 'lax verification accepts it');
      return signature;
    }
  }
  throw new Error('no forgery found');
}

/** S + L: the same scalar, written in a way that only lax readers take. */
export function withUnreducedS(signature, isMarked) {
  const s = Uint8Array.from(signature.subarray(32));
  if (isMarked) s[31] &= 0x7f;
  const unreduced = u8aConcat(signature.subarray(0, 32), littleEndian(fromLittleEndian(s) + ORDER));
  return isMarked ? marked(unreduced) : unreduced;
}

/** An ed25519 signature of the key's owner whose R is the given bytes, taken for the identity. */
export function ed25519WithIdentityAsR(seed, payload, R) {
  const { scalar, point, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const k = ed25519Challenge(R, pointBytes, payload);
  const s = (k * scalar) % ORDER;
  const readLaxly = POINT.fromHex(R, true);
  mustHold(POINT.BASE.multiply(s).equals(readLaxly.add(point.multiply(k))), 's·G = R + k·A');
  return u8aConcat(R, littleEndian(s));
}

/** Three ways to write the identity; only the first is canonical. */
export const IDENTITY_ENCODINGS = {
  canonical: littleEndian(1n),
  above_the_field: littleEndian(FIELD + 1n),
  negative_zero: withTopBit(littleEndian(1n)),
};

/** sr25519 with a fixed nonce, and with what the specification leaves no choice about changed. */
export function sr25519Fixed(seed, payload, { context = 'substrate', negateR = false } = {}) {
  const { publicKey, secretKey } = sr25519PairFromSeed(seed);
  const secret = fromLittleEndian(secretKey.subarray(0, 32)) >> 3n;
  const r = fromLittleEndian(sha512(u8aConcat('fixed nonce', seed, payload))) % ORDER;
  const canonicalR = RistrettoPoint.BASE.multiply(r).toRawBytes();
  const R = negateR ? littleEndian(FIELD - fromLittleEndian(canonicalR)) : canonicalR;

  const transcript = new merlin.SigningContext('SigningContext');
  transcript.label(stringToU8a(context));
  transcript.bytes(payload);
  transcript.protoName('Schnorr-sig');
  transcript.appendMessage('sign:pk', publicKey);
  transcript.appendMessage('sign:R', R);
  const k = transcript.challengeScalar('sign:c');

  const signature = marked(u8aConcat(R, littleEndian((k * secret + r) % ORDER)));
  const isOrdinary = context === 'substrate' && !negateR;
  mustHold(wasm.sr25519Verify(signature, payload, publicKey) === isOrdinary, 'schnorrkel agrees');
  return signature;
}

function ed25519Challenge(R, publicKey, payload) {
  return fromLittleEndian(sha512(u8aConcat(R, publicKey, payload))) % ORDER;
}

// The library refuses to multiply by zero.
function times(point, scalar) {
  return scalar === 0n ? POINT.ZERO : point.multiplyUnsafe(scalar);
}

function marked(signature) {
  const copy = Uint8Array.from(signature);
  copy[63] |= SCHNORRKEL_MARK;
  return copy;
}

function withTopBit(bytes) {
  const copy = Uint8Array.from(bytes);
  copy[31] |= 0x80;
  return copy;
}

function littleEndian(number) {
  return hexToU8a(`0x${number.toString(16).padStart(64, '0')}`).reverse();
}

function fromLittleEndian(bytes) {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function mustHold(condition, what) {
  if (!condition) throw new Error(`expected that ${what}`);
}
