// A real wallet and real client libraries sign in to a running server: siwe writes the text, viem signs it.
//
//     node sign-in.mjs http://127.0.0.1:3000
//
// Prints one line for each step and `viem-siwe: N checks passed` at the end; the first failure ends it with status 1.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { SiweMessage } from "siwe";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { parseSiweMessage } from "viem/siwe";
import { Browser } from "./browser.mjs";

const server = serverFromArguments();
let checks = 0;

const steps = [
  ["a stranger has no session", strangerHasNoSession],
  ["a text of siwe signed by viem gives a cookie session", cookieSession],
  ["the same message and signature are good once", replay],
  ["signing out ends the session", signOut],
  ["the text that the server composed can be signed as it is", challenge],
  ["a client without cookies gets a token", unboundClient],
  ["a nonce serves only the browser and the credential it was given for", foreignNonce],
  ["a page of another origin cannot sign in", foreignOrigin],
  ["another wallet's signature is refused", wrongSigner],
];

await run();

async function run() {
  // One browser and one wallet go through the steps; a fresh key each run, so that no earlier session is counted.
  const person = { browser: new Browser(server), wallet: privateKeyToAccount(generatePrivateKey()) };
  for (const [index, [title, step]] of steps.entries()) {
    try {
      await step(person);
    } catch (error) {
      console.error(`viem-siwe: step ${index + 1} failed: ${title}`);
      console.error(explain(error));
      process.exit(1);
    }
    console.log(`${index + 1}. ${title}: ok`);
  }
  console.log(`viem-siwe: ${checks} checks passed`);
}

// ---- The steps -----------------------------------------------------------------------------------------------------

async function strangerHasNoSession({ browser }) {
  refused(await browser.get("/me"), 401, "session_required");
  refused(await browser.get("/auth/session"), 401, "session_required");
}

async function cookieSession(person) {
  const { browser, wallet } = person;
  const nonce = await askNonce(browser);
  const binding = bindingCookieName(browser);
  const bound = browser.cookie(binding);

  const proof = await sign(wallet, composeWith(nonce, wallet));
  const verified = await browser.post("/auth/verify", proof);
  const session = signedIn(verified, wallet);
  const cookie = sessionCookie(verified, binding);
  check(!verified.text.includes(cookie.value), "the session cookie's value must not stand in the answer");

  person.session = cookie;
  person.proof = proof;
  person.boundBy = { name: binding, value: bound };
  equal(
    (await answered(browser.get("/auth/session"), 200)).json,
    session,
    "GET /auth/session tells of the same session",
  );
  await answered(browser.get("/me"), 200);
  await hasOneCurrentSession(browser);
}

async function replay({ browser, proof, boundBy }) {
  refused(await browser.post("/auth/verify", proof), 401, "nonce_invalid");
  await answered(browser.get("/me"), 200);

  // A sign-in renews the binding cookie. With the old one it is the nonce alone that can refuse.
  const copy = new Browser(server);
  copy.keepCookie(boundBy.name, boundBy.value);
  refused(await copy.post("/auth/verify", proof), 401, "nonce_invalid");
}

async function signOut({ browser, session }) {
  const left = await answered(browser.post("/auth/logout"), 204);
  check(
    left.setCookies.some((cookie) => cookie.name === session.name && cookie.removed),
    "signing out removes the session cookie",
  );
  refused(await browser.get("/me"), 401, "session_required");

  // The server forgot the session: a copy of the cookie is worth nothing.
  const thief = new Browser(server);
  thief.keepCookie(session.name, session.value);
  refused(await thief.get("/me"), 401, "session_required");
}

async function challenge({ browser, wallet }) {
  const asked = await answered(browser.post("/auth/challenge", { chain: "eip155:1", account: wallet.address }), 201);
  notStored(asked);
  const { message, nonce, domain, uri } = asked.json;
  equal(typeof message, "string", "the challenge for an account holds the text to sign");

  const read = parseSiweMessage(message);
  equal(read.address, wallet.address, "the text names the account");
  equal(read.domain, server.host, "the text names the server's domain");
  equal(read.chainId, 1, "the text names the chain");
  equal([read.nonce, read.domain, read.uri], [nonce, domain, uri], "the text and the answer agree");
  equal(new URL(uri).origin, server.origin, "the URI is the server's own");
  equal(new SiweMessage(message).prepareMessage(), message, "siwe reads the text and writes it back as it was");

  signedIn(await browser.post("/auth/verify", await sign(wallet, message)), wallet);
  await answered(browser.get("/me"), 200);
  await answered(browser.post("/auth/logout"), 204);
  refused(await browser.get("/me"), 401, "session_required");
}

