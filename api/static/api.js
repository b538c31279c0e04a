// The bank's HTTP interface. The access token lives in this object and nowhere else. What renews it lives in a cookie that
// no script reads, on the bank's own pages; on a page of another site, which gets no such cookie, in this object too.

/** The server answered with an error envelope. `retryAfter`: seconds to wait, or null; `details`: what it says besides. */
export class ApiError extends Error {
  constructor(status, code, message, retryAfter, details = {}) {
    super(message);
    this.details = details;
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** No answer, or half an answer: the caller cannot know what the server did. */
export class ConnectionLost extends Error {
  constructor() {
    super("The connection to the bank was lost.");
  }
}

const EARLY = 60_000; // ms before the end of a token, or a quarter of its time, at which it is renewed

const FALLBACK = {
  401: "Please log in again.",
  404: "We could not find that.",
  409: "An answer is still being written in this chat. Try again in a moment.",
  413: "That message is too long.",
  422: "We could not read that message.",
  429: "You are sending messages faster than we can answer them.",
  503: "The assistant is not available just now.",
};

export class Api {
  #base;
  #token = null;
  #renewAt = Infinity;
  #refreshToken = null;
  #renewing = null;
  #skew = 0;
  #byCookie;

  constructor(base) {
    this.#base = base;
    this.#byCookie = new URL(base).origin === location.origin;
  }

  get base() {
    return this.#base;
  }

  /** Whether the page is the bank's own, where a login lasts over a reload. */
  get isOwnPage() {
    return this.#byCookie;
  }

  /** Milliseconds since the epoch by the server's clock, as far as its Date header told. */
  now() {
    return Date.now() + this.#skew;
  }

  login(email, password) {
    return this.#enter("login", { email, password });
  }

  /** A new customer, in at once. */
  register(name, email, password) {
    return this.#enter("register", { name, email, password });
  }

  /** The second step of a login that was refused with `totp_required`. */
  answerChallenge(challenge, code) {
    return this.#enter("login/totp", { challenge, code });
  }

  /** Other accounts to log in with: on the bank's own pages, where the browser comes back to. */
  async providers() {
    return this.#byCookie ? (await this.ask("GET", "api/v1/auth/oidc")).providers : [];
  }

  /** Who came back from another provider; refused with `identity_unknown` for somebody who is nobody here yet. */
  collectLogin() {
    return this.#enter("oidc/finish");
  }

  linkIdentity(ticket, email, password) {
    return this.#enter("oidc/link", { ticket, email, password });
  }

  registerIdentity(ticket, name, email) {
    return this.#enter("oidc/register", { ticket, name, email });
  }

  async #enter(action, body) {
    const signedIn = await this.#auth(action, body);
    if (!signedIn.customer) {
      this.#keep(signedIn);
      await this.logout();
      throw new ApiError(403, "not_a_customer", "This login is for staff. The assistant serves customers.", null);
    }
    return this.#keep(signedIn);
  }

  /** Who is logged in since before the page was loaded; null for nobody. */
  async resume() {
    if (!this.#byCookie) return null;
    try {
      return await this.#renew();
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) return null;
      throw error;
    }
  }

  /** Forgets who is logged in; the server is told, but where it cannot be had there is nothing more to do. */
  async logout() {
    const body = this.#refreshToken ? { refresh_token: this.#refreshToken } : undefined;
    this.forget();
    try {
      if (this.#byCookie || body) await this.#auth("logout", body);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
    }
  }

  /** Ends all logins of the customer, this one too. */
  async logoutEverywhere() {
    await this.#fetch("POST", "api/v1/auth/logout-everywhere", this.#transport);
    this.forget();
  }

  /** The login is over, and the server knows. */
  forget() {
    this.#token = null;
    this.#refreshToken = null;
    this.#renewAt = Infinity;
  }

  /** {logins, keeps_messages} of the demo bank; null where the bank is not a demo. */
  async demo() {
    try {
      return await this.ask("GET", "api/v1/demo");
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  /** What was sent to the customer of the demo bank, the latest first. */
  async demoOutbox() {
    return (await this.ask("GET", "api/v1/demo/outbox")).messages;
  }

  /** A page of what was done for the customer: {activity, next_cursor}. */
  activity(cursor) {
    return this.ask("GET", cursor ? `api/v1/activity?cursor=${encodeURIComponent(cursor)}` : "api/v1/activity");
  }

  async sessions() {
    return (await this.ask("GET", "api/v1/sessions")).sessions;
  }

  async history(sessionId) {
    return (await this.ask("GET", `api/v1/chat/history/${encodeURIComponent(sessionId)}`)).messages;
  }

  /** `judgement`: {rating: "up" | "down", comment?}. */
  judgeTurn(turnId, judgement) {
    return this.ask("POST", `api/v1/chat/turns/${encodeURIComponent(turnId)}/feedback`, judgement);
  }

  async deleteHistory(sessionId) {
    await this.#fetch("DELETE", `api/v1/chat/history/${encodeURIComponent(sessionId)}`);
  }

  /** Streams answer {body, turnId}; the id comes with the headers, since a broken body loses what was not yet read. */
  startTurn(message, sessionId, signal) {
    const body = sessionId ? { message, session_id: sessionId } : { message };
    return this.#stream("POST", "api/v1/chat/stream", { body, signal });
  }

  confirmTurn(turnId, decision, signal) {
    return this.#stream("POST", `api/v1/chat/turns/${encodeURIComponent(turnId)}/confirm`, { body: decision, signal });
  }

  resumeTurn(turnId, lastEventId, signal) {
    const headers = lastEventId ? { "Last-Event-ID": lastEventId } : {};
    return this.#stream("GET", `api/v1/chat/turns/${encodeURIComponent(turnId)}/events`, { headers, signal });
  }

  /** What the bank answers. */
  async ask(method, path, body) {
    const response = await this.#fetch(method, path, { body });
    return (await response.json()).data;
  }

  async #stream(method, path, options) {
    const headers = { ...options.headers, Accept: "text/event-stream" };
    const response = await this.#fetch(method, path, { ...options, headers });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new ConnectionLost();
    return { body: response.body, turnId: response.headers.get("x-turn-id") };
  }

  get #transport() {
    return this.#byCookie ? { headers: { "X-Refresh-Transport": "cookie" }, credentials: "same-origin" } : {};
  }

  /** An address that gives or takes what renews a login. */
  async #auth(action, body) {
    const response = await this.#send("POST", `api/v1/auth/${action}`, { body, ...this.#transport });
    return (await response.json()).data;
  }

  #keep({ access_token: token, expires_in: seconds, refresh_token: refreshToken, customer }) {
    this.#token = token;
    this.#refreshToken = refreshToken ?? null;
    this.#renewAt = performance.now() + seconds * 1000 - Math.min(EARLY, (seconds * 1000) / 4);
    return customer;
  }

