// What the forms about a login share: fields with labels, one place that says what went wrong, one request at a time.
// What is typed stays in its field, and is emptied when the form is left.
import { ApiError, ConnectionLost } from "./api.js";
import { h } from "./dom.js";

let count = 0;

/** A labelled input {element, input}; `hint` is read with it. */
export function field(label, attributes, hint = null) {
  count += 1;
  const id = `tg-hint-${count}`;
  const input = h("input", { required: true, "aria-describedby": hint && id, ...attributes });
  const note = hint && h("p", { class: "hint", id }, hint);
  return { input, element: h("div", { class: "fields tight" }, h("label", { class: "field" }, h("span", {}, label), input), note) };
}

export function codeField(label, hint = null) {
  return field(label, { name: "code", inputmode: "numeric", autocomplete: "one-time-code", minlength: "6", maxlength: "20", spellcheck: "false" }, hint);
}

/** A password that is to be chosen, which can be looked at until `clear()` (NIST SP 800-63B-4, 3.1.1.2). */
export function newPasswordField(label) {
  const rules = "At least 10 characters. A few plain words work well.";
  const { element, input } = field(label, { type: "password", name: "new-password", autocomplete: "new-password", minlength: "10", maxlength: "200" }, rules);
  const show = linkButton("", () => hide(input.type === "text"));
  const hide = (hidden) => {
    input.type = hidden ? "password" : "text";
    show.textContent = hidden ? "Show what I type" : "Hide what I type";
  };
  const clear = () => hide(true);
  clear();
  element.append(show);
  return { element, input, clear };
}

/** Whose password it is, for the browser's password manager alone. */
export function usernameField(email) {
  return h("input", { type: "email", name: "username", autocomplete: "username", readonly: true, hidden: true, value: email });
}

/** A line of plain words that looks like a link and does something. */
export function linkButton(text, action) {
  return h("button", { type: "button", class: "link", on: { click: action } }, text);
}

export function links(...buttons) {
  return h("div", { class: "links" }, buttons);
}

export class Form {
  element;
  #message = h("p", { class: "form-error", role: "alert", id: `tg-error-${(count += 1)}` });
  #news = h("p", { class: "form-news", role: "status" });
  #submit;
  #first;
  #mends;

  /** `submit()` does the work: what it throws is shown, and leads to the field that `mends(error)` names. `first` has the
   * focus; `above` and `below` the button stands the rest. */
  constructor({ first, above, action, below = [], submit, mends = () => null }) {
    this.#first = first;
    this.#mends = mends;
    this.#submit = h("button", { type: "submit", class: "button primary wide" }, action);
    const submitted = (event) => { event.preventDefault(); this.run(submit); };
    this.element = h("form", { on: { submit: submitted } }, above, this.#news, this.#message, this.#submit, below);
  }

  focus() {
    this.#first.focus();
  }

  /** Says what went well. */
  tell(text) {
    this.#message.textContent = "";
    this.#news.textContent = text;
  }

  /** Says what went wrong, and leads to the field that can mend it. */
  refuse(text, input = null) {
    this.#news.textContent = "";
    this.#mark(input);
    if (input) input.closest(".fields").after(this.#message);
    else this.#submit.before(this.#message);
    this.#message.textContent = text;
    input?.focus();
    this.#message.scrollIntoView({ block: "nearest" });
  }

  /** Empties the fields, and what was said. */
  clear() {
    this.element.reset();
    this.tell("");
    this.#mark(null);
  }

  /** One at a time. */
  async run(action) {
    if (this.#submit.disabled) return;
    this.#submit.disabled = true;
    this.tell("");
    this.#mark(null);
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      this.refuse(error.message, this.#mends(error));
    } finally {
      this.#submit.disabled = false;
    }
  }

  #mark(input) {
    for (const each of this.element.querySelectorAll("[aria-invalid]")) {
      each.removeAttribute("aria-invalid");
      each.removeAttribute("aria-errormessage");
    }
    input?.setAttribute("aria-invalid", "true");
    input?.setAttribute("aria-errormessage", this.#message.id);
  }
}

/** What the way in shows: a form under a title, with a word before it. Who extends it makes the `form`, and names the `parts`
 * that have to `clear()` what they show when it is left. */
export class EntryForm {
  lead = "";
  form;
  parts = [];

  get element() {
    return this.form.element;
  }

  focus() {
    this.form.focus();
  }

  clear() {
    this.form.clear();
    for (const part of this.parts) part.clear();
  }
}
