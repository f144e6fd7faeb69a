// The page of a flow that knows already who is to sign what: the one challenge is in the page itself.

import { SignInError, createClient, keyOf } from './client.js';

export const SIGNING_WORDS = {
  leads: 'You go on to {destination} as {account}.',
  e_account_absent: 'This wallet does not show that account.|Open the wallet and allow the account above for this site, or use another wallet.',
};

/** What the login page needs of a client, for this one challenge. */
export function signingClient(signing, chains, onNetwork) {
  const { discover, accounts } = createClient({ chains, onNetwork });
  let spent = false;
  return {
    discover,
    onAccountChange() {},
    async accounts(wallet, chain) {
      const its = (await accounts(wallet, chain)).filter(({ raw }) => keyOf(raw) === keyOf(signing.account));
      if (its.length === 0) throw new SignInError('account_absent', 'the wallet does not show the account');
      return its.slice(0, 1);
    },
    async signIn({ wallet, account, signal, onChallenge }) {
      // A challenge counts once, whatever came of it: the page brings another.
      if (spent) {
        location.reload();
        await new Promise(() => {});
      }
      onChallenge(signing);
      const signature = await wallet.sign(signing.message, account.raw);
      if (signal.aborted) throw new SignInError('cancelled', 'sign-in was cancelled');
      spent = true;
      const response = await fetch(signing.verify, {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify({ challenge_id: signing.challenge_id, address: signing.account, signature }),
      }).catch((cause) => { throw new SignInError('server_unreachable', 'the server does not answer', { cause }); });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) return { account: signing.account, redirect_url: answer.redirect_url };
      const retryAfter = Number(response.headers.get('retry-after')) || undefined;
      throw new SignInError(answer.error ?? 'server_failed', answer.message ?? '', { requestId: answer.request_id, retryAfter });
    },
  };
}
