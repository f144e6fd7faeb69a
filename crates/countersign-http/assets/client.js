// Sign-in with a wallet, from a page: finds wallets, lets one sign the server's challenge, keeps the session.
// No dependency. `client.d.ts` beside this file has the types; `docs/protocol.md` says what goes over the wire.

/** Everything that can go wrong, by a stable `code`: the server's, or one of those in `client.d.ts`. */
export class SignInError extends Error {
  constructor(code, message, more = {}) {
    super(message);
    Object.assign(this, { name: 'SignInError', code }, more);
  }
}

/** A client of the server whose endpoints are under `base`. */
export function createClient({
  base = here(), name = document.title || location.host, credential = 'cookie', chains, onNetwork, storage,
} = {}) {
  const byToken = credential === 'token';
  let pair = byToken && JSON.parse(storage?.getItem(TOKENS) ?? 'null');
  let renewal;
  let unwatch = () => {};
  const listeners = new Set();

  async function call(method, path, body, token) {
    const headers = { accept: 'application/json' };
    if (body) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `Bearer ${token}`;
    const credentials = byToken ? 'omit' : 'include';
    const init = { method, headers, credentials, cache: 'no-store', body: body && JSON.stringify(body) };
    const response = await fetch(base + path, init).catch((cause) => {
      throw new SignInError('server_unreachable', 'the server does not answer', { cause });
    });
    if (response.status === 204) return undefined;
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const retryAfter = Number(response.headers.get('retry-after')) || undefined;
    const more = { status: response.status, requestId: answer.request_id, retryAfter };
    throw new SignInError(answer.error ?? 'server_failed', answer.error_description ?? `status ${more.status}`, more);
  }

  function keep({ access_token: access, refresh_token: refresh, expires_in: seconds } = {}) {
    pair = access && { access, refresh, until: Date.now() + seconds * 1000 };
    pair ? storage?.setItem(TOKENS, JSON.stringify(pair)) : storage?.removeItem(TOKENS);
  }

  /** An access token that is good for a while yet. Two callers share one refresh: a refresh token is good once. */
  async function token() {
    if (pair?.refresh && pair.until - Date.now() < EARLY) {
      renewal ??= call('POST', '/refresh', { refresh_token: pair.refresh }).then(keep, (error) => {
        if (error.code !== 'invalid_grant') throw error;
        keep(); // signed out elsewhere
      }).finally(() => { renewal = undefined; });
      await renewal;
    }
    return pair?.access;
  }

  const own = async (method, path, body) => call(method, path, body, byToken ? await token() : undefined);
  const served = (wallet) => (chains ?? []).filter((chain) => chain.startsWith(`${wallet.namespace}:`));

  /** The session, or undefined when signed out. */
  async function session() {
    if (byToken && !pair) return undefined;
    return own('GET', '/session').catch((error) => { if (error.status !== 401) throw error; });
  }

  async function chainFor(wallet, wanted) {
    const allowed = wanted ? [wanted] : served(wallet);
    if (!wallet.chain) return allowed[0] ?? POLKADOT;
    const current = await wallet.chain();
    if (allowed.length === 0 || allowed.includes(current)) return current;
    throw new SignInError('wrong_network', `the wallet is on ${current}`, { current, served: allowed });
  }

  /** Ends the session as soon as this wallet turns to another account, and tells who listens. */
  async function follow(wallet) {
    const judge = async (now) => {
      const ended = now.length > 0 ? await session() : undefined;
      if (!ended || !isOther(wallet, now, ended.account.split(':').pop())) return;
      const error = await client.signOut().then(() => undefined, (fault) => fault);
      for (const tell of listeners) tell({ wallet, account: now[0], ended, error });
    };
    unwatch();
    const now = wallet.accounts(undefined, true);
    unwatch = wallet.watch((later) => judge(later).catch(() => {})); // before the answer: no gap between the two
    await judge((await now).map(({ raw }) => raw));
  }

  const client = {
    /** Tells the wallets of this browser, now and whenever one more turns up; ends when called back. */
    discover: (tell) => discover(tell, name),

    /** The accounts that a wallet shows this page, in the addresses of that network if `onNetwork` is there. */
    async accounts(wallet, chain = served(wallet)[0]) {
      const accounts = await wallet.accounts(chain);
      return accounts.map((account) => ({ ...account, address: onNetwork?.(account.raw, chain) ?? account.raw }));
    },

    /** Asks for a challenge, lets the wallet sign it, hands it in. Gives the session. */
    async signIn({ wallet, account, chain, resources, signal, onChallenge }) {
      const going = () => { if (signal?.aborted) throw new SignInError('cancelled', 'sign-in was cancelled'); };
      const first = account ?? (await client.accounts(wallet, chain))[0];
      if (!first) throw new SignInError('wallet_empty', 'the wallet shows no account');
      const on = await chainFor(wallet, chain);
      going();
      const kind = byToken ? { credential } : {};
      const challenge = await call('POST', '/challenge', { chain: on, account: first.address, resources, ...kind });
      going();
      onChallenge?.(challenge);
      const { message } = challenge;
      const signature = await new Promise((done, fail) => {
        const changed = new SignInError('account_changed', 'another account was chosen');
        const stop = wallet.watch((now) => isOther(wallet, now, first.raw) && fail(changed));
        wallet.sign(message, first.raw).then(done, fail).finally(stop);
      });
      going();
      const answer = await call('POST', '/verify', { message, signature, ...kind });
      if (byToken) keep(answer);
      remember(wallet.id);
      if (listeners.size > 0) follow(wallet).catch(() => {});
      const { access_token: _1, refresh_token: _2, token_type: _3, expires_in: _4, ...signedIn } = answer;
      return signedIn;
    },

    /** Ends the session, or all sessions of this person. */
    async signOut({ everywhere = false } = {}) {
      await own('POST', everywhere ? '/logout/all' : '/logout');
      keep();
      remember();
    },

    session, token,

    /** `fetch` for the application's own routes, with the access token. */
    async fetch(url, init) {
      const [request, access] = [new Request(url, init), await token()];
      if (access) request.headers.set('authorization', `Bearer ${access}`);
      return fetch(request);
    },

    /** Where this person is signed in. */
    sessions: async () => (await own('GET', '/sessions')).sessions,
    endSession: (handle) => own('DELETE', `/sessions/${encodeURIComponent(handle)}`),

    /** Ends the session when its wallet turns to another account, and tells which. Gives a function that stops it. */
    onAccountChange(tell) {
      let begun = false;
      listeners.add(tell);
      const stop = discover((wallets) => {
        const wallet = wallets.find(({ id }) => id === recall());
        if (wallet && !begun) follow(wallet).catch(() => {});
        begun ||= Boolean(wallet);
      }, name);
      return () => {
        stop();
        if (listeners.delete(tell) && listeners.size === 0) unwatch();
      };
    },
  };
  return client;
}

