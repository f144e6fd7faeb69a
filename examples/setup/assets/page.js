// Sign-in by hand, in the order of the protocol: challenge, signature, verify.

const state = document.querySelector('#state');
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
    signInButton.hidden = true;
    signOutButton.hidden = false;
  } catch (error) {
    if (error.error !== 'session_required') throw error;
    state.textContent = 'You are signed out.';
    signInButton.hidden = false;
    signOutButton.hidden = true;
  }
}

async function signIn() {
  if (!window.ethereum) {
    throw new Error('No wallet found in this browser. The terminal can sign in too: see the server\'s output.');
  }
  const [account] = await window.ethereum.request({ method: 'eth_requestAccounts' });
  const { message } = await call('/auth/challenge', { chain: 'eip155:1', account });
  const signature = await window.ethereum.request({ method: 'personal_sign', params: [hex(message), account] });
  await call('/auth/verify', { message, signature });
}

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
