// Writes cases.json: signed ERC-4361 texts, and what a strict server must answer to each.
//
// Every run writes the same bytes: keys are fixed, signatures follow RFC 6979, no clock and no randomness is read.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { verifyMessage } from "ethers";
import { accepted } from "./accepted.mjs";
import { refusedByPolicy } from "./refused-by-policy.mjs";
import { refusedLayouts } from "./refused-layouts.mjs";
import { refusedSignatures } from "./refused-signatures.mjs";
import { refusedValues } from "./refused-values.mjs";
import { ALICE, SERVER, SIWE_ETHERS, fieldsFor, parts, render, signWithEthers, signWithViem } from "./workbench.mjs";

const OUTPUT = new URL("cases.json", import.meta.url);

const descriptions = [...accepted, ...refusedLayouts, ...refusedValues, ...refusedByPolicy, ...refusedSignatures];
const cases = [];
for (const description of descriptions) {
  try {
    cases.push(await build(description));
  } catch (error) {
    throw new Error(`case ${description.name}: ${error.message ?? JSON.stringify(error)}`, { cause: error });
  }
}
checkNames(cases);
writeFileSync(OUTPUT, asciiJson(cases));

const acceptedCount = cases.filter((one) => one.expect === "accepted").length;
console.log(`${cases.length} cases: ${acceptedCount} accepted, ${cases.length - acceptedCount} refused`);

/**
 * Makes one case of its description:
 *
 * - `by`: the libraries that compose and sign; `fields`: what they are told to write, beside the defaults
 * - `server`: how the server differs from the default one; `wallet`: who signs
 * - `edits`: changes of the text before it is signed; `tampering`: changes of it afterwards
 * - `sign`: another way of signing; `signature`: a change of the signature
 * - `reads`: the fields of an accepted text that differ from `fields` because of the edits
 */
async function build(description) {
  const { by = SIWE_ETHERS, wallet: signer = ALICE, sign, signature: alter, edits = [], tampering = [] } = description;
  const server = { ...SERVER, ...description.server };
  const fields = { ...fieldsFor(server, signer), ...description.fields };

  const composed = by.compose(fields);
  const signed = edits.reduce((text, edit) => edit(text), composed);
  const message = tampering.reduce((text, edit) => edit(text), signed);
  const genuine = await (sign ?? by.sign)(signed, signer);
  const signature = alter ? alter(genuine) : genuine;

  const made = {
    name: description.name,
    row: description.row,
    made_by: madeBy({ by, sign, alter, edits, tampering }),
    message,
    signature,
    address: signer.address,
    domain: server.domain,
    origin: server.origin,
    chain: server.chain,
    nonce: server.nonce,
    at: server.at,
    expect: description.expect,
  };
  if (!sign) await checkGenuine(signed, genuine, signer);
  assert.equal(message === signed, tampering.length === 0, "tampering must change the text");
  if (edits.length > 0) assert.notEqual(signed, composed, "edits must change the text");
  if (made.expect === "accepted") {
    made.fields = readFields(fields, description.reads, message);
    checkAccepted(made);
  }
  return made;
}

function madeBy({ by, sign, alter, edits, tampering }) {
  const composer = edits.length > 0 ? `${by.composer}, edited` : by.composer;
  const makers = composer === by.signer ? composer : `${composer} + ${by.signer}`;
  return [
    makers,
    sign && "signed over other bytes",
    tampering.length > 0 && "text changed after signing",
    alter && "signature changed",
  ]
    .filter(Boolean)
    .join(", ");
}

function readFields(written, reads = {}, message) {
  const read = { ...written };
  for (const [name, value] of Object.entries(reads)) read[name] = typeof value === "function" ? value(message) : value;
  return read;
}

/** Two independent libraries agree on the signature, and ethers recovers the signer from it. */
async function checkGenuine(text, signature, signer) {
  assert.equal(signature, signWithEthers(text, signer));
  assert.equal(signature, await signWithViem(text, signer));
  assert.equal(verifyMessage(text, signature), signer.address);
}

/** An accepted text says what its fields say, and its signature is the signer's. */
function checkAccepted(made) {
  assert.equal(render(made.fields), made.message);
  assert.equal(made.fields.address, made.address);
  if ([27, 28].includes(parts(made.signature).v))
    assert.equal(verifyMessage(made.message, made.signature), made.address);
}

function checkNames(all) {
  const seen = new Set();
  for (const { name } of all) {
    assert.match(name, /^[a-z0-9]+(_[a-z0-9]+)*$/);
    assert(!seen.has(name), `${name} stands twice`);
    seen.add(name);
  }
}

/** JSON in plain ASCII, so that no invisible character hides in the file. */
function asciiJson(value) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value, null, 2).replace(/[\u007f-\uffff]/g, escape)}\n`;
}