/** The wallets of this browser: `tell(wallets, settled)`, once at least, and again for each that turns up late. */
export function discover(tell, name = document.title) {
  const found = new Map();
  let settled = false;
  const report = () => tell([...found.values()], settled);
  const add = (key, make) => {
    if (found.has(key) || found.size >= MOST_WALLETS) return;
    found.set(key, make());
    report();
  };
  const announced = ({ detail }) => {
    const { info, provider } = detail ?? {};
    if (typeof info?.uuid !== 'string' || typeof info.rdns !== 'string' || typeof provider?.request !== 'function') return;
    found.delete(LAST_RESORT);
    add(info.uuid, () => ethereumWallet(info.rdns, info.name, info.icon, provider));
  };
  const look = () => {
    for (const [id, extension] of Object.entries(window.injectedWeb3 ?? {})) {
      if (typeof extension?.enable === 'function') add(`dot:${id}`, () => substrateWallet(id, extension, name));
    }
  };
  const settle = () => {
    settled = true;
    const announces = [...found.values()].some(({ namespace }) => namespace === 'eip155');
    if (!announces && typeof window.ethereum?.request === 'function') {
      add(LAST_RESORT, () => ethereumWallet(LAST_RESORT, 'Browser wallet', undefined, window.ethereum));
    }
    report();
  };
  addEventListener('eip6963:announceProvider', announced);
  dispatchEvent(new Event('eip6963:requestProvider'));
  look();
  const timers = [setTimeout(settle, 400), ...[100, 300, 1000, 3000].map((late) => setTimeout(look, late))];
  return () => {
    removeEventListener('eip6963:announceProvider', announced);
    timers.forEach(clearTimeout);
  };
}

/** A verifier and its challenge for an authorization code (RFC 7636). */
export async function pkce() {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', utf8(verifier));
  return { verifier, challenge: base64url(new Uint8Array(digest)), method: 'S256' };
}

