// Where the customer writes: Enter sends, Shift+Enter starts a line, 4,000 characters at most.
import { h, icon } from "./dom.js";

const LIMIT = 4000; // characters (code points), as the server counts
const NEAR = 3600;

export class Composer {
  element;
  #area;
  #button;
  #counter = h("p", { class: "counter", id: "tg-counter", role: "status" });
  #busy = false;
  #send;

  /** `send(text)` gets trimmed text that is neither empty nor too long. */
  constructor(send) {
    this.#send = send;
    this.#area = h("textarea", {
      rows: "1", "aria-label": "Your message", "aria-describedby": "tg-counter", placeholder: "Ask a question",
      on: { input: () => this.#update(), keydown: (event) => this.#key(event) },
    });
    this.#button = h("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"));
    const submit = (event) => { event.preventDefault(); this.#submit(); };
    this.element = h("form", { class: "composer", on: { submit } }, h("div", { class: "composer-box" }, this.#area, this.#button), this.#counter);
    this.#update();
  }

  get text() {
    return this.#area.value;
  }

  set text(text) {
    this.#area.value = text;
    this.#update();
  }

  focus() {
    this.#area.focus({ preventScroll: true });
  }

  /** Read-only rather than disabled while a turn runs: the field keeps the keyboard's focus. */
  setBusy(busy) {
    this.#busy = busy;
    this.#area.readOnly = busy;
    this.#area.setAttribute("aria-disabled", String(busy));
    this.element.dataset.busy = busy;
    this.#update();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.text.trim();
    if (this.#busy || !text || length(text) > LIMIT) return;
    this.text = "";
    this.#send(text);
  }

  #update() {
    const count = length(this.text.trim());
    const over = count - LIMIT;
    this.#counter.textContent = count < NEAR ? "" : over > 0 ? `${over.toLocaleString("en-GB")} characters too many` : `${(-over).toLocaleString("en-GB")} characters left`;
    this.element.dataset.over = over > 0;
    this.#area.setAttribute("aria-invalid", String(over > 0));
    this.#button.disabled = this.#busy || count === 0 || over > 0;
    this.#area.style.height = "auto";
    if (this.text) this.#area.style.height = `${this.#area.scrollHeight}px`;
  }
}

function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
