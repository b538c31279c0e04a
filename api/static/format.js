// Money, dates and names in words, for British English readers.

const DAY = 86_400_000;

/** A decimal string with its currency, for example £2,480.15; the digits are never rounded through a float. */
export function money(amount, currency) {
  const style = { style: "currency", currency, minimumFractionDigits: String(amount).split(".")[1]?.length ?? 2 };
  return new Intl.NumberFormat("en-GB", style).format(amount);
}

/** An ISO date as "Today, 21 November 2026" or "Wednesday, 25 November 2026". */
export function day(iso, now) {
  const date = new Date(`${iso.slice(0, 10)}T00:00:00`);
  const long = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" }).format(date);
  if (date.toDateString() === new Date(now).toDateString()) return `Today, ${long}`;
  return `${new Intl.DateTimeFormat("en-GB", { weekday: "long" }).format(date)}, ${long}`;
}

export function time(iso) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** When something last happened: a time today, "Yesterday", else a date. */
export function when(iso, now) {
  const age = Math.floor((startOfDay(now) - startOfDay(iso)) / DAY + 0.5);
  if (age <= 0) return time(iso);
  if (age === 1) return "Yesterday";
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }).format(new Date(iso));
}

function startOfDay(moment) {
  return new Date(moment).setHours(0, 0, 0, 0);
}

/** "freeze_card" as "Freeze card". */
export function words(name) {
  const text = String(name).replaceAll(/[_.-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const PAST = { add: "Added", check: "Checked", explain: "Explained", find: "Found", get: "Got", list: "Looked at", look: "Looked", open: "Opened", prepare: "Prepared", search: "Searched", see: "Looked at", show: "Looked at", track: "Tracked" };

/** What a tool does, once it has done it: "Check your balance" as "Checked your balance". */
export function pastTense(title) {
  const [verb, ...rest] = title.split(" ");
  return [PAST[verb.toLowerCase()] ?? verb, ...rest].join(" ");
}

/** The last four digits of a card as "Ending 4821"; a longer description as it is. */
export function card(text) {
  return /^\d{4}$/.test(text) ? `Ending ${text}` : String(text);
}