async function unboundClient({ wallet }) {
  const client = new Browser(server);
  const asked = await answered(client.get("/auth/nonce?credential=token"), 200);
  equal(asked.setCookies, [], "a nonce for a token sets no cookie");
  const nonce = nonceOf(asked);

  const proof = await sign(wallet, composeWith(nonce, wallet));
  const verified = await answered(client.post("/auth/verify", { ...proof, credential: "token" }), 200);
  notStored(verified);
  equal(verified.setCookies, [], "a token comes without a cookie");
  refused(await client.post("/auth/verify", { ...proof, credential: "token" }), 401, "nonce_invalid");
  describesSession(verified.json, wallet);
  const { access_token: bearer, token_type: type, expires_in: lifetime } = verified.json;
  check(typeof bearer === "string" && bearer.length > 0, "the answer holds an access token");
  equal(type, "Bearer", "the token's type");
  check(typeof lifetime === "number" && lifetime > 0, "expires_in is a number of seconds");

  await answered(client.get("/me", { bearer }), 200);
  const session = await answered(client.get("/auth/session", { bearer }), 200);
  describesSession(session.json, wallet);
  refused(await client.get("/auth/session"), 401, "session_required");

  await answered(client.post("/auth/logout", undefined, { bearer }), 204);
  isUnauthorized(await client.get("/me", { bearer }));
  isUnauthorized(await client.get("/auth/session", { bearer }));
}

async function foreignNonce({ wallet }) {
  const browser = new Browser(server);
  const forToken = await sign(wallet, composeWith(await askNonce(browser), wallet));
  refused(await browser.post("/auth/verify", { ...forToken, credential: "token" }), 401, "nonce_invalid");

  const elsewhere = await sign(wallet, composeWith(await askNonce(browser), wallet));
  refused(await browser.post("/auth/verify", elsewhere, { cookies: false }), 401, "nonce_invalid");
}

async function foreignOrigin({ wallet }) {
  const browser = new Browser(server);
  const proof = await sign(wallet, composeWith(await askNonce(browser), wallet));
  refused(await browser.post("/auth/verify", proof, { origin: "https://evil.example" }), 403, "origin_rejected");
  refused(await browser.post("/auth/verify", proof, { origin: "null" }), 403, "origin_rejected");

  // The Origin is judged before the nonce is taken: the person's own page still signs in.
  signedIn(await browser.post("/auth/verify", proof), wallet);
  await answered(browser.post("/auth/logout"), 204);
}

async function wrongSigner({ wallet }) {
  const browser = new Browser(server);
  const thief = privateKeyToAccount(generatePrivateKey());
  const message = composeWith(await askNonce(browser), wallet);
  refused(await browser.post("/auth/verify", await sign(thief, message)), 401, "invalid_signature");

  // The wrong signature used the nonce up.
  refused(await browser.post("/auth/verify", await sign(wallet, message)), 401, "nonce_invalid");
  refused(await browser.get("/me"), 401, "session_required");
}

// ---- What a client does --------------------------------------------------------------------------------------------

/** Asks for a nonce as a web page does, and looks at how it comes. */
async function askNonce(browser) {
  const asked = await answered(browser.get("/auth/nonce"), 200);
  check(bindingCookieName(browser) !== undefined, "a nonce binds the browser with a cookie");
  return nonceOf(asked);
}

function nonceOf(asked) {
  check(asked.headers.get("content-type")?.startsWith("text/plain"), "a nonce is text/plain");
  notStored(asked);
  // 22 letters and digits are the fewest that hold 128 bits.
  check(/^[A-Za-z0-9]{22,128}$/.test(asked.text), `a nonce is letters and digits, and long enough: ${asked.text}`);
  return asked.text;
}

/** Before the sign-in the binding cookie is the only one in the jar. */
function bindingCookieName(browser) {
  return browser.cookieNames.length === 1 ? browser.cookieNames[0] : undefined;
}

function composeWith(nonce, wallet) {
  return new SiweMessage({
    domain: server.host,
    address: wallet.address,
    statement: "Sign in to the test server.",
    uri: server.origin,
    version: "1",
    chainId: 1,
    nonce,
    issuedAt: new Date().toISOString(),
  }).prepareMessage();
}

