// What a page of one's own does: shows who is signed in, signs out, and lets go when the wallet's account changes.

import { createClient } from '/auth/client.js';

const client = createClient();
const find = (id) => document.querySelector(`#${id}`);

async function show() {
  const session = await client.session();
  find('signed-in').hidden = !session;
  find('signed-out').hidden = Boolean(session);
  if (!session) {
    find('state').textContent = 'You are signed out.';
    return;
  }
  const me = await (await fetch('/me')).text();
  find('state').textContent = `${me}You are ${session.subject}, until ${session.expires_at}.`;
}

find('sign-out').addEventListener('click', () => client.signOut().then(show));
client.onAccountChange(show);
show().catch((error) => { find('state').textContent = error.message; });
