// Markdown to DOM nodes: paragraphs, headings, lists, tables, quotes, code, bold, italics, links, citations.
// Anything else, HTML included, stays text. Nesting is bounded, and so is the work per character.
import { h, safeUrl } from "./dom.js";

const DEEPEST = 6;
const BULLET = /^( *)([-*+]|\d{1,9}[.)])( +)(?=\S)/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6}) +/;
const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const DELIMITER_ROW = /^[ |:-]*-[ |:-]*$/;

/** Shows growing text in `container`: a block that did not change since the last update keeps its node. */
export class MarkdownView {
  #container;
  #links;
  #shown = [];

  /** `links`: {base, cite(n) -> address or null}. */
  constructor(container, links) {
    this.#container = container;
    this.#links = links;
  }

  update(text) {
    const blocks = parseBlocks(text.split(/\r\n|\n|\r/));
    const keys = blocks.map((block) => JSON.stringify(block));
    let same = 0;
    while (same < keys.length && keys[same] === this.#shown[same]) same += 1;
    while (this.#container.childNodes.length > same) this.#container.lastChild.remove();
    this.#container.append(...blocks.slice(same).map((block) => renderBlock(block, this.#links)));
    this.#shown = keys;
  }

  /** Forgets what is shown, so that the next update draws every link anew. */
  invalidate() {
    this.#shown = [];
  }
}

function parseBlocks(lines, depth = 0) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [block, next] = parseBlock(lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function parseBlock(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return parseFence(lines, at);
  if (HEADING.test(line)) return [{ kind: "heading", text: line.replace(HEADING, "").replace(/ #+ *$/, "") }, at + 1];
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (startsTable(lines, at)) return parseTable(lines, at);
  if (depth < DEEPEST && line.trimStart().startsWith(">")) return parseQuote(lines, at, depth);
  if (depth < DEEPEST && BULLET.test(line)) return parseList(lines, at, depth);
  return parseParagraph(lines, at, depth);
}

function startsBlock(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line) || startsTable(lines, at)) return true;
  return depth < DEEPEST && (line.trimStart().startsWith(">") || BULLET.test(line));
}

function parseParagraph(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !startsBlock(lines, end, depth)) end += 1;
  return [{ kind: "paragraph", text: lines.slice(at, end).map((line) => line.trim()).join("\n") }, end];
}

function parseFence(lines, at) {
  const fence = FENCE.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trimStart().startsWith(fence)) end += 1;
  return [{ kind: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

function parseQuote(lines, at, depth) {
  let end = at;
  while (end < lines.length && lines[end].trimStart().startsWith(">")) end += 1;
  const inner = lines.slice(at, end).map((line) => line.trimStart().replace(/^> ?/, ""));
  return [{ kind: "quote", blocks: parseBlocks(inner, depth + 1) }, end];
}

function startsTable(lines, at) {
  const next = lines[at + 1];
  return lines[at].includes("|") && next !== undefined && next.includes("|") && DELIMITER_ROW.test(next);
}

function parseTable(lines, at) {
  const align = cells(lines[at + 1]).map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left"));
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  return [{ kind: "table", align, head: cells(lines[at]), rows: lines.slice(at + 2, end).map(cells) }, end];
}

function cells(line) {
  const row = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function parseList(lines, at, depth) {
  const first = BULLET.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  const items = [];
  while (at < lines.length && continuesList(lines[at], first, ordered)) {
    const [item, next] = itemLines(lines, at, depth);
    items.push(parseBlocks(item, depth + 1));
    at = next;
  }
  return [{ kind: "list", start: ordered ? Number.parseInt(first[2], 10) : null, items }, at];
}

function continuesList(line, first, ordered) {
  const marker = BULLET.exec(line);
  return Boolean(marker) && marker[1].length <= first[1].length + 1 && /\d/.test(marker[2]) === ordered && !RULE.test(line);
}

/** The lines of the item that starts at `at`, without its marker and indent, and where the next thing starts. */
function itemLines(lines, at, depth) {
  const [marker, indent] = BULLET.exec(lines[at]);
  const item = [lines[at].slice(marker.length)];
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const inside = line.search(/\S/) >= indent.length + 2;
    const lazy = lines[end - 1].trim() && !startsBlock(lines, end, depth);
    if (line.trim() && !inside && !lazy) break;
    if (!line.trim() && !(lines[end + 1]?.search(/\S/) >= indent.length + 2)) break;
    item.push(line.slice(Math.min(marker.length, Math.max(line.search(/\S/), 0))));
  }
  while (end < lines.length && !lines[end].trim()) end += 1;
  return [item, end];
}

function renderBlock(block, links) {
  const inner = (text) => renderInline(text, links, 0);
  const blocks = (list) => list.map((each) => renderBlock(each, links));
  switch (block.kind) {
    case "heading":
      return h("p", { class: "md-heading" }, inner(block.text));
    case "rule":
      return h("hr");
    case "code":
      return h("pre", { tabindex: "0" }, h("code", {}, block.text));
    case "quote":
      return h("blockquote", {}, blocks(block.blocks));
    case "list":
      return renderList(block, inner, blocks);
    case "table":
      return renderTable(block, inner);
    default:
      return h("p", {}, inner(block.text));
  }
}

function renderList({ start, items }, inner, blocks) {
  const nodes = items.map((item) => {
    const [first, ...rest] = item;
    return first?.kind === "paragraph" ? h("li", {}, inner(first.text), blocks(rest)) : h("li", {}, blocks(item));
  });
  if (start === null) return h("ul", {}, nodes);
  return h("ol", { start: start === 1 ? null : start }, nodes);
}

function renderTable({ align, head, rows }, inner) {
  const cell = (tag, text, column) => h(tag, { class: `align-${align[column] ?? "left"}` }, inner(text ?? ""));
  const top = h("tr", {}, head.map((text, column) => cell("th", text, column)));
  const body = rows.map((row) => h("tr", {}, head.map((_, column) => cell("td", row[column], column))));
  const table = h("table", {}, h("thead", {}, top), h("tbody", {}, body));
  return h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" }, table);
}

/** Inline Markdown as nodes. */
function renderInline(text, links, depth) {
  const nodes = [];
  const unclosed = new Set();
  let plain = "";
  let at = 0;
  const take = (node, end) => {
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(node);
    at = end;
  };
  while (at < text.length) {
    const found = depth < DEEPEST ? inlineAt(text, at, links, depth, unclosed) : null;
    if (found?.node) take(found.node, found.end);
    else {
      plain += found?.text ?? text[at];
      at = found?.end ?? at + 1;
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

/** What starts at `at`: {node, end}, {text, end} for literal text, or null for one ordinary character. */
function inlineAt(text, at, links, depth, unclosed) {
  switch (text[at]) {
    case "\n":
      return { node: h("br"), end: at + 1 };
    case "\\":
      return /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "") ? { text: text[at + 1], end: at + 2 } : null;
    case "`":
      return codeAt(text, at, unclosed);
    case "!":
      return text[at + 1] === "[" ? linkAt(text, at + 1, links, depth, unclosed) : null;
    case "[":
      return citationAt(text, at, links) ?? linkAt(text, at, links, depth, unclosed);
    case "*":
    case "_":
      return emphasisAt(text, at, links, depth, unclosed);
    case "h":
      return addressAt(text, at, links);
    default:
      return null;
  }
}

function runLength(text, at) {
  let end = at;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

function codeAt(text, at, unclosed) {
  const fence = "`".repeat(runLength(text, at));
  const literal = { text: fence, end: at + fence.length };
  if (unclosed.has(fence)) return literal;
  let close = text.indexOf(fence, literal.end);
  while (close >= 0 && runLength(text, close) !== fence.length) close = text.indexOf(fence, close + runLength(text, close));
  if (close < 0) {
    unclosed.add(fence);
    return literal;
  }
  return { node: h("code", {}, text.slice(literal.end, close).trim()), end: close + fence.length };
}

function citationAt(text, at, links) {
  const match = /^\[(\d{1,3})\](?!\()/.exec(text.slice(at, at + 6));
  const address = match && links.cite(Number(match[1]));
  if (!address) return null;
  const label = `Source ${match[1]}, opens in a new tab`;
  const link = h("a", { ...newTab(address), class: "cite", "aria-label": label }, match[1]);
  return { node: link, end: at + match[0].length };
}

function linkAt(text, at, links, depth, unclosed) {
  if (unclosed.has("](")) return null;
  const middle = text.indexOf("](", at);
  if (middle < 0) {
    unclosed.add("](");
    return null;
  }
  const close = text.indexOf(")", middle);
  const label = text.slice(at + 1, middle);
  if (close < 0 || /[[\]\n]/.test(label)) return null;
  const target = /^(\S+)(?:\s+"[^"]*")?$/.exec(text.slice(middle + 2, close).trim());
  const address = target && safeUrl(target[1], links.base);
  if (!address || !label) return null;
  return { node: h("a", newTab(address), renderInline(label, { ...links, cite: () => null }, depth + 1)), end: close + 1 };
}

function addressAt(text, at, links) {
  const match = /^https?:\/\/[^\s<>"]+/.exec(text.slice(at, at + 2000));
  if (!match || /\w/.test(text[at - 1] ?? "")) return null;
  const shown = match[0].replace(/[.,;:!?)'*_\]]+$/, "");
  const address = safeUrl(shown, links.base);
  return address && { node: h("a", newTab(address), shown), end: at + shown.length };
}

function emphasisAt(text, at, links, depth, unclosed) {
  const run = runLength(text, at);
  const mark = text.slice(at, at + run);
  const literal = { text: mark, end: at + run };
  const opens = /\S/.test(text[literal.end] ?? " ") && !(mark[0] === "_" && /\w/.test(text[at - 1] ?? ""));
  // Longer runs are masked numbers ("****4821"), not emphasis.
  if (run > 3 || !opens || unclosed.has(mark)) return literal;
  const close = closingMark(text, literal.end, mark);
  if (close < 0) {
    unclosed.add(mark);
    return literal;
  }
  const inner = renderInline(text.slice(literal.end, close), links, depth + 1);
  const node = run === 1 ? h("em", {}, inner) : h("strong", {}, run === 3 ? h("em", {}, inner) : inner);
  return { node, end: close + run };
}

function closingMark(text, from, mark) {
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + runLength(text, at))) {
    const wordGoesOn = mark[0] === "_" && /\w/.test(text[at + mark.length] ?? "");
    if (at > from && runLength(text, at) === mark.length && /\S/.test(text[at - 1]) && !wordGoesOn) return at;
  }
  return -1;
}

function newTab(address) {
  return { href: address, target: "_blank", rel: "noopener noreferrer" };
}
