// The keys that sign, and the accounts that belong to them.

import { Keyring } from '@polkadot/keyring';
import { u8aToHex } from '@polkadot/util';
import { cryptoWaitReady, encodeAddress, ethereumEncode } from '@polkadot/util-crypto';
import { privateKeyToAccount } from 'viem/accounts';

await cryptoWaitReady();

const keyring = new Keyring();

/** A key from 32 equal bytes: public, for tests only. */
function key(scheme, byte) {
  const seed = new Uint8Array(32).fill(byte);
  const pair = keyring.addFromSeed(seed, {}, scheme);
  return { ...account(pair.addressRaw), scheme, seed, pair };
}

/** An account, with or without a key: who it is, and how a text of a network names it. */
export function account(bytes) {
  if (bytes.length === 20) {
    const address = ethereumEncode(bytes);
    return { bytes, subject: `polkadot:${address}`, address: () => address };
  }
  return {
    bytes,
    subject: `polkadot:${encodeAddress(bytes, 42)}`,
    address: (prefix) => encodeAddress(bytes, prefix),
  };
}

export const KEYS = {
  sr25519: key('sr25519', 1),
  ed25519: key('ed25519', 2),
  ecdsa: key('ecdsa', 3),
  ethereum: key('ethereum', 4),
};

/** Somebody else, once per scheme. */
export const STRANGERS = {
  sr25519: key('sr25519', 5),
  ed25519: key('ed25519', 6),
  ecdsa: key('ecdsa', 7),
  ethereum: key('ethereum', 8),
};

/** The key of the AccountId20 as an Ethereum wallet holds it. */
export const ETHEREUM_WALLET = privateKeyToAccount(u8aToHex(KEYS.ethereum.seed));
