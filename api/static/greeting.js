// What an empty chat shows: a welcome and questions to start with.
import { h, mark } from "./dom.js";

const VISITOR = [
  "How do I activate my new card?",
  "What does it cost to use my card abroad?",
  "How long do transfers take?",
  "What if my card is stolen?",
];
const CUSTOMER = [
  "What's my balance?",
  "Show my last 5 transactions",
  "How much did I spend on groceries last month?",
  "Freeze my card",
];

/** `ask(text)` is called with the chosen question. */
export function greeting(customer, ask) {
  const first = customer?.name.split(" ")[0];
  const chips = (customer ? CUSTOMER : VISITOR).map((text) =>
    h("button", { type: "button", class: "chip start", on: { click: () => ask(text) } }, text));
  const lead = customer
    ? "Ask about your accounts, your payments and your cards. Nothing moves until you approve it."
    : "Ask anything about our cards, accounts and services. Log in to ask about your own money.";
  return h(
    "section",
    { class: "greeting" },
    mark(),
    h("h1", {}, first ? `Hello, ${first}` : "How can we help?"),
    h("p", {}, lead),
    h("div", { class: "starters" }, chips),
  );
}
