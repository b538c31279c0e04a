// Demo mode: the message that a real bank would have sent, shown where its code is asked for.
import { ApiError, ConnectionLost } from "./api.js";
import { h } from "./dom.js";
import { linkButton } from "./form.js";

/** `find()`: the message {text, code}, or none. `note`: what is different in the demo. */
export function demoMessage(find, note = null) {
  const line = h("p", { class: "hint outbox", role: "status" });
  const show = async () => {
    try {
      const message = await find();
      line.replaceChildren(...(message ? words(message) : ["No message has arrived yet."]));
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      line.replaceChildren(error.message);
    }
  };
  const element = h("div", { class: "demo-message" }, note && h("p", { class: "hint" }, note), linkButton("Demo: show the message with the code", show), line);
  return { element, clear: () => line.replaceChildren() };
}

function words({ text, code }) {
  return code ? [`${text} `, h("strong", { class: "demo-code" }, code)] : [text];
}
