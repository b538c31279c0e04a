// Confirming the e-mail address with the code that was sent to it.
import { codeField, EntryForm, Form, linkButton, links } from "./form.js";
import { demoMessage } from "./outbox.js";

export class VerifyForm extends EntryForm {
  title = "Confirm your email";
  #code = codeField("Code from the message", "Six digits, good for 15 minutes. Until your address is confirmed no money goes out and no contact details change.");
  #demo;

  /** `hooks`: {verified(customer), later()}. */
  constructor(api, credentials, hooks) {
    super();
    const newest = async () => (await api.demoOutbox()).find((message) => !message.operation_id);
    this.#demo = demoMessage(newest, "This is a demo bank: no email is sent, the message is kept here for you.");
    this.#demo.element.hidden = true;
    const send = async () => {
      const { message } = await credentials.sendVerification();
      this.form.tell(message);
      this.#demo.clear();
      this.form.focus();
    };
    this.form = new Form({
      first: this.#code.input,
      above: [this.#code.element, this.#demo.element],
      action: "Confirm",
      below: [links(linkButton("Send a new code", () => this.form.run(send)), linkButton("Not now", hooks.later))],
      submit: async () => hooks.verified(await credentials.confirmVerification(this.#code.input.value)),
      mends: () => this.#code.input,
    });
    this.parts = [this.#demo];
  }

  set demo(demo) {
    this.#demo.element.hidden = !demo;
  }

  open(email) {
    this.lead = `We have sent a code to ${email}.`;
  }
}
