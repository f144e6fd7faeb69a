// Writes cases.json (signed sign-in texts and what must become of them) and ss58.json (addresses).

import { writeFileSync } from 'node:fs';
import accepted from './cases/accepted.mjs';
import accounts from './cases/accounts.mjs';
import addresses from './cases/addresses.mjs';
import lengths from './cases/lengths.mjs';
import signatures from './cases/signatures.mjs';
import siws from './cases/siws.mjs';
import texts from './cases/texts.mjs';
import { addressTable } from './address-table.mjs';
import { build } from './build.mjs';
import { CASES_FILE } from './signatures.mjs';

const descriptions = [
  ...accepted, ...lengths, ...siws, ...accounts, ...signatures, ...addresses, ...texts,
];

const cases = [];
const names = new Set();
for (const description of descriptions) {
  if (names.has(description.name)) throw new Error(`two cases are named ${description.name}`);
  names.add(description.name);
  cases.push(await build(description));
}

writeFileSync(CASES_FILE, `${JSON.stringify(cases, null, 2)}\n`);
const table = addressTable();
writeFileSync(new URL('ss58.json', import.meta.url), table.json);

const count = (expect) => cases.filter((each) => each.expect.startsWith(expect)).length;
console.log(
  `cases.json: ${cases.length} cases, ${count('accepted')} accepted`
  + ` (${count('accepted_if_bare_allowed')} of them only where bare texts are allowed);`
  + ` ss58.json: ${table.addresses} addresses, ${table.oddTexts} odd texts`,
);
