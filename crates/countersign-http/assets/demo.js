// A wallet without a wallet, for a developer's own machine: throw-away keys made in this page, lost when it closes.
// Served in `dev` mode only, which is for loopback only. Not for keys that anybody wants to keep.

export const DEMO_WORDS = {
  dev: 'Development mode|Anybody can sign in here, with the demo wallet’s throw-away key.',
  demo: 'Demo wallet',
  demo_hint: '{chain}, for development only',
};

/** One for Ethereum and one for Polkadot, where the site serves them. */
export function demoWallets(chains) {
  const first = (namespace) => chains.find(({ id }) => id.startsWith(`${namespace}:`))?.id;
  const [eip155, polkadot] = [first('eip155'), first('polkadot')];
  return [eip155 && demoEthereum(eip155), polkadot && demoPolkadot(polkadot)].filter(Boolean);
}

const demo = (namespace, on) => ({ id: `demo:${namespace}`, name: 'Demo wallet', namespace, on, watch: () => () => {} });

function demoEthereum(on) {
  const secret = (BigInt(toHex(crypto.getRandomValues(new Uint8Array(32)))) % (ORDER - 1n)) + 1n;
  const [x, y] = times(secret);
  const raw = `0x${toHex(keccak256(toBytes(x * 2n ** 256n + y, 64))).slice(-40)}`;
  return {
    ...demo('eip155', on),
    chain: async () => on,
    accounts: async () => [{ raw, name: 'Demo' }],
    // EIP-191, with a low s.
    async sign(message) {
      const text = new TextEncoder().encode(message);
      const hash = BigInt(toHex(keccak256([...new TextEncoder().encode(`\x19Ethereum Signed Message:\n${text.length}`), ...text])));
      const nonce = (BigInt(toHex(crypto.getRandomValues(new Uint8Array(40)))) % (ORDER - 1n)) + 1n;
      const [rx, ry] = times(nonce);
      const r = rx % ORDER;
      const s = modulo(inverse(nonce, ORDER) * (hash + r * secret), ORDER);
      const high = s > ORDER / 2n;
      const odd = (ry % 2n === 1n) !== high;
      return toHex([...toBytes(r, 32), ...toBytes(high ? ORDER - s : s, 32), odd ? 28 : 27]);
    },
  };
}

function demoPolkadot(on) {
  const made = crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
  return {
    ...demo('polkadot', on),
    async accounts() {
      const key = await crypto.subtle.exportKey('raw', (await made).publicKey);
      return [{ raw: encodeSs58([...new Uint8Array(key)], 42), name: 'Demo', type: 'ed25519' }];
    },
    async sign(message) {
      const wrapped = new TextEncoder().encode(`<Bytes>${message}</Bytes>`);
      return toHex(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, (await made).privateKey, wrapped)));
    },
  };
}

const toHex = (bytes) => `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
const toBytes = (number, length) => Array.from({ length }, (_, i) => Number((number >> BigInt(8 * (length - 1 - i))) & 255n));
const modulo = (a, m) => ((a % m) + m) % m;

// secp256k1 (SEC 2, section 2.4.1), with nothing done against onlookers of its timing.
function inverse(a, m) {
  let [r, next, t, step] = [m, modulo(a, m), 0n, 1n];
  while (next) [r, next, t, step] = [next, r % next, step, t - (r / next) * step];
  return modulo(t, m);
}

function plus(a, b) {
  if (!a || !b) return a ?? b;
  if (a[0] === b[0] && a[1] !== b[1]) return undefined;
  const slope = a[0] === b[0] ? 3n * a[0] * a[0] * inverse(2n * a[1], FIELD) : (b[1] - a[1]) * inverse(b[0] - a[0], FIELD);
  const x = modulo(slope * slope - a[0] - b[0], FIELD);
  return [x, modulo(slope * (a[0] - x) - a[1], FIELD)];
}

function times(scalar) {
  let [sum, point] = [undefined, GENERATOR];
  for (let rest = scalar; rest; rest >>= 1n) {
    if (rest & 1n) sum = plus(sum, point);
    point = plus(point, point);
  }
  return sum;
}

// Keccak-256, the padding of before SHA-3.
function keccak256(input) {
  const length = (Math.floor(input.length / 136) + 1) * 136;
  const bytes = Uint8Array.from({ length }, (_, i) => input[i] ?? 0);
  bytes[input.length] ^= 1;
  bytes[length - 1] ^= 128;
  const view = new DataView(bytes.buffer);
  let state = Array(25).fill(0n);
  for (let at = 0; at < length; at += 136) {
    for (let i = 0; i < 17; i += 1) state[i] ^= view.getBigUint64(at + 8 * i, true);
    state = permuted(state);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i += 1) out.setBigUint64(8 * i, state[i], true);
  return new Uint8Array(out.buffer);
}

function permuted(a) {
  const turn = (word, bits) => ((word << BigInt(bits)) | (word >> BigInt(64 - bits))) & MASK;
  let lfsr = 1;
  for (let round = 0; round < 24; round += 1) {
    const column = [0, 1, 2, 3, 4].map((x) => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]);
    a = a.map((word, i) => word ^ column[(i + 4) % 5] ^ turn(column[(i + 1) % 5], 1));
    let [x, y, current] = [1, 0, a[1]];
    for (let t = 0; t < 24; t += 1) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      [current, a[x + 5 * y]] = [a[x + 5 * y], turn(current, (((t + 1) * (t + 2)) / 2) % 64)];
    }
    a = a.map((word, i, all) => word ^ (~all[(i + 1) % 5 + 5 * Math.floor(i / 5)] & MASK & all[(i + 2) % 5 + 5 * Math.floor(i / 5)]));
    for (let j = 0; j < 7; j += 1) {
      if (lfsr & 1) a[0] ^= 1n << BigInt(2 ** j - 1);
      lfsr = (lfsr << 1) ^ (lfsr & 128 ? 0x171 : 0);
    }
  }
  return a;
}

const MASK = 2n ** 64n - 1n;
const FIELD = 2n ** 256n - 2n ** 32n - 977n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const GENERATOR = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];
