// Texts that must be refused although the holder of the account has signed them as they are.

import { stringToHex, stringToU8a, u8aWrapBytes } from '@polkadot/util';
import { KEYS, STRANGERS } from '../keys.mjs';
import { ORIGIN, STATEMENT, nonceOf } from '../texts.mjs';

const { sr25519, ed25519, ethereum } = KEYS;

const marks = [
  {
    name: 'a_text_that_is_wrapped_already',
    row: 'P6',
    edit: (text) => `<Bytes>${text}</Bytes>`,
  },
  {
    name: 'a_text_that_is_wrapped_already_with_a_further_wrapping_signed',
    row: 'P6',
    edit: (text) => `<Bytes>${text}</Bytes>`,
    sign: (_, message) => ed25519.pair.sign(stringToU8a(`<Bytes>${message}</Bytes>`)),
  },
  { name: 'a_text_that_begins_with_an_opening_mark', row: 'P6', edit: (text) => `<Bytes>${text}` },
  { name: 'a_text_that_ends_with_a_closing_mark', row: 'P6', edit: (text) => `${text}</Bytes>` },
  {
    name: 'a_statement_with_the_marks_in_it',
    row: 'P6',
    fields: { statement: 'Sign <Bytes>anything</Bytes> in.' },
  },
  {
    name: 'a_text_with_the_ethereum_prefix',
    row: 'P6',
    edit: (text) => `\x19Ethereum Signed Message:\n${text.length}${text}`,
  },
  {
    name: 'a_text_in_hex_signed_as_the_text_it_stands_for',
    row: 'P9',
    edit: (text) => stringToHex(text),
    sign: (_, message) => ed25519.pair.sign(u8aWrapBytes(Buffer.from(message.slice(2), 'hex'))),
  },
  {
    name: 'a_text_in_hex_signed_as_it_stands',
    row: 'P9',
    edit: (text) => stringToHex(text),
    sign: (_, message) => ed25519.pair.sign(stringToU8a(`<Bytes>${message}</Bytes>`)),
  },
].map((refused) => ({ key: ed25519, expect: 'message_malformed', ...refused }));

const lines = [
  ['M1', 'with_a_line_feed_at_the_end', (text) => `${text}\n`],
  ['M1', 'with_a_space_at_the_end', (text) => `${text} `],
  ['M1', 'with_a_byte_order_mark', (text) => `\ufeff${text}`],
  ['M1', 'with_an_extra_empty_line', (text) => text.replace('\n\nURI:', '\n\n\nURI:')],
  ['M2', 'with_words_above_the_statement', (text) => text.replace('\n\nSign', '\nwords\nSign')],
  ['M2', 'with_words_below_the_statement', (text) => text.replace('\n\nURI:', '\nwords\nURI:')],
  ['M3', 'with_carriage_returns', (text) => text.replaceAll('\n', '\r\n')],
  ['M4', 'with_two_nonces', (text) => text.replace(/(Nonce: .*)\n/, '$1\n$1\n')],
  ['M4', 'with_two_uris', (text) => text.replace(/(URI: .*)\n/, '$1\n$1\n')],
  ['M5', 'with_chain_id_and_version_exchanged', (text) => text.replace(
    /(Version: .*)\n(Chain ID: .*)\n/,
    '$2\n$1\n',
  )],
  ['M5', 'with_an_unknown_line', (text) => `${text}\nColour: green`],
  ['M5', 'with_a_label_in_lower_case', (text) => text.replace('Issued At:', 'Issued at:')],
  ['M6', 'with_an_empty_line_in_the_statement', (text) => text.replace(
    STATEMENT,
    'Sign in.\n\nThis costs nothing.',
  )],
  ['M6', 'with_fields_in_a_fourth_block', (text) => `${text}\n\nURI: https://elsewhere.example`],
  ['M7', 'with_a_letter_outside_ascii', (text) => text.replace('costs', 'cósts')],
  ['M7', 'with_a_right_to_left_mark', (text) => text.replace('costs', 'costs\u202e')],
  ['M7', 'with_a_nul', (text) => text.replace('costs', 'costs\0')],
  ['M8', 'with_a_nonce_of_seven', (text) => text.replace(/Nonce: .*/, 'Nonce: abcdefg')],
  ['M15', 'with_the_first_line_again_as_its_statement', (text) => text.replace(
    STATEMENT,
    text.split('\n')[0],
  )],
  [null, 'without_a_nonce', (text) => text.replace(/Nonce: .*\n/, '')],
  [null, 'without_a_chain_id', (text) => text.replace(/Chain ID: .*\n/, '')],
  [null, 'without_an_issued_at', (text) => text.replace(/\nIssued At: .*/, '')],
  [null, 'without_a_uri', (text) => text.replace(/URI: .*\n/, '')],
  [null, 'without_a_version', (text) => text.replace(/Version: .*\n/, '')],
  ['T3', 'that_expires_soon', (text) => `${text}\nExpiration Time: soon`],
].map(([row, what, edit]) => ({
  name: `a_text_${what}`, row, key: ed25519, edit, expect: 'message_malformed',
}));

const policy = [
  ['M10', 'of_version_2', { version: '2' }, 'unsupported_version'],
  ['M10', 'of_version_1_0', { version: '1.0' }, 'unsupported_version'],
  ['D1', 'for_another_domain', { domain: 'elsewhere.example' }, 'domain_mismatch'],
  ['D5', 'for_a_subdomain', { domain: 'www.app.example' }, 'domain_mismatch'],
  ['D7', 'with_a_uri_of_another_origin', { uri: 'https://elsewhere.example' }, 'uri_mismatch'],
  ['T1', 'that_expires_this_second', { expirationTime: '2026-03-14T09:31:00Z' }, 'message_expired'],
  ['T2', 'that_is_not_valid_until_2999', { notBefore: '2999-01-01T00:00:00Z' }, 'not_yet_valid'],
  ['T4', 'issued_in_2099', { issuedAt: '2099-01-01T00:00:00Z' }, 'issued_at_out_of_range'],
  ['T5', 'issued_eleven_minutes_ago', { issuedAt: '2026-03-14T09:20:00Z' }, 'issued_at_out_of_range'],
  ['N4', 'with_a_nonce_that_was_never_issued', { nonce: nonceOf('somebody elses') }, 'nonce_invalid'],
  ['M14', 'of_more_than_8_kib', {
    resources: Array.from({ length: 20 }, (_, n) => `${ORIGIN}/${n}/`.padEnd(450, 'x')),
  }, 'message_too_large'],
].map(([row, what, fields, expect]) => ({
  name: `a_text_${what}`, row, key: sr25519, fields, expect,
}));

const otherSigners = [{
  // The text names one account, the signature is good for another.
  name: 'a_text_that_names_one_account_signed_by_another',
  row: 'A3',
  key: STRANGERS.ethereum,
  account: ethereum,
  expect: 'invalid_signature',
}];

export default [...marks, ...lines, ...policy, ...otherSigners];
