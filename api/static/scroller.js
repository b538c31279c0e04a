// Keeps the end of the conversation in view, unless the reader has scrolled up.
import { h, icon } from "./dom.js";

const NEAR = 64; // px from the end that still count as the end

export class Scroller {
  element;
  #view;
  #jump;
  #following = true;
  #top = 0;

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
    this.#top = this.#view.scrollTop;
    this.#jump.hidden = true;
  }

  #moved() {
    const { scrollTop, scrollHeight, clientHeight } = this.#view;
    // The event comes late: what has grown meanwhile below is no reader who has scrolled up.
    const isUp = scrollTop < this.#top;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.#following = isAtEnd || (this.#following && !isUp);
    this.#top = scrollTop;
    this.#jump.hidden = this.#following;
  }
}
