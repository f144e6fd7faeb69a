// Addresses that must be refused although somebody has signed for them.

import { KEYS } from '../keys.mjs';
import { KUSAMA, POLKADOT, WESTEND, other } from '../networks.mjs';
import {
  SHORT_BODIES, inTwoBytes, ss58, withCharacterChanged, withWrongChecksum,
} from '../ss58.mjs';

const { sr25519, ecdsa, ethereum } = KEYS;
const key = sr25519.bytes;
const home = sr25519.address(POLKADOT.prefix);

const badTexts = [
  ['with_a_wrong_checksum', withWrongChecksum([0], key)],
  ['with_two_letters_swapped', swapped(home)],
  ['cut_by_one_letter', home.slice(0, -1)],
  ['with_a_letter_that_base58_does_not_have', withCharacterChanged(home, 10, '0')],
  ['with_the_reserved_prefix_46', ss58([46], key)],
  ['with_the_reserved_prefix_47', ss58([47], key)],
  ['with_a_first_byte_above_127', ss58([0x80], key)],
  ['with_prefix_0_in_two_bytes', ss58(inTwoBytes(0), key)],
  ['with_prefix_42_in_two_bytes', ss58(inTwoBytes(42), key)],
  ['with_prefix_63_in_two_bytes', ss58(inTwoBytes(63), key)],
  ['with_a_body_of_31_bytes', ss58([0], key.subarray(0, 31))],
  ['with_a_body_of_33_bytes', ss58([0], ecdsa.pair.publicKey)],
  ...SHORT_BODIES.map(({ name, prefix, body }) => [`in_${name}`, ss58([prefix], body)]),
  ['in_hex', `0x${Buffer.from(key).toString('hex')}`],
  ['in_hex_without_0x', Buffer.from(key).toString('hex')],
  ['of_a_network_that_is_not_configured', sr25519.address(5)],
  ['of_an_unknown_two_byte_prefix', sr25519.address(10041)],
].map(([what, address]) => ({
  name: `an_address_${what}`,
  row: 'A5',
  key: sr25519,
  fields: { address },
}));

const ofTheWrongNetwork = [
  [POLKADOT, KUSAMA],
  [KUSAMA, POLKADOT],
  [WESTEND, POLKADOT],
  [WESTEND, KUSAMA],
  [POLKADOT, other('astar')],
  [POLKADOT, other('basilisk')],
  [other('astar'), POLKADOT],
  [other('zeitgeist'), other('basilisk')],
].map(([asked, shown]) => ({
  name: `an_address_of_${shown.alias}_where_${asked.alias}_was_asked`,
  row: 'A6',
  key: sr25519,
  network: asked,
  // The server knows both, so what is wrong is the pairing only.
  known: [POLKADOT, KUSAMA, WESTEND].includes(shown) ? [] : [shown],
  fields: { address: sr25519.address(shown.prefix) },
}));

const badEthereumTexts = [
  ['in_lower_case', (text) => text.toLowerCase()],
  ['in_upper_case', (text) => `0x${text.slice(2).toUpperCase()}`],
  ['with_one_letter_in_the_wrong_case', wrongCase],
  ['with_0X', (text) => text.replace('0x', '0X')],
  ['without_0x', (text) => text.slice(2)],
  ['of_19_bytes', (text) => text.slice(0, -2)],
].map(([what, change]) => ({
  name: `a_20_byte_account_${what}`,
  row: 'A1',
  key: ethereum,
  fields: { address: change(ethereum.address()) },
}));

export default [...badTexts, ...ofTheWrongNetwork, ...badEthereumTexts].map((refused) => ({
  ...refused,
  // Such a text names nobody.
  subject: refused.row === 'A6' ? refused.key.subject : null,
  expect: 'address_invalid',
}));

function swapped(text) {
  const at = [...text].findIndex((letter, index) => index > 5 && letter !== text[index + 1]);
  return `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}`;
}

function wrongCase(text) {
  const at = text.search(/[a-f]/);
  return withCharacterChanged(text, at, text[at].toUpperCase());
}
