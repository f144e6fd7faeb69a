// An application that signs people in by OpenID Connect, and a browser that it sends to the provider.

import { createServer } from 'node:http';

import * as oidc from 'openid-client';

import { check, play, same, visit } from './stage.mjs';
import { EthereumWallet, PolkadotWallet, inject } from './wallets.mjs';

/** An application: where people come back to, and what it asks. */
class Application {
  static async of({ issuer, id, secret }) {
    const server = createServer((_request, response) => response.end('<!doctype html><link rel="icon" href="data:,">back'));
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    const origin = `http://127.0.0.1:${server.address().port}`;
    const proof = secret ? oidc.ClientSecretPost(secret) : oidc.None();
    const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
    const config = await oidc.discovery(new URL(issuer), id, undefined, proof, { execute });
    return Object.assign(new Application(), { server, origin, config, issuer });
  }

  async ask(more = {}) {
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
    const url = oidc.buildAuthorizationUrl(this.config, {
      redirect_uri: `${this.origin}/callback`,
      scope: 'openid profile',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...more,
    });
    return { url: url.href, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } };
  }

  /** What the address that the browser came back by is worth. */
  redeem(page, { checks }) {
    return oidc.authorizationCodeGrant(this.config, new URL(page.url()), checks);
  }

  /** The same, where it is worth nothing: the error. */
  async refused(page, asked) {
    const error = await this.redeem(page, asked).catch((error) => error);
    const { searchParams } = new URL(page.url());
    same([searchParams.get('code'), searchParams.get('iss')], [null, this.issuer], 'no code, and by whom');
    return error.error;
  }

  back(page) {
    return page.waitForURL(`${this.origin}/callback?*`);
  }
}

const button = (page, name) => page.getByRole('button', { name });
const FOX = () => new EthereumWallet('Fox Wallet', 'test.fox');

/** A browser with these wallets, sent by the application. */
async function sent(browser, application, asked, wallets) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  await inject(context, wallets);
  return visit(context, asked.url, { mayAsk: [application.origin] });
}

/** The page that asks, and the yes. */
async function allow(page, application, { name, account }) {
  await page.getByRole('heading', { name: 'wants to know who you are' }).waitFor();
  same(await page.getByRole('heading').innerText(), `${name} wants to know who you are`, 'the name is words');
  same(await page.locator('main img, main script, main h1 *').count(), 0, 'and nothing else');
  const codes = await page.locator('code').allInnerTexts();
  same(codes, [account, new URL(application.origin).host], 'who, and for whom');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 360, `${width} px on a screen of 360`);
  await button(page, 'Allow').click();
  await application.back(page);
}

