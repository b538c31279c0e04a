"""What a message asks for by itself: a task, an answer, or nothing that anybody could make sense of."""

import re
from dataclasses import replace
from typing import Any

from agent.dialogue import words
from agent.dialogue.acts import Act, Said
from agent.dialogue.choices import pick
from agent.dialogue.consent import says_yes
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.fill import fill, find_word
from agent.dialogue.options import find_options
from agent.dialogue.progress import is_same, is_short, open_question, push, route_of, slots_of, take_turn
from agent.dialogue.request_words import PRONOUNS
from agent.dialogue.residue import residue
from agent.dialogue.residue import words as words_of
from agent.dialogue.shapes import Dialogue, Step, StepKind, new_task, top
from agent.dialogue.tables import ANSWERED_BY, BEGINS_AS, HAND_OFF, YES_AND_NO
from agent.understanding.clauses import begins_request
from agent.understanding.intents import OwnIntent, Route

HAND_OFF_AFTER = 3
"""Messages in a row that nobody understood."""
SURE, VERY_SURE = 0.6, 0.85
"""Confidence from which a message is a request of its own, where another reading is possible."""
OPERATION, SMALL_TALK = Route.OPERATION.value, Route.SMALL_TALK.value
OPERATIONS = frozenset({Route.OPERATION.value, Route.FRAUD.value, Route.HANDOFF.value})
QUESTION = re.compile(
    r"(?i)\?\s*$|^\s*(?:and |but |so |ok(?:ay)?,? )?(?:how|what|what's|when|where|why|who|which|can|could|do|does|"
    r"did|is|are|"
    r"will|would|should|may|am|have|has)\b"
)
_WAS_IT_YOU = re.compile(r"(?i)\bwas (?:this|that|it) you\b")
_DECLINES = re.compile(r"(?i)\bthank")
""" "no thanks" is to an offer, not to a question."""
_NAMES_PAYMENT = frozenset({"merchant", "amount"})
_ANSWERED = OPERATIONS | {Route.KNOWLEDGE.value}
"""What the help centre may know something about."""
_A_SENTENCE = 4
"""Words from which a message that is not clear says enough to look for."""
_OPTION_FILLING = frozenset(
    re.findall(r"\S+", "the a an one ones please i i'd want would like to option number my that")
)
_UNCLEAR = frozenset(
    {
        OwnIntent.UNCLEAR,
        OwnIntent.GIBBERISH,
        OwnIntent.CANCEL_TASK,
        OwnIntent.UNDO,
        OwnIntent.CHANGE_ANSWER,
        OwnIntent.POSTPONE,
    }
)
"""No requests, and no acts where they are not sure enough to be one."""
_FOLLOW_UP = re.compile(r"(?i)^\s*(?:and|what about|how about|also|ok(?:ay)?,? and|same (?:for|with|thing)|what of)\b")


def afresh(changed: Dialogue, heard: Heard, said: Said, desk: Desk) -> Step:
    options, changed["options"] = changed["options"], []
    if (step := _was_it_you(changed, heard, said, desk)) is not None:
        return step
    if (chosen := _of_options(options, heard, desk)) is not None:
        return push_heard(changed, chosen, chosen, heard, desk)
    if (told := _of_what_is_done(changed.get("done"), heard.text, said)) is not None:
        return Step(kind="say", route=SMALL_TALK, intent=OwnIntent.ACKNOWLEDGEMENT.value, words=told)
    if said.act is Act.CANCEL and said.rest:
        return Step(kind="say", route=SMALL_TALK, intent=Act.CANCEL.value, words="", rest=said.rest)
    if said.act in (Act.CANCEL, Act.UNDO, Act.CHANGE, Act.POSTPONE):
        return Step(kind="say", route=SMALL_TALK, intent=Act.CANCEL.value, words=words.NOTHING_OPEN)
    if said.act is Act.WAIT:
        return Step(kind="say", route=SMALL_TALK, intent=said.act.value, words=words.TAKE_YOUR_TIME)
    if said.act is Act.REPEAT or said.act is Act.WHAT or said.act is Act.WHY:
        again = desk.last_said if said.act is not Act.WHY else ""
        return Step(kind="say", route=SMALL_TALK, intent=said.act.value, words=again or words.NOTHING_ASKED)
    if (step := _followed_up(changed, heard, desk)) is not None:
        return step
    if len(words_of(heard.text)) == 1 and (step := _which(changed, heard, desk)) is not None:
        return step
    return begin(changed, heard, desk)


