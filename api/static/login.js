// The login dialog. The password stays in its field and is emptied when the dialog closes. A login may need a second step:
// the code of an app, or the password that links an account of another provider.
import { ApiError, ConnectionLost } from "./api.js";
import { h, icon } from "./dom.js";

export class LoginDialog {
  element;
  #api;
  #entered;
  #demo = h("div", { class: "demo" });
  #message = h("p", { class: "form-error", role: "alert" });
  #reason = h("p", { class: "lead" });
  #email = h("input", { type: "email", name: "email", autocomplete: "username", required: true, maxlength: "254" });
  #password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true, maxlength: "256" });
  #code = h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "20", spellcheck: "false" });
  #codeField = h("label", { class: "field", hidden: true }, h("span", {}, "Code of your authenticator app, or a recovery code"), this.#code);
  #passwordFields = h("div", { class: "fields" }, h("label", { class: "field" }, h("span", {}, "Email"), this.#email), h("label", { class: "field" }, h("span", {}, "Password"), this.#password));
  #others = h("div", { class: "others" });
  #join = h("button", { type: "button", class: "button ghost wide", hidden: true, on: { click: () => this.#register() } }, "I am new here: become a customer");
  #challenge = null;
  #unlinked = null;
  #submit = h("button", { type: "submit", class: "button primary wide" }, "Log in");

  /** `entered(customer)` is called once somebody is logged in. */
  constructor(api, entered) {
    this.#api = api;
    this.#entered = entered;
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close" , on: { click: () => this.element.close() } }, icon("close"));
    const form = h(
      "form",
      { on: { submit: (event) => { event.preventDefault(); this.#login(); } } },
      h("header", {}, h("h2", { id: "tg-login-title" }, "Log in"), close),
      this.#reason,
      this.#passwordFields,
      this.#codeField,
      this.#message,
      this.#submit,
      this.#join,
      this.#others,
      this.#demo,
    );
    const cleared = () => { this.#password.value = ""; this.#message.textContent = ""; this.#ask(null); this.#offerLink(null); };
    this.element = h("dialog", { class: "login", "aria-labelledby": "tg-login-title", on: { close: cleared } }, form);
  }

  open(reason = "See your balance, your payments and your cards.") {
    this.#reason.textContent = reason;
    if (!this.element.open) this.element.showModal();
    (this.#email.value ? this.#password : this.#email).focus();
  }

  showDemo(logins) {
    if (!logins.length) return;
    const buttons = logins.map(({ email, password, name }) =>
      h("button", { type: "button", class: "demo-login", on: { click: () => this.#fill(email, password) } }, h("strong", {}, name), h("span", {}, email)));
    this.#demo.replaceChildren(h("p", { class: "hint" }, "This is a demo bank. Log in as"), ...buttons);
  }

  /** Accounts elsewhere to log in with: `login_url` leaves the page. */
  showProviders(providers) {
    const links = providers.map(({ label, login_url: address }) => h("a", { class: "button ghost wide", href: new URL(address, this.#api.base) }, `Log in with ${label}`));
    this.#others.replaceChildren(...links);
  }

  /** The browser is back from another provider: in, or with a question left. */
  async collect() {
    try {
      this.#entered(await this.#api.collectLogin());
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.open();
      this.#refused(error);
    }
  }

  /** What the server wants besides. */
  #refused(error) {
    if (error.code === "totp_required") this.#ask(error.details.challenge);
    else if (error.code === "challenge_expired") this.#ask(null);
    else if (error.code === "identity_unknown") this.#offerLink(error.details);
    else if (error.code === "ticket_expired") this.#offerLink(null);
    this.#message.textContent = error.message;
  }

  #ask(challenge) {
    this.#challenge = challenge;
    this.#code.value = "";
    this.#codeField.hidden = !challenge;
    this.#passwordFields.hidden = Boolean(challenge);
    this.#email.required = this.#password.required = !challenge;
    this.#code.required = Boolean(challenge);
    if (challenge) this.#code.focus();
  }

  #offerLink(unlinked) {
    this.#unlinked = unlinked;
    this.#join.hidden = !(unlinked?.name && unlinked.email);
    if (unlinked?.email) this.#email.value = unlinked.email;
  }

  #register() {
    const { ticket, name, email } = this.#unlinked;
    return this.#try(() => this.#api.registerIdentity(ticket, name, email));
  }

  #fill(email, password) {
    this.#email.value = email;
    this.#password.value = password;
    this.#login();
  }

  #login() {
    const email = this.#email.value, password = this.#password.value;
    return this.#try(() => {
      if (this.#challenge) return this.#api.answerChallenge(this.#challenge, this.#code.value);
      if (this.#unlinked) return this.#api.linkIdentity(this.#unlinked.ticket, email, password);
      return this.#api.login(email, password);
    });
  }

  async #try(enter) {
    if (this.#submit.disabled) return;
    this.#submit.disabled = true;
    this.#message.textContent = "";
    try {
      const customer = await enter();
      this.element.close();
      this.#entered(customer);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.#refused(error);
    } finally {
      this.#submit.disabled = false;
    }
  }
}
