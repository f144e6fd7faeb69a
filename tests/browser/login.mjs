// The login page and the list of sessions, in a browser with wallets.

import { gzipSync } from 'node:zlib';

import { check, passOn, play, same, visit } from './stage.mjs';
import { EthereumWallet, PolkadotWallet, REJECTED, inject } from './wallets.mjs';

const FOX = () => new EthereumWallet('Fox Wallet', 'test.fox');

const session = (page) => page.evaluate(async () => (await fetch('/auth/session')).json());
const button = (page, name) => page.getByRole('button', { name });
const told = async (page) => (await page.getByRole('alert').first().innerText()).replace(/\s+/g, ' ');

/** The page on a small screen, with these wallets shown. */
async function shown(browser, url, wallets) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  await inject(context, wallets);
  const page = await visit(context, `${url}/auth/login`);
  await page.locator('.choice').first().waitFor();
  return { page, context };
}

const EVIL = '<img src=x onerror="window.hacked=1"></script>\u202egnorw\u2066';
const PLAIN = '<img src=x onerror="window.hacked=1"></script>gnorw';
const SCRIPT = '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"><script>window.hacked=1</script></svg>';
const arrived = (page, url) => page.waitForURL(url);

await play({
  /** Every announced wallet, and every key type. */
  async wallets(browser, { url }) {
    const wallets = [FOX(), new EthereumWallet('Rabbit Wallet', 'test.rabbit')];
    const dot = await PolkadotWallet.create('polkadot-js');
    for (const wallet of wallets) {
      const context = await browser.newContext();
      await inject(context, { ethereum: wallets, polkadot: [dot] });
      const page = await visit(context, `${url}/auth/login?return_to=%2Fme`);
      await button(page, /Fox/).waitFor();
      same(await page.locator('.choice b').allInnerTexts(), ['Fox Wallet', 'Rabbit Wallet', 'Polkadot{.js}']);
      await button(page, wallet.name).click();
      await arrived(page, `${url}/me`);
      same((await session(page)).account, `eip155:1:${wallet.address}`);
      same(await page.locator('body').innerText(), `hello eip155:1:${wallet.address}`);
      await context.close();
    }
    const networks = { Polkadot: '1', Kusama: /^[C-HJ]/, Westend: '5' };
    for (const [i, method] of ['sr25519', 'ed25519', 'ecdsa'].entries()) {
      const [network, head] = Object.entries(networks)[i];
      const context = await browser.newContext();
      await inject(context, { polkadot: [dot] });
      const page = await visit(context, `${url}/auth/login`);
      await button(page, /Polkadot/).click();
      await page.getByLabel('Network').selectOption({ label: network });
      const choice = button(page, `My ${method} key`);
      const address = await choice.locator('.address').innerText();
      check(typeof head === 'string' ? address.startsWith(head) : head.test(address), `${address} on ${network}`);
      await choice.click();
      await arrived(page, `${url}/`);
      const now = await session(page);
      same([now.method, now.account.split(':').pop()], [method, address]);
      same(now.subject, `polkadot:${dot.pairs[i].address}`);
      await context.close();
    }
  },

  /** By keyboard alone, with what a screen reader is told. */
  async keyboard(browser, { url }) {
    const context = await browser.newContext({ colorScheme: 'dark' });
    await inject(context, { ethereum: [FOX()] });
    const page = await visit(context, `${url}/auth/login`);
    await button(page, /Fox/).waitFor();
    same(await page.getByRole('heading', { level: 1 }).innerText(), 'Sign in to the test');
    same(await page.getByRole('status').first().textContent(), 'Choose a wallet');
    await page.keyboard.press('Tab');
    const isOnFox = () => page.evaluate(() => document.activeElement.textContent.includes('Fox'));
    same(await isOnFox(), true);
    await page.evaluate(() => {
      const info = { uuid: crypto.randomUUID(), name: 'Late Wallet', rdns: 'test.late', icon: '' };
      window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: { info, provider: { request: async () => [] } } }));
    });
    await button(page, /Late/).waitFor();
    same(await isOnFox(), true, 'a wallet that turns up late leaves the keyboard where it is');
    await page.keyboard.press('Enter');
    await arrived(page, `${url}/`);
    await page.goto(`${url}/auth/login`);
    await page.getByText('You are signed in', { exact: true }).last().waitFor();
    check(await page.locator('html').getAttribute('lang') === 'en');
    await context.close();
  },

  /** What comes over the wire, as a proxy in front would squeeze it. */
  async sizes(_browser, { url }) {
    const of = async (path) => gzipSync(await (await fetch(url + path)).text(), { level: 9 }).length;
    const [client, ...page] = await Promise.all(['/auth/client.js', '/auth/login', '/auth/login.js', '/auth/login.css'].map(of));
    const whole = page.reduce((sum, size) => sum + size, 0);
    console.log(`client.js ${client} bytes, the login page with all it loads ${whole} bytes`);
    check(client <= 8 * 1024, `client.js has ${client} bytes`);
    check(whole <= 12 * 1024, `the login page has ${whole} bytes`);
  },

  /** What goes wrong, in words; and nothing wider than a small screen. */
  async faults(browser, { url, via, brief }) {
    const down = await passOn(new URL(via.origin).port, new URL(via.server));
    const scene = async (at, options = {}) => {
      const [fox, dot] = [FOX(), await PolkadotWallet.create('talisman')];
      const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
      await inject(context, { ethereum: [fox], polkadot: [dot] });
      const page = await visit(context, `${at}/auth/login`, options);
      await button(page, /Fox/).waitFor();
      return { fox, dot, page, context };
    };
    const over = async ({ page, context }) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      check(width <= 360, `${width} px on a screen of 360`);
      await context.close();
    };

    const refused = await scene(url);
    refused.fox.faults.personal_sign = REJECTED;
    await button(refused.page, /Fox/).click();
    same(await told(refused.page), 'You declined in the wallet. Nothing was signed. You can try again, or use another wallet.');
    same((await session(refused.page)).error, 'session_required');
    delete refused.fox.faults.personal_sign;
    await button(refused.page, 'Try again').click();
    await arrived(refused.page, `${url}/`);
    await over(refused);

    const polkadot = await scene(url);
    polkadot.dot.faults.signRaw = { message: 'Cancelled' };
    await button(polkadot.page, /Talisman/).click();
    await button(polkadot.page, 'My sr25519 key').click();
    check((await told(polkadot.page)).startsWith('You declined in the wallet.'));
    await over(polkadot);

    const busy = await scene(url);
    busy.fox.faults.eth_requestAccounts = { code: -32002, message: 'already pending' };
    await button(busy.page, /Fox/).click();
    check((await told(busy.page)).startsWith('The wallet is waiting for you.'));
    await over(busy);

    const elsewhere = await scene(url);
    elsewhere.fox.chainId = 11155111;
    await button(elsewhere.page, /Fox/).click();
    same(await told(elsewhere.page), 'The wallet is on another network. This site accepts Ethereum. Switch the network in the wallet, then try again.');
    await button(elsewhere.page, 'Switch to Ethereum').click();
    await arrived(elsewhere.page, `${url}/`);
    same(elsewhere.fox.chainId, 1);
    await over(elsewhere);

    const switched = await scene(url);
    switched.fox.beforeSigning = async () => {
      await switched.fox.switchAccount(switched.page);
      await new Promise((later) => { setTimeout(later, 200); });
    };
    await button(switched.page, /Fox/).click();
    same(await told(switched.page), 'You switched the account in the wallet. Nobody was signed in with it. Try again with the account you want.');
    same((await session(switched.page)).error, 'session_required');
    await over(switched);

    // Signed in, and then another account: the session ends.
    const later = await scene(url);
    await button(later.page, /Fox/).click();
    await arrived(later.page, `${url}/`);
    await later.page.goto(`${url}/auth/login`);
    await button(later.page, 'Continue').waitFor();
    await later.fox.switchAccount(later.page);
    check((await told(later.page)).startsWith('You switched the account in the wallet, so you were signed out. Sign in again to go on as 0x'));
    same((await session(later.page)).error, 'session_required');
    await over(later);

    const late = await scene(brief);
    late.fox.beforeSigning = () => new Promise((slow) => { setTimeout(slow, 2_500); });
    await button(late.page, /Fox/).click();
    same(await told(late.page), 'That took too long. The request to sign was good for a few minutes only. Try again and confirm a little sooner.');
    await over(late);

    const gone = await scene(via.origin);
    gone.fox.beforeSigning = async () => down();
    await button(gone.page, /Fox/).click();
    same(await told(gone.page), 'The site does not answer. Check your connection, or try again in a moment.');
    await over(gone);
  },

  /** U11, as far as the page goes. */
  async refusal(browser, { url }) {
    const context = await browser.newContext();
    const fox = FOX();
    fox.faults.personal_sign = REJECTED;
    await inject(context, { ethereum: [fox] });
    const page = await visit(context, `${url}/auth/login?return_to=%2Fme&cancel_to=%2F%3Ferror%3Daccess_denied`);
    await button(page, /Fox/).click();
    check((await told(page)).startsWith('You declined in the wallet.'));
    check(page.url().includes('/auth/login'), 'it stays where it is');
    same((await context.cookies()).map(({ name }) => name).filter((name) => !name.includes('-pre-')), [], 'no session');
    await page.getByRole('link', { name: 'Cancel' }).click();
    await arrived(page, `${url}/?error=access_denied`);
    await context.close();
  },

  /** A browser without wallets; the demo wallet where there is one. */
  async demo(browser, { url, dev }) {
    for (const [site, isDev] of [[url, false], [dev, true]]) {
      const context = await browser.newContext();
      const page = await visit(context, `${site}/auth/login`);
      await page.getByText('No wallet found in this browser').waitFor();
      same(await page.locator('.demo').count(), isDev ? 2 : 0);
      same(await page.getByText('Development mode').count(), isDev ? 1 : 0);
      same(await page.evaluate(async () => (await (await fetch('/auth/login.js')).text()).includes('demoWallets(chains)')), isDev);
      await context.close();
    }
    for (const [i, method] of ['eip191', 'ed25519'].entries()) {
      const context = await browser.newContext();
      const page = await visit(context, `${dev}/auth/login`);
      await page.locator('.demo').nth(i).click();
      if (method === 'ed25519') await button(page, /Demo/).click();
      await arrived(page, `${dev}/`);
      same((await session(page)).method, method);
      await context.close();
    }
  },

  /** U2: words of wallets are shown as text, and turn no other words around. */
  async words(browser, { url }) {
    const wallet = new EthereumWallet(`bad ${EVIL}`, 'test.bad');
    wallet.faults.eth_requestAccounts = { code: 1, message: EVIL };
    const dot = await PolkadotWallet.create('<b>dot</b>');
    dot.pairs[0].setMeta({ name: EVIL });
    const { page, context } = await shown(browser, url, { ethereum: [wallet], polkadot: [dot] });
    same(await page.locator('.choice b').allInnerTexts(), [`bad ${PLAIN}`, '<b>dot</b>']);
    same(await page.locator('main img[onerror], main script, main b b').count(), 0);
    await button(page, /bad/).click();
    check((await told(page)).includes(`It said: ${PLAIN}`), 'an error is shown as text');
    await button(page, 'Use another wallet').click();
    await button(page, '<b>dot</b>').click();
    same(await page.locator('.choice b').first().innerText(), PLAIN);
    same(await page.evaluate(() => window.hacked), undefined);
    await context.close();
  },

  /** U5: an icon is a picture, which runs nothing; what is too much is left out. */
  async pictures(browser, { url }) {
    const svg = `data:image/svg+xml;base64,${Buffer.from(SCRIPT).toString('base64')}`;
    const huge = `data:image/png;base64,${'A'.repeat(10 * 1024 * 1024)}`;
    const { page, context } = await shown(browser, url, {
      ethereum: [
        new EthereumWallet('svg', 'test.svg', { icon: svg }),
        new EthereumWallet('huge', 'test.huge', { icon: huge }),
        new EthereumWallet('x'.repeat(10 * 1024 * 1024), 'test.long', { icon: 7 }),
      ],
    });
    same(await page.locator('.choice img').evaluateAll((all) => all.map(({ src }) => src)), [svg]);
    same(await page.locator('.choice b').allInnerTexts(), ['svg', 'huge', 'x'.repeat(80)]);
    same(await page.locator('main svg').count(), 0);
    same(await page.evaluate(() => window.hacked), undefined);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(width <= 360, `${width} px on a screen of 360`);
    await context.close();
  },

  /** U6: an icon that would have to be fetched, or run, is none. */
  async fetched(browser, { url }) {
    const icons = ['javascript:window.hacked=1', 'http://evil.example/a.png', 'https://evil.example/a.png', '//evil.example/a.png', `data:text/html,${SCRIPT}`];
    const ethereum = icons.map((icon, i) => new EthereumWallet(`wallet ${i}`, `test.w${i}`, { icon }));
    const { page, context } = await shown(browser, url, { ethereum });
    same(await page.locator('.choice').count(), icons.length);
    same(await page.locator('main img').count(), 0);
    same(await page.evaluate(() => window.hacked), undefined);
    await context.close();
  },

  /** U4, F1, F3, F10: what a browser remembers opens nothing. */
  async memory(browser, { url }) {
    const [fox, rabbit] = [FOX(), new EthereumWallet('Rabbit Wallet', 'test.rabbit')];
    const context = await browser.newContext();
    await inject(context, { ethereum: [fox, rabbit] });
    const page = await visit(context, `${url}/auth/login`);
    await button(page, /Fox/).click();
    await arrived(page, `${url}/`);
    const first = await context.cookies();
    await page.goto(`${url}/auth/login`);
    await button(page, 'Use another wallet').click();
    await button(page, /Rabbit/).click();
    await arrived(page, `${url}/`);
    same((await session(page)).account, `eip155:1:${rabbit.address}`, 'the second wallet took the place of the first');
    const thief = await browser.newContext();
    await thief.addCookies(first);
    const replay = await thief.request.get(`${url}/auth/session`);
    same(replay.status(), 401, 'the session before is dead');

    await page.goto(`${url}/auth/sessions`);
    await page.getByText('This device').waitFor();
    await page.goto(`${url}/auth/login`);
    await button(page, 'Sign out').click();
    await button(page, /Fox/).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    same(await page.locator('.session').count(), 0, 'the list is not shown again');
    await page.goForward();
    await button(page, /Fox/).click();
    await arrived(page, `${url}/`);
    const nonces = fox.signed.map((text) => /Nonce: (\w+)/.exec(text)[1]);
    same(new Set(nonces).size, 2, 'a fresh nonce each time');
    await context.close();
    await thief.close();
  },

  /** Where one is signed in: end one, end the others, end this one. */
  async sessions(browser, { url }) {
    const fox = FOX();
    const devices = [];
    for (let i = 0; i < 4; i += 1) {
      const context = await browser.newContext();
      await inject(context, { ethereum: [fox] });
      const page = await visit(context, `${url}/auth/login?return_to=%2Fauth%2Fsessions`);
      await button(page, /Fox/).click();
      await page.getByText('This device').waitFor();
      devices.push(page);
    }
    const here = devices[3];
    const alive = async () => Promise.all(devices.map(async (page) => (await page.request.get(`${url}/auth/session`)).status()));
    same(await here.locator('.session').count(), 4);
    check((await here.locator('.session').first().innerText()).includes('This device'), 'this one comes first');
    await here.locator('.session').nth(1).getByRole('button').click();
    await here.locator('.session').nth(3).waitFor({ state: 'detached' });
    same((await alive()).filter((status) => status === 200).length, 3);
    await button(here, 'Sign out everywhere else').click();
    await here.locator('.session').nth(1).waitFor({ state: 'detached' });
    same(await alive(), [401, 401, 401, 200]);
    await here.locator('.session').getByRole('button').click();
    await here.getByRole('link', { name: 'Sign in' }).waitFor();
    same(await alive(), [401, 401, 401, 401]);
    await here.getByRole('link', { name: 'Sign in' }).click();
    await button(here, /Fox/).click();
    await here.getByText('This device').waitFor();
  },
});
