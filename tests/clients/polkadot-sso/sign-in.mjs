// An application of a Polkadot SSO server: challenge, sign, verify, token, session, refresh, logout; and each
// way in which the server says no.
//
//     echo '{"url": …, "brief": …, "limited": …, "client": …, "rival": …}' | node sign-in.mjs
//
// `brief` is a server whose challenges last a second, `limited` one with the limits of the original.

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Keyring } from '@polkadot/keyring';
import { stringToU8a, u8aToHex, u8aWrapBytes } from '@polkadot/util';
import { cryptoWaitReady, encodeAddress } from '@polkadot/util-crypto';

const PREFIXES = { polkadot: 0, kusama: 2, westend: 42 };

let passed = 0;

const given = JSON.parse(await text(process.stdin));

async function main() {
  for (const [chain, type] of [['polkadot', 'sr25519'], ['kusama', 'ed25519'], ['westend', 'ecdsa']]) {
    await signsInAndOut(wallet(type, chain), type === 'ecdsa' ? form : json);
  }
  await saysNo();
}

/** All steps of the document, with JSON or with forms where it has both. */
async function signsInAndOut(wallet, body) {
  const asked = request(wallet);
  const challenge = await get(given.url, '/api/auth/challenge', asked.query);
  is(challenge, 200);
  const { challenge_id: id, message, expires_at: until } = challenge.body;
  same(message.split('\n')[1], wallet.address, 'the text names the account');
  check(message.includes(`\n- ${given.client.redirect_uri}`), 'the text names where the answer goes');
  const left = new Date(until) - Date.now();
  check(left > 240_000 && left <= 300_000, `five minutes, not ${left} ms`);

  const answer = { challenge_id: id, address: wallet.address, signature: wallet.sign(message) };
  const verified = await post(given.url, '/api/auth/verify', body(answer));
  is(verified, 200);
  const redirect = new URL(verified.body.redirect_url);
  same(redirect.origin + redirect.pathname, given.client.redirect_uri);
  same(redirect.searchParams.get('state'), asked.query.state);
  same(redirect.searchParams.get('iss'), given.url);
  isRefused(await post(given.url, '/api/auth/verify', body(answer)), 401, 'challenge_used');

  const code = redirect.searchParams.get('code');
  const tokens = await token(body(redemption(code, asked.verifier)));
  same(Object.keys(tokens).sort(), ['access_token', 'expires_in', 'refresh_token', 'token_type']);
  same([tokens.expires_in, tokens.token_type], [900, 'Bearer']);

  const session = await get(given.url, '/api/auth/session', {}, bearer(tokens));
  is(session, 200);
  same(session.body.user, { address: wallet.address, chain: wallet.chain, wallet: 'polkadot-js' });
  same(session.body.accessToken, tokens.access_token);
  check(new Date(session.body.expiresAt) > Date.now(), 'it goes on');
  check(!JSON.stringify(session.body).includes(tokens.refresh_token), 'no refresh token is shown');

  const next = await token(body(refreshing(tokens.refresh_token)));
  check(next.refresh_token !== tokens.refresh_token, 'a refresh token is good once');
  is(await get(given.url, '/api/auth/session', {}, bearer(next)), 200);

  is(await post(given.url, '/api/auth/logout', {}, bearer(next)), 204);
  isRefused(await get(given.url, '/api/auth/session', {}, bearer(next)), 401, 'token_invalid');
  isRefused(await post(given.url, '/api/auth/token', body(refreshing(next.refresh_token))), 400, 'invalid_grant');
  isRefused(await post(given.url, '/api/auth/logout', {}, bearer(next)), 401, 'token_invalid');
}

