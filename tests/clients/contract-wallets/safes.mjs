// Safes: real contracts of version 1.4.1, handled by protocol-kit, and signed for by viem.

import { createRequire } from "node:module";
import * as protocolKit from "@safe-global/protocol-kit";
import { encodeFunctionData, hashMessage } from "viem";

const require = createRequire(import.meta.url);
const Safe = protocolKit.default?.default ?? protocolKit.default;

export class Safes {
  #chain;
  #networks;
  #salt = 0;

  /** Puts the contracts that all Safes share on a chain. */
  static async deploy(chain) {
    const { people } = await import("./chain.mjs");
    const create = async (path) => {
      const { abi, bytecode } = artifact(path);
      return chain.create(people[0], bytecode, abi);
    };
    const safes = new Safes();
    safes.#chain = chain;
    const contracts = {
      safeSingletonAddress: await create("Safe.sol/Safe"),
      safeProxyFactoryAddress: await create("proxies/SafeProxyFactory.sol/SafeProxyFactory"),
      fallbackHandlerAddress: await create("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler"),
      multiSendAddress: await create("libraries/MultiSend.sol/MultiSend"),
      multiSendCallOnlyAddress: await create("libraries/MultiSendCallOnly.sol/MultiSendCallOnly"),
      signMessageLibAddress: await create("libraries/SignMessageLib.sol/SignMessageLib"),
      createCallAddress: await create("libraries/CreateCall.sol/CreateCall"),
      simulateTxAccessorAddress: await create("accessors/SimulateTxAccessor.sol/SimulateTxAccessor"),
    };
    const unused = contracts.createCallAddress;
    safes.#networks = {
      [String(await chain.id())]: {
        ...contracts,
        safeWebAuthnSignerFactoryAddress: unused,
        safeWebAuthnSharedSignerAddress: unused,
      },
    };
    safes.singleton = contracts.safeSingletonAddress;
    safes.signMessageLib = contracts.signMessageLibAddress;
    return safes;
  }

  /** A Safe that could be deployed: its address, and what would deploy it. */
  async predict(owners, threshold) {
    const kit = await Safe.init({
      provider: this.#chain.url,
      signer: owners[0].key,
      predictedSafe: {
        safeAccountConfig: { owners: owners.map(({ address }) => address), threshold },
        safeDeploymentConfig: { saltNonce: String((this.#salt += 1)), safeVersion: "1.4.1" },
      },
      contractNetworks: this.#networks,
    });
    const { to, data } = await kit.createSafeDeploymentTransaction();
    return { address: await kit.getAddress(), factory: to, deployment: data };
  }

  /** Deploys a Safe; gives its address. */
  async create(owners, threshold) {
    const { address, factory, deployment } = await this.predict(owners, threshold);
    await this.#chain.send(owners[0], { to: factory, data: deployment });
    return address;
  }

  /** The owners' signatures of a text, as protocol-kit puts them together. */
  async sign(address, owners, text) {
    let message = (await this.#kit(address, owners[0])).createMessage(text);
    for (const owner of owners) {
      message = await (await this.#kit(address, owner)).signMessage(message);
    }
    return message.encodedSignatures();
  }

  /** Approves a text on the chain. */
  async approve(address, owner, text) {
    const { abi } = artifact("libraries/SignMessageLib.sol/SignMessageLib");
    const data = encodeFunctionData({ abi, functionName: "signMessage", args: [hashMessage(text)] });
    const to = this.signMessageLib;
    await this.#execute(address, owner, (kit) =>
      kit.createTransaction({ transactions: [{ to, data, value: "0", operation: DELEGATE_CALL }] }),
    );
  }

  async swapOwner(address, from, to) {
    await this.#execute(address, from, (kit) =>
      kit.createSwapOwnerTx({ oldOwnerAddress: from.address, newOwnerAddress: to.address }),
    );
  }

  async #execute(address, owner, make) {
    const kit = await this.#kit(address, owner);
    const signed = await kit.signTransaction(await make(kit));
    const { hash } = await kit.executeTransaction(signed);
    const receipt = await this.#chain.reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`the Safe's transaction ${hash} reverted`);
  }

  #kit(safeAddress, { key }) {
    return Safe.init({
      provider: this.#chain.url,
      signer: key,
      safeAddress,
      contractNetworks: this.#networks,
    });
  }
}

/** An owner's signature of a text for a Safe, made with viem alone. */
export async function signAsSafe(chain, owner, safe, text) {
  return owner.account.signTypedData({
    domain: { chainId: await chain.id(), verifyingContract: safe },
    types: { SafeMessage: [{ name: "message", type: "bytes" }] },
    primaryType: "SafeMessage",
    message: { message: hashMessage(text) },
  });
}

function artifact(path) {
  return require(`@safe-global/safe-contracts/build/artifacts/contracts/${path}.json`);
}

const DELEGATE_CALL = 1;
