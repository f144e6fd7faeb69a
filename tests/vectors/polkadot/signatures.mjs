// Signatures as wallets make them, and the shapes that they are brought into.

import { readFileSync } from 'node:fs';
import { hexToU8a, u8aConcat } from '@polkadot/util';
import { sr25519Verify } from '@polkadot/util-crypto';
import { secp256k1 } from '@noble/curves/secp256k1';

export const CASES_FILE = new URL('cases.json', import.meta.url);

/** What a MultiSignature writes in front. */
export const TYPE_BYTE = { ed25519: 0, sr25519: 1, ecdsa: 2, ethereum: 2 };

/** The keyring's signature of a key over a payload. */
export function signatureOf(key, payload, caseName) {
  return formerSignature(key, payload, caseName) ?? key.pair.sign(payload);
}

/** The same with the byte of its type in front, as Polkadot Vault returns it. */
export function typed(typeByte, signature) {
  return u8aConcat([typeByte], signature);
}

/** A secp256k1 signature with another last byte. */
export function withRecoveryId(signature, recoveryId) {
  return u8aConcat(signature.subarray(0, 64), [recoveryId]);
}

/** The twin of a secp256k1 signature: valid for the same key, with the s above half the order. */
export function highS(signature) {
  const s = secp256k1.CURVE.n - bigEndian(signature.subarray(32, 64));
  const bytes = hexToU8a(`0x${s.toString(16).padStart(64, '0')}`);
  return u8aConcat(signature.subarray(0, 32), bytes, [signature[64] ^ 1]);
}

/** The signature with one bit turned over. */
export function withBitFlipped(signature, byte, bit = 0) {
  const flipped = Uint8Array.from(signature);
  flipped[byte] ^= 1 << bit;
  return flipped;
}

// sr25519 signatures are randomised. Those of the last run are kept while they still fit, so that
// a run without changes writes the same file.
const FORMER_CASES = readFormerCases();

function formerSignature(key, payload, caseName) {
  const former = FORMER_CASES.get(caseName);
  if (key.scheme !== 'sr25519' || former === undefined) return undefined;
  const signature = hexToU8a(former.signature).slice(former.typed ? 1 : 0);
  const stillFits = signature.length === 64 && signature[63] >= 0x80
    && sr25519Verify(payload, signature, key.pair.publicKey);
  return stillFits ? signature : undefined;
}

function readFormerCases() {
  let text;
  try {
    text = readFileSync(CASES_FILE, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return new Map();
    throw error;
  }
  return new Map(JSON.parse(text).map((former) => [former.name, former]));
}

function bigEndian(bytes) {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
