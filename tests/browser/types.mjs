// The types of client.js and ss58.js: a page in TypeScript compiles with them, and they declare what the modules have.

import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const assets = '../../crates/countersign-http/assets';
const types = (name) => here(`${assets}/${name}.d.ts`);
const program = ts.createProgram([here('types.ts')], {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  noEmit: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  paths: { 'countersign-client': [types('client')], 'countersign-client/ss58': [types('ss58')] },
});
const found = ts.getPreEmitDiagnostics(program);
const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => here('.'), getNewLine: () => '\n' };
if (found.length) throw new Error(ts.formatDiagnostics(found, host));

const checker = program.getTypeChecker();
let count = 0;
for (const name of ['client', 'ss58']) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(types(name)));
  const values = checker.getExportsOfModule(module).filter(({ flags }) => flags & ts.SymbolFlags.Value);
  const declared = values.map((value) => value.name).sort();
  const real = Object.keys(await import(`${assets}/${name}.js`)).sort();
  if (declared.join() !== real.join()) throw new Error(`${name}.js: declared ${declared}, there is ${real}`);
  count += real.length;
}
console.log(`types: ${count} checks passed`);
