// The way in: one dialog that shows the form that is wanted now.
import { ApiError, ConnectionLost } from "./api.js";
import { h, icon } from "./dom.js";
import { LoginForm } from "./login.js";
import { RegisterForm } from "./register.js";
import { AskResetForm, ResetForm } from "./reset.js";
import { VerifyForm } from "./verify.js";

const WHY = "See your balance, your payments and your cards.";

export class EntryDialog {
  element;
  #api;
  #hooks;
  #login;
  #register;
  #verify;
  #ask;
  #reset;
  #shown = null;
  #title = h("h2", { id: "tg-entry-title" });
  #lead = h("p", { class: "lead" });
  #body = h("div");

  /** `hooks`: {entered(customer), verified(customer), closed()}. */
  constructor(api, credentials, hooks) {
    this.#api = api;
    this.#hooks = hooks;
    const login = (email, news) => this.#show(this.#login, WHY, email, news);
    const forgot = (email) => this.#show(this.#ask, email);
    this.#login = new LoginForm(api, { entered: (customer, isNew) => this.#entered(customer, isNew), forgot, register: (email) => this.#show(this.#register, email) });
    this.#register = new RegisterForm(api, { entered: (customer) => this.#entered(customer, true), login });
    this.#verify = new VerifyForm(api, credentials, { verified: (customer) => { this.element.close(); hooks.verified(customer); }, later: () => this.element.close() });
    this.#ask = new AskResetForm(credentials, { asked: (email, text) => this.#show(this.#reset, email, text), login });
    this.#reset = new ResetForm(credentials, { done: login, again: forgot });
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => this.element.close() } }, icon("close"));
    const body = h("div", { class: "dialog-body" }, h("header", {}, this.#title, close), this.#lead, this.#body);
    this.element = h("dialog", { class: "login", "aria-labelledby": this.#title.id, on: { close: () => this.#closed() } }, body);
  }

  open(reason = WHY) {
    this.#show(this.#login, reason);
  }

  /** Asks for the code that was sent to the customer's address. */
  verify(customer) {
    this.#show(this.#verify, customer.email);
  }

  showDemo(logins) {
    this.#login.showDemo(logins);
  }

  /** Messages stay in the demo: the forms show them. */
  set demo(demo) {
    this.#verify.demo = this.#reset.demo = demo;
  }

  showProviders(providers) {
    this.#login.showProviders(providers);
  }

  /** The browser is back from another provider: in, or with a question left. */
  async collect() {
    try {
      this.#entered(await this.#api.collectLogin());
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.open();
      this.#login.refuse(error);
    }
  }

  /** In; who is new goes on with the address. */
  #entered(customer, isNew = false) {
    const goesOn = isNew && customer.verified === false;
    if (!goesOn) this.element.close();
    this.#hooks.entered(customer);
    if (goesOn) this.verify(customer);
  }

  #show(form, ...what) {
    this.#shown?.clear();
    this.#shown = form;
    form.open(...what);
    this.#title.textContent = form.title;
    this.#lead.textContent = form.lead;
    this.#body.replaceChildren(form.element);
    if (!this.element.open) this.element.showModal();
    form.focus();
  }

  #closed() {
    if (this.element.open) return;
    this.#shown?.clear();
    this.#shown = null;
    this.#hooks.closed();
  }
}
