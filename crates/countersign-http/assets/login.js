// The login page: choose a wallet, an account, sign; each step and each fault in plain words.

import { createClient } from './client.js';
import { onNetwork } from './ss58.js';

const ENGLISH = {
  title: 'Sign in to {site}',
  choose: 'Choose a wallet',
  looking: 'Looking for wallets …',
  none: 'No wallet found in this browser',
  none_help: 'Install one as a browser extension, or open this page in the browser of your wallet app, then look again.',
  find: 'Find a wallet for {chain}',
  again: 'Look again',
  network: 'Network',
  account: 'Choose an account',
  unnamed: 'Account',
  waiting: 'Waiting for {wallet} …',
  connect: 'Connect {wallet}',
  connect_help: 'Open {wallet} and let this site see your account. That shows your address, nothing else.',
  sign: 'Confirm in {wallet}',
  sign_help: 'Your wallet shows a message that says: {domain} wants you to sign in as {account}. Sign it only if it names this site. It moves no money and costs nothing.',
  sign_text: 'Show the message',
  checking: 'Checking …',
  done: 'You are signed in',
  going: 'Taking you back …',
  continue: 'Continue',
  other: 'Use another wallet',
  sign_out: 'Sign out',
  sessions: 'Where you are signed in',
  back: 'Back',
  retry: 'Try again',
  cancel: 'Cancel',
  switch: 'Switch to {chain}',
  promise: 'No password, no transaction, no fee.',
  expires: 'Signed in as',
  e_title: 'That did not work',
  e_wallet_rejected: 'You declined in the wallet.|Nothing was signed. You can try again, or use another wallet.',
  e_wallet_busy: 'The wallet is waiting for you.|It has another request open. Open the wallet, answer that one, then try again.',
  e_wallet_empty: 'The wallet shows this site no account.|Open the wallet, allow an account for this site and network, then try again.',
  e_wallet_failed: 'The wallet could not do that.|It said: {detail}',
  e_wrong_network: 'The wallet is on another network.|This site accepts {chains}. Switch the network in the wallet, then try again.',
  e_account_changed: 'You switched the account in the wallet.|Nobody was signed in with it. Try again with the account you want.',
  e_switched: 'You switched the account in the wallet, so you were signed out.|Sign in again to go on as {account}.',
  e_challenge_expired: 'That took too long.|The request to sign was good for a few minutes only. Try again and confirm a little sooner.',
  e_server_unreachable: 'The site does not answer.|Check your connection, or try again in a moment.',
  e_unavailable: 'The site has a problem just now.|It is not your wallet. Try again in a moment.',
  e_rate_limited: 'Too many attempts.|Wait {seconds} seconds, then try again.',
  e_not_admitted: 'This account may not sign in here.|Ask the people who run this site, or use another account.',
  e_signature: 'The signature is not of this account.|Choose the same account in the wallet, then try again.',
  e_address: 'This account does not fit the network.|Choose another account or network.',
  e_origin: 'This is not an address of the site.|Open the site by its usual address.',
  e_other: 'Sign-in failed.|Try again, or tell the people who run this site: {code}',
};

const FAMILIES = {
  challenge_expired: ['nonce_invalid', 'challenge_used', 'message_expired', 'issued_at_out_of_range'],
  signature: ['invalid_signature', 'address_mismatch', 'weak_key', 'signature_malformed'],
  address: ['address_invalid', 'chain_unsupported', 'chain_not_allowed'],
  unavailable: ['store_unavailable', 'chain_unavailable', 'plugin_error', 'internal_error', 'server_failed', 'request_timeout'],
  origin: ['origin_rejected', 'domain_mismatch', 'uri_mismatch'],
};

const FIND = { eip155: 'https://ethereum.org/wallets/', polkadot: 'https://polkadot.com/' };

const boot = JSON.parse(document.querySelector('#boot').textContent);
const words = { ...ENGLISH, ...(boot.demo ? DEMO_WORDS : {}), ...(boot.signing ? SIGNING_WORDS : {}), ...boot.words };
const client = createClient({ chains: boot.chains.map(({ id }) => id), name: boot.site, onNetwork });
if (boot.signing) signOnly(client, boot.signing);
const page = document.querySelector('main');
const step = element('section');
const status = element('p', { className: 'reader', role: 'status' });
let attempt = new AbortController();
let stopLooking;

