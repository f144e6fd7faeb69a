// A page of one's own in TypeScript: what has to compile against the types of client.js, and what must not.

import {
  SignInError, createClient, discover, pkce,
  type Client, type Session, type Wallet,
} from 'countersign-client';
import { onNetwork } from 'countersign-client/ss58';

const client: Client = createClient({ chains: ['eip155:1'], credential: 'token', storage: sessionStorage, onNetwork });

export async function signIn(wallet: Wallet): Promise<Session> {
  const [first] = await client.accounts(wallet, 'eip155:1');
  const signal = AbortSignal.timeout(60_000);
  const how = { wallet, account: first, chain: 'eip155:1', resources: ['https://app.example/terms'], signal };
  return client.signIn({ ...how, onChallenge: ({ message, statement }) => show(message, statement ?? '') });
}

export function words(error: unknown): string {
  if (!(error instanceof SignInError)) throw error;
  return error.code === 'rate_limited' ? `in ${error.retryAfter ?? 60} s` : error.message;
}

export async function others(): Promise<string[]> {
  const all = await client.sessions();
  for (const { handle, current } of all) if (!current) await client.endSession(handle);
  const { method, verifier, challenge } = await pkce();
  const answer = await client.fetch(new URL('/api', location.href), { method: 'POST', body: verifier + challenge + method });
  return [await answer.text(), (await client.token()) ?? 'none', (await client.session())?.subject ?? 'nobody'];
}

const stop: () => void = discover((wallets, settled) => settled && show(...wallets.map(({ name }) => name)));
client.onAccountChange(({ account, ended, error }) => show(account, ended.subject, error?.code ?? ''));
void client.signOut({ everywhere: true }).then(stop);

function show(...words: string[]): void {
  document.body.append(...words);
}

// @ts-expect-error a credential there is not
createClient({ credential: 'header' });
// @ts-expect-error a wallet is needed
void client.signIn({});
// @ts-expect-error nobody may be signed in
void client.session().then((session) => session.subject);
// @ts-expect-error codes are told, not set
new SignInError('x').code = 'y';
