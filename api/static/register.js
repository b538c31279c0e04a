// Becoming a customer: in at once, with an address that is still to be confirmed.
import { EntryForm, field, Form, linkButton, newPasswordField } from "./form.js";

export class RegisterForm extends EntryForm {
  title = "Become a customer";
  lead = "You are logged in at once. Your accounts come when we have checked who you are.";
  #name = field("Your full name", { name: "name", autocomplete: "name", maxlength: "100" });
  #email = field("Email", { type: "email", name: "email", autocomplete: "email", maxlength: "254" }, "We send a code to it, to be sure that it is yours.");
  #password = newPasswordField("Choose a password");

  /** `hooks`: {entered(customer), login(email)}. */
  constructor(api, hooks) {
    super();
    const submit = async () => {
      this.#password.clear();
      const customer = await api.register(this.#name.input.value, this.#email.input.value, this.#password.input.value);
      hooks.entered(customer);
    };
    const mends = (error) => ({ email_taken: this.#email.input, weak_password: this.#password.input })[error.code] ?? null;
    this.form = new Form({
      first: this.#name.input,
      above: [this.#name, this.#email, this.#password].map((each) => each.element),
      action: "Become a customer",
      below: [linkButton("I am a customer already: log in", () => hooks.login(this.#email.input.value))],
      submit,
      mends,
    });
    this.parts = [this.#password];
  }

  open(email) {
    if (email) this.#email.input.value = email;
  }
}