function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** An element; what is in it is text, whoever wrote it. */
function element(tag, { role, label, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (role) made.setAttribute('role', role);
  if (label) made.setAttribute('aria-label', label);
  made.append(...children.filter(Boolean));
  return made;
}

const button = (text, onclick, className = '') => element('button', { type: 'button', className, onclick }, text);
const nameOf = (chain) => boot.chains.find(({ id }) => id === chain)?.label ?? chain;
const short = (address) => (address.length > 20 ? `${address.slice(0, 8)}…${address.slice(-6)}` : address);
const addressOf = (session) => session.account.split(':').pop();

/** Shows one step, says its heading, and puts the keyboard there. */
function show(heading, ...children) {
  const title = element('h2', { tabIndex: -1 }, heading);
  const isFirst = !step.firstChild;
  step.replaceChildren(title, ...children.filter(Boolean));
  status.textContent = heading;
  if (!isFirst) title.focus();
}

/** Ends what an earlier step began: its late answers count no more. */
function fresh() {
  attempt.abort();
  stopLooking?.();
  attempt = new AbortController();
  return attempt.signal;
}

function choice({ icon, title, hint, className = '', onclick }) {
  const picture = icon ? element('img', { className: 'icon', src: icon, alt: '' })
    : element('span', { className: 'icon', ariaHidden: 'true' }, [...title][0]?.toUpperCase() ?? '?');
  const text = element('span', { className: 'words' }, element('b', {}, title), element('small', {}, hint));
  return element('li', {}, element('button', { type: 'button', className: `choice ${className}`, onclick }, picture, text));
}

const cancel = () => boot.cancel_to && element('a', { className: 'button', href: boot.cancel_to }, t('cancel'));

function chooseWallet(problem) {
  fresh();
  const list = element('ul', { className: 'list' });
  const note = element('div', { className: 'wait' }, element('span', { className: 'spin' }), t('looking'));
  show(t('choose'), problem, note, list, cancel());
  if (problem) status.textContent = '';
  const demos = boot.demo ? demoWallets(boot.chains) : [];
  const served = (wallet) => boot.chains.filter(({ id }) => id.startsWith(`${wallet.namespace}:`));
  const entries = new Map();
  list.append(...demos.map((wallet) => choice({
    title: t('demo'),
    hint: t('demo_hint', { chain: nameOf(wallet.on) }),
    className: 'demo',
    onclick: () => connect(wallet),
  })));
  const [firstDemo = null] = list.children;
  stopLooking = client.discover((all, settled) => {
    const usable = all.filter((wallet) => served(wallet).length > 0);
    // What is there stays where it is: it may have the keyboard.
    for (const [wallet, entry] of entries) if (!usable.includes(wallet)) entry.remove();
    for (const wallet of usable.filter((one) => !entries.has(one))) {
      const hint = served(wallet).map(({ label }) => label).join(', ');
      entries.set(wallet, choice({ icon: wallet.icon, title: wallet.name, hint, onclick: () => connect(wallet) }));
      list.insertBefore(entries.get(wallet), firstDemo);
    }
    note.hidden = settled || usable.length > 0;
    if (settled && usable.length === 0 && !step.querySelector('.none')) list.before(noWallet());
    if (usable.length > 0) step.querySelector('.none')?.remove();
  });
}

function noWallet() {
  const links = Object.entries(FIND).map(([namespace, href]) => {
    const chain = boot.chains.find(({ id }) => id.startsWith(`${namespace}:`))?.label;
    return chain && element('p', {}, element('a', { href, target: '_blank', rel: 'noopener noreferrer' }, t('find', { chain })));
  });
  const look = button(t('again'), () => chooseWallet());
  return element('div', { className: 'note none', role: 'status' },
    element('b', {}, t('none')), element('p', { className: 'soft' }, t('none_help')), ...links, look);
}

/** A step that waits, for the wallet or for us. */
function wait(heading, waiting, ...more) {
  const spinner = element('div', { className: 'wait' }, element('span', { className: 'spin' }), waiting);
  show(heading, ...more, spinner, element('div', { className: 'row' }, button(t('back'), () => chooseWallet())));
}

async function connect(wallet, chain) {
  const signal = fresh();
  const networks = boot.chains.filter(({ id }) => id.startsWith(`${wallet.namespace}:`));
  const on = wallet.chain ? undefined : chain ?? networks[0].id;
  try {
    const named = { wallet: wallet.name };
    wait(t('connect', named), t('waiting', named), element('p', {}, t('connect_help', named)));
    const accounts = await client.accounts(wallet, on);
    if (signal.aborted) return;
    const isChosen = accounts.length === 1 && (wallet.chain || networks.length === 1);
    if (isChosen) await sign(wallet, accounts[0], on);
    else chooseAccount(wallet, accounts, networks, on);
  } catch (error) {
    if (!signal.aborted) fail(error, wallet, () => connect(wallet, chain));
  }
}

function chooseAccount(wallet, accounts, networks, on) {
  const select = element('select', { onchange: () => connect(wallet, select.value) },
    ...networks.map(({ id, label }) => element('option', { value: id, selected: id === on }, label)));
  const list = accounts.map((account) => choice({
    title: account.name || t('unnamed'),
    hint: element('span', { className: 'address' }, account.address),
    onclick: () => sign(wallet, account, on),
  }));
  const network = networks.length > 1 && element('label', {}, t('network'), select);
  const none = list.length === 0 && problem('e_wallet_empty');
  show(t('account'), network, none, element('ul', { className: 'list' }, ...list),
    element('div', { className: 'row' }, button(t('back'), () => chooseWallet())));
}

async function sign(wallet, account, chain) {
  const signal = fresh();
  const onChallenge = ({ message, domain }) => {
    const text = element('details', {}, element('summary', {}, t('sign_text')), element('pre', { tabIndex: 0 }, message));
    const help = t('sign_help', { domain, account: short(message.split('\n')[1]) });
    const named = { wallet: wallet.name };
    wait(t('sign', named), t('waiting', named), element('p', {}, help), text);
  };
  try {
    wait(t('sign', { wallet: wallet.name }), t('checking'));
    done(await client.signIn({ wallet, account, chain, signal, onChallenge }));
  } catch (error) {
    if (!signal.aborted) fail(error, wallet, () => (wallet.chain ? connect(wallet) : sign(wallet, account, chain)));
  }
}

function done(session) {
  show(t('done'), element('p', { className: 'address' }, addressOf(session)), element('p', { className: 'soft' }, t('going')));
  (client.leave ?? leave)();
}

/** Only ever to a path of this origin: the server looked at it, and so does this. */
function leave() {
  const target = new URL(boot.return_to, location.origin);
  location.replace(target.origin === location.origin ? target.href : '/');
}

/** A fault in words: what happened, and what can be done. */
function problem(key, values) {
  const [what, advice] = t(key, values).split('|');
  return element('div', { className: 'note bad', role: 'alert' }, element('b', {}, what), element('p', {}, advice ?? ''));
}

function fail(error, wallet, again) {
  const family = Object.keys(FAMILIES).find((name) => FAMILIES[name].includes(error.code)) ?? error.code;
  const key = words[`e_${family}`] ? `e_${family}` : 'e_other';
  const served = boot.chains.filter(({ id }) => id.startsWith(`${wallet.namespace}:`));
  const told = problem(key, {
    detail: error.message,
    code: [error.code, error.requestId].filter(Boolean).join(' '),
    chains: served.map(({ label }) => label).join(', '),
    seconds: error.retryAfter,
  });
  const switchTo = async () => {
    const signal = fresh();
    try {
      await wallet.switchTo(served[0].id);
      if (!signal.aborted) connect(wallet);
    } catch (fault) {
      if (!signal.aborted) fail(fault, wallet, again);
    }
  };
  const first = error.code === 'wrong_network' && wallet.switchTo
    ? button(t('switch', { chain: served[0].label }), switchTo, 'main') : button(t('retry'), again, 'main');
  show(t('e_title'), told, element('div', { className: 'row' }, first, button(t('other'), () => chooseWallet())), cancel());
}

function signedIn(session) {
  const out = async () => {
    try {
      await client.signOut();
      chooseWallet();
    } catch (error) {
      fail(error, {}, out);
    }
  };
  const links = element('p', { className: 'soft' }, element('a', { href: 'sessions' }, t('sessions')));
  show(t('done'), element('p', {}, t('expires'), element('br'), element('span', { className: 'address' }, addressOf(session))),
    element('div', { className: 'row' }, button(t('continue'), leave, 'main'), button(t('other'), () => chooseWallet()), button(t('sign_out'), out)),
    links);
}

function frame() {
  document.title = t('title', { site: boot.site });
  const head = element('header', {},
    element('div', { className: 'mark', ariaHidden: 'true' }, [...boot.site][0]?.toUpperCase() ?? ''),
    element('h1', {}, t('title', { site: boot.site })),
    boot.site !== location.host && element('p', { className: 'soft site' }, location.host),
    boot.signing && element('p', { className: 'soft site' }, t('leads', boot.signing)));
  const dev = boot.demo && element('div', { className: 'note dev' }, ...t('dev').split('|').map((part, i) => element(i ? 'p' : 'b', {}, part)));
  const foot = element('footer', {}, element('p', { className: 'soft' }, t('promise')));
  page.replaceChildren(...[head, dev, status, step, foot].filter(Boolean));
}

async function begin() {
  frame();
  client.onAccountChange(({ account }) => chooseWallet(problem('e_switched', { account: short(account) })));
  const session = boot.again ? undefined : await client.session().catch(() => undefined);
  if (session) signedIn(session);
  else chooseWallet();
}

// A page that comes back from the browser's memory may show what is over.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
begin();
