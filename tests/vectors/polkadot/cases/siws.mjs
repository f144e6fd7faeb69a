// Sign-In with Substrate: texts printed by the package itself, and what its own parser lets pass.

import { hexToU8a } from '@polkadot/util';
import { ETHEREUM_WALLET, KEYS, STRANGERS } from '../keys.mjs';
import { KUSAMA, POLKADOT, WESTEND, other } from '../networks.mjs';
import { ORIGIN, STATEMENT, atTheHour, nonceOf, siwsMessage } from '../texts.mjs';

const { sr25519, ed25519, ecdsa, ethereum } = KEYS;

const LATER = '2026-03-14T09:35:00Z';
const EVERY_LINE = {
  expirationTime: LATER,
  notBefore: '2026-03-14T09:30:00Z',
  requestId: 'req-7f3a',
  resources: [`${ORIGIN}/terms`, 'urn:isbn:9780141036144'],
};

const accepted = [
  { name: 'siws_with_a_statement', key: sr25519 },
  { name: 'siws_without_a_statement', key: sr25519, fields: { statement: undefined } },
  { name: 'siws_with_an_expiration_time', key: sr25519, fields: { expirationTime: LATER } },
  { name: 'siws_with_every_optional_line', key: sr25519, fields: EVERY_LINE },
  {
    name: 'siws_with_every_optional_line_and_no_statement',
    key: sr25519, fields: { ...EVERY_LINE, statement: undefined },
  },
  {
    name: 'siws_named_by_the_genesis_hash',
    key: sr25519, fields: { chainId: POLKADOT.genesis_reference },
  },
  { name: 'siws_on_kusama', key: sr25519, network: KUSAMA },
  { name: 'siws_on_westend', key: sr25519, network: WESTEND },
  { name: 'siws_on_astar', row: 'A2', key: sr25519, network: other('astar') },
  {
    name: 'siws_on_kusama_with_the_generic_prefix',
    row: 'A2', key: sr25519, network: KUSAMA, fields: { address: sr25519.address(42) },
  },
  { name: 'siws_with_the_chain_name_polkadot', key: sr25519, fields: { label: 'Polkadot' } },
  {
    name: 'siws_with_the_chain_name_kusama',
    key: sr25519, network: KUSAMA, fields: { label: 'Kusama' },
  },
  // As the package's readme composes it: no Chain ID. The prefix of the address tells the network.
  { name: 'siws_without_a_chain_id', key: sr25519, fields: { chainId: undefined } },
  { name: 'siws_signed_by_ed25519', key: ed25519 },
  { name: 'siws_signed_by_ed25519_with_a_type_byte', key: ed25519, isTyped: true },
  { name: 'siws_signed_by_ecdsa', key: ecdsa },
  { name: 'siws_signed_by_a_20_byte_account', key: ethereum },
  {
    name: 'siws_signed_by_an_ethereum_wallet',
    madeBy: '@talismn/siws 0.0.19, viem 2.57.1',
    key: ethereum,
    form: 'eip191',
    sign: async (_, message) => hexToU8a(await ETHEREUM_WALLET.signMessage({ message })),
  },
  { name: 'siws_signed_by_a_ledger', row: 'P7', key: ed25519, form: 'wrapped_hashed' },
  {
    name: 'siws_over_the_bare_text',
    row: 'P5', key: sr25519, form: 'bare', expect: 'accepted_if_bare_allowed',
  },
];

// All of these pass in `parseMessage` of the package.
const malformed = [
  ['M1', 'with_two_empty_lines_and_no_statement', (text) => text.replace(`${STATEMENT}\n`, '')],
  ['M4', 'with_two_nonces', (text, { nonce }) => text.replace(
    'Nonce:',
    `Nonce: ${nonceOf(nonce)}\nNonce:`,
  )],
  ['M6', 'with_words_after_the_fields', (text) => `${text}\n\nI agree to everything else.`],
  ['M6', 'with_a_second_body_in_the_statement', (text, { nonce }) => text.replace(
    STATEMENT,
    `Welcome\n\nURI: ${ORIGIN}/sign-in\nVersion: 1.0.0\nChain ID: polkadot\nNonce: ${nonce}`
    + '\nIssued At: 2026-03-14T09:30:00.000Z',
  )],
  ['M5', 'with_nonce_and_chain_id_exchanged', (text) => text.replace(
    /(Chain ID: .*)\n(Nonce: .*)\n/,
    '$2\n$1\n',
  )],
  [null, 'without_an_issued_at', (text) => text.replace(/\nIssued At: .*/, '')],
  [null, 'without_a_version', (text) => text.replace(/Version: .*\n/, '')],
  ['M5', 'with_an_unknown_line', (text) => `${text}\nColour: green`],
  ['T3', 'that_expires_soon', (text) => `${text}\nExpiration Time: soon`],
  ['M11', 'as_json', (_, fields) => atTheHour(
    fields.issuedAt,
    () => siwsMessage(fields).prepareJson(),
  )],
  [null, 'with_an_azero_name', (text) => text.replace('\n\n', '\n(alice.azero)\n\n')],
].map(([row, what, edit]) => ({
  name: `siws_${what}`, row, key: sr25519, edit, expect: 'message_malformed',
}));

const policy = [
  ['M10', 'of_version_1_0_1', {}, 'unsupported_version', (text) => text.replace('1.0.0', '1.0.1')],
  ['D1', 'for_another_domain', { domain: 'elsewhere.example' }, 'domain_mismatch'],
  ['D7', 'with_a_uri_of_another_origin', { uri: 'https://elsewhere.example' }, 'uri_mismatch'],
  ['T1', 'that_has_expired', { expirationTime: '2026-03-14T09:30:30Z' }, 'message_expired'],
  ['T2', 'that_is_not_valid_yet', { notBefore: '2026-03-14T10:30:00Z' }, 'not_yet_valid'],
  ['N4', 'with_a_nonce_that_was_never_issued', { nonce: nonceOf('somebody elses') }, 'nonce_invalid'],
  ['A6', 'with_an_address_of_kusama_for_polkadot', {
    address: sr25519.address(KUSAMA.prefix),
  }, 'address_invalid'],
].map(([row, what, fields, expect, edit]) => ({
  name: `siws_${what}`, row, key: sr25519, fields, edit, expect,
}));

const signatures = [
  // `verifySIWS` takes the address to check from its caller, not from the text.
  {
    name: 'siws_of_one_account_signed_by_another',
    row: 'A3', key: STRANGERS.sr25519, account: sr25519,
  },
  {
    name: 'siws_with_another_statement_than_was_signed',
    row: 'S7',
    key: sr25519,
    retouch: (message) => message.replace('costs nothing', 'costs nothinG'),
  },
].map((refused) => ({ ...refused, expect: 'invalid_signature' }));

export default [...accepted, ...malformed, ...policy, ...signatures].map((each) => ({
  ...each,
  dialect: 'siws',
}));
