// SS58 texts of many prefixes, and what @polkadot/util-crypto says to texts that are not in order.

import { hexToU8a, u8aToHex } from '@polkadot/util';
import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import { KEYS } from './keys.mjs';
import { SHORT_BODIES, inTwoBytes, ss58, withCharacterChanged, withWrongChecksum } from './ss58.mjs';

const LAST_PREFIX = 16383;
const RESERVED = [46, 47];
const BODIES = [KEYS.sr25519.bytes, new Uint8Array(32), new Uint8Array(32).fill(0xff)];
const KEY = BODIES[0];

/** The content of ss58.json, one address a line. */
export function addressTable() {
  const addresses = sampledPrefixes().flatMap((prefix) => BODIES.map((body) => ({
    prefix,
    key_hex: u8aToHex(body).slice(2),
    text: encodeAddress(body, prefix),
  })));
  const odd = oddTexts().map(([name, text]) => ({ name, text, ...verdictOf(text) }));
  const json = [
    '{',
    '  "made_by": "@polkadot/util-crypto 14.0.3",',
    '  "addresses": [',
    lines(addresses),
    '  ],',
    '  "odd_texts": [',
    lines(odd),
    '  ]',
    '}',
    '',
  ].join('\n');
  return { json, addresses: addresses.length, oddTexts: odd.length };
}

function sampledPrefixes() {
  const all = Array.from({ length: LAST_PREFIX + 1 }, (_, prefix) => prefix);
  return all.filter((prefix) => !RESERVED.includes(prefix)
    && (prefix <= 300 || (prefix - 300) % 97 === 0 || prefix === LAST_PREFIX));
}

// As SS58 the server refuses every one of them; the library does not.
function oddTexts() {
  const text = encodeAddress(KEY, 0);
  return [
    ...[0, 2, 42, 45, 46, 47, 63].map((prefix) => [
      `prefix_${prefix}_in_two_bytes`, ss58(inTwoBytes(prefix), KEY),
    ]),
    ...RESERVED.map((prefix) => [`reserved_prefix_${prefix}`, ss58([prefix], KEY)]),
    ...[0x80, 0xc0, 0xff].map((first) => [`first_byte_${first}`, ss58([first], KEY)]),
    ...[0x80, 0xff].map((first) => [`first_byte_${first}_with_a_second`, ss58([first, 0], KEY)]),
    ['wrong_checksum_of_a_one_byte_prefix', withWrongChecksum([42], KEY)],
    ['wrong_checksum_of_a_two_byte_prefix', withWrongChecksum(inTwoBytes(1328), KEY)],
    ...SHORT_BODIES.map(({ name, prefix, body }) => [name, ss58([prefix], body)]),
    ['a_body_of_16_bytes', ss58([42], KEY.subarray(0, 16))],
    ['a_body_of_20_bytes', ss58([42], KEY.subarray(0, 20))],
    ['a_body_of_31_bytes', ss58([42], KEY.subarray(0, 31))],
    ['a_body_of_33_bytes', ss58([42], KEYS.ecdsa.pair.publicKey)],
    ['hex', u8aToHex(KEY)],
    ['hex_of_3_bytes', u8aToHex(hexToU8a('0x010203'))],
    ['a_letter_outside_base58', withCharacterChanged(text, 10, '0')],
    ['a_space_in_front', ` ${text}`],
    ['a_space_behind', `${text} `],
    ['a_line_feed_behind', `${text}\n`],
    ['one_letter_short', text.slice(0, -1)],
    ['one_letter_more', `${text}1`],
    ['an_extra_1_in_front', `1${text}`],
    ['nothing', ''],
    ['one_letter', '1'],
  ];
}

function verdictOf(text) {
  try {
    return { polkadot_js: 'accepted', key_hex: u8aToHex(decodeAddress(text)).slice(2) };
  } catch (error) {
    return { polkadot_js: 'refused', why: error.message.replace(`Decoding ${text}: `, '') };
  }
}

function lines(rows) {
  return rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
}
