// Keeps the end of the conversation in view, unless the reader has scrolled up.
import { h, icon } from "./dom.js";

const NEAR = 64; // px from the end that still count as the end

export class Scroller {
  element;
  #view;
  #jump;
  #following = true;

  constructor(content) {
    this.#view = h("div", { class: "scroll", tabindex: "-1", on: { scroll: () => this.#moved() } }, content);
    this.#jump = h("button", { type: "button", class: "jump", "aria-label": "To the newest message", hidden: true, on: { click: () => this.toEnd() } }, icon("down"));
    this.element = h("div", { class: "scroller" }, this.#view, this.#jump);
    const grown = new ResizeObserver(() => this.#following && this.toEnd());
    grown.observe(content);
    grown.observe(this.#view);
  }

  toEnd() {
    this.#following = true;
    this.#view.scrollTop = this.#view.scrollHeight;
    this.#jump.hidden = true;
  }

  #moved() {
    const { scrollTop, scrollHeight, clientHeight } = this.#view;
    this.#following = scrollHeight - scrollTop - clientHeight < NEAR;
    this.#jump.hidden = this.#following;
  }
}
