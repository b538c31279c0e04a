// "What was done for me": the customer's own ledger, a page at a time.
import { ApiError, ConnectionLost } from "./api.js";
import { h, icon } from "./dom.js";
import { time, when } from "./format.js";

const DOORS = { chat: "in a chat", rest: "by an app of yours", mcp: "by a program that you let in", openai: "by a program that you let in", staff: "by the bank's staff", schedule: "on its day", bank: "by the bank" };

export class ActivityDialog {
  element;
  #api;
  #expired;
  #now;
  #list = h("ol", { class: "ledger-list" });
  #message = h("p", { class: "form-error", role: "alert" });
  #more = h("button", { type: "button", class: "button ghost wide", hidden: true, on: { click: () => this.#next() } }, "Show earlier");
  #cursor = null;
  #asked = 0;

  /** `expired()` is called where the login is over; `now()` is the server's time in ms. */
  constructor(api, expired, now) {
    this.#api = api;
    this.#expired = expired;
    this.#now = now;
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => this.element.close() } }, icon("close"));
    const body = h("div", { class: "dialog-body" },
      h("header", {}, h("h2", { id: "tg-activity-title" }, "What was done for me"), close),
      h("p", { class: "lead" }, "Everything that was looked up or prepared with your data, and by whom."),
      this.#message, this.#list, this.#more);
    this.element = h("dialog", { class: "login ledger", "aria-labelledby": "tg-activity-title", on: { close: () => this.#clear() } }, body);
  }

  open() {
    this.#clear();
    this.element.showModal();
    return this.#next();
  }

  async #next() {
    const asked = ++this.#asked;
    this.#more.disabled = true;
    this.#message.textContent = "";
    try {
      const { activity, next_cursor: cursor } = await this.#api.activity(this.#cursor);
      if (asked !== this.#asked) return;
      this.#cursor = cursor;
      this.#list.append(...activity.map((line) => this.#row(line)));
      if (!this.#list.childElementCount) this.#list.append(h("li", { class: "empty" }, "Nothing yet."));
      this.#more.hidden = !cursor;
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      if (asked !== this.#asked) return;
      if (error.status === 401) { this.element.close(); this.#expired(); }
      else { this.#message.textContent = error.message; this.#more.hidden = false; }
    } finally {
      this.#more.disabled = false;
    }
  }

  #row({ at, what, door }) {
    const day = when(at, this.#now());
    const moment = day === time(at) ? day : `${day}, ${time(at)}`;
    return h("li", {}, h("span", {}, what), h("small", {}, h("time", { datetime: at }, moment), ` ${DOORS[door] ?? ""}`));
  }

  #clear() {
    this.#asked += 1;
    this.#cursor = null;
    this.#more.hidden = true;
    this.#message.textContent = "";
    this.#list.replaceChildren();
  }
}
