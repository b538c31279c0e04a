// The card that asks the customer to approve or cancel one prepared operation.
import { h, icon } from "./dom.js";
import { card as cardName, day, money, time } from "./format.js";
import { demoMessage } from "./outbox.js";

const OUTCOMES = {
  approved: ["check", "Approved"],
  denied: ["close", "Cancelled. Nothing was changed."],
  expired: ["clock", "Expired. Nothing was changed; ask again if you still want this."],
  failed: ["alert", "This could not be done."],
  decided: ["check", "You have decided on this already."],
};

let count = 0;

/**
 * States: pending, sending, approved, denied, expired, failed, decided, unknown. Only pending takes a decision, so a press
 * counts once; unknown (no answer came) offers to send the same decision again, which the bank executes at most once.
 */
export class ConfirmCard {
  element;
  operation;
  state = "pending";
  #decide;
  #timer;
  #last = null;
  #api;

  /** `decide({operation_id, decision, code?})` is called with the customer's choice. */
  constructor(operation, api, demo, decide) {
    this.operation = operation;
    this.#api = api;
    this.#decide = decide;
    this.#build(operation, demo);
    this.#expireLater();
  }

  /** While a turn runs the bank takes no decision, so the buttons wait. */
  setBusy(busy) {
    this.fieldset.disabled = busy || this.state !== "pending";
  }

  /** Back to a choice, with the reason beside it (a wrong code, a bank that is not available). */
  reopen(message) {
    this.#show("pending");
    this.note.textContent = message;
    this.setBusy(false);
    this.#expireLater();
    if (this.code) {
      this.code.value = "";
      this.code.focus();
    }
  }

  settle(state, message = null) {
    clearTimeout(this.#timer);
    this.#show(state);
    const [symbol, text] = OUTCOMES[state];
    this.actions.replaceChildren(h("p", { class: "outcome" }, icon(symbol), h("span", {}, message ?? text)));
  }

  lost() {
    this.#show("unknown");
    const again = h("button", { type: "button", class: "button" }, "Check again");
    again.addEventListener("click", () => this.#send(this.#last));
    const text = "We did not hear back from the bank. Checking again is safe: this is done at most once.";
    this.actions.replaceChildren(h("p", { class: "outcome" }, icon("alert"), h("span", {}, text)), again);
  }

  #build(operation, demo) {
    count += 1;
    const title = h("h3", { id: `tg-confirm-${count}` }, "Please confirm");
    const summary = h("p", { class: "confirm-summary", id: `tg-summary-${count}` }, operation.summary);
    this.note = h("p", { class: "confirm-note", role: "alert" });
    this.fieldset = h("fieldset", {}, this.#codeField(operation, demo), this.#buttons());
    this.form = h("form", { novalidate: true, on: { submit: (event) => this.#approve(event) } }, this.note, this.fieldset);
    this.actions = h("div", { class: "confirm-actions" }, this.form);
    this.element = h(
      "section",
      { class: "confirm", "data-state": "pending", "aria-labelledby": `${title.id} ${summary.id}` },
      h("header", {}, icon("shield"), title, operation.expires_at && h("span", { class: "expiry" }, icon("clock"), `Until ${time(operation.expires_at)}`)),
      summary,
      facts(operation, this.#api.now()),
      this.actions,
    );
  }

  #codeField(operation, demo) {
    if (!operation.step_up) return null;
    this.code = h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "12", required: true });
    const label = h("label", { class: "field" }, h("span", {}, "Security code"), this.code);
    const hint = h("p", { class: "hint" }, "We sent you a code for this. Enter it here only, never in the chat.");
    const sent = async () => (await this.#api.demoOutbox()).find((message) => message.operation_id === operation.operation_id);
    return h("div", { class: "step-up" }, label, hint, demo && demoMessage(sent).element);
  }

  #buttons() {
    const cancel = h("button", { type: "button", class: "button" }, "Cancel");
    cancel.addEventListener("click", () => this.#send({ operation_id: this.operation.operation_id, decision: "deny" }));
    return h("div", { class: "buttons" }, h("button", { type: "submit", class: "button primary" }, "Approve"), cancel);
  }

  #approve(event) {
    event.preventDefault();
    const decision = { operation_id: this.operation.operation_id, decision: "approve" };
    const code = this.code?.value.trim();
    if (this.code && !code) {
      this.note.textContent = "Enter the security code first.";
      this.code.focus();
      return;
    }
    this.#send(code ? { ...decision, code } : decision);
  }

  #send(decision) {
    if (this.state !== "pending" && this.state !== "unknown") return;
    clearTimeout(this.#timer);
    this.#last = decision;
    this.#show("sending");
    this.note.textContent = "";
    if (!this.form.isConnected) this.actions.replaceChildren(this.form);
    this.#decide(decision);
  }

  #show(state) {
    this.state = state;
    this.element.dataset.state = state;
    this.fieldset.disabled = state !== "pending";
    if (state === "pending" && !this.form.isConnected) this.actions.replaceChildren(this.form);
  }

  #expireLater() {
    clearTimeout(this.#timer);
    if (!this.operation.expires_at) return;
    const left = Date.parse(this.operation.expires_at) - this.#api.now();
    this.#timer = setTimeout(() => this.state === "pending" && this.settle("expired"), Math.max(0, left));
  }
}

function facts(operation, now) {
  const rows = [
    ["Amount", operation.amount && money(operation.amount, operation.currency), "amount"],
    ["To", operation.payee],
    ["From", operation.account],
    ["Into", operation.to_account],
    ["Card", operation.card && cardName(operation.card)],
    ["When", operation.date && day(operation.date, now)],
    ["Fee", operation.fee && (Number(operation.fee) === 0 ? "None" : money(operation.fee, operation.currency))],
  ].filter(([, value]) => value);
  return h("dl", {}, rows.map(([name, value, kind]) => h("div", { class: kind ?? null }, h("dt", {}, name), h("dd", {}, value))));
}
