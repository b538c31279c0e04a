"""Values for a task's slots, from what a message mentions. Whether they are possible is the tool's to say."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, cast

from agent.dialogue.capitals import find_merchant
from agent.dialogue.fill_amounts import decimal_of, fill_amounts, fill_currencies, last_of, slot_before
from agent.dialogue.fill_days import fill_days, find_no_day
from agent.dialogue.free_text import find_new_name, find_text, without_times
from agent.dialogue.shapes import Task
from agent.dialogue.specs import Form, Slot
from agent.dialogue.tables import BEFORE_OTHERS, FLAGS, KINDS, NAMED_IN_WORDS, PLACES, WHEN_ASKED, WORDS, YES_AND_NO
from agent.understanding.slots import CardWords, Duration, Mention

_INTO = re.compile(r"\b(?:in|into|to|onto|towards)\s+(?:my\s+|the\s+)?$", re.I)
_FROM = re.compile(r"\b(?:from|out of|using|with|on|of|for)\s+(?:my\s+|the\s+)?$", re.I)
_PAID = re.compile(
    r"\b(?:(?:pay(?:ing)?|clear|settle|repay)(?:\s+(?:off|back|down))?|off|to|towards?|onto|into|against)\s+(?:(?:my|the|our)\s+)?$",
    re.I,
)
"""Ahead of a credit card that has money coming: "pay off my Platinum", "put 50 towards the credit card"."""
_SWITCHES = re.compile(r"\b(?:switch|change|swap)\b[^\d]{0,30}$", re.I)
""" "switch to my savings", where a payee has the money: what it comes from."""
_PLACED = frozenset(
    {"amount", "min_amount", "max_amount", "currency", "to_currency", "account", "to_account", "date", "end_date"}
)
"""Slots of which several share a kind of mention: which it fills depends on how it was said."""
_LOOKED_UP = frozenset({"merchant", "text"})
"""Slots by which transactions are found."""
_ONE_PAYMENT = frozenset({"merchant", "reference", "amount"})
"""Slots of a task that is about one payment, whose merchant may be named anywhere."""
_MENTIONED = frozenset({"frequency"})
"""Closed sets whose words are read with those around them: "a week later" is no rhythm."""
_LONGEST_REFERENCE = 5
"""Words; what is longer is a story."""
_SAME_DAY = re.compile(
    r"\b(?:(?:do|send|pay|make|move|schedule|set|put)\s+(?:it|that|this)\s+(?:on\s+)?(?:then|that\s+day|the\s+same\s+day)|"
    r"(?:use|take|on|for)\s+that\s+(?:day|date))\b",
    re.I,
)
""" "I get paid on Thursday, use that day": the day of the story is meant."""
_WITHOUT = (
    r"(?:no|without|remove|drop|scrap|delete|skip|forget|lose|leave\s+out|take\s+(?:off|out)|"
    r"do(?:n'?t|\s+not)\s+(?:need|want|add|use|put|include))"
)
_MONTHS_IN = {"years": 12, "months": 1}
_DAYS_IN = {"days": 1, "weeks": 7, "months": 30, "years": 365}


def fill(
    slots: Sequence[Slot],
    mentions: Iterable[Mention],
    text: str,
    *,
    today: date,
    given: dict[str, Any],
    asked: str | None,
) -> dict[str, Any]:
    """Slot values as the tool takes them, for what the message names.

    Args:
        today: from which a day without a year is counted.
        given: values named before; what is told by single words is not read into a message again.
        asked: the slot that the customer was asked for, which takes more than it would otherwise.

    Returns:
        None for a slot that was given and shall be left out.
    """
    names = {slot.name for slot in slots}
    heard = tuple(mentions)
    said = _asked(
        [mention for mention in heard if not mention.negated],
        is_lookup="since" in names or bool(_SAME_DAY.search(text)),
    )
    said = without_replaced(said, given)
    values = (
        fill_amounts(said, text, names, given, asked)
        | _accounts(said, text, names, given, asked)
        | fill_days(said, text, names, given, asked, today)
        | fill_currencies(said, names)
    )
    if "date" in names and "date" not in values and (day := find_no_day(said, today)):
        values["date"] = day
    for slot in slots:
        if slot.name in values or slot.form is Form.PARTS:
            continue
        told = without_times(text, heard) if slot.name in PLACES else text
        value = _of_slot(slot, said, told, given, asked, names)
        if value is not None or (slot.name in given and not slot.required and _is_left_out(slot, text)):
            values[slot.name] = value
    return values


def _asked(said: list[Mention], *, is_lookup: bool) -> list[Mention]:
    """Without days and times of a story around the request. Where something is looked up, a story's only ones may be
    what is meant: "they charged me on Friday, show me"."""
    own = [mention for mention in said if not mention.told]
    has_own = any(mention.kind in ("date", "period") for mention in own)
    return said if is_lookup and not has_own else own


def without_replaced(said: list[Mention], given: dict[str, Any]) -> list[Mention]:
    """Of "swap Maria for John" only John, where Maria was named before."""
    kept = [mention for mention in said if not _was_given(mention, given)]
    kinds = {mention.kind for mention in kept}
    return [mention for mention in said if mention in kept or mention.kind not in kinds]


def _was_given(mention: Mention, given: dict[str, Any]) -> bool:
    match mention.kind:
        case "payee":
            return _name_of(mention) == given.get("payee")
        case "amount":
            return decimal_of(mention) == given.get("amount")
        case _:
            return False


def _is_left_out(slot: Slot, text: str) -> bool:
    """ "no reference", "without an end date"."""
    name = rf"{slot.name.replace('_', ' ')}|ref" if slot.name == "reference" else slot.name.replace("_", " ")
    return bool(re.search(rf"(?i)\b{_WITHOUT}\s+(?:(?:an?|the|any|my|that)\s+)?(?:{name})\b", text))


def _accounts(
    said: list[Mention], text: str, names: set[str], given: dict[str, Any], asked: str | None
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for mention in (each for each in said if each.kind == "account" or _names_account(each, text, names)):
        is_other = "payee" in given and bool(_SWITCHES.search(text[: mention.start]))
        name = "account" if is_other and "account" in names else _side(mention, text, names, asked)
        if name is not None and (name not in values or mention.corrects):
            values[name] = _name_of(mention) if mention.kind == "account" else _card_account(mention)
    return {name: value for name, value in values.items() if value}


def _names_account(mention: Mention, text: str, names: set[str]) -> bool:
    """ "from my Platinum": a card's account has its name."""
    says_so = _FROM.search(text[: mention.start]) or re.match(r"\s*account\b", text[mention.end :], re.I)
    return mention.kind == "card" and "card" not in names and bool(says_so or _is_paid(mention, text))


