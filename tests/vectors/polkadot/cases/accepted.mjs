// What honest wallets send on: every scheme, form, network and optional line.

import { hexToU8a } from '@polkadot/util';
import { ETHEREUM_WALLET, KEYS } from '../keys.mjs';
import { DARWINIA, KUSAMA, OTHERS, POLKADOT, WESTEND, chainOf, other } from '../networks.mjs';
import { withRecoveryId } from '../signatures.mjs';
import { ORIGIN } from '../texts.mjs';

const LONG_STATEMENT = 'I have read the terms of the example app and agree to them. '.repeat(6).trim();
const MANY_RESOURCES = Array.from({ length: 12 }, (_, n) => `${ORIGIN}/terms/part-${n + 1}`);

const everySchemeAndForm = Object.values(KEYS).flatMap((key) => [
  { name: `${key.scheme}_over_the_wrapped_text`, key },
  { name: `${key.scheme}_typed_over_the_wrapped_text`, key, isTyped: true },
  {
    name: `${key.scheme}_over_the_bare_text`,
    row: 'P5', key, form: 'bare', expect: 'accepted_if_bare_allowed',
  },
  {
    name: `${key.scheme}_typed_over_the_bare_text`,
    row: 'P5', key, form: 'bare', isTyped: true, expect: 'accepted_if_bare_allowed',
  },
  {
    name: `${key.scheme}_over_the_hash_of_the_wrapped_text`,
    row: 'P7', key, form: 'wrapped_hashed',
  },
  {
    name: `${key.scheme}_typed_over_the_hash_of_the_wrapped_text`,
    row: 'P7', key, form: 'wrapped_hashed', isTyped: true,
  },
  {
    name: `${key.scheme}_over_the_hash_of_the_bare_text`,
    row: 'P5', key, form: 'bare_hashed', expect: 'accepted_if_bare_allowed',
  },
]);

const chainIds = [POLKADOT, KUSAMA, WESTEND].flatMap((network) => [
  { name: `${network.alias}_named_by_its_genesis_hash`, key: KEYS.sr25519, network },
  {
    name: `${network.alias}_named_by_its_alias`,
    key: KEYS.sr25519, network, fields: { chainId: network.alias },
  },
]);

const oneKeyOnManyNetworks = [
  ...OTHERS.map((network) => ({
    name: `the_same_key_on_${network.alias}_with_prefix_${network.prefix}`,
    row: 'A2', key: KEYS.sr25519, network,
  })),
  ...[POLKADOT, KUSAMA, other('astar'), other('basilisk')].map((network) => ({
    name: `the_generic_prefix_in_a_text_for_${network.alias}`,
    row: 'A2',
    key: KEYS.sr25519,
    network,
    fields: { address: KEYS.sr25519.address(42) },
  })),
  { name: 'an_ed25519_key_on_kusama', row: 'A2', key: KEYS.ed25519, network: KUSAMA },
  { name: 'an_ecdsa_key_on_kusama', row: 'A2', key: KEYS.ecdsa, network: KUSAMA },
  { name: 'an_ecdsa_key_on_basilisk', row: 'A2', key: KEYS.ecdsa, network: other('basilisk') },
  { name: 'a_20_byte_account_on_darwinia', row: 'A2', key: KEYS.ethereum, network: DARWINIA },
  { name: 'a_20_byte_account_on_westend', row: 'A2', key: KEYS.ethereum, network: WESTEND },
];

const recoveryIds = [KEYS.ecdsa, KEYS.ethereum].flatMap((key) => [0, 1].flatMap((recoveryId) => [
  {
    name: `${key.scheme}_with_recovery_id_${recoveryId}`,
    key, until: (signature) => signature[64] === recoveryId,
  },
  {
    name: `${key.scheme}_with_recovery_id_${recoveryId + 27}`,
    madeBy: '@polkadot/keyring 14.0.3, recovery id raised by 27 as Ethereum wallets write it',
    key,
    until: (signature) => signature[64] === recoveryId,
    shape: (signature) => withRecoveryId(signature, recoveryId + 27),
  },
  {
    name: `${key.scheme}_typed_with_recovery_id_${recoveryId + 27}`,
    madeBy: '@polkadot/keyring 14.0.3, recovery id raised by 27 as Ethereum wallets write it',
    key,
    isTyped: true,
    until: (signature) => signature[64] === recoveryId,
    shape: (signature) => withRecoveryId(signature, recoveryId + 27),
  },
]));

// 65 bytes that begin like a type byte are read both ways; these are plain secp256k1.
const ambiguousFirstBytes = [KEYS.ecdsa, KEYS.ethereum].flatMap((key) => [0, 1, 2].map((first) => ({
  name: `${key.scheme}_that_begins_with_the_byte_${first}`,
  row: 'P4', key, until: (signature) => signature[0] === first,
})));

const byEthereumWallets = [27, 28].flatMap((last) => [
  {
    name: `an_ethereum_wallet_signs_with_v_${last}`,
    ...eip191(last),
  },
  {
    name: `an_ethereum_wallet_signs_with_v_${last - 27}`,
    ...eip191(last),
    madeBy: 'viem 2.57.1, v lowered by 27 as Ledger writes it',
    shape: (signature) => withRecoveryId(signature, last - 27),
  },
]).concat([
  { name: 'an_ethereum_wallet_signs_for_darwinia', ...eip191(27), network: DARWINIA },
  { name: 'an_ethereum_wallet_signature_with_a_type_byte', ...eip191(28), isTyped: true },
]);

function eip191(last) {
  return {
    madeBy: 'viem 2.57.1',
    key: KEYS.ethereum,
    form: 'eip191',
    sign: async (_, message) => hexToU8a(await ETHEREUM_WALLET.signMessage({ message })),
    until: (signature) => signature[64] === last,
  };
}

const optionalLines = [
  ['an_expiration_time', { expirationTime: '2026-03-14T09:35:00Z' }],
  ['a_not_before', { notBefore: '2026-03-14T09:30:00Z' }],
  ['a_request_id', { requestId: 'req-7f3a' }],
  ['an_empty_list_of_resources', { resources: [] }],
  ['two_resources', { resources: [`${ORIGIN}/terms`, 'urn:isbn:9780141036144'] }],
  ['every_optional_line', {
    expirationTime: '2026-03-14T09:35:00Z',
    notBefore: '2026-03-14T09:30:00Z',
    requestId: 'req-7f3a',
    resources: [`${ORIGIN}/terms`, chainOf(POLKADOT)],
  }],
  ['times_with_milliseconds', {
    issuedAt: '2026-03-14T09:30:00.000Z', expirationTime: '2026-03-14T09:35:00.500Z',
  }],
  ['a_uri_with_a_path', { uri: `${ORIGIN}/login?next=%2Fhome` }],
  ['a_long_statement', { statement: LONG_STATEMENT }],
  ['a_long_statement_and_many_resources', { statement: LONG_STATEMENT, resources: MANY_RESOURCES }],
].map(([what, fields]) => ({ name: `a_text_with_${what}`, key: KEYS.sr25519, fields }));

const longTextsOfOtherSchemes = [KEYS.ed25519, KEYS.ecdsa, KEYS.ethereum].map((key) => ({
  name: `a_long_text_signed_by_${key.scheme}`,
  key,
  fields: { statement: LONG_STATEMENT, resources: MANY_RESOURCES },
}));

export default [
  ...everySchemeAndForm,
  ...chainIds,
  ...oneKeyOnManyNetworks,
  ...recoveryIds,
  ...ambiguousFirstBytes,
  ...byEthereumWallets,
  ...optionalLines,
  ...longTextsOfOtherSchemes,
];