def _was_it_you(changed: Dialogue, heard: Heard, said: Said, desk: Desk) -> Step | None:
    """The answer to "was this you?". It is prepared, to be confirmed like any other; what may be one is asked for."""
    last = changed["last"]
    if last is None or last["tool"] not in ANSWERED_BY or not was_asked(desk) or heard.has_more:
        return None
    tool, slot = ANSWERED_BY[last["tool"]]
    is_request = heard.route == OPERATION and heard.is_clear and heard.confidence >= SURE
    if tool not in desk.specs or QUESTION.search(heard.text) or is_request:
        return None
    yes, no = YES_AND_NO[slot]
    is_yes = said.act is Act.YES or (heard.intent == OwnIntent.AGREE and heard.confidence >= SURE)
    if named := find_word(slot, (str(no), str(yes)), heard.text):
        return push_heard(changed, tool, tool, heard, desk, given={slot: named})
    is_no = said.act is Act.NO and not _DECLINES.search(heard.text)
    if (is_yes or is_no) and not said.is_conditional and not _says_more(said.rest, heard):
        return push_heard(changed, tool, tool, heard, desk, given={slot: yes if is_yes else no})
    if heard.intent == OwnIntent.REPORT_FRAUD_ALERT:
        return push_heard(changed, tool, tool, heard, desk)
    return None


def was_asked(desk: Desk) -> bool:
    """Whether "was this you?" was the last thing said."""
    return bool(_WAS_IT_YOU.search(desk.last_said))


def _says_more(rest: str, heard: Heard) -> bool:
    """Whether a yes or no goes on with something that is wanted, rather than with its reason."""
    is_long = len(rest.split()) > _A_SENTENCE and heard.route not in (SMALL_TALK, Route.FRAUD.value)
    return is_long or begins_request(rest) or heard.intent in (OwnIntent.THANKS, OwnIntent.GOODBYE)


def _of_what_is_done(done: str | None, text: str, said: Said) -> str | None:
    """A yes or a no that comes when all is over: "yes please", "no, leave it"."""
    if done is None or begins_request(said.rest):
        return None
    if said.act is Act.YES and not said.rest and says_yes(text):
        return words.DONE_ALREADY
    return words.HANDED_OVER if done == HAND_OFF and said.act in (Act.NO, Act.CANCEL, Act.UNDO) else None


def _of_options(options: list[str], heard: Heard, desk: Desk) -> str | None:
    names = {words.option(desk.specs[tool]): tool for tool in options if tool in desk.specs}
    tool = desk.tool_of(heard.intent)
    if tool in options and heard.confidence >= SURE:
        return tool
    picked = pick(list(names), heard.text, heard.mentions, filling=_OPTION_FILLING)
    return names[picked.one] if picked and picked.one else None


def _followed_up(changed: Dialogue, heard: Heard, desk: Desk) -> Step | None:
    """ "and my savings?" after a balance: the same once more, with what is said now. A change starts clean."""
    last = changed["last"]
    if last is None or last["tool"] not in desk.specs or not is_short(heard):
        return None
    spec = desk.specs[last["tool"]]
    is_bare = not residue(heard.text, heard.mentions) and not spec.prepares
    if not (_FOLLOW_UP.match(heard.text) or is_bare):
        return None
    tool = desk.tool_of(heard.intent)
    if tool is not None and not is_same(tool, last["tool"]) and heard.confidence >= VERY_SURE and not is_bare:
        return None
    slots = slots_of(last["tool"], desk)
    values: dict[str, Any] = {}
    for asked in (None, "account"):
        # "and the Platinum?" names an account by its card.
        values = values or fill(slots, heard.mentions, heard.text, today=desk.today, given={}, asked=asked)
    if not values:
        return None
    given = {**({} if spec.prepares else last["slots"]), **values}
    return push(changed, new_task(last["tool"], last["intent"], given), desk)


def begin(changed: Dialogue, heard: Heard, desk: Desk) -> Step:
    """What the message asks for by itself."""
    tool = _answering(changed, desk.tool_of(heard.intent), heard, desk)
    if not heard.is_clear and heard.route == Route.KNOWLEDGE and QUESTION.search(heard.text):
        # The help centre is searched by the words, whatever the intent.
        return _step("look_up", heard)
    is_guess = heard.intent == OwnIntent.UNCLEAR or not (heard.is_clear or _is_backed(tool, heard, desk))
    if is_guess and not desk.signed_in and heard.route in OPERATIONS and len(words_of(heard.text)) >= _A_SENTENCE:
        # Nothing can be done for visitors, whatever it may be; an article may tell them what to do.
        return _step("look_up", heard)
    if is_guess or heard.intent in _UNCLEAR:
        return _which(changed, heard, desk) or not_understood(changed, heard, desk)
    if tool is not None and heard.route in OPERATIONS:
        return push_heard(changed, tool, heard.intent, heard, desk)
    return _step("look_up" if heard.route in _ANSWERED else "talk", heard)


