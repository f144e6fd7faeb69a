// Turns the short description of a case into the case: composes the text, signs it, adds the rest.

import { u8aToHex } from '@polkadot/util';
import { POLKADOT, chainOf, isBuiltIn } from './networks.mjs';
import { TYPE_BYTE, signatureOf, typed } from './signatures.mjs';
import {
  AT, DOMAIN, ISSUED_AT, ORIGIN, PAYLOADS, STATEMENT, caip122, nonceOf, siws,
} from './texts.mjs';

const COMPOSERS = { caip122, siws };
const DIALECT_FIELDS = {
  caip122: (network) => ({ label: network.label, chainId: network.genesis_reference, version: '1' }),
  siws: (network) => ({ label: 'Substrate', chainId: network.alias, uri: `${ORIGIN}/sign-in` }),
};
const MADE_BY = {
  caip122: '@polkadot/keyring 14.0.3',
  siws: '@talismn/siws 0.0.19, @polkadot/keyring 14.0.3',
};
const MOST_ATTEMPTS = 5000;

/**
 * What a description may say, besides `name`, `row` and `expect`:
 * - `key` signs; `account` stands in the text (the key's own, if not said);
 * - `network` whose text it is, `known` further networks that the server is configured with;
 * - `dialect`, `fields` of the text that differ, `edit` for what no composer would write;
 * - `form` and `isTyped` (with another `typeByte` than its own, if said);
 * - `shape` bends the key's signature, `sign` makes another one altogether;
 * - `until` picks the signature: the nonce is changed until one fits;
 * - `retouch` changes the text after it was signed.
 */
export async function build(description) {
  const {
    name, row = null, key, account = key, network = POLKADOT, known = [], dialect = 'caip122',
    form = 'wrapped', isTyped = false, subject = account.subject, expect = 'accepted',
  } = description;
  const { message, nonce, signature } = await signed({
    ...description, account, network, dialect, form, isTyped,
  });
  const networks = [...(isBuiltIn(network) ? [] : [network]), ...known];
  return {
    name,
    row,
    made_by: description.madeBy ?? MADE_BY[dialect],
    dialect,
    message,
    signature: u8aToHex(signature),
    scheme: key.scheme,
    form,
    typed: isTyped,
    domain: DOMAIN,
    origin: ORIGIN,
    chain: chainOf(network),
    ...(networks.length > 0 && { networks }),
    nonce,
    at: AT,
    subject,
    expect,
  };
}

async function signed(description) {
  const {
    name, key, dialect, form, isTyped, typeByte = TYPE_BYTE[key.scheme],
    edit = asItIs, retouch = asItIs, shape = asItIs, until = () => true,
  } = description;
  const sign = description.sign ?? ((payload) => signatureOf(key, payload, name));
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const nonce = nonceOf(name, attempt);
    const fields = fieldsOf(description, nonce);
    const message = edit(COMPOSERS[dialect](fields), fields);
    const payload = PAYLOADS[form]?.(message);
    const honest = await sign(payload, message);
    if (!until(honest)) continue;
    const shaped = shape(honest);
    return {
      message: retouch(message),
      nonce,
      signature: isTyped ? typed(typeByte, shaped) : shaped,
    };
  }
  throw new Error(`${name}: no nonce gives such a signature`);
}

function fieldsOf({ network, account, dialect, fields = {} }, nonce) {
  return {
    domain: DOMAIN,
    address: account.address(network.prefix),
    statement: STATEMENT,
    uri: ORIGIN,
    nonce,
    issuedAt: ISSUED_AT,
    ...DIALECT_FIELDS[dialect](network),
    ...fields,
  };
}

function asItIs(value) {
  return value;
}
