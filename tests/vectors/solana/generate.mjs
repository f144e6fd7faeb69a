// Writes cases.json: texts as the wallet standard of Solana composes them, signed, and what must
// become of each.

import { writeFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { createSignInMessageText, verifySignIn } from '@solana/wallet-standard-util';
import { DESCRIPTIONS, MAINNET, ORIGIN, STATEMENT } from './cases.mjs';
import { OWNER } from './keys.mjs';

const DOMAIN = 'app.example';
const ISSUED_AT = '2026-03-14T09:30:00Z';
const AT = '2026-03-14T09:31:00Z';
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const names = new Set();
const cases = DESCRIPTIONS.map((description) => {
  if (names.has(description.name)) throw new Error(`two cases are named ${description.name}`);
  names.add(description.name);
  return build(description);
});
writeFileSync(new URL('cases.json', import.meta.url), `${JSON.stringify(cases, null, 2)}\n`);

const accepted = cases.filter(({ expect }) => expect === 'accepted').length;
console.log(`cases.json: ${cases.length} cases, ${accepted} accepted`);

/**
 * What a description may say, besides `name`, `row` and `expect`: the `owner` who stands in the
 * text and the `signer`, if it is somebody else; the `network`; the `fields` that differ; `edit`
 * for what the wallet standard would not write; the `payload` that is signed instead of the text;
 * `shape`, which bends the signature, or `sign`, which makes another one; `retouch`, which changes
 * the text after it was signed.
 */
function build(description) {
  const {
    name, row = null, owner = OWNER, signer = owner, network = MAINNET, expect = 'accepted',
    edit = asItIs, retouch = asItIs, shape = asItIs, payload = asItIs,
    subject = `solana:${owner.address}`,
  } = description;
  const sign = description.sign ?? ((bytes) => ed25519.sign(bytes, signer.secretKey));
  const nonce = nonceOf(name);
  const input = {
    domain: DOMAIN,
    address: owner.address,
    statement: STATEMENT,
    uri: ORIGIN,
    version: '1',
    chainId: network.chain.slice('solana:'.length),
    nonce,
    issuedAt: ISSUED_AT,
    ...description.fields,
  };
  const signedText = edit(createSignInMessageText(input));
  const signature = shape(sign(bytesOf(payload(signedText))));
  if (expect === 'accepted') mustPassTheLibrary(input, signedText, signature, owner);
  return {
    name,
    row,
    made_by: '@solana/wallet-standard-util 1.1.2, @noble/curves 1.9.7',
    dialect: 'caip122',
    message: retouch(signedText),
    signature: `0x${bytesToHex(signature)}`,
    scheme: 'ed25519',
    form: 'bare',
    typed: false,
    domain: DOMAIN,
    origin: ORIGIN,
    chain: network.chain,
    nonce,
    at: AT,
    subject,
    expect,
  };
}

function mustPassTheLibrary(input, text, signature, { publicKey }) {
  const output = { account: { publicKey }, signedMessage: utf8ToBytes(text), signature };
  if (!verifySignIn(input, output)) throw new Error(`the wallet standard refuses:\n${text}`);
}

/** 24 letters and digits, as the server makes them, here always the same for a name. */
function nonceOf(name) {
  const digest = sha256(utf8ToBytes(name));
  return Array.from(digest.subarray(0, 24), (byte) => ALPHANUMERIC[byte % ALPHANUMERIC.length]).join('');
}

function bytesOf(payload) {
  return typeof payload === 'string' ? utf8ToBytes(payload) : payload;
}

function asItIs(value) {
  return value;
}