def _card_account(mention: Mention) -> str | None:
    words = cast(CardWords, mention.value)
    return "credit card" if words.get("kind") == "credit" and not words.keys() & {"last4", "nickname"} else _card(words)


def _is_paid(mention: Mention, text: str) -> bool:
    if mention.kind != "card" or not _PAID.search(text[: mention.start]):
        return False
    words = cast(CardWords, mention.value)
    return "nickname" in words or words.get("kind") == "credit"


def _side(mention: Mention, text: str, names: set[str], asked: str | None) -> str | None:
    is_target = mention.role == "to" or (mention.role is None and _INTO.search(text[: mention.start]))
    is_target = is_target or _is_paid(mention, text)
    if is_target and "to_account" in names:
        return "to_account"
    if mention.role == "from" and "account" in names:
        return "account"
    if asked in ("account", "to_account") and asked in names:
        return asked
    if asked == "payee" and "to_account" in names:
        return "to_account"
    return next((name for name in ("account", "to_account") if name in names), None)


def _name_of(mention: Mention) -> str:
    """The known name that is meant; the words themselves where several may be, so that the tool asks which."""
    value = mention.value
    if isinstance(value, tuple):
        names = [str(each) for each in value]
        return names[0] if len(names) == 1 else mention.text
    return str(value)


