// The conversation: what is shown, what is being sent, what went wrong.
import { ApiError, ConnectionLost } from "./api.js";
import { Composer } from "./composer.js";
import { ConfirmCard } from "./confirm.js";
import { h, icon } from "./dom.js";
import { Feedback } from "./feedback.js";
import { greeting } from "./greeting.js";
import { AssistantMessage, customerMessage } from "./message.js";
import { Scroller } from "./scroller.js";
import { follow, Turn } from "./turn.js";

/** What the bank says of an operation -> the state of its card. */
const SETTLED = { completed: "approved", cancelled: "denied", expired: "expired", failed: "failed" };
/** The customer can mend these by writing something else, so the text goes back to the composer. */
const MENDABLE = new Set([400, 413, 422]);

export class Chat {
  element;
  #api;
  #hooks;
  #customer = null;
  #owner = null;
  #sessionId = null;
  #expired = false;
  #demo = false;
  #abort = null;
  #cards = new Map();
  #log = h("div", { class: "column", role: "log", "aria-live": "polite", "aria-label": "Conversation" });
  #status = h("p", { class: "hidden", role: "status" });
  #composer = new Composer((text) => this.send(text));
  #scroller = new Scroller(this.#log);

  /** `hooks`: {login(reason?), expired(), changed(sessionId)}. */
  constructor(api, hooks) {
    this.#api = api;
    this.#hooks = hooks;
    this.element = h("main", { class: "chat" }, this.#scroller.element, this.#status, this.#composer.element);
    this.clear();
  }

  set demo(demo) {
    this.#demo = demo;
  }

  focus() {
    this.#composer.focus();
  }

  /** Somebody logged in. A chat that another customer began is put away first. */
  enter(customer) {
    const same = this.#owner === customer.id;
    this.#customer = customer;
    this.#expired = false;
    if (!same && (this.#owner || this.#empty)) this.clear();
    else if (!same) {
      this.#begin(null);
      this.#log.append(h("p", { class: "divider" }, `Logged in as ${customer.name}`));
    }
    this.#owner = customer.id;
    this.focus();
  }

  leave() {
    this.#customer = null;
    this.#composer.text = "";
    this.clear();
  }

  /** A new, empty chat. */
  clear() {
    this.#begin(null);
    this.#owner = this.#customer?.id ?? null;
    this.#expired = false;
    this.#log.replaceChildren(greeting(this.#customer, (text) => this.send(text)));
  }

  async open(sessionId) {
    const messages = await this.#api.history(sessionId);
    this.#begin(sessionId);
    this.#log.replaceChildren(...messages.map((message) => this.#past(message)));
    this.#scroller.toEnd();
    this.focus();
  }

  get sessionId() {
    return this.#sessionId;
  }

  async send(text) {
    if (this.#abort) return;
    if (this.#expired) {
      this.#composer.text = text;
      this.#hooks.expired();
      return;
    }
    this.#tidy();
    const exchange = [customerMessage(text), new AssistantMessage(this.#api.base)];
    this.#log.append(exchange[0], exchange[1].element);
    this.#scroller.toEnd();
    this.focus();
    try {
      await this.#run(new Turn(), (signal) => this.#api.startTurn(text, this.#sessionId, signal), exchange[1], text);
    } catch (error) {
      this.#failed(error, text, exchange);
    }
  }

  /** Drives one stream into `message`; the last event, or null when the chat was put away meanwhile. */
  async #run(turn, open, message, text = null) {
    const abort = new AbortController();
    this.#abort = abort;
    this.#setBusy(true);
    let last = null;
    try {
      for await (const event of follow(this.#api, turn, () => open(abort.signal), abort.signal)) {
        if (abort.signal.aborted) return null;
        this.#apply(event, message, turn, text);
        last = event;
      }
    } catch (error) {
      if (abort.signal.aborted) return null;
      throw error;
    } finally {
      message.end();
      if (this.#abort === abort) this.#rest();
    }
    this.#hooks.changed(this.#sessionId);
    return last;
  }

  #apply(event, message, turn, text) {
    switch (event.type_) {
      case "turn":
        this.#sessionId = event.session_id;
        break;
      case "route":
        message.route = event.route;
        break;
      case "tool_call":
        message.addTool(event);
        break;
      case "tool_result":
        message.endTool(event);
        break;
      case "citation":
        message.addCitation(event);
        break;
      case "token":
        message.addText(event.text);
        break;
      case "confirm":
        this.#confirm(event, message, turn);
        break;
      case "done":
        this.#done(event, message, turn);
        break;
      case "error":
        message.setFoot(this.#notice(event.message, text === null ? null : () => this.#again(text, message)));
        break;
    }
  }

  #done(event, message, turn) {
    if (event.answer) message.setText(event.answer);
    message.setFeedback(new Feedback(this.#api, turn.id));
    this.#settle(event.operation);
    const steps = (event.suggested_next_steps ?? []).map((step) => this.#chip(step));
    const login = !this.#customer && ["operation", "fraud"].includes(message.route) && this.#loginButton();
    if (login || steps.length) message.setFoot(h("div", { class: "chips" }, login || null, steps));
    this.#status.textContent = "Answer ready";
  }

  /** Also for a decision that was typed: "yes" ends the card it speaks of. */
  #settle(operation) {
    const card = operation && this.#cards.get(operation.operation_id);
    if (card && SETTLED[operation.status]) card.settle(SETTLED[operation.status]);
  }

  #confirm(operation, message, turn) {
    const known = this.#cards.get(operation.operation_id);
    if (known) {
      known.reopen("Please check and try again.");
      return;
    }
    const card = new ConfirmCard(operation, this.#api, this.#demo, (decision) => this.#decide(card, decision, turn.id));
    this.#cards.set(operation.operation_id, card);
    card.setBusy(true);
    message.addCard(card);
  }

  /** A decision is carried out by a turn of its own. */
  async #decide(card, decision, askedBy) {
    const message = new AssistantMessage(this.#api.base);
    this.#tidy();
    this.#log.append(message.element);
    this.#scroller.toEnd();
    try {
      const last = await this.#run(new Turn(), (signal) => this.#api.confirmTurn(askedBy, decision, signal), message);
      if (last?.type_ === "error") card.reopen(last.message);
      else if (last && card.state === "sending") card.settle(decision.decision === "approve" ? "approved" : "denied");
      if (card.state !== "pending") this.focus();
    } catch (error) {
      if (message.empty) message.element.remove();
      this.#undecided(error, card);
    }
  }

  /** The bank took no decision, or we cannot tell. */
  #undecided(error, card) {
    if (error instanceof ConnectionLost) card.lost();
    else if (!(error instanceof ApiError)) throw error;
    else if (error.code === "already_decided") card.settle("decided", error.message);
    else if (error.code.includes("expired") && error.status !== 401) card.settle("expired");
    else if (error.status === 401) {
      card.reopen("Log in again to decide.");
      this.#logInAgain();
    } else if (error.status === 429 || error.status >= 500) card.reopen(error.message);
    else if (card.code && MENDABLE.has(error.status)) card.reopen(error.message);
    else card.settle("failed", error.message);
  }

  #failed(error, text, [mine, answer]) {
    if (error instanceof ApiError && error.status === 401) {
      mine.remove();
      answer.element.remove();
      this.#composer.text = text;
      this.#logInAgain();
    } else if (error instanceof ApiError && MENDABLE.has(error.status)) {
      mine.remove();
      this.#composer.text = text;
      answer.setFoot(this.#notice(error.message));
    } else if (error instanceof ApiError || error instanceof ConnectionLost) {
      if (error.status === 404) this.#begin(null);
      const wait = error.retryAfter ? ` Please wait ${error.retryAfter} ${error.retryAfter === 1 ? "second" : "seconds"}.` : "";
      answer.setFoot(this.#notice(error.message + wait, () => this.#again(text, answer)));
    } else throw error;
  }

  #logInAgain() {
    this.#expired = true;
    this.#hooks.expired();
  }

  /** Sends a failed message again in the place of its first attempt. */
  #again(text, answer) {
    const mine = answer.element.previousElementSibling;
    if (mine?.classList.contains("customer")) mine.remove();
    answer.element.remove();
    this.send(text);
  }

  #begin(sessionId) {
    this.#abort?.abort();
    this.#rest();
    this.#cards.clear();
    this.#sessionId = sessionId;
    this.#hooks.changed(sessionId);
  }

  #rest() {
    this.#abort = null;
    this.#setBusy(false);
  }

  #setBusy(busy) {
    this.#composer.setBusy(busy);
    for (const card of this.#cards.values()) card.setBusy(busy);
    if (busy) this.#status.textContent = "Writing an answer";
  }

  get #empty() {
    return !this.#log.querySelector(".message");
  }

  /** Old suggestions and the greeting make room for what comes. */
  #tidy() {
    for (const old of this.#log.querySelectorAll(".greeting, .foot > .chips")) old.remove();
  }

  #past({ role, content, citations, turn_id: turnId, rating }) {
    if (role !== "assistant") return customerMessage(content);
    const message = new AssistantMessage(this.#api.base);
    for (const citation of citations ?? []) message.addCitation(citation);
    message.addText(content);
    message.end();
    message.setFeedback(new Feedback(this.#api, turnId, rating));
    return message.element;
  }

  #chip(text) {
    return h("button", { type: "button", class: "chip", on: { click: () => this.send(text) } }, text);
  }

  #loginButton() {
    return h("button", { type: "button", class: "chip strong", on: { click: () => this.#hooks.login() } }, "Log in");
  }

  #notice(text, retry = null) {
    const button = retry && h("button", { type: "button", class: "button small", on: { click: retry } }, icon("retry"), "Try again");
    return h("div", { class: "notice", role: "alert" }, icon("alert"), h("p", {}, text), button);
  }
}
