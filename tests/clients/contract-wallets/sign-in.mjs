// Contract wallets sign in to a running server: Safes of protocol-kit and viem on a chain of their own.
//
//     node sign-in.mjs http://127.0.0.1:3000 http://127.0.0.1:8545 safes
//
// The last word names a scenario: safes, owners, delegating-account, names. Prints one line for each step and
// `contract-wallets: N checks passed` at the end; the first failure ends it with status 1.

import assert from "node:assert/strict";
import { serializeErc6492Signature } from "viem";
import { Browser } from "../viem-siwe/browser.mjs";
import { Chain, people } from "./chain.mjs";
import { nameOf } from "./names.mjs";
import { Safes, signAsSafe } from "./safes.mjs";

const [server, rpc, scenario] = process.argv.slice(2);
const chain = new Chain(rpc);

// What creates a contract that agrees to every signature.
const WILLING = "0x602e8060093d393df37f1626ba7e0000000000000000000000000000000000000000000000000000000060005260206000f3";
let checks = 0;

const scenarios = { safes, owners, "delegating-account": delegatingAccount, names };
await scenarios[scenario]();
console.log(`contract-wallets: ${checks} checks passed`);

// ---- Scenarios -----------------------------------------------------------------------------------------------------

async function safes() {
  const kit = await Safes.deploy(chain);
  const [alice, bob, carol] = people;

  const single = await kit.create([alice], 1);
  await signsIn("a 1-of-1 Safe, by viem", single, "eip1271", (text) => signAsSafe(chain, alice, single, text));
  await signsIn("a 1-of-1 Safe, by protocol-kit", single, "eip1271", (text) => kit.sign(single, [alice], text));

  const shared = await kit.create([alice, bob, carol], 2);
  await signsIn("a 2-of-3 Safe", shared, "eip1271", (text) => kit.sign(shared, [carol, alice], text));
  await isRefused("one of two", shared, (text) => kit.sign(shared, [bob], text));

  await isRefused("no signature that nobody approved", single, () => "0x");
  await signsIn("a message approved on the chain, with an empty signature", single, "eip1271", async (text) => {
    await kit.approve(single, alice, text);
    return "0x";
  });

  const future = await kit.predict([bob], 1);
  const wrapped = async (text) =>
    serializeErc6492Signature({
      address: future.factory,
      data: future.deployment,
      signature: await signAsSafe(chain, bob, future.address, text),
    });
  await isRefused("an undeployed Safe without a wrapper", future.address, (text) =>
    signAsSafe(chain, bob, future.address, text),
  );
  await isRefused("an undeployed Safe, signed by somebody else", future.address, async (text) =>
    serializeErc6492Signature({
      address: future.factory,
      data: future.deployment,
      signature: await signAsSafe(chain, carol, future.address, text),
    }),
  );
  await signsIn("an undeployed Safe (ERC-6492)", future.address, "eip6492", wrapped);
  equal(await chain.code(future.address), undefined, "a sign-in deploys nothing");
  await chain.send(alice, { to: future.factory, data: future.deployment });
  await signsIn("the same, deployed, still wrapped", future.address, "eip1271", wrapped);
  await signsIn("the same, deployed", future.address, "eip1271", (text) =>
    signAsSafe(chain, bob, future.address, text),
  );
}

async function owners() {
  const kit = await Safes.deploy(chain);
  const [alice, bob] = people;
  const [first, second] = [await kit.create([alice], 1), await kit.create([alice], 1)];

  await isRefused("the owner's own signature", first, (text) => alice.account.signMessage({ message: text }));
  await isRefused("the signature for another Safe of the owner", first, (text) =>
    signAsSafe(chain, alice, second, text),
  );
  await signsIn("the signature for this Safe", first, "eip1271", (text) => signAsSafe(chain, alice, first, text));
  await isRefused("somebody else's signature", first, (text) => signAsSafe(chain, bob, first, text));

  // Who is removed as an owner is out at the next refresh, and at the next use after the re-check's period.
  const browser = await signsIn("a browser", first, "eip1271", (text) => signAsSafe(chain, alice, first, text));
  const program = new Browser(new URL(server));
  const text = await challenge(program, first, "token");
  const signature = await signAsSafe(chain, alice, first, text);
  const tokens = await program.post("/auth/verify", { message: text, signature, credential: "token" });
  equal(tokens.status, 200, `a program signs in: ${tokens.text}`);
  const refreshed = await program.post("/auth/refresh", { refresh_token: tokens.json.refresh_token });
  equal(refreshed.status, 200, "while the owner is one, the session goes on");
  equal((await browser.get("/me")).status, 200, "and so does the browser's");

  await kit.swapOwner(first, alice, bob);
  const refused = await program.post("/auth/refresh", { refresh_token: refreshed.json.refresh_token });
  equal([refused.status, refused.json.error], [400, "invalid_grant"], "the program is out at its next refresh");
  const bearer = refreshed.json.access_token;
  equal((await program.get("/me", { bearer })).status, 401, "and so is its access token");
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const out = await browser.get("/me");
  equal([out.status, out.json.error], [401, "session_required"], "the browser is out after the period");
  await isRefused("the removed owner", first, (text) => signAsSafe(chain, alice, first, text));
  await signsIn("the new owner", first, "eip1271", (text) => signAsSafe(chain, bob, first, text));
  done("owners change, and sessions with them");
}

