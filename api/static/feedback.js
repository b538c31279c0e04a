// What the customer thinks of an answer: a thumb, and a comment after a thumb down. Said again, it replaces what was said.
import { ApiError, ConnectionLost } from "./api.js";
import { h, icon } from "./dom.js";

const LONGEST = 1_000; // characters of a comment
const THUMBS = { up: "Good answer", down: "Bad answer" };

export class Feedback {
  element;
  #api;
  #turnId;
  #rating = null;
  #sending = false;
  #buttons;
  #more = h("div", { class: "feedback-more" });
  #note = h("p", { class: "hint", role: "status" });

  /** `rating`: what was said before, or null. */
  constructor(api, turnId, rating = null) {
    this.#api = api;
    this.#turnId = turnId;
    this.#buttons = Object.entries(THUMBS).map(([rating, label]) => this.#thumb(rating, label));
    const thumbs = h("div", { class: "thumbs", role: "group", "aria-label": "Was this answer good?" }, this.#buttons);
    this.element = h("div", { class: "feedback" }, thumbs, this.#more, this.#note);
    this.#show(rating);
  }

  #thumb(rating, label) {
    const attributes = { type: "button", class: "thumb", "aria-label": label, title: label, "data-rating": rating };
    return h("button", { ...attributes, on: { click: () => this.#judge(rating) } }, icon(`thumb-${rating}`));
  }

  async #judge(rating) {
    if (await this.#send({ rating })) {
      this.#more.replaceChildren(...(rating === "down" ? [this.#form()] : []));
      this.#note.textContent = "Thank you.";
    }
  }

  #form() {
    const field = h("textarea", { rows: 2, maxlength: LONGEST, placeholder: "What was wrong? (optional)", "aria-label": "What was wrong?" });
    const submit = async (event) => {
      event.preventDefault();
      const comment = field.value.trim();
      if (comment && (await this.#send({ rating: "down", comment }))) {
        this.#more.replaceChildren();
        this.#note.textContent = "Thank you for telling us.";
      }
    };
    return h("form", { on: { submit } }, field, h("button", { type: "submit", class: "button small" }, "Send"));
  }

  /** Whether the bank has it. What went wrong is told beside the thumbs: nothing else of the chat depends on it. */
  async #send(body) {
    if (this.#sending) return false;
    this.#sending = true;
    const before = this.#rating;
    this.#show(body.rating);
    try {
      await this.#api.judgeTurn(this.#turnId, body);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.#show(before);
      this.#note.textContent = error.message;
      return false;
    } finally {
      this.#sending = false;
    }
  }

  #show(rating) {
    this.#rating = rating;
    for (const button of this.#buttons) button.setAttribute("aria-pressed", String(button.dataset.rating === rating));
  }
}
