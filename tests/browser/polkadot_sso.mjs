// The page of Polkadot SSO's endpoints: one text to sign, for an account that the application names.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { encodeAddress } from '@polkadot/util-crypto';

import { check, play, same, visit } from './stage.mjs';
import { PolkadotWallet, inject } from './wallets.mjs';

const PREFIXES = { polkadot: 0, kusama: 2, westend: 42 };
const button = (page, name) => page.getByRole('button', { name });
const told = async (page) => (await page.getByRole('alert').first().innerText()).replace(/\s+/g, ' ');

/** An application on this machine, with whatever it was called back with. */
async function application(url) {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>back</title>'));
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const callback = `${origin}/callback`;
  return {
    origin,
    callback,
    /** An address to send somebody to, and what the application keeps of it. */
    begin(pair, chain, more = {}) {
      const verifier = randomBytes(32).toString('base64url');
      const query = {
        client_id: 'shop', redirect_uri: callback, chain, address: encodeAddress(pair.addressRaw, PREFIXES[chain]),
        state: `<${randomBytes(8).toString('hex')}&`, code_challenge_method: 'S256',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'), ...more,
      };
      return { ...query, verifier, page: `${url}/api/auth/challenge?${new URLSearchParams(query)}` };
    },
    /** Who came back. */
    async arrived(page, { state, verifier }) {
      await page.waitForURL(`${callback}?**`);
      const answer = new URL(page.url()).searchParams;
      same([answer.get('state'), answer.get('iss'), answer.get('error')], [state, url, null]);
      const redemption = {
        grant_type: 'authorization_code', client_id: 'shop', code: answer.get('code'), redirect_uri: callback, code_verifier: verifier,
      };
      const body = JSON.stringify(redemption);
      const tokens = await (await fetch(`${url}/api/auth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      return (await (await fetch(`${url}/api/auth/session`, { headers })).json()).user;
    },
  };
}

/** A page of the server on a small screen, with these wallets. */
async function shown(browser, app, begun, polkadot) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  await inject(context, { polkadot });
  const page = await visit(context, begun.page, { mayAsk: [app.origin] });
  return { context, page };
}

await play({
  /** Each key type on each network, by a click or by the wallet that the application named. */
  async signs(browser, { url }) {
    const app = await application(url);
    const [dot, talisman] = [await PolkadotWallet.create('polkadot-js'), await PolkadotWallet.create('talisman')];
    for (const [i, chain] of ['polkadot', 'kusama', 'westend'].entries()) {
      const begun = app.begin(dot.pairs[i], chain);
      const { page, context } = await shown(browser, app, begun, [dot]);
      await button(page, 'Polkadot{.js}').waitFor();
      same(await page.getByRole('heading', { level: 1 }).innerText(), 'Sign in to The <b>Shop</b>');
      check((await page.locator('main').innerText()).includes(`You go on to ${new URL(app.callback).host} as ${begun.address}.`));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      check(width <= 360, `${width} px on a screen of 360`);
      await button(page, 'Polkadot{.js}').click();
      same(await app.arrived(page, begun), { address: begun.address, chain, wallet: null });
      await context.close();
    }
    const begun = app.begin(talisman.pairs[0], 'polkadot', { wallet: 'talisman' });
    const { page, context } = await shown(browser, app, begun, [dot, talisman]);
    same((await app.arrived(page, begun)).wallet, 'talisman', 'without a click');
    await context.close();
  },

  /** What goes wrong, and how it goes on. */
  async faults(browser, { url }) {
    const app = await application(url);
    const [dot, other] = [await PolkadotWallet.create('polkadot-js'), await PolkadotWallet.create('talisman')];

    const begun = app.begin(dot.pairs[0], 'polkadot');
    const { page, context } = await shown(browser, app, begun, [dot, other]);
    await button(page, /Talisman/).click();
    await page.getByRole('alert').waitFor();
    check((await told(page)).startsWith('This wallet does not show that account.'));
    dot.faults.signRaw = { message: 'Cancelled' };
    await button(page, 'Use another wallet').click();
    await button(page, 'Polkadot{.js}').click();
    await page.getByText('You declined in the wallet.').waitFor();
    delete dot.faults.signRaw;
    await button(page, 'Try again').click();
    same((await app.arrived(page, begun)).address, begun.address);

    // The same address again is another challenge; the page itself is not in the history.
    await page.goto(begun.page);
    await button(page, 'Polkadot{.js}').click();
    same((await app.arrived(page, begun)).address, begun.address);
    await context.close();

    // A signature of another key spends the challenge; the page brings another.
    const second = app.begin(dot.pairs[0], 'polkadot');
    const again = await shown(browser, app, second, [dot]);
    const { answer } = dot;
    dot.answer = async (method, params) => (method === 'signRaw' ? { signature: `0x${'11'.repeat(64)}` } : answer.call(dot, method, params));
    await button(again.page, 'Polkadot{.js}').click();
    await again.page.getByText('The signature is not of this account.').waitFor();
    delete dot.answer;
    await button(again.page, 'Try again').click();
    await again.page.getByText('Choose a wallet').first().waitFor();
    await button(again.page, 'Polkadot{.js}').click();
    same((await app.arrived(again.page, second)).address, second.address);
    await again.context.close();

    // Who does not want to goes back without a code.
    const third = app.begin(dot.pairs[0], 'polkadot');
    const left = await shown(browser, app, third, [dot]);
    await left.page.getByRole('link', { name: 'Cancel' }).click();
    await left.page.waitForURL(`${app.callback}?**`);
    const answered = new URL(left.page.url()).searchParams;
    same([answered.get('error'), answered.get('state'), answered.get('code')], ['access_denied', third.state, null]);
    await left.context.close();
  },
});