async function sign(wallet, message) {
  return { message, signature: await wallet.signMessage({ message }) };
}

// ---- What the server owes ------------------------------------------------------------------------------------------

async function answered(pending, status) {
  const answer = await pending;
  equal(answer.status, status, `${answer.request} answers ${status} ${itSaid(answer)}`);
  return answer;
}

function refused(answer, status, code) {
  equal(answer.status, status, `${answer.request} answers ${status} ${code} ${itSaid(answer)}`);
  check(answer.headers.get("content-type")?.startsWith("application/json"), "a refusal is JSON");
  equal(answer.json.error, code, `${answer.request} is refused with ${code}`);
  notStored(answer);
}

function itSaid(answer) {
  return `(it said: ${answer.text.slice(0, 200)})`;
}

/** A token whose session is gone is 401; which code says so is not this client's business. */
function isUnauthorized(answer) {
  equal(answer.status, 401, `${answer.request} with a token that is signed out answers 401`);
}

function signedIn(answer, wallet) {
  equal(answer.status, 200, `${answer.request} signs in ${itSaid(answer)}`);
  notStored(answer);
  const session = answer.json;
  describesSession(session, wallet);
  for (const field of ["token", "access_token", "refresh_token"]) {
    check(!(field in session), `a cookie sign-in answers without ${field}`);
  }
  return session;
}

function describesSession(session, wallet) {
  equal(session.subject, `eip155:${wallet.address}`, "the subject is the key");
  equal(session.account, `eip155:1:${wallet.address}`, "the account is the CAIP-10 of the wallet");
  equal(session.chain, "eip155:1", "the chain is the one in the text");
  equal(session.method, "eip191", "the method is a plain signature");
  check(instant(session.expires_at) > instant(session.issued_at), "the session ends after it began");
}

/** The session cookie is the one that the sign-in set beside a renewed binding. */
function sessionCookie(answer, binding) {
  const set = answer.setCookies.filter((cookie) => cookie.name !== binding && !cookie.removed);
  equal(set.length, 1, "a sign-in sets one session cookie");
  const [cookie] = set;
  check(cookie.attributes.has("httponly"), "the session cookie is HttpOnly");
  equal(cookie.attributes.get("samesite")?.toLowerCase(), "lax", "the session cookie is SameSite=Lax");
  equal(cookie.attributes.get("path"), "/", "the session cookie is for the whole site");
  equal(cookie.attributes.has("secure"), server.protocol === "https:", "the session cookie is Secure on https");
  return cookie;
}

async function hasOneCurrentSession(browser) {
  const listed = (await answered(browser.get("/auth/sessions"), 200)).json;
  const sessions = Array.isArray(listed) ? listed : listed.sessions;
  check(Array.isArray(sessions), "GET /auth/sessions lists sessions");
  equal(
    sessions.map((session) => session.current),
    [true],
    "there is one session, the current one",
  );
}

function notStored(answer) {
  check(
    answer.headers.get("cache-control")?.includes("no-store"),
    `${answer.request} must not be stored by caches (Cache-Control: no-store)`,
  );
}

/** Milliseconds of an instant in RFC 3339, or in seconds since 1970. */
function instant(value) {
  const milliseconds = typeof value === "number" ? value * 1000 : Date.parse(value);
  check(Number.isFinite(milliseconds), `${JSON.stringify(value)} is an instant`);
  return milliseconds;
}

// ---- Counting and telling ------------------------------------------------------------------------------------------

function check(condition, what) {
  assert.ok(condition, what);
  checks += 1;
}

function equal(actual, expected, what) {
  const difference = `expected: ${JSON.stringify(expected)}\n  actual:   ${JSON.stringify(actual)}`;
  check(isDeepStrictEqual(actual, expected), `${what}\n  ${difference}`);
}

function explain(error) {
  if (error instanceof assert.AssertionError) return error.message;
  const cause = error.cause?.message ?? error.cause?.code;
  return cause ? `${error.message}: ${cause}` : (error.stack ?? String(error));
}

function serverFromArguments() {
  const [address, ...rest] = process.argv.slice(2);
  if (address === undefined || rest.length > 0 || !/^https?:/.test(address) || !URL.canParse(address)) {
    console.error("usage: node sign-in.mjs http://127.0.0.1:3000");
    process.exit(1);
  }
  return new URL(address);
}
