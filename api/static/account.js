// "Your login": the customer's own password, where they are logged in, and the code that may be asked for besides.
import { isOver } from "./api.js";
import { DevicesSection } from "./devices.js";
import { h, icon } from "./dom.js";
import { linkButton } from "./form.js";
import { PasswordSection } from "./password.js";
import { SecondFactorSection } from "./second_factor.js";

export class AccountDialog {
  element;
  #hooks;
  #sections;
  #who = h("p", { class: "lead" });

  /** `hooks`: {expired(), left(), leave(), verify()}. */
  constructor(api, credentials, hooks) {
    this.#hooks = hooks;
    const guard = (action) => this.#guard(action);
    this.#sections = [new PasswordSection(credentials, guard), new DevicesSection(api, credentials, guard, hooks.left), new SecondFactorSection(api, credentials, guard)];
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => this.element.close() } }, icon("close"));
    const leave = h("button", { type: "button", class: "button wide", on: { click: () => { this.element.close(); hooks.leave(); } } }, "Log out");
    const body = h("div", { class: "dialog-body" },
      h("header", {}, h("h2", { id: "tg-account-title" }, "Your login"), close),
      this.#who,
      this.#sections.map((section) => section.element),
      leave);
    this.element = h("dialog", { class: "login account-dialog", "aria-labelledby": "tg-account-title", on: { close: () => this.#clear() } }, body);
  }

  set demo(demo) {
    this.#sections.at(-1).demo = demo;
  }

  open(customer) {
    const verify = linkButton("Confirm it", () => { this.element.close(); this.#hooks.verify(); });
    this.#who.replaceChildren(customer.email, ...(customer.verified === false ? [" is not confirmed yet. ", verify] : []));
    for (const section of this.#sections) section.open(customer);
    this.element.showModal();
  }

  #clear() {
    for (const section of this.#sections) {
      section.element.open = false;
      section.clear();
    }
  }

  /** Does what needs a login: one that is over closes the dialog and asks for another. */
  async #guard(action) {
    try {
      return await action();
    } catch (error) {
      if (!isOver(error)) throw error;
      this.element.close();
      this.#hooks.expired();
      return null;
    }
  }
}
