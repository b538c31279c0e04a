// A new password by the current one.
import { h } from "./dom.js";
import { field, Form, newPasswordField, usernameField } from "./form.js";

export class PasswordSection {
  element;
  #form;
  #email = usernameField("");
  #current = field("Current password", { type: "password", name: "current-password", autocomplete: "current-password", maxlength: "256" });
  #next = newPasswordField("New password");

  /** `guard(action)` does what needs a login. */
  constructor(credentials, guard) {
    const change = async () => {
      this.#next.clear();
      const changed = await credentials.changePassword(this.#current.input.value, this.#next.input.value);
      this.clear();
      this.#form.tell(changed.message);
    };
    this.#form = new Form({
      first: this.#current.input,
      above: [this.#email, this.#current.element, this.#next.element],
      action: "Change the password",
      submit: () => guard(change),
      mends: (error) => ({ wrong_credentials: this.#current.input, weak_password: this.#next.input })[error.code] ?? null,
    });
    this.element = h("details", { class: "section" }, h("summary", {}, "Change the password"), this.#form.element);
  }

  open(customer) {
    this.#email.defaultValue = customer.email;
  }

  clear() {
    this.#form.clear();
    this.#next.clear();
  }
}
