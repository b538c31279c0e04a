// The list of a customer's past chats.
import { h, icon } from "./dom.js";
import { when } from "./format.js";

export class SessionList {
  element;
  #list = h("ul");
  #handlers;
  #current = null;
  #now;

  /** `handlers`: {open(id), remove(id), activity()}; `now()` is the server's time in ms. */
  constructor(handlers, now) {
    this.#handlers = handlers;
    this.#now = now;
    const activity = h("button", { type: "button", class: "button ghost wide", on: { click: () => handlers.activity() } }, icon("shield"), h("span", {}, "What was done for me"));
    this.element = h("nav", { class: "sessions", "aria-label": "Past chats" }, h("h2", {}, "Past chats"), this.#list, activity);
  }

  show(sessions) {
    // The list comes anew after each turn: a question that is open in it stays, with the focus.
    const asking = new Map([...this.#list.querySelectorAll(".session-ask")].map((question) => [question.parentElement.dataset.session, question.parentElement]));
    const focused = this.#list.getRootNode().activeElement;
    const rows = sessions.map((session) => asking.get(session.session_id) ?? this.#row(session));
    this.#list.replaceChildren(...(rows.length ? rows : [h("li", { class: "empty" }, "Your chats will be listed here.")]));
    if (this.#list.contains(focused)) focused.focus();
    this.mark(this.#current);
  }

  mark(sessionId) {
    this.#current = sessionId;
    for (const row of this.#list.querySelectorAll("[data-session]")) {
      row.querySelector(".session-open")?.setAttribute("aria-current", String(row.dataset.session === sessionId));
    }
  }

  #row({ session_id: id, title, updated_at: updated }) {
    const name = title || "Untitled chat";
    const open = h("button", { type: "button", class: "session-open", on: { click: () => this.#handlers.open(id) } }, h("span", {}, name), h("time", { datetime: updated }, when(updated, this.#now())));
    const remove = h("button", { type: "button", class: "quiet", "aria-label": `Delete ${name}` }, icon("trash"));
    const row = h("li", { "data-session": id }, open, remove);
    remove.addEventListener("click", () => this.#ask(row, id, [open, remove]));
    return row;
  }

  #ask(row, id, usual) {
    const yes = h("button", { type: "button", class: "button small danger", on: { click: () => this.#handlers.remove(id) } }, "Delete");
    const no = h("button", { type: "button", class: "button small", on: { click: () => { row.replaceChildren(...usual); usual[1].focus(); } } }, "Keep");
    row.replaceChildren(h("span", { class: "session-ask" }, "Delete this chat?"), yes, no);
    no.focus();
  }
}