  /** One renewal at a time: in this page by the promise, in the browser's other tabs by a lock, as a cookie is theirs too. */
  #renew() {
    this.#renewing ??= this.#alone(() => this.#renewOnce()).finally(() => { this.#renewing = null; });
    return this.#renewing;
  }

  #alone(action) {
    return this.#byCookie && navigator.locks ? navigator.locks.request("tellergraph-refresh", action) : action();
  }

  async #renewOnce() {
    const body = this.#refreshToken ? { refresh_token: this.#refreshToken } : undefined;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const signedIn = await this.#auth("refresh", body);
        if (signedIn.customer) return this.#keep(signedIn);
        throw new ApiError(403, "not_a_customer", "This login is for staff. The assistant serves customers.", null);
      } catch (error) {
        // Another tab won: by now the browser has what it was given.
        if (attempt < 2 && this.#byCookie && error.code === "refresh_raced") continue;
        throw error;
      }
    }
  }

  /** As #send, for whoever is logged in: a token that is over, or nearly so, is renewed and nobody notices. */
  async #fetch(method, path, options = {}) {
    if (this.#token && performance.now() > this.#renewAt) await this.#renewEarly();
    const token = this.#token;
    try {
      return await this.#send(method, path, { ...options, token });
    } catch (error) {
      const over = isOver(error) && token;
      if (!over || options.signal?.aborted || !(await this.#renewed(token))) throw error;
      return this.#send(method, path, { ...options, token: this.#token });
    }
  }

  /** The token is good for a while yet: if it cannot be renewed now, then later. */
  async #renewEarly() {
    try {
      await this.#renew();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
    }
  }

  /** Whether there is another token than `refused`. Throws where the bank cannot be had: that has ended no login. */
  async #renewed(refused) {
    try {
      if (this.#token === refused) await this.#renew();
      return this.#token !== null;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) return false;
      throw error;
    }
  }

  async #send(method, path, { body, headers = {}, signal, token = null, credentials = "omit" } = {}) {
    const all = { Accept: "application/json", ...headers };
    if (body) all["Content-Type"] = "application/json";
    if (token) all.Authorization = `Bearer ${token}`;
    const options = { method, headers: all, body: body && JSON.stringify(body), signal, credentials, cache: "no-store" };
    let response;
    try {
      response = await fetch(new URL(path, this.#base), options);
    } catch (error) {
      if (error instanceof TypeError) throw new ConnectionLost();
      throw error;
    }
    const date = Date.parse(response.headers.get("date"));
    if (date) this.#skew = date - Date.now();
    if (!response.ok) throw await toError(response);
    return response;
  }
}

/** Whether the login is over; a password that was asked for again may be wrong while it goes on. */
export function isOver(error) {
  return error instanceof ApiError && error.status === 401 && error.code !== "wrong_credentials";
}

async function toError(response) {
  const text = await response.text();
  let envelope = null;
  try {
    envelope = JSON.parse(text).error;
  } catch (error) {
    // A proxy in front of the bank may answer in HTML.
    if (!(error instanceof SyntaxError)) throw error;
  }
  const retryAfter = Number(response.headers.get("retry-after") ?? envelope?.details?.retry_after) || null;
  const message = envelope?.message ?? FALLBACK[response.status] ?? "Something went wrong on our side.";
  return new ApiError(response.status, envelope?.code ?? "unknown", message, retryAfter, envelope?.details ?? {});
}
