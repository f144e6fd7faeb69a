// Names: the real registry and resolver of ENS, where Ethereum's main chain has them.

import { createRequire } from "node:module";
import { encodeAbiParameters, keccak256, labelhash, namehash, pad, zeroHash } from "viem";

const require = createRequire(import.meta.url);
const registry = require("@ensdomains/ens/build/contracts/ENSRegistry.json");
const resolver = require("@ensdomains/resolver/build/contracts/PublicResolver.json");

const REGISTRY = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e";

/** The names of a chain, all in the hand of one person. */
export async function nameOf(chain, person) {
  const somewhere = await chain.create(person, registry.bytecode, registry.abi);
  const code = await chain.code(somewhere);
  await chain.reader.request({ method: "anvil_setCode", params: [REGISTRY, code] });
  // records[0].owner: the root is the person's.
  const root = keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "uint256" }], [zeroHash, 0n]));
  await chain.reader.request({ method: "anvil_setStorageAt", params: [REGISTRY, root, pad(person.address)] });
  const resolverAddress = await chain.create(person, resolver.bytecode, resolver.abi, [REGISTRY]);
  const ask = (functionName, args) => chain.run(person, REGISTRY, registry.abi, functionName, args);
  const tell = (functionName, args) => chain.run(person, resolverAddress, resolver.abi, functionName, args);

  const own = async (name) => {
    const labels = name.split(".");
    for (let depth = labels.length - 1; depth >= 0; depth -= 1) {
      const parent = labels.slice(depth + 1).join(".");
      await ask("setSubnodeOwner", [parent ? namehash(parent) : zeroHash, labelhash(labels[depth]), person.address]);
    }
    await ask("setResolver", [namehash(name), resolverAddress]);
    return namehash(name);
  };

  return {
    /** A name for an address. */
    async register(name, address, texts = {}) {
      const node = await own(name);
      await tell("setAddr", [node, address]);
      for (const [key, value] of Object.entries(texts)) await tell("setText", [node, key, value]);
    },

    /** What an address says its name is. */
    async claim(address, name) {
      const node = await own(`${address.slice(2).toLowerCase()}.addr.reverse`);
      await tell("setName", [node, name]);
    },
  };
}