async function delegatingAccount() {
  const kit = await Safes.deploy(chain);
  const [alice, bob] = people;
  const willing = await chain.create(alice, WILLING);
  await chain.delegate(alice, bob, willing);
  const code = await chain.code(bob.address);
  equal(code, `0xef0100${willing.slice(2)}`.toLowerCase(), "the account delegates (EIP-7702)");
  await signsIn("by its own key", bob.address, "eip191", (text) => bob.account.signMessage({ message: text }));
  await signsIn("by the contract it delegates to", bob.address, "eip1271", (text) =>
    alice.account.signMessage({ message: text }),
  );
  await chain.delegate(alice, bob, kit.singleton);
  await signsIn("by its own key again", bob.address, "eip191", (text) => bob.account.signMessage({ message: text }));
  await isRefused("another's key, and a contract that refuses", bob.address, (text) =>
    alice.account.signMessage({ message: text }),
  );
}

async function names() {
  const [alice, bob, carol] = people;
  const ens = await nameOf(chain, alice);
  await ens.register("alice.eth", alice.address, { avatar: "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi" });
  await ens.claim(alice.address, "alice.eth");
  await ens.claim(bob.address, "alice.eth"); // anybody can claim any name
  const byKey = (person) => (text) => person.account.signMessage({ message: text });

  const known = await signsIn("who has a name", alice.address, "eip191", byKey(alice));
  const session = (await known.get("/auth/session")).json;
  equal(session.name, "alice.eth", "the name stands in the session");
  equal(session.avatar?.slice(0, 7), "ipfs://", "and so does the avatar's text");
  for (const [who, person] of [["who claims another's name", bob], ["who has none", carol]]) {
    const unknown = (await (await signsIn(who, person.address, "eip191", byKey(person))).get("/auth/session")).json;
    equal([unknown.name, unknown.avatar], [undefined, undefined], `${who} has none in the session`);
  }
}

// ---- What a client does --------------------------------------------------------------------------------------------

async function challenge(browser, address, credential) {
  const asked = await browser.post("/auth/challenge", { chain: `eip155:${await chain.id()}`, account: address, credential });
  equal(asked.status, 201, `a challenge: ${asked.text}`);
  return asked.json.message;
}

async function attempt(address, sign) {
  const browser = new Browser(new URL(server));
  const text = await challenge(browser, address, "cookie");
  const answer = await browser.post("/auth/verify", { message: text, signature: await sign(text) });
  return { browser, answer };
}

async function signsIn(what, address, method, sign) {
  const { browser, answer } = await attempt(address, sign);
  equal(answer.status, 200, `${what}: ${answer.text}`);
  const session = answer.json;
  const name = `eip155:${await chain.id()}:${address}`;
  equal([session.method, session.account], [method, name], what);
  equal(session.subject, method === "eip191" ? `eip155:${address}` : name, `${what}: whose session it is`);
  equal((await browser.get("/me")).text, `hello ${name}`, `${what}: the guard opens`);
  done(what);
  return browser;
}

async function isRefused(what, address, sign) {
  const { browser, answer } = await attempt(address, sign);
  equal([answer.status, answer.json.error], [401, "invalid_signature"], what);
  equal((await browser.get("/me")).status, 401, `${what}: the guard stays shut`);
  done(`${what}: refused`);
}

function equal(actual, expected, what) {
  assert.deepEqual(actual, expected, what);
  checks += 1;
}

function done(what) {
  console.log(`${what}: ok`);
}
