// Wallets for a browser: the keys are here, in node; the page gets what an extension would inject.

import { Keyring } from '@polkadot/keyring';
import { stringToU8a, u8aToHex, u8aWrapBytes } from '@polkadot/util';
import { cryptoWaitReady, randomAsU8a } from '@polkadot/util-crypto';
import { hexToString } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

/** A user who says no (EIP-1193). */
export const REJECTED = { code: 4001, message: 'User rejected the request.' };

/** An Ethereum extension with two accounts. What it does next is the test's to say. */
export class EthereumWallet {
  constructor(name, rdns, { chainId = 1, icon = ICON } = {}) {
    Object.assign(this, { name, rdns, chainId, icon, uuid: crypto.randomUUID(), faults: {}, signed: [] });
    this.accounts = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())];
    this.isConnected = false;
    this.beforeSigning = async () => {};
  }

  get address() {
    return this.accounts[0].address;
  }

  async answer(method, params) {
    if (this.faults[method]) throw this.faults[method];
    switch (method) {
      case 'wallet_requestPermissions':
        this.isConnected = true;
        return [{ parentCapability: 'eth_accounts' }];
      case 'eth_requestAccounts':
        this.isConnected = true;
        return [this.address];
      case 'eth_accounts': return this.isConnected ? [this.address] : [];
      case 'eth_chainId': return `0x${this.chainId.toString(16)}`;
      case 'net_version': return String(this.chainId);
      case 'wallet_switchEthereumChain':
        this.chainId = Number(params[0].chainId);
        return null;
      case 'personal_sign': {
        const signer = this.accounts.find(({ address }) => address.toLowerCase() === params[1].toLowerCase());
        await this.beforeSigning();
        this.signed.push(hexToString(params[0]));
        return signer.signMessage({ message: hexToString(params[0]) });
      }
      default: throw { code: -32601, message: `${method} is not there` };
    }
  }

  /** The user picks the other account in the extension. */
  async switchAccount(page) {
    this.accounts.reverse();
    await page.evaluate(([rdns, address]) => window.emitOf[rdns]('accountsChanged', [address]), [this.rdns, this.address]);
  }
}

/** A Polkadot extension with an account of each key type. */
export class PolkadotWallet {
  static async create(name, { addressPrefix = 42, genesisHash = null } = {}) {
    await cryptoWaitReady();
    const wallet = new PolkadotWallet();
    const keyring = new Keyring({ ss58Format: addressPrefix });
    const pairs = ['sr25519', 'ed25519', 'ecdsa'].map((type) => keyring.addFromSeed(randomAsU8a(32), { name: `My ${type} key`, genesisHash }, type));
    return Object.assign(wallet, { name, pairs, faults: {} });
  }

  async answer(method, params) {
    if (this.faults[method]) throw this.faults[method];
    switch (method) {
      case 'enable': return null;
      case 'accounts': return this.pairs.map(({ address, meta, type }) => ({ address, name: meta.name, type, genesisHash: meta.genesisHash }));
      case 'signRaw': {
        const [{ address, data, type }] = params;
        if (type !== 'bytes') throw new Error(`signRaw of ${type}`);
        // As the extensions do: hex is bytes, the rest is text, and all of it is wrapped.
        const bytes = /^0x[0-9a-f]+$/i.test(data) ? Buffer.from(data.slice(2), 'hex') : stringToU8a(data);
        const pair = this.pairs.find((one) => one.address === address);
        return { id: 1, signature: u8aToHex(pair.sign(u8aWrapBytes(bytes), { withType: false })) };
      }
      default: throw new Error(`${method} is not there`);
    }
  }
}

/** Puts the wallets into every page of a browser context, before its own scripts. */
export async function inject(context, { ethereum = [], polkadot = [], legacy } = {}) {
  const all = new Map([...ethereum.map((wallet) => [wallet.rdns, wallet]), ...polkadot.map((wallet) => [wallet.name, wallet])]);
  // What is thrown through a binding loses its code, so faults go as values.
  await context.exposeFunction('askWallet', async (id, method, params) => {
    try {
      return { ok: await all.get(id).answer(method, params) };
    } catch ({ code, message }) {
      return { fault: { code, message } };
    }
  });
  await context.addInitScript(injected, {
    ethereum: ethereum.map(({ name, rdns, icon, uuid }) => ({ name, rdns, icon, uuid })),
    polkadot: polkadot.map(({ name }) => name),
    legacy,
  });
}

// Runs in the page.
function injected({ ethereum, polkadot, legacy }) {
  const ask = async (id, method, params = []) => {
    const { ok, fault } = await window.askWallet(id, method, params);
    if (fault) throw Object.assign(new Error(fault.message), { code: fault.code });
    return ok;
  };
  window.emitOf = {};
  for (const { name, rdns, icon, uuid } of ethereum) {
    const listeners = [];
    const provider = {
      isMetaMask: true,
      request: ({ method, params }) => ask(rdns, method, params),
      on(event, tell) { listeners.push([event, tell]); return provider; },
      removeListener(event, tell) {
        const at = listeners.findIndex(([one, other]) => one === event && other === tell);
        if (at >= 0) listeners.splice(at, 1);
        return provider;
      },
    };
    window.emitOf[rdns] = (event, value) => [...listeners].forEach(([one, tell]) => one === event && tell(value));
    if (rdns === legacy) {
      window.ethereum = provider;
    } else {
      const detail = Object.freeze({ info: Object.freeze({ name, rdns, icon, uuid }), provider });
      const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      window.addEventListener('eip6963:requestProvider', announce);
      announce();
    }
  }
  for (const name of polkadot) {
    window.injectedWeb3 ??= {};
    const list = () => ask(name, 'accounts');
    window.injectedWeb3[name] = {
      version: '0.63.1',
      async enable(origin) {
        await ask(name, 'enable', [origin]);
        return {
          accounts: {
            get: list,
            subscribe(tell) {
              list().then(tell);
              return () => {};
            },
          },
          signer: { signRaw: (payload) => ask(name, 'signRaw', [payload]) },
        };
      },
    };
  }
}

const ICON = `data:image/svg+xml;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="#e2761b"/><circle cx="4" cy="4" r="2" fill="#fff"/></svg>').toString('base64')}`;
