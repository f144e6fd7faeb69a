// Sign-in by hand, in the order of the protocol: challenge, signature, verify.

const state = document.querySelector('#state');
const chain = document.querySelector('#chain');
const signInButton = document.querySelector('#sign-in');
const signOutButton = document.querySelector('#sign-out');

async function call(path, body) {
  const response = await fetch(path, body === undefined ? {} : {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error_description), answer);
  return answer;
}

async function show() {
  try {
    const session = await call('/auth/session');
    const me = await (await fetch('/me')).text();
    state.textContent = `${me}You are ${session.subject}, until ${session.expires_at}.`;
    signInButton.hidden = chain.hidden = true;
    signOutButton.hidden = false;
  } catch (error) {
    if (error.error !== 'session_required') throw error;
    state.textContent = 'You are signed out.';
    signInButton.hidden = chain.hidden = false;
    signOutButton.hidden = true;
  }
}

// One function per CAIP-2 namespace: it finds a wallet, and gives its account and a way to sign.
const wallets = {
  async eip155() {
    if (!window.ethereum) throw new Error(NO_WALLET);
    const [account] = await window.ethereum.request({ method: 'eth_requestAccounts' });
    const sign = (message) => window.ethereum.request({ method: 'personal_sign', params: [hex(message), account] });
    return { account, sign };
  },

  async polkadot() {
    const [extension] = Object.values(window.injectedWeb3 ?? {});
    if (!extension) throw new Error(NO_WALLET);
    const { accounts, signer } = await extension.enable('countersign example');
    const [first] = await accounts.get();
    if (!first) throw new Error('The wallet shows this page no account.');
    const account = first.address;
    // The extension wraps the text in <Bytes>…</Bytes> before it signs.
    const sign = async (message) => (await signer.signRaw({ address: account, data: message, type: 'bytes' })).signature;
    return { account, sign };
  },
};

async function signIn() {
  const [namespace] = chain.value.split(':');
  const { account, sign } = await wallets[namespace]();
  const { message } = await call('/auth/challenge', { chain: chain.value, account });
  await call('/auth/verify', { message, signature: await sign(message) });
}

const NO_WALLET = 'No wallet for this chain found in this browser. The terminal can sign in too: see the server\'s output.';
const hex = (text) => '0x' + Array.from(new TextEncoder().encode(text), (b) => b.toString(16).padStart(2, '0')).join('');

async function run(action) {
  state.textContent = '…';
  try {
    await action();
    await show();
  } catch (error) {
    state.textContent = error.code === 4001 ? 'You declined in the wallet.' : error.message;
  }
}

signInButton.addEventListener('click', () => run(signIn));
signOutButton.addEventListener('click', () => run(() => call('/auth/logout', {})));
run(async () => {});
