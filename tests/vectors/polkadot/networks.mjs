// The networks of the cases. Prefix and genesis hash come from the registry of @polkadot/networks.

import { allNetworks } from '@polkadot/networks';

/** Polkadot, Kusama and Westend are what every server of these cases knows. */
export const POLKADOT = registered('polkadot', 'Polkadot');
export const KUSAMA = registered('kusama', 'Kusama');
export const WESTEND = {
  alias: 'westend',
  prefix: 42,
  genesis_reference: 'e143f23803ac50e8f6f8e62695d1ce9e',
  label: 'Westend',
};

/** Further networks with 25519 keys: one-byte prefixes first, then two-byte ones. */
export const OTHERS = [
  registered('astar', 'Astar'),
  registered('bifrost', 'Bifrost'),
  registered('acala', 'Acala'),
  registered('polymesh', 'Polymesh'),
  registered('phala', 'Phala'),
  registered('centrifuge', 'Centrifuge'),
  registered('hydradx', 'HydraDX'),
  invented('firsttwobyte', 64, 'FirstTwoByte'),
  registered('zeitgeist', 'Zeitgeist'),
  registered('frequency', 'Frequency'),
  registered('vara', 'Vara'),
  registered('parallel', 'Parallel'),
  registered('ajuna', 'Ajuna'),
  registered('basilisk', 'Basilisk'),
  registered('bittensor', 'Bittensor'),
  invented('lastprefix', 16383, 'LastPrefix'),
];

/** A network whose accounts are the 20 bytes of Ethereum. */
export const DARWINIA = registered('darwinia', 'Darwinia');

/** Whether a server knows the network without being told. */
export function isBuiltIn(network) {
  return [POLKADOT, KUSAMA, WESTEND].includes(network);
}

/** The CAIP-2 name of a network. */
export function chainOf(network) {
  return `polkadot:${network.genesis_reference}`;
}

/** One of the networks above, by its alias. */
export function other(alias) {
  return OTHERS.find((network) => network.alias === alias);
}

function registered(alias, label) {
  const { prefix, genesisHash } = allNetworks.find(({ network }) => network === alias);
  return { alias, prefix, genesis_reference: genesisHash[0].slice(2, 34), label };
}

// No network stands at the borders of the two-byte prefixes.
function invented(alias, prefix, label) {
  return { alias, prefix, genesis_reference: prefix.toString(16).padStart(32, '0'), label };
}
