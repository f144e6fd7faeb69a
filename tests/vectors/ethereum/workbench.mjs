// What the case lists share: wallets, the server they sign in to, and the tools to write and sign a text.

import assert from "node:assert/strict";
import { Wallet, concat, getBytes, hexlify, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { SiweMessage } from "siwe";
import { privateKeyToAccount } from "viem/accounts";
import { createSiweMessage } from "viem/siwe";

// ---- Wallets -------------------------------------------------------------------------------------------------------

/** The n-th test wallet. Its key is public knowledge: never send anything of value to it. */
export function wallet(n) {
  return new Wallet(keccak256(toUtf8Bytes(`countersign test key ${n}`)));
}

export const ALICE = wallet(1);
export const MALLORY = wallet(2);

/** The first wallet whose signature of its own default text fulfils the condition. */
export function walletWhoseSignature(fulfils) {
  for (let n = 1; ; n++) {
    const candidate = wallet(n);
    const text = SIWE_ETHERS.compose(fieldsFor(SERVER, candidate));
    if (fulfils(candidate.signMessageSync(text))) return candidate;
  }
}

// ---- The server and the text that suits it -------------------------------------------------------------------------

/** The server that a case signs in to, where the case does not say otherwise. */
export const SERVER = {
  domain: "app.example",
  origin: "https://app.example",
  chain: "eip155:1",
  nonce: "k7Qm2ZtR9vXc4LpW8sYd6HbN",
  at: "2026-03-14T09:21:00Z",
};

/** A server on another origin, `scheme://authority`. */
export function serverAt(origin) {
  return { domain: origin.slice(origin.indexOf("://") + 3), origin };
}

/** The fields of a plain sign-in to `server`: no optional field but the statement. */
export function fieldsFor(server, signer) {
  return {
    scheme: null,
    domain: server.domain,
    address: signer.address,
    statement: "Sign in to the example app.",
    uri: `${server.origin}/login`,
    version: "1",
    chain_id: server.chain.slice("eip155:".length),
    nonce: server.nonce,
    issued_at: "2026-03-14T09:20:00.000Z",
    expiration_time: null,
    not_before: null,
    request_id: null,
    resources: null,
  };
}

/** Every optional field at once, good at the default instant. */
export const EVERY_OPTIONAL_FIELD = {
  statement: "I accept the Terms of Service: https://app.example/tos",
  expiration_time: "2026-03-14T09:30:00.000Z",
  not_before: "2026-03-14T09:15:00.000Z",
  request_id: "req-7",
  resources: ["https://app.example/claims/1", "urn:example:claim:2"],
};

/** Writes fields as ERC-4361 lays them out; accepted cases must read back to exactly their text. */
export function render(fields) {
  const lines = [
    `${fields.scheme === null ? "" : `${fields.scheme}://`}${fields.domain} wants you to sign in with your Ethereum account:`,
    fields.address,
    "",
  ];
  if (fields.statement !== null) lines.push(fields.statement);
  lines.push(
    "",
    `URI: ${fields.uri}`,
    `Version: ${fields.version}`,
    `Chain ID: ${fields.chain_id}`,
    `Nonce: ${fields.nonce}`,
    `Issued At: ${fields.issued_at}`,
  );
  if (fields.expiration_time !== null) lines.push(`Expiration Time: ${fields.expiration_time}`);
  if (fields.not_before !== null) lines.push(`Not Before: ${fields.not_before}`);
  if (fields.request_id !== null) lines.push(`Request ID: ${fields.request_id}`);
  if (fields.resources !== null) lines.push("Resources:", ...fields.resources.map((uri) => `- ${uri}`));
  return lines.join("\n");
}

// ---- The libraries that compose and sign ---------------------------------------------------------------------------

function composeWithSiwe(fields) {
  return new SiweMessage({
    scheme: fields.scheme ?? undefined,
    domain: fields.domain,
    address: fields.address,
    statement: fields.statement ?? undefined,
    uri: fields.uri,
    version: fields.version,
    chainId: exactNumber(fields.chain_id),
    nonce: fields.nonce,
    issuedAt: fields.issued_at,
    expirationTime: fields.expiration_time ?? undefined,
    notBefore: fields.not_before ?? undefined,
    requestId: fields.request_id ?? undefined,
    resources: fields.resources ?? undefined,
  }).prepareMessage();
}

function composeWithViem(fields) {
  return createSiweMessage({
    scheme: fields.scheme ?? undefined,
    domain: fields.domain,
    address: fields.address,
    statement: fields.statement ?? undefined,
    uri: fields.uri,
    version: fields.version,
    chainId: exactNumber(fields.chain_id),
    nonce: fields.nonce,
    issuedAt: new Date(fields.issued_at),
    expirationTime: dateOrNothing(fields.expiration_time),
    notBefore: dateOrNothing(fields.not_before),
    requestId: fields.request_id ?? undefined,
    resources: fields.resources ?? undefined,
  });
}

// Both libraries take the chain id as a number: one that a number cannot hold has to be edited in.
function exactNumber(digits) {
  const number = Number(digits);
  assert(Number.isSafeInteger(number) && String(number) === digits, `chain id ${digits} is no exact number`);
  return number;
}

function dateOrNothing(text) {
  return text === null ? undefined : new Date(text);
}

export function signWithEthers(text, signer) {
  return signer.signMessageSync(text);
}

export function signWithViem(text, signer) {
  return privateKeyToAccount(signer.privateKey).signMessage({ message: text });
}

export const SIWE_ETHERS = {
  composer: "siwe 3.0.0",
  signer: "ethers 6.17.0",
  compose: composeWithSiwe,
  sign: signWithEthers,
};
export const SIWE_VIEM = {
  composer: "siwe 3.0.0",
  signer: "viem 2.57.1",
  compose: composeWithSiwe,
  sign: signWithViem,
};
export const VIEM = { composer: "viem 2.57.1", signer: "viem 2.57.1", compose: composeWithViem, sign: signWithViem };
export const VIEM_ETHERS = {
  composer: "viem 2.57.1",
  signer: "ethers 6.17.0",
  compose: composeWithViem,
  sign: signWithEthers,
};

// ---- Editing texts -------------------------------------------------------------------------------------------------

/** An edit that puts `to` in the place of `from`, which must stand in the text exactly once. */
export function swap(from, to) {
  return (text) => {
    assert.equal(text.split(from).length, 2, `${JSON.stringify(from)} must stand in the text exactly once`);
    return text.split(from).join(to);
  };
}

/** An edit that takes the whole line beginning with `label` away. */
export function dropLine(label) {
  return (text) => {
    const lines = text.split("\n");
    const kept = lines.filter((line) => !line.startsWith(label));
    assert.equal(kept.length, lines.length - 1, `one line must begin with ${JSON.stringify(label)}`);
    return kept.join("\n");
  };
}

/** An edit that gives the line beginning with `label` the value `value`. */
export function setLine(label, value) {
  return (text) => {
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.startsWith(label));
    assert(at >= 0, `no line begins with ${JSON.stringify(label)}`);
    lines[at] = label + value;
    return lines.join("\n");
  };
}

/** An edit that writes `addition` at the end of the text. */
export function append(addition) {
  return (text) => text + addition;
}

// ---- Taking signatures apart ---------------------------------------------------------------------------------------

/** The order of the secp256k1 group. */
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The r, s and v of a 65-byte signature, as numbers. */
export function parts(signature) {
  const bytes = getBytes(signature);
  assert.equal(bytes.length, 65);
  return { r: BigInt(hexlify(bytes.slice(0, 32))), s: BigInt(hexlify(bytes.slice(32, 64))), v: bytes[64] };
}

export function join({ r, s, v }) {
  return concat([toBeHex(r, 32), toBeHex(s, 32), toBeHex(v, 1)]);
}

/** An edit of a signature that replaces some of its three numbers. */
export function setParts(change) {
  return (signature) => {
    const given = parts(signature);
    return join({ ...given, ...(typeof change === "function" ? change(given) : change) });
  };
}
