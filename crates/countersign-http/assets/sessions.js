// Where one is signed in: the list, and the ways out of each.

import { createClient } from './client.js';

const ENGLISH = {
  sessions_title: 'Where you are signed in',
  sessions_lead: 'Everywhere your account is signed in to {site}. End what you do not know.',
  this_device: 'This device',
  signed_in_at: 'Signed in {time}',
  seen_at: 'last seen {time}',
  end: 'Sign out',
  end_others: 'Sign out everywhere else',
  ended: 'Signed out there.',
  over: 'You are signed out.',
  sign_in: 'Sign in',
  home: 'Back to {site}',
  e_sessions: 'That did not work.|Please try again. {code}',
};

const boot = JSON.parse(document.querySelector('#boot').textContent);
const words = { ...ENGLISH, ...boot.words };
const client = createClient();
const page = document.querySelector('main');
const status = element('p', { className: 'reader', role: 'status' });
const list = element('ul', { className: 'list' });
const row = element('div', { className: 'row' });
const trouble = element('div', { hidden: true, className: 'note bad', role: 'alert' });

function t(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

function element(tag, { role, label, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (role) made.setAttribute('role', role);
  if (label) made.setAttribute('aria-label', label);
  made.append(...children);
  return made;
}

const time = (text) => new Date(text).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
const button = (text, onclick, label) => element('button', { type: 'button', label, onclick: () => attempt(onclick) }, text);

async function attempt(action) {
  trouble.hidden = true;
  try {
    await action();
  } catch (error) {
    if (error.status === 401) return over();
    const [what, advice] = t('e_sessions', { code: [error.code, error.requestId].filter(Boolean).join(' ') }).split('|');
    trouble.replaceChildren(element('b', {}, what), element('p', {}, advice ?? ''));
    trouble.hidden = false;
  }
}

function entry({ handle, account, method, created_at, last_seen, current }) {
  const address = account.split(':').pop();
  const times = `${t('signed_in_at', { time: time(created_at) })}, ${t('seen_at', { time: time(last_seen) })} (${method})`;
  const end = async () => {
    await (current ? client.signOut() : client.endSession(handle));
    status.textContent = t('ended');
    await show();
  };
  const tag = current ? [element('span', { className: 'tag' }, t('this_device'))] : [];
  return element('li', { className: 'session' },
    element('div', {}, element('span', { className: 'address' }, address), ...tag, element('p', { className: 'soft' }, times)),
    button(t('end'), end, `${t('end')}: ${times}`));
}

async function show() {
  const sessions = await client.sessions();
  sessions.sort((a, b) => Number(b.current) - Number(a.current));
  list.replaceChildren(...sessions.map(entry));
  const others = () => sessions.filter(({ current }) => !current);
  const endOthers = async () => {
    // The list has an end, so what lies beyond it shows up once these are gone.
    for (let left = others(); left.length > 0; left = (await client.sessions()).filter(({ current }) => !current)) {
      await Promise.all(left.slice(0, 8).map(({ handle }) => client.endSession(handle).catch((error) => {
        if (error.status !== 404) throw error; // it ended by itself
      })));
    }
    status.textContent = t('ended');
    await show();
  };
  row.replaceChildren(...(others().length > 0 ? [button(t('end_others'), endOthers)] : []));
}

function over() {
  const link = element('a', { className: 'button main', href: 'login?return_to=' + encodeURIComponent(location.pathname) }, t('sign_in'));
  list.replaceChildren();
  row.replaceChildren(link);
  status.textContent = t('over');
  trouble.hidden = true;
}

function frame() {
  document.title = t('sessions_title');
  page.className = 'wide';
  page.replaceChildren(
    element('header', {}, element('h1', {}, t('sessions_title')), element('p', { className: 'soft site' }, t('sessions_lead', { site: boot.site }))),
    status, trouble, list, row,
    element('footer', {}, element('p', {}, element('a', { href: boot.return_to }, t('home', { site: boot.site })))),
  );
}

addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
frame();
attempt(show);
