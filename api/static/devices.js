// Where the customer is logged in: each can be logged out, or all.
import { ApiError, ConnectionLost } from "./api.js";
import { h } from "./dom.js";
import { time, when } from "./format.js";

const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]];
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS X", "Mac"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];

export class DevicesSection {
  element;
  #api;
  #credentials;
  #guard;
  #left;
  #asked = 0;
  #list = h("ul", { class: "devices" });
  #message = h("p", { class: "form-error", role: "alert" });
  #all = h("button", { type: "button", class: "button danger wide", on: { click: () => this.#try(() => this.#leaveAll()) } }, "Log out everywhere");

  /** `guard(action)` does what needs a login; `left()` is called once the customer is logged out everywhere. */
  constructor(api, credentials, guard, left) {
    this.#api = api;
    this.#credentials = credentials;
    this.#guard = guard;
    this.#left = left;
    this.element = h("details", { class: "section", on: { toggle: () => this.element.open && this.#try(() => this.#load()) } },
      h("summary", {}, "Where you are logged in"),
      h("div", { class: "section-body" }, this.#message, this.#list, this.#all));
  }

  open() {}

  clear() {
    this.#asked += 1;
    this.#message.textContent = "";
    this.#list.replaceChildren();
  }

  async #load() {
    const asked = ++this.#asked;
    const sessions = await this.#credentials.sessions();
    if (asked === this.#asked) this.#list.replaceChildren(...sessions.map((session) => this.#row(session)));
  }

  #row({ session_id: id, user_agent: agent, last_used_at: used, current }) {
    const name = device(agent);
    const day = when(used, this.#api.now());
    const moment = day === time(used) ? day : `${day}, ${time(used)}`;
    const end = h("button", { type: "button", class: "button small", "aria-label": `Log out ${name}, used ${moment}`, on: { click: () => this.#try(() => this.#end(id)) } }, "Log out");
    const last = current ? "This one" : ["Last used ", h("time", { datetime: used }, moment)];
    return h("li", {}, h("span", { title: agent }, name, h("small", {}, last)), current ? null : end);
  }

  async #end(id) {
    await this.#credentials.endSession(id);
    this.element.querySelector("summary").focus();
    await this.#load();
  }

  async #leaveAll() {
    await this.#api.logoutEverywhere();
    this.#left();
  }

  async #try(action) {
    this.#message.textContent = "";
    this.#all.disabled = true;
    try {
      await this.#guard(action);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.#message.textContent = error.message;
    } finally {
      this.#all.disabled = false;
    }
  }
}

/** What a User-Agent header says, in words. */
function device(agent) {
  const find = (names) => names.find(([token]) => agent.includes(token))?.[1];
  const browser = find(BROWSERS), system = find(SYSTEMS);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? "Another program";
}
