// The customer's authenticator app, whether a code of it is asked for at login, and the recovery codes in its place.
import { ApiError, ConnectionLost } from "./api.js";
import { h } from "./dom.js";
import { codeField, field, Form, linkButton } from "./form.js";
import { demoMessage } from "./outbox.js";

export class SecondFactorSection {
  element;
  demo = false;
  #api;
  #credentials;
  #guard;
  #asked = 0;
  #message = h("p", { class: "form-error", role: "alert" });
  #body = h("div", { class: "section-body" });

  /** `guard(action)` does what needs a login. */
  constructor(api, credentials, guard) {
    this.#api = api;
    this.#credentials = credentials;
    this.#guard = guard;
    this.element = h("details", { class: "section", on: { toggle: () => this.element.open && this.#try(() => this.#load()) } },
      h("summary", {}, "A code besides the password"), h("div", { class: "section-body" }, this.#message, this.#body));
  }

  open() {}

  clear() {
    this.#asked += 1;
    this.#message.textContent = "";
    this.#body.replaceChildren();
  }

  async #load() {
    const asked = ++this.#asked;
    const [app, factor] = await Promise.all([this.#credentials.app(), this.#credentials.secondFactor()]);
    if (asked !== this.#asked) return;
    if (factor.required) this.#show(this.#required(factor.recovery_codes_left));
    else if (app.in_use) this.#show(this.#inUse());
    else this.#show(this.#none());
  }

  #show({ element }) {
    this.#body.replaceChildren(element);
  }

  #none() {
    const begin = async () => this.#show(this.#setUp(await this.#credentials.beginApp()));
    const why = "With an authenticator app on your phone, its codes approve your payments, and your login can ask for one too.";
    const start = h("button", { type: "button", class: "button wide", on: { click: () => this.#try(begin) } }, "Set up an app");
    return { element: h("div", { class: "section-body" }, h("p", { class: "hint" }, why), start) };
  }

  #setUp({ secret, otpauth_uri: address, operation_id: operationId }) {
    const app = codeField("Code that the app shows");
    const sent = field("Code that we have sent you", { name: "code", inputmode: "numeric", autocomplete: "off", minlength: "6", maxlength: "12" });
    const find = async () => (await this.#api.demoOutbox()).find((message) => message.operation_id === operationId);
    const key = h("code", { class: "secret" }, secret.replaceAll(/.{4}(?=.)/g, "$& "));
    const confirm = async () => {
      await this.#credentials.confirmApp(app.input.value, sent.input.value);
      await this.#load();
    };
    return this.#form({
      first: app.input,
      above: [
        h("p", { class: "hint" }, "Type this key into your app, or ", h("a", { href: address }, "open it on this device"), ". It is shown only now."),
        key, app.element, sent.element, this.demo && demoMessage(find).element,
      ],
      action: "Use this app",
      submit: confirm,
      mends: () => app.input,
    });
  }

  #inUse() {
    const both = this.#both();
    const demand = async () => this.#showCodes(await this.#credentials.requireSecondFactor(both.password.input.value, both.code.input.value));
    const remove = async () => {
      await this.#credentials.removeApp(both.code.input.value);
      await this.#load();
    };
    const form = this.#form({
      ...both,
      above: [h("p", { class: "hint" }, "Your app's codes approve your payments. Shall your login ask for one too?"), ...both.above],
      action: "Ask for a code at every login",
      below: [linkButton("Remove the app with a code of it", () => both.code.input.reportValidity() && form.run(() => this.#guard(remove)))],
      submit: demand,
    });
    return form;
  }

  #required(left) {
    const both = this.#both();
    const renew = async () => this.#showCodes(await this.#credentials.renewRecoveryCodes(both.password.input.value, both.code.input.value));
    const drop = async () => {
      await this.#credentials.dropSecondFactor(both.password.input.value, both.code.input.value);
      await this.#load();
    };
    const form = this.#form({
      ...both,
      above: [h("p", { class: "hint" }, `Your login asks for a code of your app. Recovery codes left: ${left}.`), ...both.above],
      action: "Give me new recovery codes",
      below: [linkButton("Ask for no code at login any more", () => form.element.reportValidity() && form.run(() => this.#guard(drop)))],
      submit: renew,
    });
    return form;
  }

  #both() {
    const password = field("Your password", { type: "password", name: "password", autocomplete: "current-password", maxlength: "256" });
    const code = codeField("Code of your app, or a recovery code", "Each code counts once: wait for the next one if you have just used it.");
    const mends = (error) => (error.code === "wrong_credentials" ? password.input : code.input);
    return { first: password.input, password, code, above: [password.element, code.element], mends };
  }

  #showCodes(codes) {
    const done = h("button", { type: "button", class: "button wide", on: { click: () => this.#try(() => this.#load()) } }, "I have kept them");
    this.#body.replaceChildren(h("div", { class: "section-body", role: "status" },
      h("p", { class: "hint" }, "Your recovery codes. Each is good once in place of a code of the app. They are shown only now: keep them where others do not find them."),
      h("ul", { class: "recovery-codes" }, codes.map((code) => h("li", {}, h("code", {}, code))))), done);
    done.focus();
  }

  #form({ submit, ...parts }) {
    return new Form({ ...parts, submit: () => this.#guard(submit) });
  }

  async #try(action) {
    this.#message.textContent = "";
    try {
      await this.#guard(action);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.#message.textContent = error.message;
    }
  }
}
