// The login dialog. The password stays in its field and is emptied when the dialog closes.
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
      h("label", { class: "field" }, h("span", {}, "Email"), this.#email),
      h("label", { class: "field" }, h("span", {}, "Password"), this.#password),
      this.#message,
      this.#submit,
      this.#demo,
    );
    const cleared = () => { this.#password.value = ""; this.#message.textContent = ""; };
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

  #fill(email, password) {
    this.#email.value = email;
    this.#password.value = password;
    this.#login();
  }

  async #login() {
    if (this.#submit.disabled) return;
    this.#submit.disabled = true;
    this.#message.textContent = "";
    try {
      const customer = await this.#api.login(this.#email.value, this.#password.value);
      this.element.close();
      this.#entered(customer);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.#message.textContent = error.message;
    } finally {
      this.#submit.disabled = false;
    }
  }
}
