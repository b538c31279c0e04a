// The widget as a whole: header, past chats, conversation, login; in a shadow root, so that a host page's styles and
// ours leave each other alone.
import { AccountDialog } from "./account.js";
import { ActivityDialog } from "./activity.js";
import { Api, ApiError, ConnectionLost } from "./api.js";
import { Chat } from "./chat.js";
import { Credentials } from "./credentials.js";
import { h, icon, mark } from "./dom.js";
import { EntryDialog } from "./entry.js";
import { SessionList } from "./sessions.js";

/** Fills #tellergraph, or adds it to the page with a button that opens and closes it. `base`: where the bank serves. */
export function mount(base) {
  const found = document.getElementById("tellergraph");
  const host = found ?? h("div", { id: "tellergraph", "data-launcher": true });
  const root = host.attachShadow({ mode: "open" });
  const app = new App(base, host.dataset.bank ?? "Teller Bank");
  const shell = found ? app.element : launcher(app);
  const styles = h("link", { rel: "stylesheet", href: new URL("static/widget.css", base) });
  shell.hidden = true;
  styles.addEventListener("load", () => { shell.hidden = false; });
  root.append(styles, shell);
  if (!found) document.body.append(host);
  app.start();
}

function launcher(app) {
  const panel = h("div", { class: "panel", id: "tg-panel", role: "dialog", "aria-label": "Assistant", hidden: true }, app.element);
  const button = h("button", { type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "tg-panel" }, icon("chat"), h("span", {}, "Ask the bank"));
  const toggle = (open) => {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) app.focus();
    else button.focus();
  };
  button.addEventListener("click", () => toggle(panel.hidden));
  panel.addEventListener("keydown", (event) => event.key === "Escape" && !app.modal && toggle(false));
  return h("div", { class: "floating" }, panel, button);
}

/** Whether the browser comes from a login at another provider; the address forgets it. */
function cameBack() {
  const address = new URL(location.href);
  if (address.searchParams.get("login") !== "oidc") return false;
  address.searchParams.delete("login");
  history.replaceState(null, "", address);
  return true;
}

class App {
  element;
  #api;
  #chat;
  #entry;
  #sessions;
  #activity;
  #account;
  #customer = null;
  #unverified = h("div", { class: "bar", hidden: true }, h("p", {}, "Your email is not confirmed yet. Until it is, no money goes out."), h("button", { type: "button", class: "button small", on: { click: () => this.#entry.verify(this.#customer) } }, "Confirm my email"));
  #who = h("div", { class: "who" });
  #menu = h("button", { type: "button", class: "quiet menu", "aria-label": "Past chats", "aria-expanded": "false", hidden: true, on: { click: () => this.#openMenu(!this.#menuOpen) } }, icon("menu"));

