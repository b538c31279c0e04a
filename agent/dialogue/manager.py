"""Decides what a message does: to the task that is open, to the stack, or beside both."""

import re
from copy import deepcopy
from dataclasses import replace

from agent.dialogue import words
from agent.dialogue.acts import Act, read_act
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.hearing import hear_act
from agent.dialogue.nonsense import is_nonsense
from agent.dialogue.open_task import answers, within
from agent.dialogue.progress import PAYMENT_INTENTS, advance, open_question, say_open, slots_of, values_in
from agent.dialogue.request_words import (
    NAMES_ACCOUNT,
    PAYS,
    PERSON,
    RENAMES,
    STANDING,
    VERBS,
    claims_to_be_another,
    spoken_of,
)
from agent.dialogue.requests import SURE, VERY_SURE, afresh, was_asked
from agent.dialogue.residue import residue
from agent.dialogue.shapes import LONGEST_QUEUE, Dialogue, Step, Task, top
from agent.understanding.intents import INTENT_ROUTES, OwnIntent, Route
from agent.understanding.requests import asks_how

_ENGLISH = "en"
_CHANGES_ORDER = re.compile(
    r"(?i)\b(?:make|change|raise|increase|lower|reduce|move|update|put up)\b.{0,20}\b(?:the|my|"
    r"that)\b.{0,30}\bstanding order"
)
_NEW_ORDER = re.compile(r"(?i)\b(?:standing order|(?:regular|recurring|repeat(?:ing)?) (?:payment|transfer))\b")
_LEAD_IN = (
    r"(?i)^\W*(?:(?:hi|hello|hey|ok|okay|so|and|now|just|please|pls|then|also|can you|can u|could you|would you|"
    r"will you|well|right|good (?:morning|afternoon|evening)|"
    r"let me|let's|i want to|i need to|i'd like to|i would like to|i have to|i'll|i will|(?:i'?m )?(?:going to|gonna)|"
    r"(?:i )?(?:wanna|gotta)|(?:need|want|would like|have) to|help me)\W+)*"
)
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
_IMPERATIVE = re.compile(rf"{_LEAD_IN}(\w+)\b")
_MEANT = re.compile(
    r"(?i)\b(?:i meant?|i mean to say|no wait|sorry|rather|don'?t \w+ (?:it|that))\W+(?:(?:to|just|please)\s+)*(\w+)"
)
"""The last word of somebody who corrects themselves."""
_READS = ("get_", "list_", "search_", "find_", "check_")
"""How the names of tools begin that show what customers have."""
_STOPS = re.compile(
    rf"{_LEAD_IN}(?:cancel|stop|halt|call off|revoke|withdraw|recall|reverse|undo)\W+(?:\w+\W+){{0,3}}?"
    r"(?:payment|transfer|order)s?\b"
)
_MOVES = re.compile(rf"{_LEAD_IN}{PAYS}\b")


def decide(dialogue: Dialogue, heard: Heard, desk: Desk) -> tuple[Dialogue, Step]:
    """The stack after the message, and the step that answers it."""
    changed, heard = deepcopy(dialogue), _certain(heard, desk)
    task = top(changed)
    if task is None and is_nonsense(heard):
        heard = replace(heard, intent=OwnIntent.GIBBERISH.value, route=INTENT_ROUTES[OwnIntent.GIBBERISH].value)
    changed["about"] = (spoken_of(task) if task else {}) or changed["about"]
    is_answer = task is not None and (answers(changed, heard, desk) or names_value(task, heard, desk))
    if heard.language != _ENGLISH and not is_answer and not (task is None and _says_yes_or_no(heard, desk)):
        return changed, _in_other_language(task, heard, desk)
    said = hear_act(heard, task, desk)
    step = within(changed, task, heard, said, desk) if task else afresh(changed, heard, said, desk)
    changed["done"] = None
    if changed["unclear"] <= dialogue["unclear"]:
        changed["unclear"] = 0
    return changed, step


def _says_yes_or_no(heard: Heard, desk: Desk) -> bool:
    """ "yep, genuine" is too short to be known as English."""
    return was_asked(desk) and read_act(heard.text, in_task=False).act in (Act.YES, Act.NO)


def names_value(task: Task, heard: Heard, desk: Desk) -> bool:
    """Whether the message is nothing but another value: "no Jimmy"."""
    values = values_in(task, heard, heard.text, desk)
    is_new = any(task["slots"].get(name) != value for name, value in values.items())
    return is_new and not residue(heard.text, heard.mentions)


def adds(dialogue: Dialogue, heard: Heard, desk: Desk) -> bool:
    """Whether the message only names more of what the open task takes."""
    task = top(dialogue)
    if task is None:
        return False
    names = {word for slot in slots_of(task["tool"], desk) for word in slot.name.split("_")}
    said = _PLACEHOLDER.sub(lambda match: " " * len(match[0]), heard.text)
    is_bare = names.issuperset(residue(said, heard.mentions))
    return is_bare and bool(values_in(task, heard, heard.text, desk).keys() - task["slots"].keys())