def _answering(changed: Dialogue, tool: str | None, heard: Heard, desk: Desk) -> str | None:
    """ "that wasn't me" after the alerts were listed answers them, and by itself where it says which payment is meant.
    What else the message asks for comes first."""
    if tool is None or tool not in ANSWERED_BY or ANSWERED_BY[tool][0] not in desk.specs or heard.has_more:
        return tool
    answer, slot = ANSWERED_BY[tool]
    values = fill(slots_of(answer, desk), heard.mentions, heard.text, today=desk.today, given={}, asked=None)
    last = changed["last"]
    is_named = bool(values.keys() & _NAMES_PAYMENT) or (last is not None and last["tool"] == tool)
    return answer if slot in values and is_named else tool


def _is_backed(tool: str | None, heard: Heard, desk: Desk) -> bool:
    """Whether what is mentioned fits a guess too well for chance: everything that the task cannot do without."""
    if tool is None:
        return False
    values = fill(slots_of(tool, desk), heard.mentions, heard.text, today=desk.today, given={}, asked=None)
    return bool(values) and desk.specs[tool].missing(values) is None


def _step(kind: StepKind, heard: Heard) -> Step:
    return Step(kind=kind, route=heard.route, intent=heard.intent)


def push_heard(
    changed: Dialogue, tool: str, intent: str, heard: Heard, desk: Desk, given: dict[str, Any] | None = None
) -> Step:
    """Begins the task with what the message names for it, and before that with what is ``given``."""
    slots = fill(slots_of(tool, desk), heard.mentions, heard.text, today=desk.today, given={}, asked=None)
    slots |= given or {}
    slots |= _meant(changed["about"], slots, heard, tool, desk)
    below = top(changed)
    if below and below["offer"] and below["offer"]["tool"] == tool:
        slots = below["offer"]["slots"] | slots
    task = new_task(tool, BEGINS_AS.get(intent, intent), slots)
    take_turn(task, heard.text)
    return push(changed, task, desk)


def _meant(about: dict[str, Any], slots: dict[str, Any], heard: Heard, tool: str, desk: Desk) -> dict[str, Any]:
    """ "freeze it": what was spoken of last, where the task takes one and none was named."""
    return {
        name: value
        for name, value in about.items()
        if desk.specs[tool].find(name) and name not in slots and re.search(rf"(?i)\b(?:{PRONOUNS[name]})\b", heard.text)
    }


def _which(changed: Dialogue, heard: Heard, desk: Desk) -> Step | None:
    """Lists what a bare noun or verb may mean; where it is one thing only, that is meant."""
    options = find_options(heard.text, desk.specs)
    if not options:
        return None
    if len(options) == 1:
        return push_heard(changed, options[0], options[0], heard, desk)
    changed["options"] = options
    said = words.with_choices(words.WHICH_TASK, [words.option(desk.specs[tool]) for tool in options])
    return Step(kind="say", route=OPERATION, intent=OwnIntent.UNCLEAR.value, words=said, asks=True)


def not_understood(changed: Dialogue, heard: Heard, desk: Desk) -> Step:
    changed["unclear"] += 1
    if changed["unclear"] >= HAND_OFF_AFTER:
        changed["unclear"] = 0
        return _to_a_person(changed, desk)
    task = top(changed)
    if task is None:
        said = words.HELP if desk.signed_in else words.HELP_VISITOR
        return Step(kind="say", route=heard.route, intent=OwnIntent.UNCLEAR.value, words=said)
    asked = open_question(task, desk.specs[task["tool"]], desk)
    return Step(
        kind="say",
        route=route_of(task["intent"]),
        intent=OwnIntent.UNCLEAR.value,
        words=f"{words.NOT_UNDERSTOOD} {asked}",
        asks=True,
    )


def _to_a_person(changed: Dialogue, desk: Desk) -> Step:
    route, intent = Route.HANDOFF.value, OwnIntent.TALK_TO_HUMAN.value
    if HAND_OFF not in desk.specs:
        return Step(kind="talk", route=route, intent=intent, words=words.TO_A_PERSON)
    return replace(push(changed, new_task(HAND_OFF, intent, {}), desk), words=words.TO_A_PERSON)
