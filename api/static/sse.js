// Server-sent events from a fetch body, parsed as the HTML standard says (section "Interpreting an event stream").

/** Turns text, cut anywhere, into events {id, type, data}. An event without its closing blank line is dropped. */
export class EventParser {
  #rest = "";
  #afterReturn = false;
  #start = true;
  #type = "";
  #data = [];
  #id = "";

  push(text) {
    if (this.#start && text) {
      if (text.startsWith("\uFEFF")) text = text.slice(1);
      this.#start = false;
    }
    // A CRLF cut between its two characters is one line end, not two.
    if (this.#afterReturn && text.startsWith("\n")) text = text.slice(1);
    if (text) this.#afterReturn = text.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop();
    return lines.map((line) => this.#line(line)).filter(Boolean);
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  #dispatch() {
    const event = this.#data.length ? { id: this.#id, type: this.#type || "message", data: this.#data.join("\n") } : null;
    this.#type = "";
    this.#data = [];
    return event;
  }
}

/** The events of a response body. Ends with the body; throws when the connection breaks or is silent for `silence` ms. */
export async function* readEvents(body, silence) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await withDeadline(reader.read(), silence);
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Not awaited: a broken connection has nothing left to cancel and rejects.
    reader.cancel().catch(() => undefined);
  }
}

function withDeadline(promise, milliseconds) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError("the stream went silent")), milliseconds);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}
