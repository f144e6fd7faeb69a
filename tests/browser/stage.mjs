// What every script here stands on: the browser, what it was given, and checks that count.

import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';
import { chromium } from 'playwright-core';

let passed = 0;

/** One check more, in words. */
export function check(condition, words) {
  assert.ok(condition, words);
  passed += 1;
}

export function same(actual, expected, words) {
  assert.deepEqual(actual, expected, words);
  passed += 1;
}

/** Runs a script's scene with what came in on stdin, and says at the end how many checks passed. */
export async function play(scenes) {
  const given = JSON.parse(await text(process.stdin));
  const name = process.argv[2];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: given.args ?? [] });
  try {
    await scenes[name](browser, given);
    console.log(`${name}: ${passed} checks passed`);
  } finally {
    await browser.close();
  }
  process.exit(0);
}

/** A page of a context. It must not fail by itself, and must ask nobody but its own origin. */
export async function visit(context, url, { mayFail = false, mayAsk = [] } = {}) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const { origin } = new URL(url);
  page.on('request', (request) => {
    const asked = new URL(request.url());
    const own = asked.protocol === 'data:' || asked.origin === origin || mayAsk.includes(asked.origin);
    if (!own) page.emit('foreign', asked.href);
  });
  page.on('foreign', (href) => { throw new Error(`a request left for ${href}`); });
  page.on('pageerror', (error) => { if (!mayFail) throw error; });
  page.on('console', (line) => {
    if (/Content Security Policy|Refused to/.test(line.text()) && !mayFail) throw new Error(line.text());
  });
  await page.goto(url);
  return page;
}

/** Passes bytes on to a server, until it is closed: then the server is gone, as seen from outside. */
export async function passOn(port, target, { key, cert } = {}) {
  const sockets = new Set();
  const pass = (socket) => {
    const onward = net.connect(Number(target.port), target.hostname);
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => { sockets.delete(one); socket.destroy(); onward.destroy(); });
    }
    socket.pipe(onward).pipe(socket);
  };
  const server = key ? tls.createServer({ key, cert }, pass) : net.createServer(pass);
  await new Promise((done) => { server.listen(port, '127.0.0.1', done); });
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

async function text(stream) {
  let all = '';
  for await (const piece of stream) all += piece;
  return all;
}

const PATIENCE = 60_000;
