// The login page for a flow that knows already who is to sign what: the one challenge is in the page itself.

import { SignInError, keyOf } from './client.js';

export const SIGNING_WORDS = {
  leads: 'You go on to {destination} as {account}.',
  e_account_absent: 'This wallet does not show that account.|Open the wallet and allow the account above for this site, or use another wallet.',
};

/** Makes of the page's client one for this challenge alone. */
export function signOnly(client, signing) {
  const { discover, accounts } = client;
  let [named, next, spent] = [signing.wallet];
  Object.assign(client, {
    onAccountChange() {},
    leave: () => location.replace(next),
    // The wallet that the application named is asked at once, and only once.
    discover: (tell) => discover((all, settled) => {
      tell(all, settled);
      const wallet = named && all.find(({ id }) => id === `dot:${named}`);
      if (!wallet) return;
      named = undefined;
      setTimeout(connect, 0, wallet);
    }),
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
      if (response.ok) {
        next = answer.redirect_url;
        return { account: signing.account };
      }
      const retryAfter = Number(response.headers.get('retry-after')) || undefined;
      throw new SignInError(answer.error ?? 'server_failed', answer.message ?? '', { requestId: answer.request_id, retryAfter });
    },
  });
}