def _of_slot(
    slot: Slot, said: list[Mention], text: str, given: dict[str, Any], asked: str | None, names: set[str]
) -> Any | None:
    if slot.form is Form.WORD and (named := [each for each in said if each.value in slot.values]):
        return str(named[-1].value)
    if slot.name in _MENTIONED and asked != slot.name:
        return None
    if slot.form in (Form.WORD, Form.FLAG):
        if slot.name in given and asked != slot.name and not _corrects(said, text):
            return None
        return find_word(slot.name, slot.values, text) if slot.form is Form.WORD else _flag(slot, text)
    if slot.name in NAMED_IN_WORDS:
        return find_word(slot.name, NAMED_IN_WORDS[slot.name], text)
    kinds = () if slot.name in _PLACED else KINDS.get(slot.name, ())
    kinds += WHEN_ASKED.get(slot.name, ()) if asked == slot.name else ()
    if slot.name == "payee" and "name" in names and asked != "payee":
        kinds = ("payee",)
    if slot.name == "name" and names & {"payee", "account"} and (renamed := find_new_name(text)):
        return renamed
    if slot.form is Form.NUMBER:
        named = [each for each in said if each.kind == "number" and slot_before(each, text, names) == slot.name]
        if named:
            return _number(slot, named[-1])
    for kind in kinds:
        known = [each for each in said if each.kind == kind and not _is_guess(each, slot, given, asked)]
        if (mention := last_of(known)) is not None:
            value = _value(slot, mention)
            if value is not None:
                return value
    if slot.name in _LOOKED_UP and not slot.required:
        # Somebody who is paid or pays, and is no payee.
        parties = [each for each in said if each.kind == "name" and (each.role or each.text[:1].isupper())]
        if parties:
            return str(parties[0].value)
        return find_merchant(text, said) if names >= _ONE_PAYMENT and slot.name not in given else None
    return find_text(slot, text, names, asked)


def _is_guess(mention: Mention, slot: Slot, given: dict[str, Any], asked: str | None) -> bool:
    """A word that looks like a name, where the name is known and nothing says that it changes."""
    is_bare = mention.kind == "name" and mention.role is None and not mention.corrects
    return is_bare and slot.name in given and asked != slot.name


def _corrects(said: list[Mention], text: str) -> bool:
    return any(mention.corrects for mention in said) or bool(
        re.match(r"(?i)\s*(?:no|actually|sorry|wait|i meant?|make it|change)\b", text)
    )


def find_word(slot: str, values: Iterable[str], text: str) -> str | None:
    """Which value of a closed set a text names, the first in the set's order, but for those that go before."""
    for value in sorted(values, key=lambda value: value not in BEFORE_OTHERS):
        if re.search(rf"(?i)\b(?:{WORDS.get((slot, value)) or _plain(value)})\b", text):
            return value
    return None


def answer_in(task: Task, text: str) -> dict[str, str]:
    """What a text says to the "was this you?" that the task has an answer to already; empty where it says nothing."""
    slots = [slot for slot in YES_AND_NO if slot in task["slots"]]
    # No comes first: "it wasn't me".
    found = {slot: find_word(slot, map(str, reversed(YES_AND_NO[slot])), text) for slot in slots}
    return {slot: value for slot, value in found.items() if value}


def _plain(value: str) -> str:
    """A closed set's own word, where it is too long to be any other."""
    words = re.escape(value.replace("_", " ")).replace(r"\ ", r"[ -]?")
    return words + "s?" if len(value) > 3 else r"(?!)"


def _flag(slot: Slot, text: str) -> bool | None:
    yes, no = FLAGS.get(slot.name, (r"yes", r"no"))
    if re.search(rf"(?i)\b(?:{no})\b", text):
        return False
    return True if re.search(rf"(?i)\b(?:{yes})\b", text) else None


def _value(slot: Slot, mention: Mention) -> Any | None:
    value = mention.value
    match mention.kind:
        case "payee" | "merchant" | "account":
            return _name_of(mention) if mention.role != "from" or mention.kind != "payee" else None
        case "name":
            return None if mention.role == "from" else re.sub(r"(?i)^(?:called|named)\s+", "", str(value))
        case "reference":
            return str(value) if len(str(value).split()) <= _LONGEST_REFERENCE else None
        case "card":
            return _card(cast(CardWords, value)) or mention.text
        case "time":
            return value.strftime("%H:%M") if isinstance(value, time) else None
        case "duration":
            return _length(slot.name, value)
        case "number" | "amount":
            return _number(slot, mention)
        case _:
            return value.isoformat() if isinstance(value, date) else str(value)


def _card(words: CardWords) -> str | None:
    return words.get("last4") or words.get("nickname") or words.get("kind")


def _number(slot: Slot, mention: Mention) -> Any | None:
    if slot.form is Form.NUMBER:
        number = mention.value
        return int(number) if isinstance(number, (int, Decimal)) else None
    if slot.name == "card":
        return mention.text.strip() if re.fullmatch(r"\d{4}", mention.text.strip()) else None
    return decimal_of(mention)


def _length(slot: str, value: Any) -> int | None:
    if not isinstance(value, Duration) or value.number is None:
        return None
    factor = (_MONTHS_IN if slot == "months" else _DAYS_IN).get(value.unit)
    return int(value.number * factor) if factor else None