def _in_other_language(task: Task | None, heard: Heard, desk: Desk) -> Step:
    said = words.only_english(heard.language)
    if task:
        said += f"\n\n{open_question(task, desk.specs[task['tool']], desk)}"
    route, intent = Route.OUT_OF_SCOPE.value, OwnIntent.OUT_OF_SCOPE.value
    return Step(kind="say", route=route, intent=intent, words=said, asks=True)


def _certain(heard: Heard, desk: Desk) -> Heard:
    """What a single word decides: the verb of a request, and that a payment repeats itself."""
    if heard.route != Route.OUT_OF_SCOPE and _is_for_another(heard):
        return _surely(heard, OwnIntent.OUT_OF_SCOPE)
    if heard.intent == OwnIntent.MAKE_TRANSFER and _NEW_ORDER.search(heard.text):
        return replace(heard, intent=OwnIntent.CREATE_STANDING_ORDER.value)
    if _CHANGES_ORDER.search(heard.text) and heard.intent in PAYMENT_INTENTS:
        return replace(heard, intent=OwnIntent.CHANGE_STANDING_ORDER.value)
    if _STOPS.match(heard.text) and heard.intent in PAYMENT_INTENTS:
        repeats = re.search(rf"(?i)\b{STANDING}\b", heard.text)
        return _surely(heard, OwnIntent.CANCEL_STANDING_ORDER if repeats else OwnIntent.CANCEL_SCHEDULED_PAYMENT)
    if re.search(rf"(?i)\b{PERSON}\b", heard.text) and not asks_how(heard.text):
        return _surely(heard, OwnIntent.TALK_TO_HUMAN)
    if _names_payment(heard, desk):
        repeats = re.search(rf"(?i)\b{STANDING}\b", heard.text)
        return _surely(heard, OwnIntent.CREATE_STANDING_ORDER if repeats else OwnIntent.MAKE_TRANSFER)
    if heard.intent == OwnIntent.REQUEST_CALLBACK and NAMES_ACCOUNT.match(heard.text):
        return _surely(heard, OwnIntent.RENAME_ACCOUNT)
    if heard.intent == OwnIntent.RENAME_ACCOUNT and not RENAMES.search(heard.text):
        # "and in the account called Everyday?"
        return _surely(heard, OwnIntent.GET_BALANCE)
    about = heard.intent.partition("_")[2]
    match = _MEANT.search(heard.text) or _IMPERATIVE.match(heard.text)
    meant = f"{VERBS[match[1].casefold()]}_{about}" if match and match[1].casefold() in VERBS else heard.intent
    if meant != heard.intent and heard.intent in desk.specs and meant in desk.specs:
        return replace(heard, intent=meant)
    if heard.intent == OwnIntent.CREATE_STANDING_ORDER and not re.search(rf"(?i)\b{STANDING}\b", heard.text):
        return replace(heard, intent=OwnIntent.MAKE_TRANSFER.value)
    return heard


def _is_for_another(heard: Heard) -> bool:
    """Whether it asks to be served as somebody else: data of others are nobody's business, and not one's own."""
    shows = heard.intent.startswith(_READS) or heard.intent == OwnIntent.CHANGE_CONTACT_DETAILS
    return shows and claims_to_be_another(heard.text)


def _names_payment(heard: Heard, desk: Desk) -> bool:
    """Whether it begins with a verb that moves money, and says how much and to whom. What is told after it ("her card
    got stolen") may sound like something else, which takes no amount."""
    meant = desk.specs.get(heard.intent)
    enough = SURE if meant is None or meant.find("amount") else VERY_SURE
    if heard.is_clear and heard.route == Route.OPERATION and heard.confidence >= enough:
        return False
    kinds = {mention.kind for mention in heard.mentions}
    is_to_somebody = bool(kinds & {"payee", "name"}) or any(mention.role == "to" for mention in heard.mentions)
    return bool(_MOVES.match(heard.text)) and "amount" in kinds and is_to_somebody and not asks_how(heard.text)


def _surely(heard: Heard, intent: OwnIntent) -> Heard:
    return replace(heard, intent=intent.value, route=INTENT_ROUTES[intent].value, confidence=1.0, is_clear=True)


def resume(dialogue: Dialogue, desk: Desk) -> tuple[Dialogue, Step | None]:
    """Back to what is open, after something else was done: the step that repeats its question."""
    changed = deepcopy(dialogue)
    task = top(changed)
    if task is None:
        return changed, None
    if task["operation_id"] and desk.pending is None:
        return changed, None
    if task["operation_id"] or task["asks"]:
        asked = open_question(task, desk.specs[task["tool"]], desk)
        return changed, say_open(task, asked if task["operation_id"] else words.back(desk.specs[task["tool"]], asked))
    step = advance(task, desk)
    return changed, replace(step, words=words.back(desk.specs[task["tool"]], step.words)) if step.words else step


def later(dialogue: Dialogue, text: str) -> Dialogue:
    """Keeps a request for when the open task is over."""
    return {**dialogue, "queue": [*dialogue["queue"], text][:LONGEST_QUEUE]}
