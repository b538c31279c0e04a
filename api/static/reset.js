// A forgotten password: a code is sent to the address, and sets a new one. Neither form tells whether there is such a login.
import { EntryForm, field, Form, linkButton, links, newPasswordField, usernameField } from "./form.js";
import { demoMessage } from "./outbox.js";

export class AskResetForm extends EntryForm {
  title = "Forgotten password";
  lead = "Enter the email that you log in with. We send a code to it, with which you set a new password.";
  #email = field("Email", { type: "email", name: "email", autocomplete: "email", maxlength: "254" });

  /** `hooks`: {asked(email, text), login(email)}. */
  constructor(credentials, hooks) {
    super();
    const submit = async () => {
      const email = this.#email.input.value;
      const { message } = await credentials.askReset(email);
      hooks.asked(email, message);
    };
    const arrived = () => this.element.reportValidity() && hooks.asked(this.#email.input.value, "Enter the code that we have sent you.");
    this.form = new Form({
      first: this.#email.input,
      above: [this.#email.element],
      action: "Send me a code",
      below: [links(linkButton("I have a code", arrived), linkButton("Back to the login", () => hooks.login(this.#email.input.value)))],
      submit,
    });
  }

  open(email) {
    if (email) this.#email.input.value = email;
  }
}

export class ResetForm extends EntryForm {
  title = "Set a new password";
  #email = usernameField("");
  #code = field("Code from the message", { name: "code", autocomplete: "one-time-code", maxlength: "100", autocapitalize: "none", spellcheck: "false" }, "Good for 15 minutes, once. Copy all of it.");
  #password = newPasswordField("New password");
  #demo;

  /** `hooks`: {done(email, text), again(email)}. */
  constructor(credentials, hooks) {
    super();
    const note = "This is a demo bank: no email is sent, and whoever knows an address can read its message here.";
    this.#demo = demoMessage(() => credentials.demoMailbox(this.#email.value), note);
    this.#demo.element.hidden = true;
    const submit = async () => {
      this.#password.clear();
      const { message } = await credentials.resetPassword(this.#email.value, this.#code.input.value, this.#password.input.value);
      hooks.done(this.#email.value, message);
    };
    this.form = new Form({
      first: this.#code.input,
      above: [this.#email, this.#code.element, this.#demo.element, this.#password.element],
      action: "Set the new password",
      below: [linkButton("Send me another code", () => hooks.again(this.#email.value))],
      submit,
      mends: (error) => (error.code === "weak_password" ? this.#password.input : this.#code.input),
    });
    this.parts = [this.#password, this.#demo];
  }

  set demo(demo) {
    this.#demo.element.hidden = !demo;
  }

  open(email, text) {
    this.#email.value = email;
    this.lead = text;
  }
}
