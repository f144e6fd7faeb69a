// The sign-in texts, and the hour and the place that all cases share.

import { SiwsMessage } from '@talismn/siws/dist/SiwsMessage.js';
import { sha256 } from '@noble/hashes/sha2';
import { stringToU8a, u8aWrapBytes } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';

export const DOMAIN = 'app.example';
export const ORIGIN = 'https://app.example';
export const ISSUED_AT = '2026-03-14T09:30:00Z';
export const AT = '2026-03-14T09:31:00Z';
export const STATEMENT = 'Sign in to the example app. This costs nothing.';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A nonce as the server makes them: 24 letters and digits, here always the same for a name. */
export function nonceOf(name, attempt = 0) {
  const digest = sha256(stringToU8a(`${name} ${attempt}`));
  return Array.from(digest.subarray(0, 24), (byte) => ALPHANUMERIC[byte % ALPHANUMERIC.length]).join('');
}

/** CAIP-122 as this server reads it for Polkadot: the lines and the order of ERC-4361. */
export function caip122(fields) {
  return [
    `${fields.domain} wants you to sign in with your ${fields.label} account:`,
    fields.address,
    '',
    fields.statement,
    '',
    ...fieldLines(fields),
  ].join('\n');
}

/** The lines below the statement. */
export function fieldLines(fields) {
  const lines = [
    `URI: ${fields.uri}`,
    `Version: ${fields.version}`,
    `Chain ID: ${fields.chainId}`,
    `Nonce: ${fields.nonce}`,
    `Issued At: ${fields.issuedAt}`,
  ];
  if (fields.expirationTime) lines.push(`Expiration Time: ${fields.expirationTime}`);
  if (fields.notBefore) lines.push(`Not Before: ${fields.notBefore}`);
  if (fields.requestId) lines.push(`Request ID: ${fields.requestId}`);
  if (fields.resources) lines.push('Resources:', ...fields.resources.map((uri) => `- ${uri}`));
  return lines;
}

/** The message object of the package; it prints itself as text and as JSON. */
export function siwsMessage(fields) {
  return new SiwsMessage({
    domain: fields.domain,
    address: fields.address,
    statement: fields.statement,
    uri: fields.uri,
    nonce: fields.nonce,
    chainName: fields.label,
    chainId: fields.chainId,
    issuedAt: milliseconds(fields.issuedAt),
    expirationTime: milliseconds(fields.expirationTime),
    notBefore: milliseconds(fields.notBefore),
    requestId: fields.requestId,
    resources: fields.resources,
    azeroId: fields.azeroId,
  });
}

/** SIWS as the package prints it. */
export function siws(fields) {
  return atTheHour(fields.issuedAt, () => siwsMessage(fields).prepareMessage());
}

/** The package refuses to compose what has expired by now, so it is shown the hour of the cases. */
export function atTheHour(hour, compose) {
  const RealDate = globalThis.Date;
  const now = RealDate.parse(hour);
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length === 0 ? [now] : given));
    }
    static now() {
      return now;
    }
  };
  try {
    return compose();
  } finally {
    globalThis.Date = RealDate;
  }
}

/** The bytes that are signed for a text, in each of the forms that wallets and scripts use. */
export const PAYLOADS = {
  wrapped: (text) => u8aWrapBytes(stringToU8a(text)),
  bare: (text) => stringToU8a(text),
  // A Ledger signs this when the wrapped text is longer than 256 bytes.
  wrapped_hashed: (text) => blake2AsU8a(u8aWrapBytes(stringToU8a(text)), 256),
  bare_hashed: (text) => blake2AsU8a(stringToU8a(text), 256),
};

function milliseconds(time) {
  return time === undefined ? undefined : Date.parse(time);
}