  constructor(base, bank) {
    this.#api = new Api(base);
    this.#chat = new Chat(this.#api, {
      login: () => this.#entry.open(),
      expired: () => this.#expire(),
      changed: (sessionId) => this.#changed(sessionId),
    });
    const credentials = new Credentials(this.#api);
    const closed = () => this.#customer && this.#chat.focus();
    this.#entry = new EntryDialog(this.#api, credentials, { entered: (customer) => this.#enter(customer), verified: (customer) => this.#verified(customer), closed });
    this.#sessions = new SessionList({ open: (id) => this.#open(id), remove: (id) => this.#remove(id), activity: () => this.#showActivity() }, () => this.#api.now());
    this.#sessions.element.hidden = true;
    this.#activity = new ActivityDialog(this.#api, () => this.#expire(), () => this.#api.now());
    this.#account = new AccountDialog(this.#api, credentials, { expired: () => this.#expire(), left: () => this.#left(), leave: () => this.#leave(), verify: () => this.#entry.verify(this.#customer) });
    const brand = h("div", { class: "brand" }, mark(), h("div", {}, h("strong", {}, bank), h("span", {}, "Assistant")));
    const fresh = h("button", { type: "button", class: "button ghost new-chat", "aria-label": "New chat", on: { click: () => this.#new() } }, icon("plus"), h("span", {}, "New chat"));
    const header = h("header", { class: "top" }, this.#menu, brand, fresh, this.#who);
    const scrim = h("div", { class: "scrim", on: { click: () => this.#openMenu(false) } });
    const keys = (event) => event.key === "Escape" && this.#menuOpen && this.#openMenu(false);
    this.element = h("div", { class: "app", on: { keydown: keys } }, header, this.#unverified, h("div", { class: "middle" }, this.#sessions.element, scrim, this.#chat.element), this.#entry.element, this.#activity.element, this.#account.element);
    this.#showWho();
  }

  async start() {
    const providers = this.#quietly(() => this.#api.providers());
    const [, demo] = await Promise.all([this.#resume(), this.#quietly(() => this.#api.demo())]);
    this.#entry.showProviders((await providers) ?? []);
    if (!demo) return;
    this.#entry.showDemo(demo.logins);
    this.#entry.demo = this.#account.demo = this.#chat.demo = demo.keeps_messages;
  }

  async #resume() {
    if (cameBack()) return this.#entry.collect();
    const customer = await this.#quietly(() => this.#api.resume());
    if (!customer || this.#customer) return;
    this.#enter(customer);
    await this.#quietly(() => this.#chat.goOn());
  }

  focus() {
    this.#chat.focus();
  }

  get modal() {
    return [this.#entry, this.#activity, this.#account].some((dialog) => dialog.element.open);
  }

  #enter(customer) {
    this.#customer = customer;
    this.#showWho();
    this.#chat.enter(customer);
    this.#listSessions();
  }

  #verified(customer) {
    this.#customer = customer;
    this.#showWho();
    this.#chat.focus();
  }

  #leave() {
    this.#api.logout();
    this.#left();
  }

  /** Logged out, as far as this page goes. */
  #left() {
    this.#customer = null;
    this.#showWho();
    this.#chat.leave();
    this.#chat.focus();
  }

  #expire() {
    this.#api.forget();
    this.#customer = null;
    this.#showWho();
    this.#entry.open("Your login has expired. Log in again to go on; your message is kept.");
  }

  #new() {
    this.#openMenu(false);
    this.#chat.clear();
    this.#chat.focus();
  }

  async #open(sessionId) {
    this.#openMenu(false);
    await this.#quietly(() => this.#chat.open(sessionId));
  }

  #showActivity() {
    this.#openMenu(false);
    return this.#activity.open();
  }

  async #remove(sessionId) {
    await this.#quietly(() => this.#api.deleteHistory(sessionId));
    if (this.#chat.sessionId === sessionId) this.#chat.clear();
    await this.#listSessions();
  }

  #changed(sessionId) {
    this.#sessions?.mark(sessionId);
    if (this.#customer && sessionId) this.#listSessions();
  }

  async #listSessions() {
    const customer = this.#customer;
    const sessions = customer && (await this.#quietly(() => this.#api.sessions()));
    if (sessions && this.#customer === customer) this.#sessions.show(sessions);
  }

  /** The result, or null where the bank could not be had: the list of past chats is no reason to stop a customer. */
  async #quietly(action) {
    try {
      return await action();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && this.#customer) this.#expire();
      else if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      return null;
    }
  }

  #showWho() {
    const customer = this.#customer;
    const button = (text, action, kind) => h("button", { type: "button", class: `button ${kind}`, on: { click: action } }, text);
    if (customer) this.#who.replaceChildren(this.#name(customer), button("Log out", () => this.#leave(), "ghost log-out"));
    else this.#who.replaceChildren(button("Log in", () => this.#entry.open(), "primary"));
    this.#sessions.element.hidden = !customer;
    this.#unverified.hidden = customer?.verified !== false;
    for (const dialog of customer ? [] : [this.#activity, this.#account]) dialog?.element.close();
    this.#menu.hidden = !customer;
    if (!customer) this.#sessions.show([]);
    this.#openMenu(false);
  }

  /** Opens what the customer can do about their own login. */
  #name(customer) {
    const open = () => this.#account.open(this.#customer);
    return h("button", { type: "button", class: "button ghost account", "aria-haspopup": "dialog", on: { click: open } }, icon("person"), h("span", { class: "name" }, customer.name), h("span", { class: "hidden" }, ": your login"));
  }

  get #menuOpen() {
    return this.element?.dataset.menu === "open";
  }

  #openMenu(open) {
    if (!this.element) return;
    this.element.dataset.menu = open ? "open" : "closed";
    this.#menu.setAttribute("aria-expanded", String(open));
  }
}
