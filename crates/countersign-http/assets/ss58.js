// The address of a Substrate account on another network: one key, many SS58 texts.

/** The same account as it is written on `chain` (CAIP-2), or undefined where that network is not known here. */
export function onNetwork(address, chain) {
  const prefix = PREFIXES[chain];
  const key = prefix === undefined || address.startsWith('0x') ? undefined : ss58(address);
  return key && encodeSs58(key, prefix);
}

/** The SS58 text of 32 bytes. */
export function encodeSs58(key, prefix) {
  const head = prefix < 64 ? [prefix] : [((prefix & 0xfc) >> 2) | 0x40, (prefix >> 8) | ((prefix & 3) << 6)];
  const bytes = [...head, ...key];
  const all = [...bytes, ...blake2b([...new TextEncoder().encode('SS58PRE'), ...bytes]).slice(0, 2)];
  let number = all.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = '';
  for (; number; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  for (let i = 0; all[i] === 0; i += 1) text = `1${text}`;
  return text;
}

/** The 32 bytes behind an SS58 address; undefined for anything else. The checksum is the server's to judge. */
function ss58(address) {
  const digits = [...address].map((letter) => ALPHABET.indexOf(letter));
  if (digits.includes(-1)) return undefined;
  const zeros = digits.findIndex((digit) => digit !== 0);
  let number = digits.reduce((sum, digit) => sum * 58n + BigInt(digit), 0n);
  const bytes = [];
  for (; number; number >>= 8n) bytes.unshift(Number(number & 255n));
  bytes.unshift(...Array(Math.max(zeros, 0)).fill(0));
  return bytes.length === 35 || bytes.length === 36 ? bytes.slice(bytes.length - 34, -2) : undefined;
}

/** BLAKE2b-512 (RFC 7693) of at most one block of 128 bytes. */
function blake2b(input) {
  const block = new DataView(new ArrayBuffer(128));
  input.forEach((byte, i) => block.setUint8(i, byte));
  const state = IV.map((word, i) => (i ? word : word ^ 0x01010040n));
  const v = [...state, ...IV];
  v[12] ^= BigInt(input.length);
  v[14] ^= WORD;
  const turn = (a, b, bits) => { v[a] = ((v[a] ^ v[b]) >> bits) | (((v[a] ^ v[b]) << (64n - bits)) & WORD); };
  const word = (round, i) => block.getBigUint64(8 * parseInt(SIGMA[round % 10][i], 16), true);
  for (let round = 0; round < 12; round += 1) {
    MIX.forEach(([a, b, c, d], i) => {
      v[a] = (v[a] + v[b] + word(round, 2 * i)) & WORD; turn(d, a, 32n);
      v[c] = (v[c] + v[d]) & WORD; turn(b, c, 24n);
      v[a] = (v[a] + v[b] + word(round, 2 * i + 1)) & WORD; turn(d, a, 16n);
      v[c] = (v[c] + v[d]) & WORD; turn(b, c, 63n);
    });
  }
  const out = new DataView(new ArrayBuffer(64));
  state.forEach((one, i) => out.setBigUint64(8 * i, one ^ v[i] ^ v[i + 8], true));
  return new Uint8Array(out.buffer);
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const PREFIXES = {
  'polkadot:91b171bb158e2d3848fa23a9f1c25182': 0,
  'polkadot:b0a8d493285c2df73290dfb7e61f870f': 2,
  'polkadot:e143f23803ac50e8f6f8e62695d1ce9e': 42,
};
const WORD = (1n << 64n) - 1n;
const IV = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
const SIGMA = [
  '0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8', '905724afe1bc683d',
  '2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a', '6fe9b308c2d714a5', 'a2847615fb9e3cd0',
];
const MIX = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];