/** The table of errors, row by row. */
async function saysNo() {
  const [alice, bob] = [wallet('sr25519', 'polkadot'), wallet('sr25519', 'polkadot')];
  const { query } = request(alice);
  const challenge = (change, server = given.url) => get(server, '/api/auth/challenge', { ...query, ...change });
  const verify = (answer, server = given.url) => post(server, '/api/auth/verify', json(answer));

  for (const name of ['client_id', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method', 'address']) {
    isRefused(await challenge({ [name]: undefined }), 400, 'invalid_request');
  }
  isRefused(await challenge({ redirect_uri: `${given.client.redirect_uri}/` }), 400, 'invalid_request');
  isRefused(await challenge({ code_challenge_method: 'plain' }), 400, 'invalid_request');
  isRefused(await challenge({ client_id: 'nobody' }), 401, 'invalid_client');
  isRefused(await challenge({ address: 'nobody' }), 400, 'address_invalid');
  isRefused(await challenge({ chain: 'solana' }), 400, 'chain_unsupported');

  const fresh = async (server) => {
    const { body } = await challenge({}, server);
    return { challenge_id: body.challenge_id, address: alice.address, signature: alice.sign(body.message), message: body.message };
  };
  const answer = async (change = () => ({})) => {
    const { message, ...good } = await fresh();
    return { ...good, ...change(message) };
  };
  isRefused(await verify(await answer((message) => ({ signature: bob.sign(message) }))), 401, 'invalid_signature');
  isRefused(await verify(await answer(() => ({ signature: alice.sign('something else') }))), 401, 'invalid_signature');
  isRefused(await verify(await answer((message) => ({ address: bob.address, signature: bob.sign(message) }))), 401, 'address_mismatch');
  isRefused(await verify(await answer(() => ({ signature: 'nothing' }))), 400, 'signature_malformed');
  isRefused(await verify(await answer(() => ({ challenge_id: 'guessed' }))), 401, 'nonce_invalid');
  isRefused(await verify(await answer(() => ({ signature: undefined }))), 422, 'field_missing');
  const { message: _, ...late } = await fresh(given.brief);
  await pause(1100);
  isRefused(await verify(late, given.brief), 401, 'challenge_expired');
  isRefused(await get(given.url, '/api/auth/verify', await answer()), 405, 'method_not_allowed');

  const code = async () => {
    const asked = request(alice);
    const { body } = await get(given.url, '/api/auth/challenge', asked.query);
    const { body: { redirect_url: url } } = await verify({ challenge_id: body.challenge_id, address: alice.address, signature: alice.sign(body.message) });
    return redemption(new URL(url).searchParams.get('code'), asked.verifier);
  };
  const redeem = (body) => post(given.url, '/api/auth/token', json(body));
  isRefused(await redeem({ ...await code(), client_secret: 'wrong' }), 401, 'invalid_client');
  isRefused(await redeem({ ...await code(), client_secret: undefined }), 401, 'invalid_client');
  isRefused(await redeem({ ...await code(), client_id: given.rival.id, client_secret: given.rival.secret }), 400, 'invalid_grant');
  isRefused(await redeem({ ...await code(), code_verifier: randomBytes(32).toString('base64url') }), 400, 'invalid_grant');
  isRefused(await redeem({ ...await code(), code_verifier: undefined }), 400, 'invalid_grant');
  isRefused(await redeem({ ...await code(), redirect_uri: given.rival.redirect_uri }), 400, 'invalid_grant');
  isRefused(await redeem({ ...await code(), grant_type: 'password' }), 400, 'unsupported_grant_type');
  isRefused(await redeem({ ...await code(), grant_type: undefined }), 400, 'invalid_request');
  const spent = await code();
  const tokens = await token(json(spent));
  isRefused(await redeem(spent), 400, 'invalid_grant');
  isRefused(await get(given.url, '/api/auth/session', {}, bearer(tokens)), 401, 'token_invalid');
  isRefused(await get(given.url, '/api/auth/session', {}), 401, 'token_invalid');

  for (const [most, ask] of [
    [10, () => challenge({}, given.limited)],
    [5, () => verify({}, given.limited)],
    [5, () => post(given.limited, '/api/auth/token', json({}))],
  ]) {
    for (let n = 0; n < most; n += 1) check((await ask()).status !== 429, `${n + 1} of ${most} are answered`);
    const refused = await ask();
    isRefused(refused, 429, 'rate_limited');
    check(Number(refused.headers.get('retry-after')) >= 1, 'it says when to come again');
  }
}

/** What the application makes by itself: the verifier and the state never leave it. */
function request(wallet) {
  const verifier = randomBytes(32).toString('base64url');
  const query = {
    client_id: given.client.id,
    address: wallet.address,
    chain: wallet.chain,
    redirect_uri: given.client.redirect_uri,
    state: randomBytes(16).toString('base64'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    wallet: 'polkadot-js',
  };
  return { verifier, query };
}

const redemption = (code, verifier) => ({
  grant_type: 'authorization_code',
  code,
  client_id: given.client.id,
  client_secret: given.client.secret,
  redirect_uri: given.client.redirect_uri,
  code_verifier: verifier,
});

const refreshing = (token) => ({
  grant_type: 'refresh_token',
  refresh_token: token,
  client_id: given.client.id,
  client_secret: given.client.secret,
});

/** A new key of the keyring, which signs as extensions do: over the wrapped text. */
function wallet(type, chain) {
  const pair = new Keyring({ type }).addFromSeed(randomBytes(32));
  return {
    chain,
    address: encodeAddress(pair.addressRaw, PREFIXES[chain]),
    sign: (message) => u8aToHex(pair.sign(u8aWrapBytes(stringToU8a(message)))),
  };
}

async function token(body) {
  const answer = await post(given.url, '/api/auth/token', body);
  is(answer, 200);
  return answer.body;
}

const bearer = ({ access_token: token }) => ({ authorization: `Bearer ${token}` });
const json = (body) => ({ body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
const form = (body) => ({ body: new URLSearchParams(body) });

function get(server, path, query, headers = {}) {
  const named = Object.entries(query).filter(([, value]) => value !== undefined);
  return ask(`${server}${path}?${new URLSearchParams(named)}`, { headers });
}

const post = (server, path, { body, headers }, more = {}) => ask(server + path, { method: 'POST', body, headers: { ...headers, ...more } });

async function ask(url, init) {
  const response = await fetch(url, { ...init, redirect: 'manual', headers: { accept: 'application/json', ...init.headers } });
  const asked = `${init.method ?? 'GET'} ${new URL(url).pathname}`;
  const all = await response.text();
  return { asked, status: response.status, headers: response.headers, body: all ? JSON.parse(all) : undefined };
}

function is({ asked, status, body }, expected) {
  same(status, expected, `${asked}: ${JSON.stringify(body)}`);
}

/** The status, the code, and a sentence for people. */
function isRefused({ asked, status, body }, expected, code) {
  same([status, body?.error], [expected, code], asked);
  check(typeof body.message === 'string' && body.message.length > 0, `${asked} says why`);
}

function same(actual, expected, words = '') {
  check(JSON.stringify(actual) === JSON.stringify(expected), `${words}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
}

function check(holds, words) {
  if (!holds) throw new Error(words);
  passed += 1;
}

async function text(stream) {
  let all = '';
  for await (const piece of stream) all += piece;
  return all;
}

await cryptoWaitReady();
await main();
console.log(`polkadot-sso: ${passed} checks passed`);
