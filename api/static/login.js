// Logging in by password. A login may need a second step: the code of an app, or the password that links an account of
// another provider.
import { h } from "./dom.js";
import { codeField, EntryForm, field, Form, linkButton, links } from "./form.js";

export class LoginForm extends EntryForm {
  title = "Log in";
  #api;
  #hooks;
  #email = field("Email", { type: "email", name: "email", autocomplete: "username", maxlength: "254" });
  #password = field("Password", { type: "password", name: "password", autocomplete: "current-password", maxlength: "256" });
  #code = codeField("Code of your authenticator app, or a recovery code");
  #passwordFields = h("div", { class: "fields" }, this.#email.element, this.#password.element);
  #join = h("button", { type: "button", class: "button ghost wide", hidden: true, on: { click: () => this.#register() } }, "I am new here: become a customer");
  #links;
  #others = h("div", { class: "others" });
  #demo = h("div", { class: "demo" });
  #challenge = null;
  #unlinked = null;

  /** `hooks`: {entered(customer, isNew), forgot(email), register(email)}. */
  constructor(api, hooks) {
    super();
    this.#api = api;
    this.#hooks = hooks;
    this.#links = links(
      linkButton("Forgotten your password?", () => hooks.forgot(this.#email.input.value)),
      linkButton("Become a customer", () => hooks.register(this.#email.input.value)));
    this.form = new Form({
      first: this.#email.input,
      above: [this.#passwordFields, this.#code.element],
      action: "Log in",
      below: [this.#join, this.#links, this.#others, this.#demo],
      submit: () => this.#login(),
      mends: (error) => this.#wanted(error),
    });
    this.#ask(null);
  }

  open(reason, email, news) {
    this.lead = reason;
    if (email) this.#email.input.value = email;
    if (news) this.form.tell(news);
  }

  focus() {
    (this.#email.input.value ? this.#password.input : this.#email.input).focus();
  }

  clear() {
    const email = this.#email.input.value;
    super.clear();
    this.#email.input.value = email;
    this.#ask(null);
    this.#offerLink(null);
  }

  showDemo(logins) {
    const buttons = logins.map(({ email, password, name }) =>
      h("button", { type: "button", class: "demo-login", on: { click: () => this.#fill(email, password) } }, h("strong", {}, name), h("span", {}, email)));
    this.#demo.replaceChildren(h("p", { class: "hint" }, "This is a demo bank. Log in as"), ...buttons);
  }

  /** Accounts elsewhere to log in with: `login_url` leaves the page. */
  showProviders(providers) {
    const links = providers.map(({ label, login_url: address }) => h("a", { class: "button ghost wide", href: new URL(address, this.#api.base) }, `Log in with ${label}`));
    this.#others.replaceChildren(...links);
  }

  /** Why somebody who came from another provider is not in yet. */
  refuse(error) {
    this.form.refuse(error.message, this.#wanted(error));
  }

  /** What the server wants besides: the field to fill, or null. */
  #wanted(error) {
    if (error.code === "totp_required") this.#ask(error.details.challenge);
    else if (error.code === "challenge_expired") this.#ask(null);
    else if (error.code === "identity_unknown") this.#offerLink(error.details);
    else if (error.code === "ticket_expired") this.#offerLink(null);
    if (this.#challenge) return this.#code.input;
    return error.code === "wrong_credentials" ? this.#password.input : null;
  }

  #ask(challenge) {
    this.#challenge = challenge;
    this.#code.input.value = "";
    this.#code.element.hidden = this.#code.input.disabled = !challenge;
    this.#passwordFields.hidden = this.#links.hidden = Boolean(challenge);
    this.#email.input.required = this.#password.input.required = !challenge;
  }

  #offerLink(unlinked) {
    this.#unlinked = unlinked;
    this.#join.hidden = !(unlinked?.name && unlinked.email);
    if (unlinked?.email) this.#email.input.value = unlinked.email;
  }

  #register() {
    const { ticket, name, email } = this.#unlinked;
    return this.form.run(async () => this.#hooks.entered(await this.#api.registerIdentity(ticket, name, email), true));
  }

  #fill(email, password) {
    this.#email.input.value = email;
    this.#password.input.value = password;
    return this.form.run(() => this.#login());
  }

  async #login() {
    this.#hooks.entered(await this.#enter(this.#email.input.value, this.#password.input.value));
  }

  #enter(email, password) {
    if (this.#challenge) return this.#api.answerChallenge(this.#challenge, this.#code.input.value);
    if (this.#unlinked) return this.#api.linkIdentity(this.#unlinked.ticket, email, password);
    return this.#api.login(email, password);
  }
}
