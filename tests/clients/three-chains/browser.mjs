// What a browser adds to a request: the cookies it keeps, and the Origin header.

const PATIENCE_MS = 10_000;

export class Browser {
  #server;
  #cookies = new Map();

  constructor(server) {
    this.#server = server;
  }

  get(path) {
    return this.#request('GET', path);
  }

  post(path, body) {
    return this.#request('POST', path, body);
  }

  delete(path) {
    return this.#request('DELETE', path);
  }

  /** Status, body (read as JSON where it is JSON) and a line that says what was asked. */
  async #request(method, path, body) {
    const headers = { origin: this.#server.origin };
    if (this.#cookies.size > 0) headers.cookie = this.#cookieHeader();
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(new URL(path, this.#server), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    this.#keepCookies(response.headers.getSetCookie());
    const text = await response.text();
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
    return {
      asked: `${method} ${path}`,
      status: response.status,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  }

  #cookieHeader() {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ');
  }

  #keepCookies(lines) {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const [name, value] = splitOnce(pair);
      if (isOver(attributes)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

// Max-Age wins over Expires, as in browsers.
function isOver(attributes) {
  const said = new Map(attributes.map(splitOnce).map(([name, value]) => [name.toLowerCase(), value]));
  if (said.has('max-age')) return Number(said.get('max-age')) <= 0;
  return said.has('expires') && Date.parse(said.get('expires')) <= Date.now();
}

function splitOnce(text) {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
