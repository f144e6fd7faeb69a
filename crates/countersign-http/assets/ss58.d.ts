/** The same account as it is written on Polkadot, Kusama or Westend (CAIP-2); undefined elsewhere. */
export function onNetwork(address: string, chain?: string): string | undefined;
/** The SS58 text of 32 bytes. */
export function encodeSs58(key: ArrayLike<number> & Iterable<number>, prefix: number): string;
