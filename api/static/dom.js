// Builds DOM nodes. Text only ever becomes a text node: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `on` holds listeners, true/false switch an attribute, null leaves it out, the rest are attributes. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  plus: "M12 5v14M5 12h14",
  menu: "M4 7h16M4 12h16M4 17h10",
  close: "M6 6l12 12M18 6 6 18",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 11v5M13.5 11v5",
  check: "M5 12.5 10 17.5 19 7",
  alert: "M12 7.5v6M12 17h.01M12 3l10 18H2z",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  shield: "M12 3l7.5 3v5.5c0 4.6-3.2 7.9-7.5 9.5-4.3-1.6-7.5-4.9-7.5-9.5V6z",
  down: "M12 5v14M5.5 12.5 12 19l6.5-6.5",
  retry: "M19 12a7 7 0 1 1-2.2-5.1M19.5 4v4.5H15",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-3.8 3.8-6 7.5-6s6.7 2.2 7.5 6",
  chat: "M4 5.5h16v11H10L5.5 20v-3.5H4z",
  "thumb-up": "M7 10.5v9H4v-9zM7 10.5 11 3.5c1.5 0 2.5 1 2.5 2.5v3.5H19a1.5 1.5 0 0 1 1.5 1.8l-1.3 6.7a1.9 1.9 0 0 1-1.9 1.5H7",
  "thumb-down": "M7 13.5v-9H4v9zM7 13.5 11 20.5c1.5 0 2.5-1 2.5-2.5v-3.5H19a1.5 1.5 0 0 0 1.5-1.8L19.2 6a1.9 1.9 0 0 0-1.9-1.5H7",
  external: "M13.5 5H19v5.5M19 5l-8 8M17 14v5H5V7h5",
};

/** A line icon, hidden from assistive technology: the text beside it says the same. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The bank's mark. */
export function mark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  for (const [tag, attributes] of [
    ["rect", { width: 32, height: 32, rx: 9, class: "mark-ground" }],
    ["path", { d: "M8 11.5h16M16 11.5V24", class: "mark-letter" }],
    ["circle", { cx: 23, cy: 22, r: 2.4, class: "mark-dot" }],
  ]) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    svg.append(shape);
  }
  return svg;
}

/** The address if it is http(s) after resolving against `base`, else null. */
export function safeUrl(address, base) {
  try {
    const url = new URL(String(address), base);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
