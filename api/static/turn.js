// One turn's events, each exactly once, across dropped connections.
import { ApiError, ConnectionLost } from "./api.js";
import { readEvents } from "./sse.js";

const SILENCE = 45_000; // ms; the server sends a comment every 15 s
const ATTEMPTS = 6; // reconnections in a row that bring nothing new
const FIRST_WAIT = 250; // ms, doubled each time
const LONGEST_WAIT = 4_000; // ms

/** What the browser knows of a turn: enough to take up its stream where it broke. */
export class Turn {
  id;
  lastEventId = "";
  #seen = new Set();

  constructor(id = null) {
    this.id = id;
  }

  /** The event's content, or null when it was applied before. */
  accept(event) {
    const content = { ...JSON.parse(event.data), type_: event.type };
    if (event.type === "turn") this.id = content.turn_id;
    if (event.id && this.#seen.has(event.id)) return null;
    if (event.id) {
      this.#seen.add(event.id);
      this.lastEventId = event.id;
    }
    return content;
  }
}

/**
 * Yields the events of the stream that `open` starts, up to and including `done` or `error`. The name of an event is
 * in `type_`, since `confirm` has a `type` of its own.
 * Throws ApiError when the server refuses, ConnectionLost when the end cannot be had.
 */
export async function* follow(api, turn, open, signal) {
  let stream = await open();
  turn.id ??= stream.turnId;
  for (let attempt = 0; ; ) {
    try {
      for await (const event of readEvents(stream.body, SILENCE)) {
        const content = turn.accept(event);
        if (!content) continue;
        attempt = 0;
        yield content;
        if (event.type === "done" || event.type === "error") return;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    for (stream = null; !stream; attempt += 1) {
      if (!turn.id || attempt >= ATTEMPTS) throw new ConnectionLost();
      await pause(attempt, signal);
      stream = await reopen(api, turn, signal);
    }
  }
}

/** The stream again, or null when it is worth another try. */
async function reopen(api, turn, signal) {
  try {
    return await api.resumeTurn(turn.id, turn.lastEventId, signal);
  } catch (error) {
    if (error instanceof ConnectionLost) return null;
    if (error instanceof ApiError && (error.status === 429 || error.status >= 500)) return null;
    throw error;
  }
}

function pause(attempt, signal) {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt) * (0.75 + Math.random() / 2);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, wait);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}