await play({
  /** From the application through login page and consent, silently after that, and out again. */
  async sign_in(browser, { issuer, shop, desk }) {
    const application = await Application.of({ issuer, ...shop });
    const dot = await PolkadotWallet.create('polkadot-js');
    const fox = FOX();
    const people = [
      {
        wallets: { ethereum: [fox] },
        account: `eip155:1:${fox.address}`, subject: `eip155:${fox.address}`, method: 'eip191',
        choose: (page) => button(page, /Fox/).click(),
      },
      {
        wallets: { polkadot: [dot] },
        subject: `polkadot:${dot.pairs[0].address}`, method: 'sr25519',
        async choose(page) {
          await button(page, /Polkadot\{/).click();
          const choice = button(page, 'My sr25519 key');
          this.account = `polkadot:91b171bb158e2d3848fa23a9f1c25182:${await choice.locator('.address').innerText()}`;
          await choice.click();
        },
      },
    ];
    for (const person of people) {
      const asked = await application.ask();
      const page = await sent(browser, application, asked, person.wallets);
      check(page.url().startsWith(`${issuer}/auth/login?`), 'the real login page');
      await person.choose(page);
      await allow(page, application, { name: shop.name, account: person.account });
      const query = new URL(page.url()).searchParams;
      same([query.get('iss'), query.get('code').length, query.get('error')], [issuer, 43, null]);
      const tokens = await application.redeem(page, asked);
      const claims = tokens.claims();
      same([claims.iss, claims.aud, claims.sub, claims.amr], [issuer, shop.id, person.subject, [person.method]]);
      const userinfo = await oidc.fetchUserInfo(application.config, tokens.access_token, claims.sub);
      same(userinfo.account, person.account);

      // Again, and nobody is asked anything: no page but the last one.
      const shown = [];
      page.on('framenavigated', (frame) => shown.push(new URL(frame.url()).origin));
      const silent = await application.ask({ prompt: 'none' });
      await page.goto(silent.url);
      same(shown, [application.origin], 'no page on the way');
      same((await application.redeem(page, silent)).claims().sub, person.subject);

      // A native application cannot be remembered, so it cannot be silent either.
      const native = await Application.of({ issuer, ...desk });
      const refused = await native.ask({ prompt: 'none' });
      await visit(page.context(), refused.url, { mayAsk: [native.origin] }).then(async (other) => {
        same(await native.refused(other, refused), 'interaction_required');
        await other.close();
      });
      native.server.close();

      // Out: asked without an ID token, at once with one.
      const next = { post_logout_redirect_uri: `${application.origin}/goodbye`, state: 'out' };
      await page.goto(oidc.buildEndSessionUrl(application.config, next).href);
      await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
      const still = await application.ask({ prompt: 'none' });
      await page.goto(still.url);
      await application.redeem(page, still);
      check(true, 'being asked ends nothing');
      await page.goto(oidc.buildEndSessionUrl(application.config, next).href);
      await button(page, 'Sign out').click();
      await page.waitForURL(`${application.origin}/goodbye?state=out`);
      const over = await application.ask({ prompt: 'none' });
      await page.goto(over.url);
      same(await application.refused(page, over), 'login_required');

      const once = await application.ask();
      await page.goto(once.url);
      await person.choose(page);
      await application.back(page);
      const { id_token } = await application.redeem(page, once);
      await page.goto(oidc.buildEndSessionUrl(application.config, { ...next, id_token_hint: id_token }).href);
      same(page.url(), `${application.origin}/goodbye?state=out`, 'who shows the ID token is believed');
      await page.goto(oidc.buildEndSessionUrl(application.config, {}).href);
      await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
      await page.context().close();
    }
    application.server.close();
  },

  /** A newcomer without a wallet, who opens what the terminal says; by `localhost` too. */
  async newcomer(browser, { issuer }) {
    for (const address of [`${issuer}/demo`, `${issuer.replace('127.0.0.1', 'localhost')}/`]) {
      const context = await browser.newContext();
      const page = await visit(context, address, { mayAsk: [issuer] });
      same(page.url(), `${issuer}/demo`);
      await button(page, 'Sign in').click();
      await page.locator('.demo').first().click();
      await page.getByRole('heading', { name: 'The demo application wants to know who you are' }).waitFor();
      const account = await page.locator('code').first().innerText();
      await button(page, 'Allow').click();
      const signedIn = page.getByText('You are signed in as');
      await signedIn.waitFor();
      check((await signedIn.innerText()).includes(account.split(':').pop()), 'as that account');
      check((await page.locator('#claims').innerText()).includes(account), 'and the ID token says so');
      same(page.url(), `${issuer}/demo`, 'no code stays in the address');
      await button(page, 'Sign out').click();
      await button(page, 'Sign in').waitFor();
      same([page.url(), await signedIn.count()], [`${issuer}/demo`, 0]);
      await button(page, 'Sign in').click();
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.getByText('You said no').waitFor();
      await context.close();
    }

    // An application of their own, which nobody registered.
    const own = await Application.of({ issuer, id: 'example' });
    const asked = await own.ask();
    const context = await browser.newContext();
    const page = await visit(context, asked.url, { mayAsk: [own.origin] });
    await page.locator('.demo').first().click();
    await button(page, 'Allow').click();
    await own.back(page);
    const { id_token } = await own.redeem(page, asked);
    const out = { id_token_hint: id_token, post_logout_redirect_uri: `${own.origin}/` };
    await page.goto(oidc.buildEndSessionUrl(own.config, out).href);
    same(page.url(), `${own.origin}/`);
    own.server.close();
  },

  /** Who does not want to goes back with `access_denied`: from the login page and from the question. */
  async refusal(browser, { issuer, shop }) {
    const application = await Application.of({ issuer, ...shop });
    const asked = await application.ask();
    const page = await sent(browser, application, asked, { ethereum: [FOX()] });
    await button(page, /Fox/).waitFor();
    const login = page.url();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await application.back(page);
    same(await application.refused(page, asked), 'access_denied');

    // What is over is over, by Cancel as by a signature.
    await page.goto(login);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'This did not work' }).waitFor();
    await page.goto(login);
    await button(page, /Fox/).click();
    await page.getByRole('heading', { name: 'This did not work' }).waitFor();
    check(page.url().startsWith(issuer), 'nobody is sent anywhere');

    const again = await application.ask();
    await page.goto(again.url);
    await button(page, 'No').click();
    await application.back(page);
    same(await application.refused(page, again), 'access_denied');
    await page.context().close();
    application.server.close();
  },
});
