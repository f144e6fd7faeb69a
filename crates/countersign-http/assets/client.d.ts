/** A session, as the server tells it. Times are RFC 3339. */
export interface Session {
  /** Who it is: one key is one person, such as `eip155:0xAbC…` or `polkadot:5Grw…`. */
  subject: string;
  /** The account that signed, CAIP-10. */
  account: string;
  /** The chain, CAIP-2. */
  chain: string;
  /** How it signed: `eip191`, `sr25519`, `ed25519`, `ecdsa`, `ethereum`. */
  method: string;
  issued_at: string;
  expires_at: string;
}

export interface ListedSession {
  handle: string;
  account: string;
  method: string;
  created_at: string;
  last_seen: string;
  /** Whether it is the one that asks. */
  current: boolean;
}

export interface Challenge {
  nonce: string;
  domain: string;
  uri: string;
  chain_id: string;
  issued_at: string;
  expires_at: string;
  statement?: string;
  /** The exact text that the wallet signs. */
  message: string;
}

export interface Account {
  /** As the wallet writes it. */
  raw: string;
  /** As the network writes it, where that is known. */
  address: string;
  name?: string;
  /** Of Polkadot accounts: `sr25519`, `ed25519`, `ecdsa`, `ethereum`. */
  type?: string;
}

/** A wallet of this browser. Name and icon come from the wallet: show the name as text, the icon as an image. */
export interface Wallet {
  /** The reverse domain name of EIP-6963, `dot:` and the name of an injected extension, or `window.ethereum`. */
  id: string;
  name: string;
  /** A `data:image/…` URI of at most 256 KiB. */
  icon?: string;
  namespace: 'eip155' | 'polkadot';
  accounts(chain?: string, quietly?: boolean): Promise<Array<Omit<Account, 'address'>>>;
  /** The signature, as `0x…`. */
  sign(message: string, raw: string): Promise<string>;
  /** The chain an Ethereum wallet is on, CAIP-2. */
  chain?(): Promise<string>;
  switchTo?(chain: string): Promise<unknown>;
  /** Tells the wallet's addresses whenever they change; gives a function that stops it. */
  watch(tell: (addresses: string[]) => void): () => void;
}

/**
 * The server's codes are in `docs/protocol.md`. Ours: `wallet_rejected` (the user said no), `wallet_busy` (a request is
 * open already), `wallet_empty` (no account shown), `wallet_failed`, `wrong_network` (with `current` and `served`),
 * `account_changed` (while signing), `cancelled` (by the signal), `server_unreachable`, `server_failed` (no JSON).
 */
export class SignInError extends Error {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly current?: string;
  readonly served?: string[];
}

export interface Options {
  /** Where the endpoints are: the folder of this script where the server serves it, else `/auth`. */
  base?: string;
  /** What wallets call the site when they ask for permission: the document's title. */
  name?: string;
  /** `cookie` by default; `token` for pages and apps that cannot have our cookies. */
  credential?: 'cookie' | 'token';
  /** The chains that the site serves, CAIP-2: a wallet on another network is then `wrong_network`. */
  chains?: string[];
  /** Writes a Substrate address as a network does, such as `onNetwork` of `ss58.js`. */
  onNetwork?(address: string, chain?: string): string | undefined;
  /** Where tokens outlive the page; in memory only by default. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export interface Client {
  /** Tells the wallets found so far, whenever there is one more; `settled` once late ones are unlikely. */
  discover(tell: (wallets: Wallet[], settled: boolean) => void): () => void;
  accounts(wallet: Wallet, chain?: string): Promise<Account[]>;
  signIn(how: {
    wallet: Wallet;
    /** The wallet's first by default. */
    account?: Account;
    /** The one an Ethereum wallet is on, else the first of `chains`, by default. */
    chain?: string;
    resources?: string[];
    signal?: AbortSignal;
    onChallenge?(challenge: Challenge): void;
  }): Promise<Session>;
  signOut(options?: { everywhere?: boolean }): Promise<void>;
  session(): Promise<Session | undefined>;
  /** In token mode: an access token that is good for half a minute at least, refreshed where needed. */
  token(): Promise<string | undefined>;
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  sessions(): Promise<ListedSession[]>;
  endSession(handle: string): Promise<void>;
  /** `error` is there if the server could not be told: then the session may still live. */
  onAccountChange(tell: (change: { wallet: Wallet; account: string; ended: Session; error?: SignInError }) => void): () => void;
}

export function createClient(options?: Options): Client;
/** What is the same however an account is written: of an SS58 address, its key as hex. */
export function keyOf(address: string): string;
export function discover(tell: (wallets: Wallet[], settled: boolean) => void, name?: string): () => void;
/** RFC 7636. */
export function pkce(): Promise<{ verifier: string; challenge: string; method: 'S256' }>;
