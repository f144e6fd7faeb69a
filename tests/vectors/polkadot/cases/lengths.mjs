// The border of 256 bytes: only a candidate that is longer may have been signed by its hash.

import { sha256 } from '@noble/hashes/sha2';
import { u8aWrapBytes } from '@polkadot/util';
import { blake2AsU8a, keccakAsU8a } from '@polkadot/util-crypto';
import { KEYS } from '../keys.mjs';
import { POLKADOT } from '../networks.mjs';
import { PAYLOADS } from '../texts.mjs';

const WRAPPING = '<Bytes></Bytes>'.length;

const bordersOfEveryScheme = Object.values(KEYS).flatMap((key) => [
  {
    name: `${key.scheme}_over_a_text_of_256_bytes_wrapped`,
    key, ...ofLength(256 - WRAPPING),
  },
  {
    name: `${key.scheme}_over_the_hash_of_256_bytes_wrapped`,
    row: 'P7', key, form: 'wrapped_hashed', ...ofLength(256 - WRAPPING),
    expect: 'invalid_signature',
  },
  {
    name: `${key.scheme}_over_the_hash_of_257_bytes_wrapped`,
    row: 'P7', key, form: 'wrapped_hashed', ...ofLength(257 - WRAPPING),
  },
  {
    name: `${key.scheme}_over_the_hash_of_256_bytes_bare`,
    row: 'P7', key, form: 'bare_hashed', ...ofLength(256), expect: 'invalid_signature',
  },
  {
    name: `${key.scheme}_over_the_hash_of_257_bytes_bare`,
    row: 'P7', key, form: 'bare_hashed', ...ofLength(257), expect: 'accepted_if_bare_allowed',
  },
]);

// 32 bytes that show the signer nothing. The only hash that counts is a Ledger's.
const blindPayloads = [
  ['the_sha2_256_of_the_wrapped_text', (text) => sha256(PAYLOADS.wrapped(text))],
  ['the_keccak_256_of_the_wrapped_text', (text) => keccakAsU8a(PAYLOADS.wrapped(text), 256)],
  ['the_wrapped_hash_of_the_text', (text) => u8aWrapBytes(PAYLOADS.bare_hashed(text))],
  ['the_hash_of_the_hash', (text) => blake2AsU8a(PAYLOADS.wrapped_hashed(text), 256)],
].map(([what, payloadOf]) => ({
  name: `a_blind_signature_over_${what}`,
  row: 'P7',
  key: KEYS.ed25519,
  form: 'wrapped_hashed',
  sign: (_, message) => KEYS.ed25519.pair.sign(payloadOf(message)),
  expect: 'invalid_signature',
}));

export default [...bordersOfEveryScheme, ...blindPayloads];

/** A text of exactly so many bytes, unwrapped. The statement fills what the other lines leave. */
function ofLength(length) {
  return {
    fields: { chainId: POLKADOT.alias, statement: '' },
    edit: (text) => {
      const filling = 'Sign in to this example application'.padEnd(length, '.');
      const statement = filling.slice(0, length - text.length).replace(/ $/, '.');
      return text.replace('\n\n\n\n', `\n\n${statement}\n\n`);
    },
  };
}
