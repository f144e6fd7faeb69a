// A chain of one's own: sends transactions, and waits until they are done.

import { createPublicClient, createWalletClient, encodeDeployData, http } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { foundry } from "viem/chains";

/** People with funds on every new chain of anvil. */
export const people = [0, 1, 2, 3].map((addressIndex) => {
  const account = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex });
  const key = `0x${Buffer.from(account.getHdKey().privateKey).toString("hex")}`;
  return { account, address: account.address, key };
});

export class Chain {
  constructor(url) {
    this.url = url;
    const transport = http(url);
    this.reader = createPublicClient({ chain: foundry, transport, pollingInterval: 20 });
    this.wallet = createWalletClient({ chain: foundry, transport });
  }

  id() {
    return this.reader.getChainId();
  }

  code(address) {
    return this.reader.getCode({ address });
  }

  /** Sends a transaction; gives its receipt. */
  async send(person, transaction) {
    const hash = await this.wallet.sendTransaction({ account: person.account, ...transaction });
    const receipt = await this.reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`the transaction ${hash} reverted`);
    return receipt;
  }

  /** Deploys a contract; gives its address. */
  async create(person, bytecode, abi = [], args = []) {
    const data = encodeDeployData({ abi, bytecode, args });
    return (await this.send(person, { data })).contractAddress;
  }

  /** Calls a function of a contract in a transaction. */
  async run(person, address, abi, functionName, args) {
    const { request } = await this.reader.simulateContract({ account: person.account, address, abi, functionName, args });
    const hash = await this.wallet.writeContract(request);
    return this.reader.waitForTransactionReceipt({ hash });
  }

  /** Lets an account delegate to a contract (EIP-7702); `payer` sends the transaction. */
  async delegate(payer, person, contractAddress) {
    const { reader } = this;
    const nonce = await reader.getTransactionCount({ address: person.address });
    const authorization = await person.account.signAuthorization({ contractAddress, chainId: await this.id(), nonce });
    await this.send(payer, { to: person.address, data: "0x", authorizationList: [authorization] });
  }
}
