// The bank's HTTP interface. The access token lives in this object and nowhere else.

/** The server answered with an error envelope. `retryAfter`: seconds to wait, or null. */
export class ApiError extends Error {
  constructor(status, code, message, retryAfter) {
    super(message);
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
  #skew = 0;

  constructor(base) {
    this.#base = base;
  }

  get base() {
    return this.#base;
  }

  /** Milliseconds since the epoch by the server's clock, as far as its Date header told. */
  now() {
    return Date.now() + this.#skew;
  }

  async login(email, password) {
    const { access_token: token, customer } = await this.#json("POST", "api/v1/auth/login", { email, password });
    if (!customer) throw new ApiError(403, "not_a_customer", "This login is for staff. The assistant serves customers.", null);
    this.#token = token;
    return customer;
  }

  logout() {
    this.#token = null;
  }

  /** The demo bank's logins; none where the bank is not a demo. */
  async demoLogins() {
    try {
      return (await this.#json("GET", "api/v1/demo")).logins;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return [];
      throw error;
    }
  }

  async demoOutbox() {
    return (await this.#json("GET", "api/v1/demo/outbox")).messages;
  }

  /** A page of what was done for the customer: {activity, next_cursor}. */
  activity(cursor) {
    return this.#json("GET", cursor ? `api/v1/activity?cursor=${encodeURIComponent(cursor)}` : "api/v1/activity");
  }

  async sessions() {
    return (await this.#json("GET", "api/v1/sessions")).sessions;
  }

  async history(sessionId) {
    return (await this.#json("GET", `api/v1/chat/history/${encodeURIComponent(sessionId)}`)).messages;
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

  async #json(method, path, body) {
    const response = await this.#fetch(method, path, { body });
    return (await response.json()).data;
  }

  async #stream(method, path, options) {
    const headers = { ...options.headers, Accept: "text/event-stream" };
    const response = await this.#fetch(method, path, { ...options, headers });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new ConnectionLost();
    return { body: response.body, turnId: response.headers.get("x-turn-id") };
  }

  async #fetch(method, path, { body, headers = {}, signal } = {}) {
    const all = { Accept: "application/json", ...headers };
    if (body) all["Content-Type"] = "application/json";
    if (this.#token) all.Authorization = `Bearer ${this.#token}`;
    const options = { method, headers: all, body: body && JSON.stringify(body), signal, credentials: "omit", cache: "no-store" };
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
  return new ApiError(response.status, envelope?.code ?? "unknown", message, retryAfter);
}
