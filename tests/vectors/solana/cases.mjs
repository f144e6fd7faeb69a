// What the cases are: fields of the text, who signs, and what must become of it.

import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils';
import bs58 from 'bs58';
import {
  IDENTITY_ENCODINGS, SMALL_ORDER_KEYS, forgedForASmallOrderKey, withIdentityAsR, withUnreducedS,
} from './forgeries.mjs';
import { OWNER, OWNER_WITH_LEADING_ZERO, OWNER_WITH_SHORT_TEXT, STRANGER } from './keys.mjs';

export const ORIGIN = 'https://app.example';
export const STATEMENT = 'Sign in to the example app. This costs nothing.';
export const MAINNET = { chain: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', alias: 'mainnet' };
export const DEVNET = { chain: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1', alias: 'devnet' };

const LATER = '2026-03-14T09:35:00Z';
const EVERY_LINE = {
  expirationTime: LATER,
  notBefore: '2026-03-14T09:30:00Z',
  requestId: 'req-7f3a',
  resources: [`${ORIGIN}/terms`, 'urn:isbn:9780141036144'],
};

const accepted = [
  ['with_the_genesis_hash_as_chain_id', {}],
  ['with_the_chain_id_mainnet', { chainId: 'mainnet' }],
  ['with_the_chain_id_solana_mainnet', { chainId: 'solana:mainnet' }],
  ['without_a_statement', { statement: undefined }],
  ['with_an_expiration_time', { expirationTime: LATER }],
  ['with_a_not_before', { notBefore: '2026-03-14T09:30:00Z' }],
  ['with_a_request_id', { requestId: 'req-7f3a' }],
  ['with_two_resources', { resources: EVERY_LINE.resources }],
  ['with_an_empty_list_of_resources', { resources: [] }],
  ['with_every_optional_line', EVERY_LINE],
  ['with_every_optional_line_and_no_statement', { ...EVERY_LINE, statement: undefined }],
  ['with_times_in_milliseconds', {
    issuedAt: '2026-03-14T09:30:00.000Z', expirationTime: '2026-03-14T09:35:00.500Z',
  }],
  ['with_a_uri_with_a_path', { uri: `${ORIGIN}/login?next=%2Fhome` }],
  ['with_a_long_statement_and_many_resources', {
    statement: 'I have read the terms of the example app and agree to them. '.repeat(6).trim(),
    resources: Array.from({ length: 12 }, (_, n) => `${ORIGIN}/terms/part-${n + 1}`),
  }],
].map(([what, fields]) => ({ name: `a_text_${what}`, fields })).concat([
  { name: 'an_address_that_begins_with_1', owner: OWNER_WITH_LEADING_ZERO },
  { name: 'an_address_of_43_letters', owner: OWNER_WITH_SHORT_TEXT },
  { name: 'devnet_with_its_genesis_hash_as_chain_id', network: DEVNET },
  { name: 'devnet_with_the_chain_id_devnet', network: DEVNET, fields: { chainId: 'devnet' } },
  {
    name: 'devnet_with_the_chain_id_solana_devnet',
    network: DEVNET, fields: { chainId: 'solana:devnet' },
  },
]);

const refusedSignatures = [
  { name: 'a_strangers_signature', row: 'A3', signer: STRANGER },
  {
    name: 'a_text_with_one_letter_changed_since',
    row: 'S7',
    retouch: (text) => text.replace('costs nothing', 'costs nothinG'),
  },
  { name: 'one_bit_of_r_flipped', row: 'S7', shape: (signature) => withBitFlipped(signature, 3) },
  { name: 'one_bit_of_s_flipped', row: 'S7', shape: (signature) => withBitFlipped(signature, 40) },
  { name: 's_plus_the_order', row: 'P3', shape: withUnreducedS },
  ...Object.entries(IDENTITY_ENCODINGS).map(([what, R]) => ({
    name: `the_identity_as_r_${what}`,
    row: 'P3',
    sign: (payload) => withIdentityAsR(OWNER.secretKey, payload, R),
  })),
  { name: 'nothing_but_zeros', sign: () => new Uint8Array(64) },
  { name: 'the_text_wrapped_as_for_polkadot', payload: (text) => `<Bytes>${text}</Bytes>` },
  { name: 'the_hash_of_the_text', payload: (text) => sha256(utf8ToBytes(text)) },
  // What a Ledger signs; it is no longer the text that the user saw.
  { name: 'the_text_as_an_off_chain_message', payload: offChainMessage },
].map((refused) => ({ ...refused, expect: 'invalid_signature' }));

const weakKeys = SMALL_ORDER_KEYS.map(({ name, publicKey }) => ({
  name: `forged_for_the_key_${name}`,
  row: 'P2',
  owner: { publicKey, address: bs58.encode(publicKey) },
  sign: (payload) => forgedForASmallOrderKey(payload, publicKey),
  expect: 'weak_key',
}));

const wrongLengths = [0, 63, 65, 66].map((length) => ({
  name: `a_signature_of_${length}_bytes`,
  row: 'S5',
  shape: (signature) => concatBytes(signature, new Uint8Array(2)).subarray(0, length),
  expect: 'signature_malformed',
}));

const badAddresses = [
  ['with_a_0', OWNER.address.replace(/.$/, '0')],
  ['with_a_small_l', OWNER.address.replace(/.$/, 'l')],
  ['of_31_bytes', bs58.encode(OWNER.publicKey.subarray(0, 31))],
  ['of_33_bytes', bs58.encode(concatBytes(OWNER.publicKey, Uint8Array.of(1)))],
  ['with_an_extra_1_in_front', `1${OWNER.address}`],
  ['in_hex', `0x${bytesToHex(OWNER.publicKey)}`],
].map(([what, address]) => ({
  name: `an_address_${what}`,
  row: 'A5',
  fields: { address },
  subject: null,
  expect: 'address_invalid',
}));

const refusedTexts = [
  ['M1', 'with_a_line_feed_at_the_end', (text) => `${text}\n`],
  ['M3', 'with_carriage_returns', (text) => text.replaceAll('\n', '\r\n')],
  ['M4', 'with_two_nonces', (text) => text.replace(/(Nonce: .*)\n/, '$1\n$1\n')],
  ['M5', 'with_chain_id_and_version_exchanged', (text) => text.replace(
    /(Version: .*)\n(Chain ID: .*)\n/,
    '$2\n$1\n',
  )],
  ['M6', 'with_an_empty_line_in_the_statement', (text) => text.replace(
    STATEMENT,
    'Sign in.\n\nThis costs nothing.',
  )],
  [null, 'without_a_nonce', (text) => text.replace(/Nonce: .*\n/, '')],
  [null, 'without_an_issued_at', (text) => text.replace(/\nIssued At: .*/, '')],
].map(([row, what, edit]) => ({ name: `a_text_${what}`, row, edit, expect: 'message_malformed' }));

const policy = [
  ['M10', 'of_version_2', { version: '2' }, 'unsupported_version'],
  ['D1', 'for_another_domain', { domain: 'elsewhere.example' }, 'domain_mismatch'],
  ['D7', 'with_a_uri_of_another_origin', { uri: 'https://elsewhere.example' }, 'uri_mismatch'],
  ['T1', 'that_expires_this_second', { expirationTime: '2026-03-14T09:31:00Z' }, 'message_expired'],
  ['T2', 'that_is_not_valid_until_2999', { notBefore: '2999-01-01T00:00:00Z' }, 'not_yet_valid'],
  ['T5', 'issued_eleven_minutes_ago', { issuedAt: '2026-03-14T09:20:00Z' }, 'issued_at_out_of_range'],
  ['N4', 'with_a_nonce_that_was_never_issued', { nonce: 'somebodyElsesNonce000000' }, 'nonce_invalid'],
].map(([row, what, fields, expect]) => ({ name: `a_text_${what}`, row, fields, expect }));

export const DESCRIPTIONS = [
  ...accepted,
  ...refusedSignatures,
  ...weakKeys,
  ...wrongLengths,
  ...badAddresses,
  ...refusedTexts,
  ...policy,
];

function withBitFlipped(signature, byte) {
  const flipped = Uint8Array.from(signature);
  flipped[byte] ^= 1;
  return flipped;
}

// Signing domain, header version 0, format 0 (ASCII), length, text.
function offChainMessage(text) {
  const body = utf8ToBytes(text);
  const header = Uint8Array.of(0, 0, body.length & 0xff, body.length >> 8);
  return concatBytes(Uint8Array.of(0xff), utf8ToBytes('solana offchain'), header, body);
}
