// The person is on the other side of the pipe: asked for with a URL, they answer with where they ended.
import { createInterface } from "node:readline/promises";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const given = async () => JSON.parse((await lines.next()).value);

export async function goes(url) {
  console.log(`GO ${url}`);
  return new URL((await lines.next()).value);
}

let count = 0;

export function check(is, what) {
  if (!is) throw new Error(`not so: ${what}`);
  count += 1;
}

export const checked = () => count;
