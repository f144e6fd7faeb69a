// Accounts that nobody's key stands behind: weak keys, and accounts made of hashes.

import { bnToU8a, stringToU8a, u8aConcat } from '@polkadot/util';
import { blake2AsU8a, createKeyDerived, createKeyMulti } from '@polkadot/util-crypto';
import {
  SMALL_ORDER_KEYS, ZERO_KEY, forgedForASmallOrderKey, forgedForTheZeroKey,
} from '../forgeries.mjs';
import { KEYS, STRANGERS, account } from '../keys.mjs';
import { KUSAMA, POLKADOT } from '../networks.mjs';

const { sr25519, ed25519, ecdsa, ethereum } = KEYS;
const FORGED = '@noble/curves 1.9.7, forged without a key';

const zeroKey = [0n, 7n].flatMap((s) => [POLKADOT, KUSAMA].map((network) => ({
  name: `forged_with_s_${s}_for_the_all_zero_sr25519_key_on_${network.alias}`,
  row: 'P1',
  key: { scheme: 'sr25519' },
  account: account(ZERO_KEY),
  network,
  sign: (payload) => forgedForTheZeroKey(payload, s),
}))).concat([
  {
    name: 'forged_for_the_all_zero_sr25519_key_with_a_type_byte',
    row: 'P1',
    key: { scheme: 'sr25519' },
    account: account(ZERO_KEY),
    isTyped: true,
    sign: (payload) => forgedForTheZeroKey(payload, 0n),
  },
]);

const smallOrderKeys = SMALL_ORDER_KEYS.map(({ name, bytes }) => ({
  name: `forged_for_the_ed25519_key_${name}`,
  row: 'P2',
  key: { scheme: 'ed25519' },
  account: account(bytes),
  sign: (payload) => forgedForASmallOrderKey(payload, bytes),
})).concat([
  {
    name: 'forged_for_the_ed25519_key_of_order_one_with_a_type_byte',
    row: 'P2',
    key: { scheme: 'ed25519' },
    account: account(SMALL_ORDER_KEYS[0].bytes),
    isTyped: true,
    sign: (payload) => forgedForASmallOrderKey(payload, SMALL_ORDER_KEYS[0].bytes),
  },
]);

const signatories = [sr25519, ed25519, STRANGERS.sr25519].map(({ bytes }) => bytes);

// The account is a hash or a name; a signature of somebody behind it proves nothing by itself.
const withoutKey = [
  ['a_multisig_account', createKeyMulti(signatories, 2)],
  ['a_multisig_account_of_one', createKeyMulti([sr25519.bytes], 1)],
  ['a_pure_proxy_account', pureProxyOf(sr25519.bytes)],
  ['a_derivative_account', createKeyDerived(sr25519.bytes, 0)],
  ['the_treasury', u8aConcat(stringToU8a('modlpy/trsry'), new Uint8Array(20))],
].flatMap(([what, bytes]) => [sr25519, ed25519].map((key) => ({
  name: `${what}_signed_for_by_${key.scheme}`,
  row: 'P11',
  key,
  account: account(bytes),
  expect: 'invalid_signature',
}))).concat([
  {
    name: 'a_multisig_account_signed_for_by_ecdsa',
    row: 'P11',
    key: ecdsa,
    account: account(createKeyMulti([ecdsa.bytes, sr25519.bytes], 1)),
    expect: 'invalid_signature',
  },
  {
    // How a contracts chain lends a 32-byte account to an Ethereum address.
    name: 'the_32_byte_account_lent_to_a_20_byte_one',
    row: 'P11',
    key: ethereum,
    account: account(u8aConcat(ethereum.bytes, new Uint8Array(12).fill(0xee))),
    expect: 'invalid_signature',
  },
]);

export default [
  ...[...zeroKey, ...smallOrderKeys].map((weak) => ({ ...weak, madeBy: FORGED, expect: 'weak_key' })),
  ...withoutKey,
];

// What the proxy pallet hashes: who made it, at which block and extrinsic, type Any, index 0.
function pureProxyOf(spawner) {
  const height = bnToU8a(21_000_000, { bitLength: 32 });
  const extrinsic = bnToU8a(2, { bitLength: 32 });
  const proxyType = [0];
  const index = bnToU8a(0, { bitLength: 16 });
  const pallet = stringToU8a('modlpy/proxy____');
  return blake2AsU8a(u8aConcat(pallet, spawner, height, extrinsic, proxyType, index), 256);
}
