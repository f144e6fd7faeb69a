// The part of a browser that a sign-in needs: a cookie jar, an Origin header, and JSON both ways.

/** One client of one server. Two of them share nothing, as two browsers do. */
export class Browser {
  #server;
  #cookies = new Map();

  constructor(server) {
    this.#server = server;
  }

  get cookieNames() {
    return [...this.#cookies.keys()];
  }

  cookie(name) {
    return this.#cookies.get(name);
  }

  /** Puts a cookie into the jar that the server did not set just now: how a stolen or kept one comes back. */
  keepCookie(name, value) {
    this.#cookies.set(name, value);
  }

  get(path, options) {
    return this.#send("GET", path, options);
  }

  post(path, body, options) {
    return this.#send("POST", path, { ...options, body });
  }

  async #send(method, path, { body, bearer, origin = this.#server.origin, cookies = true } = {}) {
    const headers = { origin, accept: "application/json, text/plain" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
    if (cookies && this.#cookies.size > 0) {
      headers.cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    }
    const response = await fetch(new URL(path, this.#server), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    const setCookies = response.headers.getSetCookie().map(parseSetCookie);
    for (const cookie of setCookies) this.#store(cookie);
    return new Answer(`${method} ${path}`, response, await response.text(), setCookies);
  }

  #store(cookie) {
    if (cookie.removed) this.#cookies.delete(cookie.name);
    else this.#cookies.set(cookie.name, cookie.value);
  }
}

/** What came back: status, headers, text, and the cookies that were set or removed. */
class Answer {
  constructor(request, response, text, setCookies) {
    this.request = request;
    this.status = response.status;
    this.headers = response.headers;
    this.text = text;
    this.setCookies = setCookies;
  }

  get json() {
    try {
      return JSON.parse(this.text);
    } catch {
      throw new Error(
        `${this.request} answered ${this.status} with a body that is no JSON: ${this.text.slice(0, 200)}`,
      );
    }
  }
}

function parseSetCookie(header) {
  const [pair, ...rest] = header.split(";").map((part) => part.trim());
  const attributes = new Map(
    rest.map((part) => {
      const [name, ...value] = part.split("=");
      return [name.toLowerCase(), value.join("=")];
    }),
  );
  const equals = pair.indexOf("=");
  return {
    name: pair.slice(0, equals),
    value: pair.slice(equals + 1),
    attributes,
    removed: isOver(attributes),
  };
}

/** Max-Age wins over Expires, as RFC 6265 says. */
function isOver(attributes) {
  if (attributes.has("max-age")) return Number(attributes.get("max-age")) <= 0;
  if (attributes.has("expires")) return Date.parse(attributes.get("expires")) <= Date.now();
  return false;
}
