// Over https, under two names: what another site can make a browser do, and what it cannot.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { check, passOn, play, same, visit } from './stage.mjs';
import { EthereumWallet, inject } from './wallets.mjs';

await play({
  async sites(browser, { origin, server, evil }) {
    const pair = certificate();
    const close = await passOn(new URL(origin).port, new URL(server), pair);
    const seen = [];
    const attacker = createServer(pair, (request, response) => {
      seen.push({ url: request.url, referer: request.headers.referer });
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>another site</title><link rel="icon" href="data:,"><body></body>');
    });
    await new Promise((done) => { attacker.listen(new URL(evil).port, '127.0.0.1', done); });

    const fox = new EthereumWallet('Fox Wallet', 'test.fox');
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    await inject(context, { ethereum: [fox] });
    const page = await visit(context, `${origin}/auth/login?return_to=%2Fme`);
    await page.getByRole('button', { name: /Fox/ }).click();
    await page.waitForURL(`${origin}/me`);
    const cookies = (await context.cookies()).sort((a, b) => a.name.length - b.name.length);
    same(cookies.map(({ name, httpOnly, secure, sameSite, path, domain }) => [name, httpOnly, secure, sameSite, path, domain]), [
      ['__Host-countersign', true, true, 'Lax', '/', new URL(origin).hostname],
      ['__Host-countersign-pre', true, true, 'Lax', '/', new URL(origin).hostname],
    ]);
    const own = () => page.evaluate(async () => (await fetch('/auth/session')).status);
    same(await own(), 200);
    same(await page.evaluate(() => document.cookie), '', 'no script reads them');

    const other = await visit(context, `${evil}/`, { mayAsk: [new URL(origin).origin], mayFail: true });
    const inPage = (work, ...more) => other.evaluate(work, [origin, ...more]);

    // K4: a form of another site signs nobody out, and nobody in.
    for (const path of ['/auth/logout', '/auth/logout/all', '/auth/verify', '/ssx-logout', '/ssx-login', '/verify']) {
      for (const enctype of ['application/x-www-form-urlencoded', 'text/plain']) {
        const [answer] = await Promise.all([
          other.waitForResponse((response) => response.url() === origin + path && response.request().method() === 'POST'),
          inPage(([to, way, type]) => {
            const form = Object.assign(document.createElement('form'), { method: 'POST', action: to + way, enctype: type });
            form.append(Object.assign(document.createElement('input'), { name: '{"message":"', value: '"}' }));
            document.body.append(form);
            form.submit();
          }, path, enctype),
        ]);
        await other.waitForURL(origin + path);
        check(answer.status() === 403 || answer.status() === 415, `a form to ${path}: ${answer.status()}`);
        await other.goto(`${evil}/`);
      }
    }
    same(await own(), 200, 'no form ended the session');

    // K8: a script of another site reads nothing, and changes nothing.
    for (const [path, init] of [
      ['/auth/session', {}], ['/auth/sessions', {}], ['/auth/nonce', {}],
      ['/auth/logout', { method: 'POST' }],
      ['/auth/logout', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }],
      ['/auth/verify', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }],
      ['/auth/client.js', {}],
    ]) {
      const read = await inPage(async ([to, way, how]) => {
        try { return (await fetch(to + way, { ...how, credentials: 'include' })).status; } catch { return 'nothing'; }
      }, path, init);
      same(read, 'nothing', `a cross-site fetch of ${path}`);
      const blind = await inPage(async ([to, way, how]) => {
        try { return (await fetch(to + way, { ...how, headers: {}, mode: 'no-cors', credentials: 'include' })).type; } catch { return 'nothing'; }
      }, path, init);
      check(blind === 'opaque' || blind === 'nothing', blind);
    }
    same(await own(), 200, 'no fetch ended the session');

    // N13: an image of another site touches no session.
    await inPage(([to]) => new Promise((done) => {
      const image = Object.assign(new Image(), { src: `${to}/auth/nonce`, onerror: done, onload: done });
      document.body.append(image);
    }));
    same(await own(), 200);

    // U1: no frame.
    const framed = await inPage(([to]) => new Promise((done) => {
      const frame = Object.assign(document.createElement('iframe'), { src: `${to}/auth/login` });
      frame.addEventListener('load', () => {
        try { done(frame.contentDocument ? 'readable' : 'blocked or foreign'); } catch { done('foreign'); }
      });
      document.body.append(frame);
    }));
    check(framed !== 'readable', framed);
    const frames = other.frames().filter((frame) => frame !== other.mainFrame());
    same(await Promise.all(frames.map((frame) => frame.locator('.choice').count().catch(() => 0))), [0], 'the frame stays empty');

    // U7: who opens the page holds no handle of it, and is none to it.
    const [popup] = await Promise.all([
      context.waitForEvent('page'),
      inPage(([to]) => { window.opened = window.open(`${to}/auth/login?again=1`); }),
    ]);
    await popup.getByRole('button', { name: /Fox/ }).waitFor();
    same(await popup.evaluate(() => window.opener), null, 'the page has no opener');
    same(await other.evaluate(() => window.opened.closed), true, 'the opener has no page');

    // U8: what is in the address stays here.
    await popup.goto(`${origin}/auth/login?return_to=%2Fa%3Fcode%3Dsecret&again=1`);
    await popup.evaluate((to) => { location.href = `${to}/from-login`; }, evil);
    await popup.waitForURL(`${evil}/from-login`);
    same(seen.filter(({ url }) => url === '/from-login'), [{ url: '/from-login', referer: undefined }]);

    // K3: a sibling cannot plant our cookie, for the browser holds to the prefix.
    const sibling = await visit(context, evil.replace('evil.test', 'evil.app.test'), { mayFail: true });
    await sibling.evaluate(() => {
      document.cookie = '__Host-countersign=planted; Secure; Path=/; Domain=app.test';
      document.cookie = '__Host-countersign-pre=planted; Secure; Path=/; Domain=app.test';
    });
    same((await context.cookies(origin)).filter(({ value }) => value === 'planted'), []);

    // U10: the page goes to its own site only.
    for (const target of ['//evil.test', '/\\evil.test', '/\t/evil.test', 'https:evil.test', 'javascript:alert(1)', evil]) {
      await page.goto(`${origin}/auth/login?return_to=${encodeURIComponent(target)}`);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.waitForURL(`${origin}/`);
    }
    same(await own(), 200);
    await context.close();
    attacker.close();
    close();
  },
});

/** A certificate that nobody signed but itself. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=app.test', '-addext', 'subjectAltName=DNS:app.test,DNS:evil.test,DNS:evil.app.test', '-keyout', key, '-out', cert,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
