// Wallets of three chains, each with a new key: what they sign with, and who they are.

import { randomBytes } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import { Keyring } from '@polkadot/keyring';
import { stringToU8a, u8aEq, u8aToHex, u8aWrapBytes } from '@polkadot/util';
import { cryptoWaitReady, decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import bs58 from 'bs58';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

export const POLKADOT = {
  chain: 'polkadot:91b171bb158e2d3848fa23a9f1c25182', prefix: 0, label: 'Polkadot',
};
export const KUSAMA = {
  chain: 'polkadot:b0a8d493285c2df73290dfb7e61f870f', prefix: 2, label: 'Kusama',
};
export const GENERIC_PREFIX = 42;

const ETHEREUM = { chain: 'eip155:1', label: 'Ethereum' };
const SOLANA = { chain: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', label: 'Solana' };

/** A wallet of the keyring. It shows its account with the network's prefix, or another one. */
export async function substrateWallet(scheme, network = POLKADOT, prefix = network.prefix) {
  await cryptoWaitReady();
  const pair = new Keyring({ type: scheme }).addFromSeed(randomBytes(32));
  return showing(pair, scheme, network, prefix);
}

/** The same key in a text of another network, or with another prefix. */
export function sameKey({ pair, method }, network, prefix) {
  return showing(pair, method, network, prefix);
}

export function ethereumWallet() {
  const account = privateKeyToAccount(generatePrivateKey());
  return {
    ...ETHEREUM,
    name: 'viem on Ethereum',
    method: 'eip191',
    address: account.address,
    subject: `eip155:${account.address}`,
    isAddress: (text) => text === account.address,
    sign: (message) => account.signMessage({ message }),
  };
}

export function solanaWallet() {
  const secretKey = ed25519.utils.randomPrivateKey();
  const address = bs58.encode(ed25519.getPublicKey(secretKey));
  return {
    ...SOLANA,
    name: 'ed25519 on Solana',
    method: 'ed25519',
    address,
    subject: `solana:${address}`,
    isAddress: (text) => text === address,
    sign: async (message) => u8aToHex(ed25519.sign(stringToU8a(message), secretKey)),
  };
}

function showing(pair, scheme, network, prefix) {
  const account = pair.addressRaw;
  const isEthereum = scheme === 'ethereum';
  const address = isEthereum ? pair.address : encodeAddress(account, prefix);
  return {
    ...network,
    name: `${scheme} on ${network.label}${isEthereum ? '' : ` with prefix ${prefix}`}`,
    pair,
    method: scheme,
    address,
    subject: `polkadot:${isEthereum ? pair.address : encodeAddress(account, GENERIC_PREFIX)}`,
    // The key is the account; with which prefix the server writes it back is its own affair.
    isAddress: (text) => (isEthereum ? text === address : namesKey(text, account)),
    // Every wallet wraps what it is given as a message, so that it can be no transaction.
    sign: async (message) => u8aToHex(pair.sign(u8aWrapBytes(stringToU8a(message)))),
  };
}

function namesKey(text, account) {
  try {
    return u8aEq(decodeAddress(text), account);
  } catch {
    return false;
  }
}
