// One message in the chat: the customer's, or the assistant's while it is being written.
import { h, icon, mark, safeUrl } from "./dom.js";
import { pastTense, words } from "./format.js";
import { MarkdownView } from "./markdown.js";

const PREPARES = "Prepare "; // how the titles of tools begin that only propose

export function customerMessage(text) {
  return h("article", { class: "message customer", "aria-label": "You" }, h("div", { class: "bubble" }, text));
}

/** The assistant's side of a turn. Drawing is put off to the next frame, however many tokens came. */
export class AssistantMessage {
  element;
  text = "";
  #content = h("div", { class: "md" });
  #activity = h("ul", { class: "activity" });
  #waiting = h("p", { class: "waiting" }, h("span"), h("span"), h("span"), h("em", { class: "hidden" }, "Writing an answer"));
  #cards = h("div", { class: "cards" });
  #sources = h("ol", { class: "sources", "aria-label": "Sources" });
  #feedback = h("div", {});
  #foot = h("div", { class: "foot" });
  #citations = new Map();
  #tools = new Map();
  #prepared = [];
  #view;
  #base;
  #frame = null;

  constructor(base) {
    this.#base = base;
    this.#view = new MarkdownView(this.#content, { base, cite: (n) => this.#citations.get(n) ?? null });
    const body = h("div", { class: "body" }, this.#activity, this.#content, this.#waiting, this.#cards, this.#sources, this.#feedback, this.#foot);
    this.element = h("article", { class: "message assistant", "aria-label": "Teller", "aria-busy": "true" }, mark(), body);
  }

  addText(text) {
    this.text += text;
    this.#waiting.remove();
    this.#draw();
  }

  /** The whole answer, as the server stands by it. */
  setText(text) {
    if (text === this.text) return;
    this.text = text;
    this.#draw();
  }

  addTool({ id, name, title }) {
    const text = title || words(name);
    const line = h("li", { "data-state": "running" }, icon("clock"), h("span", {}, text));
    this.#tools.set(id, { text, line });
    this.#activity.append(line);
  }

  endTool({ id, ok }) {
    const tool = this.#tools.get(id);
    if (!tool) return;
    // Whether there is something to confirm is told later: the tool may have asked or refused.
    if (ok && tool.text.startsWith(PREPARES)) this.#prepared.push(tool);
    else this.#endTool(tool, ok);
  }

  #endTool(tool, ok) {
    tool.line.dataset.state = ok ? "done" : "failed";
    tool.line.replaceChildren(icon(ok ? "check" : "alert"), h("span", {}, ok ? pastTense(tool.text) : `${tool.text}: not possible`));
  }

  addCitation({ n, title, url, quote }) {
    const address = safeUrl(url, this.#base);
    if (!address || this.#citations.has(n)) return;
    this.#citations.set(n, address);
    const about = h("span", { class: "source-text" }, h("strong", {}, title), quote && h("q", {}, quote));
    const link = h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, h("span", { class: "number" }, String(n)), about, icon("external"));
    this.#sources.append(h("li", {}, link));
    this.#view.invalidate();
    this.#draw();
  }

  addCard(card) {
    for (const tool of this.#prepared.splice(0)) this.#endTool(tool, true);
    this.#waiting.remove();
    this.#cards.append(card.element);
  }

  /** Thumbs, once the answer is whole. */
  setFeedback(feedback) {
    this.#feedback.replaceChildren(feedback.element);
  }

  /** What stands below the answer: the next steps, a way to log in, or what went wrong. */
  setFoot(...nodes) {
    this.#foot.replaceChildren(...nodes);
  }

  end() {
    for (const tool of this.#prepared.splice(0)) tool.line.remove();
    this.#waiting.remove();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#render();
    this.element.setAttribute("aria-busy", "false");
  }

  get empty() {
    return !this.text && !this.#cards.childElementCount;
  }

  #draw() {
    this.#frame ??= requestAnimationFrame(() => this.#render());
  }

  #render() {
    this.#frame = null;
    this.#view.update(this.text);
  }
}
