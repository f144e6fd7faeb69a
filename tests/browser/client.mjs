// client.js on a page of one's own, and the dapp libraries that real pages use.

import { build } from 'esbuild';

import { check, play, same, visit } from './stage.mjs';
import { EthereumWallet, PolkadotWallet, inject } from './wallets.mjs';

const bundle = async (source) => {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname ?? new URL('.', import.meta.url).pathname },
    bundle: true, write: false, format: 'iife', platform: 'browser', define: { global: 'globalThis' }, logLevel: 'error',
  });
  return outputFiles[0].text;
};

const session = (page) => page.evaluate(async () => (await fetch('/auth/session')).json());

await play({
  /** Cookie and token mode, refresh, the account that changes, PKCE. */
  async client(browser, { url, tokens }) {
    const fox = new EthereumWallet('Fox Wallet', 'test.fox');
    const context = await browser.newContext();
    await inject(context, { ethereum: [fox], legacy: 'test.fox' });
    const page = await visit(context, `${url}/`);
    const cookie = await page.evaluate(async () => {
      const { createClient, discover } = await import('/auth/client.js');
      const wallets = await new Promise((done) => { discover((all, settled) => settled && done(all)); });
      const client = window.client = createClient({ chains: ['eip155:1'] });
      window.changes = [];
      client.onAccountChange((change) => window.changes.push(change.account));
      const signedIn = await client.signIn({ wallet: wallets[0] });
      return { ids: wallets.map(({ id }) => id), signedIn, session: await client.session(), list: await client.sessions() };
    });
    same(cookie.ids, ['window.ethereum'], 'the last resort');
    same(cookie.signedIn, cookie.session);
    same(cookie.session.account, `eip155:1:${fox.address}`);
    same(cookie.list.length, 1);
    await fox.switchAccount(page);
    await page.waitForFunction(() => window.changes.length === 1);
    same(await page.evaluate(() => window.changes[0]), fox.address);
    same(await page.evaluate(() => window.client.session()), undefined, 'the old session is over');

    // Another account while the page was closed.
    await page.evaluate(async () => {
      const wallets = await new Promise((done) => { window.client.discover((all, settled) => settled && done(all)); });
      await window.client.signIn({ wallet: wallets[0] });
    });
    fox.accounts.reverse();
    await page.reload();
    await page.evaluate(async () => {
      const { createClient } = await import('/auth/client.js');
      const client = createClient();
      await new Promise((done) => { client.onAccountChange(done); });
    });
    same((await session(page)).error, 'session_required');

    const byToken = await visit(context, `${tokens}/`);
    const result = await byToken.evaluate(async () => {
      const { createClient, pkce, SignInError } = await import('/auth/client.js');
      const client = createClient({ credential: 'token', storage: sessionStorage });
      const wallets = await new Promise((done) => { client.discover((all, settled) => settled && done(all)); });
      const before = await client.session();
      const signedIn = await client.signIn({ wallet: wallets[0], chain: 'eip155:1' });
      // Good for less than half a minute: each look renews it, and several at once share one renewal.
      const [first, ...others] = await Promise.all([client.token(), client.token(), client.token()]);
      const me = await (await client.fetch('/me')).text();
      const again = createClient({ credential: 'token', storage: sessionStorage });
      const kept = await again.session();
      await again.signOut();
      const fault = await again.signIn({ wallet: { ...wallets[0], sign: async () => { throw new SignInError('wallet_rejected', 'no'); } } })
        .catch(({ code, name }) => ({ code, name }));
      return { before, signedIn, shared: others.every((other) => other === first), me, kept, after: await again.session(), fault, pkce: await pkce() };
    });
    same(result.before, undefined);
    same(Object.keys(result.signedIn).sort(), ['account', 'chain', 'expires_at', 'issued_at', 'method', 'subject'], 'no token in the session');
    check(result.shared, 'one renewal for all');
    same(result.me, `hello eip155:1:${fox.address}`);
    same(result.kept.account, `eip155:1:${fox.address}`);
    same(result.after, undefined);
    same(result.fault, { code: 'wallet_rejected', name: 'SignInError' });
    check(/^[\w-]{43}$/.test(result.pkce.verifier) && /^[\w-]{43}$/.test(result.pkce.challenge) && result.pkce.method === 'S256');
    same((await context.cookies(tokens)).filter(({ name }) => name === `countersign-${new URL(tokens).port}`), [], 'no cookie in token mode');
    await context.close();
  },

  /** mipd with viem, and @polkadot/extension-dapp: pages that know nothing of us. */
  async libraries(browser, { url }) {
    const wallets = [new EthereumWallet('Fox Wallet', 'test.fox'), new EthereumWallet('Rabbit Wallet', 'test.rabbit')];
    const dot = await PolkadotWallet.create('polkadot-js', { addressPrefix: 0 });
    const context = await browser.newContext();
    await inject(context, { ethereum: wallets, polkadot: [dot] });
    const page = await visit(context, `${url}/`);
    await page.addScriptTag({
      content: await bundle(`
        import { createStore } from 'mipd';
        import { createWalletClient, custom } from 'viem';
        import { mainnet } from 'viem/chains';
        import { createSiweMessage } from 'viem/siwe';
        import { web3Accounts, web3Enable, web3FromAddress } from '@polkadot/extension-dapp';
        const post = async (path, body) => {
          const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
          return response.json();
        };
        window.byMipd = async (rdns) => {
          const store = createStore();
          const { provider } = store.findProvider({ rdns });
          const client = createWalletClient({ chain: mainnet, transport: custom(provider) });
          const [address] = await client.requestAddresses();
          const nonce = await (await fetch('/auth/nonce')).text();
          const message = createSiweMessage({ address, chainId: 1, domain: location.host, nonce, uri: location.origin, version: '1' });
          return post('/auth/verify', { message, signature: await client.signMessage({ account: address, message }) });
        };
        window.byExtension = async (i) => {
          await web3Enable('a dapp');
          const { address } = (await web3Accounts({ ss58Format: 0 }))[i];
          const { message } = await post('/auth/challenge', { chain: 'polkadot:91b171bb158e2d3848fa23a9f1c25182', account: address });
          const { signer } = await web3FromAddress(address);
          const { signature } = await signer.signRaw({ address, data: message, type: 'bytes' });
          return post('/auth/verify', { message, signature });
        };
      `),
    });
    for (const wallet of wallets) {
      const signedIn = await page.evaluate((rdns) => window.byMipd(rdns), wallet.rdns);
      same(signedIn.account, `eip155:1:${wallet.address}`);
    }
    for (const [i, method] of ['sr25519', 'ed25519', 'ecdsa'].entries()) {
      const signedIn = await page.evaluate((at) => window.byExtension(at), i);
      same([signedIn.method, signedIn.account.split(':').pop()], [method, dot.pairs[i].address]);
    }
    await context.close();
  },

  /** The browser SDK of SSX, from npm, in an app on another origin. */
  async ssx(browser, { server, front }) {
    const { createServer } = await import('node:http');
    const { readFile } = await import('node:fs/promises');
    const sdk = await readFile(new URL('node_modules/@spruceid/ssx/dist/index.js', import.meta.url));
    const app = createServer((request, response) => {
      const isScript = request.url === '/ssx.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? sdk : '<!doctype html><title>an app</title><link rel="icon" href="data:,"><script src="/ssx.js"></script>');
    });
    await new Promise((done) => { app.listen(new URL(front).port, '127.0.0.1', done); });
    const fox = new EthereumWallet('Fox Wallet', 'test.fox');
    const context = await browser.newContext();
    await inject(context, { ethereum: [fox], legacy: 'test.fox' });
    const page = await visit(context, front, { mayAsk: [new URL(server).origin] });
    const start = (host) => {
      const { SSX } = window['@spruceid/ssx'];
      window.ssx = new SSX({ providers: { web3: { driver: window.ethereum }, server: { host } } });
    };
    const who = () => page.evaluate(async (host) => (await fetch(`${host}/auth/session`, { credentials: 'include' })).json(), server);
    await page.evaluate(start, server);
    const signedIn = await page.evaluate(() => window.ssx.signIn());
    same([signedIn.address, signedIn.chainId, signedIn.daoLogin], [fox.address, 1, false]);
    check(/^\w{24}$/.test(signedIn.siwe.nonce) && signedIn.siwe.uri.startsWith('did:key:z') && signedIn.siwe.domain === 'localhost', JSON.stringify(signedIn.siwe));
    same(await page.evaluate(() => window.ssx.address()), fox.address);
    same((await who()).account, `eip155:1:${fox.address}`);
    await page.reload();
    same((await who()).account, `eip155:1:${fox.address}`, 'the session outlives the page');
    await page.evaluate(start, server);
    const again = await page.evaluate(() => window.ssx.signIn());
    check(again.siwe.nonce !== signedIn.siwe.nonce, 'a fresh nonce');
    await page.evaluate(() => window.ssx.signOut());
    same((await who()).error, 'session_required');
    same((await context.cookies()).filter(({ name }) => !name.includes('-pre-')), [], 'the cookie is gone');

    const foreign = await visit(context, front.replace('localhost', '127.0.0.1'), { mayAsk: [new URL(server).origin], mayFail: true });
    await foreign.evaluate(start, server);
    const refused = await foreign.evaluate(() => window.ssx.signIn().then(() => 'in', () => 'refused'));
    same(refused, 'refused', 'an app on an origin that nobody named');
    await context.close();
    app.close();
  },

  /** The front end of the quickstart: page, siwe and ethers, on an origin of its own. */
  async quickstart(browser, { server, front }) {
    const { createServer } = await import('node:http');
    const script = await bundle(`
      import { ethers } from 'ethers';
      import { SiweMessage } from 'siwe';
      const domain = window.location.host;
      const origin = window.location.origin;
      const provider = new ethers.providers.Web3Provider(window.ethereum);
      const signer = provider.getSigner();
      const BACKEND_ADDR = ${JSON.stringify(server)};
      async function createSiweMessage(address, statement) {
        const res = await fetch(BACKEND_ADDR + '/nonce', { credentials: 'include' });
        const message = new SiweMessage({ domain, address, statement, uri: origin, version: '1', chainId: '1', nonce: await res.text() });
        return message.prepareMessage();
      }
      window.connectWallet = () => provider.send('eth_requestAccounts', []);
      window.signInWithEthereum = async () => {
        const message = await createSiweMessage(await signer.getAddress(), 'Sign in with Ethereum to the app.');
        const signature = await signer.signMessage(message);
        const res = await fetch(BACKEND_ADDR + '/verify', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ message, signature }),
          credentials: 'include',
        });
        return { status: res.status, text: await res.text() };
      };
      window.getInformation = async () => {
        const res = await fetch(BACKEND_ADDR + '/auth/session', { credentials: 'include' });
        return { status: res.status, body: await res.json() };
      };
    `);
    const app = createServer((request, response) => {
      const isScript = request.url === '/bundle.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><title>SIWE Quickstart</title><link rel="icon" href="data:,"><script src="/bundle.js"></script>');
    });
    await new Promise((done) => { app.listen(new URL(front).port, '127.0.0.1', done); });
    const fox = new EthereumWallet('Fox Wallet', 'test.fox');
    const context = await browser.newContext();
    await inject(context, { ethereum: [fox], legacy: 'test.fox' });
    const page = await visit(context, front, { mayAsk: [new URL(server).origin] });
    const before = await page.evaluate(() => window.getInformation());
    same(before.status, 401);
    await page.evaluate(() => window.connectWallet());
    same(await page.evaluate(() => window.signInWithEthereum()), { status: 200, text: 'true' });
    same((await page.evaluate(() => window.getInformation())).body.account, `eip155:1:${fox.address}`);
    await context.close();
    app.close();
  },
});
