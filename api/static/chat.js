// The conversation: what is shown, what is being sent, what went wrong.
import { ApiError, ConnectionLost } from "./api.js";
import { Composer } from "./composer.js";
import { ConfirmCard } from "./confirm.js";
import { h, icon } from "./dom.js";
import { Feedback } from "./feedback.js";
import { greeting } from "./greeting.js";
import { AssistantMessage, customerMessage } from "./message.js";
import { findOpenChat, keepOpenChat } from "./open_chat.js";
import { Scroller } from "./scroller.js";
import { follow, Turn } from "./turn.js";

/** What the bank says of an operation -> the state of its card. */
const SETTLED = { completed: "approved", cancelled: "denied", expired: "expired", failed: "failed" };
/** The customer can mend these by writing something else, so the text goes back to the composer. */
const MENDABLE = new Set([400, 413, 422]);
const LONGEST_OPEN = 15 * 60_000; // ms that a turn can have something left to tell: an answer, or a decision that waits

export class Chat {
  element;
  #api;
  #hooks;
  #customer = null;
  #owner = null;
  #before = findOpenChat();
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

  /** The chat that this page showed before it was loaded again. */
  async goOn() {
    const before = this.#before;
    if (before?.owner === this.#customer?.id && this.#empty) await this.open(before.session, before.turn);
  }

  /** A chat of before. `turnId`: its last turn, which may not be over yet. */
  async open(sessionId, turnId = null) {
    const messages = await this.#api.history(sessionId);
    this.#begin(sessionId);
    const shown = messages.map((message) => this.#past(message));
    this.#log.replaceChildren(...shown.map(({ element }) => element));
    this.#scroller.toEnd();
    this.focus();
    const last = messages.at(-1);
    if (turnId && messages.every((message) => message.turn_id !== turnId)) await this.#takeUp(turnId);
    else if (last && this.#api.now() - Date.parse(last.created_at) < LONGEST_OPEN) await this.#askAgain(last.turn_id, shown.at(-1));
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
        this.#keep(event.turn_id);
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
      // Said again: the decision was not taken. Where none was made, the card stands as it did.
      if (known.state === "sending") known.reopen("Please check and try again.");
      return;
    }
    const card = new ConfirmCard(operation, this.#api, this.#demo, (decision) => this.#decide(card, decision, turn.id));
    this.#cards.set(operation.operation_id, card);
    card.setBusy(this.#abort !== null);
    message.addCard(card);
  }

  /** Goes on with a turn that was running when the page was loaded again. Its question is told once it is over. */
  async #takeUp(turnId) {
    const message = new AssistantMessage(this.#api.base);
    this.#log.append(message.element);
    this.#scroller.toEnd();
    try {
      await this.#run(new Turn(turnId), (signal) => this.#api.resumeTurn(turnId, "", signal), message);
      const messages = message.element.isConnected ? await this.#api.history(this.#sessionId) : [];
      const asked = messages.find(({ role, turn_id: id }) => role === "user" && id === turnId);
      if (asked) message.element.before(customerMessage(asked.content));
    } catch (error) {
      if (message.empty) message.element.remove();
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
    }
  }

  /** Shows again what a turn asked to be approved, while it waits. */
  async #askAgain(turnId, message) {
    const turn = new Turn(turnId);
    try {
      for await (const event of follow(this.#api, turn, () => this.#api.resumeTurn(turnId, ""), new AbortController().signal)) {
        const asked = event.type_ === "done" && event.confirmation;
        if (asked && message.element.isConnected && Date.parse(asked.expires_at) > this.#api.now()) this.#confirm(asked, message, turn);
      }
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
    }
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
    this.#keep(null);
    this.#hooks.changed(sessionId);
  }

  #keep(turnId) {
    const isKept = this.#customer && this.#sessionId && this.#api.isOwnPage;
    keepOpenChat(isKept ? { owner: this.#customer.id, session: this.#sessionId, turn: turnId } : null);
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
    if (role !== "assistant") return { element: customerMessage(content) };
    const message = new AssistantMessage(this.#api.base);
    for (const citation of citations ?? []) message.addCitation(citation);
    message.addText(content);
    message.end();
    message.setFeedback(new Feedback(this.#api, turnId, rating));
    return message;
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
