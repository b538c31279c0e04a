"""What a message does to the conversation itself, and what is left of it: "forget that, what's my balance?" stops, and
leaves a question. Patterns, because here a mistake moves money: a yes has to be nothing but a yes.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Act(StrEnum):
    """Values are intents, where there is one."""

    YES = "yes"
    NO = "no"
    CANCEL = "cancel_task"
    UNDO = "change_answer"
    WAIT = "wait"
    WHY = "why_asked"
    WHAT = "what_is_that"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Said:
    act: Act | None
    rest: str
    """The message without the act; all of it where there is none."""
    is_conditional: bool = False
    """"yes, but ..."."""
    is_added: bool = False
    """"yes, and ..."."""


_LEAD = r"^(?:(?:ok(?:ay)?|oh|um+|uh|erm?|well|hmm+|sorry|actually|please|hey|hi|right|so|look)[\s,.!-]+)*"
_END = r"\s*(?:[\s,]*(?:please|thanks|thank you|cheers|for now|then|mate|now))*[\s.!?…]*$"
_SEPARATOR = r"(?:\s*[,.;:!?–—-]+\s*(?:and|but|then|also|so|instead)?\s*|\s+(?:and|but|then|also|instead)\s+)"

_YES = r"(?:yes|yep|yeah|yup|ya|aye|y|confirm(?:ed)?|i confirm|approved?|do it|go ahead|go for it|please do)"
_AGREED = (
    r"(?:sure(?: thing)?|ok(?:ay)?|correct|that'?s (?:right|correct|fine|it)|right|of course|absolutely|certainly|"
    r"definitely|exactly|perfect|sounds good|looks good|fine)"
)
"""Says yes to whatever was said last, so to a proposal only if that was the last thing."""
_IT = r"(?:it|that|this|them|him|her|(?:the|my|that|this) (?:card|payment|money|transfer|payee|order|account|call))"
_MORE_YES = (
    r"(?:yes|please|do (?:it|that|so)|go ahead|go for it|confirm(?:ed)?(?: it)?|i confirm|thanks|thank you|cheers|"
    r"i(?:'?m| am) sure|i do|sure|of course|that'?s (?:right|correct|fine|it)|correct|right|ok(?:ay)?|"
    rf"sounds good|looks good|perfect|great|(?:freeze|unfreeze|send|pay|make|schedule|transfer|move|add) {_IT}{{verb}})"
)
_NOT_THAT = rf"(?:don'?t|do not)(?: \w+ {_IT})?(?!\s+\w)"
_NO = (
    r"(?:no way|no|nope|nah|not now|(?:then |please )*(?:i(?:'?d| would) )?(?:rather|better|maybe|absolutely|"
    rf"definitely|please) not|i don'?t think so|please don'?t|{_NOT_THAT}|don'?t|do not)"
)
_MORE_NO = (
    rf"(?:no|nope|thanks|thank you|please|{_NOT_THAT}|cancel|do it|it|that|do that|stop|never ?mind|forget it|"
    r"not now)"
)
_PLAIN_NO = re.compile(
    rf"{_LEAD}(?:{_NO}|cancel|stop|never ?mind|forget it|leave it)(?:[\s,.!]+{_MORE_NO})*[\s.!]*$", re.IGNORECASE
)
_LONGEST_ANSWER = 60

_CANCEL_SURE = (
    r"(?:never ?mind(?: (?:that|it|about (?:it|that)))?|forget (?:about )?(?:it|that|this)|scrap (?:it|that|this)|"
    r"drop (?:it|that|this)|cancel (?:it|that|this|everything|all(?: of (?:it|that))?)|"
    r"stop (?:it|that|this|everything)|abort(?: (?:it|that|this))?|don'?t bother|"
    r"i(?:'?ve| have)? changed my mind|let'?s stop(?: (?:here|it|that|now))?|let'?s (?:not|leave (?:it|that)|"
    r"forget (?:it|that|about (?:it|that)))|"
    r"i(?:'?d| would) rather not|i (?:don'?t|do not) (?:want|need)(?: to do)? (?:it|that|this)(?: any ?more| now)?|"
    r"(?:it'?s |that'?s )?(?:not|no longer) (?:needed|necessary)(?: any ?more)?|"
    r"(?:i(?:'?ve| have)? )?already (?:did|done|paid|sent|sorted|made|frozen|finished|got)(?: (?:it|that|this|them))?"
    r"(?: (?:yesterday|earlier|today|this morning|last \w+|myself|in the app|online|by phone))*"
    r"|i (?:did|paid|sent|sorted) (?:it|that) already|i(?:'?ve| have) (?:done|paid|sent|sorted) (?:it|that) already"
    r"|i (?:did|paid|sent|sorted) (?:it|that) (?:yesterday|earlier|myself)|too late|start over|leave it then)"
)
_CANCEL_SHORT = r"(?:cancel|stop|quit|exit|abort|enough|nothing|leave (?:it|that)|no more)"
_CANCEL_TASK = (
    r"(?:cancel|stop|abort|forget) (?:the|this|that|my) (?:payment|transfer|request|operation|whole thing|thing|order|"
    r"task|process|application)"
)
_UNDO = re.compile(
    rf"{_LEAD}(?:no[\s,.!]+)?(?:(?:leave|keep) (?:it|that)(?: (?:as (?:it (?:was|is)|is|before)|alone|the same|"
    rf"unchanged))?"
    r"|undo(?: (?:it|that))?|(?:go )?back to (?:what it was|the (?:old|first|original) one|before)|as (?:it was|"
    r"before)|"
    rf"(?:leave|keep) the (?:old|original|first)(?: \w+)?){_END}",
    re.IGNORECASE,
)
_MOMENT = r"(?:moment|minute|min|sec(?:ond)?|mo|bit|tick)"
_LOOKS = (
    r"(?:let me (?:just )?(?:check|look|find|think|see|get|ask)\b.{0,40}|i(?:'?ll| will|'?m going to| need to| have to|"
    r" must|'?ve got to) (?:just )?(?:check|look|find|think|get|ask|fetch|see)\b.{0,40}|i(?:'?m| am) (?:just )?"
    r"(?:checking|looking|thinking|searching)\b.{0,40}|not sure yet|i don'?t know yet|where did i put .{0,30})"
)
_WAITS = (
    rf"(?:(?:just )?(?:one|a|1) {_MOMENT}|wait(?: (?:a|one|just a) {_MOMENT})?|hold on(?: a {_MOMENT})?|"
    rf"hang on(?: a {_MOMENT})?|give me (?:a|one) {_MOMENT}|bear with me|brb|(?:i'?ll )?be right back|{_LOOKS})"
)
_PLAIN: tuple[tuple[Act, str], ...] = (
    (Act.WAIT, rf"{_WAITS}(?:(?:[\s,.!-]|please)+{_LOOKS})?"),
    (
        Act.WHY,
        r"(?:(?:but )?why(?: (?:do|would|are|should) (?:you|i|we)(?: (?:really|even))? (?:need|want|ask|require|"
        r"have to|tell|give|say)"
        r"\b.{0,40}| (?:is|does) (?:that|this|it) (?:needed|necessary|important|required|matter)\b.{0,30}| that|"
        r" this| not)?|what(?:'?s| is) (?:that|this|it) "
        r"(?:needed )?for|what (?:do|would) you (?:need|want) (?:that|this|it) for|what for|how come|"
        r"(?:is (?:that|this|it)|do you|do i) (?:really )?(?:need|necessary|have to).{0,40})",
    ),
    (
        Act.REPEAT,
        r"(?:(?:can|could|would) you (?:please )?(?:repeat|say).{0,30}|(?:please )?(?:say|ask) (?:that|it|me) again|"
        r"repeat(?: (?:that|it|the question|please))*|(?:come )?again|pardon(?: me)?|what(?: did you (?:say|ask)| was "
        r"(?:that|the question|it))?|sorry|where were we|what were (?:we|you) (?:saying|doing|talking about|asking)|"
        r"i (?:missed|didn'?t (?:catch|hear|get)) (?:that|it)|one more time|once more)",
    ),
    (
        Act.WHAT,
        r"(?:what(?:'?s| is| are) (?:that|this|it|those)|what does (?:that|this|it) mean|what do you mean(?: by that)?|"
        r"i (?:don'?t|do not) (?:understand|get it|know what (?:that|this|it) (?:is|means))|meaning|huh|"
        r"explain(?: that)?|"
        r"which means|(?:can|could) you explain(?: (?:that|this|it))?)",
    ),
)
_PATTERNS = tuple((act, re.compile(_LEAD + words + _END, re.IGNORECASE)) for act, words in _PLAIN)
_SURELY_CANCELS = re.compile(rf"{_LEAD}{_CANCEL_SURE}(?={_SEPARATOR}|\s|$)", re.IGNORECASE)
_CANCELS = re.compile(rf"{_LEAD}(?:{_CANCEL_SHORT})(?:{_END}|(?={_SEPARATOR}))", re.IGNORECASE)
_CANCELS_TASK = re.compile(rf"{_LEAD}(?:please )?(?:{_CANCEL_TASK})(?:{_END}|(?={_SEPARATOR}))", re.IGNORECASE)
_CANCELS_AT_LAST = re.compile(
    rf"[,.;]\s*(?:so |then |just |please )*(?:{_CANCEL_SURE}|cancel|stop)(?: then| please)*[\s.!]*$", re.IGNORECASE
)
_SAYS_NO = re.compile(rf"{_LEAD}(?:{_NO})(?:[\s,.!]+{_MORE_NO})*(?={_SEPARATOR}|\s|$)", re.IGNORECASE)
_PICTURES = re.compile(r"[^\w\s.,;:!?'\"£$€%()\[\]/@&+#*–—-]")
_TAKEN_OFF = re.compile(rf"^(?:{_SEPARATOR}|[\s,.;:!?-]+)")
_POLITE_REST = re.compile(r"^(?:please|thanks|thank you|cheers|then|now|mate|sorry)?[\s.!?]*$", re.IGNORECASE)


def find_answer(text: str, *, just_asked: bool, verb: str = "") -> Literal["approve", "deny"] | None:
    """A message that is nothing but a yes or a no.

    Args:
        just_asked: the proposal was the last thing said.
        verb: what it would do, for "yes, cancel it".
    """
    said = _tidy(text)
    if len(said) > _LONGEST_ANSWER:
        return None
    if _yes(verb).match(said) or (just_asked and _agreed(verb).match(said)):
        return "approve"
    return "deny" if _PLAIN_NO.match(said) else None


def read_act(text: str, *, in_task: bool, verb: str = "") -> Said:
    """The act that the message begins with.

    Args:
        in_task: a task is open, so that "cancel the payment" can mean it.
        verb: what the open proposal would do.
    """
    said = _tidy(text)
    for act, pattern in _PATTERNS:
        if pattern.match(said):
            return Said(act, "")
    if _UNDO.match(said):
        return Said(Act.UNDO, "")
    if find_answer(said, just_asked=True, verb=verb) == "approve":
        return Said(Act.YES, "")
    if match := _leading_yes(verb).match(said):
        rest = said[match.end() :]
        return Said(
            Act.YES,
            _rest(rest),
            is_conditional=bool(re.match(r"[\s,.;:!-]*(?:but|if|only|as long|unless|except)\b", rest, re.I)),
            is_added=bool(re.match(r"[\s,.;:!-]*(?:and|then|also)\b", rest, re.I)),
        )
    if _CANCELS_AT_LAST.search(said):
        return Said(Act.CANCEL, "")
    patterns = [_SURELY_CANCELS, _CANCELS, *([_CANCELS_TASK] if in_task else [])]
    for pattern in patterns:
        if match := pattern.match(said):
            return Said(Act.CANCEL, _rest(said[match.end() :]))
    if match := _SAYS_NO.match(said):
        rest = _rest(said[match.end() :])
        again = read_act(rest, in_task=in_task, verb=verb) if rest else Said(None, "")
        return again if again.act in (Act.CANCEL, Act.UNDO) else Said(Act.NO, rest)
    return Said(None, text)


def _yes(verb: str) -> re.Pattern[str]:
    return re.compile(rf"{_LEAD}{_YES}{_tail(verb)}", re.IGNORECASE)


def _agreed(verb: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:(?:oh|well|hmm+|right|ok(?:ay)?)[\s,.!-]+)*{_AGREED}{_tail(verb)}", re.IGNORECASE)


def _tail(verb: str) -> str:
    also = rf"|{verb} {_IT}" if verb else ""
    return rf"(?:[\s,.!]+{_MORE_YES.format(verb=also)})*[\s.!]*$"


def _leading_yes(verb: str) -> re.Pattern[str]:
    also = _MORE_YES.format(verb=rf"|{verb} {_IT}" if verb else "")
    return re.compile(rf"{_LEAD}{_YES}(?:[\s,.!]+{also})*(?={_SEPARATOR})", re.IGNORECASE)


def _rest(text: str) -> str:
    rest = _TAKEN_OFF.sub("", text).strip()
    return "" if _POLITE_REST.match(rest) else rest


def _tidy(text: str) -> str:
    """Without pictures, which say a yes and a no as well as nothing."""
    return " ".join(_PICTURES.sub(" ", text.replace("’", "'")).split())