// EIP-1193.
function ethereumWallet(id, name, icon, provider) {
  const request = async (method, params) => {
    try { return await provider.request({ method, params }); } catch (error) { throw walletFault(error); }
  };
  return {
    id, name: plain(name), icon: image(icon), namespace: 'eip155',
    // The account in use is the first.
    accounts: async (_, quietly) => (await request(quietly ? 'eth_accounts' : 'eth_requestAccounts')).slice(0, 1).map((raw) => ({ raw })),
    sign: (message, raw) => request('personal_sign', [hex(utf8(message)), raw]),
    chain: async () => `eip155:${BigInt(await request('eth_chainId'))}`,
    switchTo: (chain) => request('wallet_switchEthereumChain', [{ chainId: `0x${BigInt(chain.split(':')[1]).toString(16)}` }]),
    watch(tell) {
      provider.on?.('accountsChanged', tell);
      return () => provider.removeListener?.('accountsChanged', tell);
    },
  };
}

// What Polkadot extensions inject: they wrap the text in <Bytes>…</Bytes> before they sign.
function substrateWallet(id, extension, site) {
  let enabled;
  const refused = (error) => { enabled = undefined; throw walletFault(error); };
  const enable = () => (enabled ??= extension.enable(site).catch(refused));
  return {
    id: `dot:${id}`, name: plain(KNOWN[id] ?? id), icon: undefined, namespace: 'polkadot',
    async accounts(chain, quietly) {
      const list = await (await enable()).accounts.get();
      const usable = ({ genesisHash }) => quietly || !chain || !genesisHash || genesisHash.slice(2, 34) === chain.split(':')[1];
      return list.filter(usable).map(({ address, name, type }) => ({ raw: address, name: name && plain(name), type }));
    },
    async sign(message, raw) {
      const { signer } = await enable();
      if (!signer?.signRaw) throw new SignInError('wallet_failed', 'the wallet cannot sign messages');
      const signed = signer.signRaw({ address: raw, data: message, type: 'bytes' });
      return (await signed.catch((error) => { throw walletFault(error); })).signature;
    },
    watch(tell) { // which alone never asks for permission
      const hear = (list) => tell(list.map(({ address }) => address));
      const stop = enabled?.then(({ accounts }) => accounts.subscribe?.(hear), () => {});
      return () => stop?.then((end) => end?.());
    },
  };
}

/** A user who says no is not a failure: EIP-1193 says 4001, Polkadot extensions say it in words. */
function walletFault(cause) {
  const words = String(cause?.message ?? cause);
  const refused = cause?.code === 4001 || /cancel|reject|denied|not allowed/i.test(words);
  const code = refused ? 'wallet_rejected' : { '-32002': 'wallet_busy', 4902: 'wrong_network' }[cause?.code];
  return new SignInError(code ?? 'wallet_failed', plain(words), { cause });
}

/** Whether a wallet shows other accounts than this; Ethereum's name the one in use first. None is locked, not switched. */
function isOther(wallet, now, raw) {
  const shown = wallet.namespace === 'eip155' ? now.slice(0, 1) : now;
  return now.length > 0 && !shown.some((address) => keyOf(address) === keyOf(raw));
}

/** What is the same however an account is written: of an SS58 address, the key without prefix and checksum. */
export function keyOf(address) {
  if (address.startsWith('0x')) return address.toLowerCase();
  const number = [...address].reduce((sum, letter) => sum * 58n + BigInt(BASE58.indexOf(letter)), 0n);
  return number.toString(16).slice(-68, -4).padStart(64, '0');
}

/** Words from elsewhere, without what could turn or hide other words, and not too many. */
function plain(words) {
  return [...String(words ?? '').slice(0, 400).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')].slice(0, 80).join('').trim() || '?';
}

/** Only what is in the announcement itself, and not too much: an image is never fetched. */
function image(icon) {
  return typeof icon === 'string' && icon.length <= LONGEST_ICON && /^data:image\/[a-z+.-]+[;,]/i.test(icon) ? icon : undefined;
}

/** The folder this script came from is where the endpoints are. */
const here = () => /^(http.*)\/(client|login|sessions)\.js$/.exec(import.meta.url)?.[1] ?? '/auth';

/** Which wallet signed in: without storage, an account change is seen on the same page only. */
function remember(id) {
  try { id ? localStorage.setItem(WALLET, id) : localStorage.removeItem(WALLET); } catch { /* it is off */ }
}

const recall = () => { try { return localStorage.getItem(WALLET); } catch { return null; } };
const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');

const [WALLET, TOKENS, LAST_RESORT] = ['countersign:wallet', 'countersign:tokens', 'window.ethereum'];
const [MOST_WALLETS, LONGEST_ICON, EARLY] = [24, 256 * 1024, 30_000];
const KNOWN = { 'polkadot-js': 'Polkadot{.js}', talisman: 'Talisman', 'subwallet-js': 'SubWallet', 'fearless-wallet': 'Fearless' };
const POLKADOT = 'polkadot:91b171bb158e2d3848fa23a9f1c25182';
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
