// Signs in to a countersign server with wallets of Polkadot, Ethereum and Solana.
//
//     node sign-in.mjs http://127.0.0.1:3000

import { Browser } from './browser.mjs';
import {
  GENERIC_PREFIX, KUSAMA, POLKADOT, ethereumWallet, sameKey, solanaWallet, substrateWallet,
} from './wallets.mjs';

const BASE = '/auth';

let passed = 0;

try {
  await main(process.argv[2]);
  console.log(`three-chains: ${passed} checks passed`);
} catch (error) {
  console.error(`three-chains: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exitCode = 1;
}

async function main(url) {
  if (url === undefined) throw new Error('usage: node sign-in.mjs http://127.0.0.1:3000');
  const server = new URL(url);

  const wallets = [
    await substrateWallet('sr25519'),
    await substrateWallet('ed25519'),
    await substrateWallet('ecdsa'),
    await substrateWallet('ethereum'),
    ethereumWallet(),
    solanaWallet(),
  ];
  for (const wallet of wallets) await signsInAndOut(server, wallet);

  await isRefusedWithTheSignatureOfAnotherKey(server);
  await isOnePersonOnAllNetworks(server);
}

/** From the challenge to the session and out again; the same message does not work twice. */
async function signsInAndOut(server, wallet) {
  const browser = new Browser(server);
  const { message, signature } = await signIn(server, browser, wallet);

  const session = await browser.get(`${BASE}/session`);
  hasStatus(wallet, session, 200);
  isTheAnswerFor(wallet, session);

  const again = await browser.post(`${BASE}/verify`, { message, signature });
  isRefused(wallet, again, 401, 'nonce_invalid');

  hasStatus(wallet, await browser.post(`${BASE}/logout`), 204);
  isRefused(wallet, await browser.get(`${BASE}/session`), 401, 'session_required');
  hasStatus(wallet, await browser.post(`${BASE}/logout`), 204);
}

async function isRefusedWithTheSignatureOfAnotherKey(server) {
  const browser = new Browser(server);
  const wallet = await substrateWallet('sr25519');
  const stranger = await substrateWallet('sr25519');
  const { message } = await challengeFor(server, browser, wallet);
  const signature = await stranger.sign(message);
  const answer = await browser.post(`${BASE}/verify`, { message, signature });
  isRefused(wallet, answer, 401, 'invalid_signature');
  isRefused(wallet, await browser.get(`${BASE}/session`), 401, 'session_required');
}

/** One key under three addresses is one subject with three sessions. */
async function isOnePersonOnAllNetworks(server) {
  const onPolkadot = await substrateWallet('sr25519');
  const wallets = [
    onPolkadot,
    sameKey(onPolkadot, KUSAMA, KUSAMA.prefix),
    sameKey(onPolkadot, POLKADOT, GENERIC_PREFIX),
  ];
  // A browser that signs in again replaces its session, so each has a browser of its own.
  const browsers = wallets.map(() => new Browser(server));
  for (const [index, wallet] of wallets.entries()) await signIn(server, browsers[index], wallet);

  const [first, second, third] = browsers;
  const listed = await first.get(`${BASE}/sessions`);
  hasStatus(onPolkadot, listed, 200);
  const sessions = sessionsOf(listed);
  const handles = new Set(sessions.map(({ handle }) => handle));
  check(onPolkadot, `${listed.asked} lists three sessions`, sessions.length === 3, sessions);
  check(onPolkadot, 'each has a handle of its own', handles.size === 3, sessions);
  const currentOnes = sessions.filter(({ current }) => current === true);
  check(onPolkadot, 'one of them is the current one', currentOnes.length === 1, sessions);

  const ofSecond = sessionsOf(await second.get(`${BASE}/sessions`)).find(({ current }) => current);
  const isListed = ofSecond !== undefined && handles.has(ofSecond.handle);
  check(onPolkadot, 'the session of the second browser is in the list of the first', isListed, ofSecond);
  hasStatus(onPolkadot, await first.delete(`${BASE}/sessions/${ofSecond.handle}`), 204);
  isRefused(onPolkadot, await second.get(`${BASE}/session`), 401, 'session_required');
  hasStatus(onPolkadot, await third.get(`${BASE}/session`), 200);

  hasStatus(onPolkadot, await first.post(`${BASE}/logout/all`), 204);
  for (const browser of browsers) {
    isRefused(onPolkadot, await browser.get(`${BASE}/session`), 401, 'session_required');
  }
}

async function signIn(server, browser, wallet) {
  const { message } = await challengeFor(server, browser, wallet);
  const signature = await wallet.sign(message);
  const answer = await browser.post(`${BASE}/verify`, { message, signature });
  hasStatus(wallet, answer, 200);
  isTheAnswerFor(wallet, answer);
  check(wallet, 'no token in the answer to a browser', !('access_token' in answer.body), answer.body);
  return { message, signature };
}

/** The challenge, looked at as a wallet looks at it before it signs. */
async function challengeFor(server, browser, wallet) {
  const { chain, address } = wallet;
  const answer = await browser.post(`${BASE}/challenge`, { chain, account: address });
  hasStatus(wallet, answer, 201);
  const { message, nonce, domain, chain_id: chainId } = answer.body;
  equals(wallet, 'the domain of the challenge', domain, server.host);
  equals(wallet, 'the chain of the challenge', chainId, chain);
  check(wallet, 'the challenge has the text to sign', typeof message === 'string', answer.body);
  const lines = message.split('\n');
  const sentence = `${server.host} wants you to sign in with your ${wallet.label} account:`;
  equals(wallet, 'the first line of the text', lines[0], sentence);
  check(wallet, 'the second line of the text is the account', wallet.isAddress(lines[1]), lines[1]);
  check(wallet, 'the text has the nonce', lines.includes(`Nonce: ${nonce}`), message);
  return answer.body;
}

function isTheAnswerFor(wallet, { asked, body }) {
  equals(wallet, `${asked}: subject`, body.subject, wallet.subject);
  equals(wallet, `${asked}: chain`, body.chain, wallet.chain);
  equals(wallet, `${asked}: method`, body.method, wallet.method);
  const account = String(body.account);
  const isItsAccount = account.startsWith(`${wallet.chain}:`)
    && wallet.isAddress(account.slice(wallet.chain.length + 1));
  check(wallet, `${asked}: account is ${wallet.chain}:${wallet.address}`, isItsAccount, account);
}

// The list stands alone or in an object.
function sessionsOf({ asked, body }) {
  const sessions = Array.isArray(body) ? body : body?.sessions;
  if (!Array.isArray(sessions)) throw new Error(`${asked}: no list of sessions in ${shown(body)}`);
  return sessions;
}

function isRefused(wallet, answer, status, code) {
  hasStatus(wallet, answer, status);
  equals(wallet, `${answer.asked}: error`, answer.body.error, code);
}

function hasStatus(wallet, { asked, status, body }, expected) {
  check(wallet, `${asked} answers ${expected}`, status === expected, { status, body });
}

function equals(wallet, what, actual, expected) {
  check(wallet, `${what} is ${shown(expected)}`, actual === expected, actual);
}

function check(wallet, what, holds, found) {
  if (!holds) throw new Error(`${wallet.name}: expected that ${what}, found ${shown(found)}`);
  passed += 1;
}

function shown(value) {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
