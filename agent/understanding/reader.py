"""Understands a message: route, intent and how sure that is, its clauses, its language, and the vector for retrieval.

An ordinary message is one clause and costs one encoder pass. A longer one is read whole and clause by clause, because
a vector of everything that somebody says on the way to a request is the vector of nothing in particular.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.understanding.clauses import Span, begins_request, split_clauses
from agent.understanding.heads import Heads, add_ours
from agent.understanding.intents import BANKING77_INTENTS, CONVERSATION_ACTS, INTENT_ROUTES, OwnIntent, Route
from agent.understanding.language import ENGLISH, detect_language
from agent.understanding.language import SURE as SURE_OF_LANGUAGE
from agent.understanding.reject import SURE, is_too_uncertain
from agent.understanding.requests import (
    asks_for_case,
    asks_for_person,
    asks_to_do,
    changes_something,
    is_question_about,
    operation_for,
)
from agent.understanding.spelling import Speller
from agent.understanding.surface import clean, without_quotations
from knowledge.embed import Encoder, Vectors

_TASKS = frozenset({Route.OPERATION, Route.FRAUD, Route.HANDOFF})
_OURS = _TASKS | {Route.KNOWLEDGE}
_COURTESIES = frozenset({OwnIntent.GREETING, OwnIntent.THANKS, OwnIntent.GOODBYE, OwnIntent.ABUSE, OwnIntent.GIBBERISH})
_SEES_PEOPLE = frozenset(
    {
        OwnIntent.BOOK_APPOINTMENT,
        OwnIntent.CANCEL_APPOINTMENT,
        OwnIntent.FIND_BRANCHES,
        OwnIntent.LIST_APPOINTMENTS,
        OwnIntent.REQUEST_CALLBACK,
        OwnIntent.TALK_TO_HUMAN,
    }
)
"""Whoever asks to speak to somebody may mean one of these; about anything else they mean now and here."""
_COMMANDS = 0.5
"""Confidence from which it is one that tells something first: "my card is lost, block it"."""
_COMMA = re.compile(r",\s+")
_STANDS_ALONE = 0.6
"""Confidence from which a clause of a longer message is a request of its own."""
_SPEAKS_OF_US = 0.5
"""Confidence from which a clause is about the bank."""
_SURE_OF_ENGLISH, _DOUBTFUL = 0.9, 0.9
"""Confidence in what English words mean, and probability of another language that is believed against it."""
_LONG_WORD = 6
"""Letters of a word that is hardly near one of ours by chance."""
_HINTS_AT_US = 0.3
"""Probability from which a clause may have to do with the bank's business."""
_PLAIN = 0.75
"""Confidence from which a request in so many words outweighs what the whole message seems to be about."""
_WORTH_CONSIDERING = 0.05
_DOUBT = 0.15
"""Probability of "unclear" from which a bare word is one."""
_LONGEST_ACT = 8
"""Words."""
_TELLS = re.compile(
    r"(?:\w+,?\s+)?(?:i|i'?m|i'?ve|we|my|the|it|it'?s|he|she|they|someone|somebody|there|that|this|because|since|but)\b",
    re.IGNORECASE,
)
"""How a statement begins: it may lead to a request, and is none beside one."""
_LEANS = re.compile(r"\b(?:it|that|this|them|those|these|her|him|one|there)\b", re.IGNORECASE)
"""What points back at another clause."""

Ranked = tuple[tuple[str, float], ...]
"""Intents with their probabilities, best first."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, or all of it, understood by itself."""

    text: str
    start: int
    """Of `text` in the message, in characters."""
    end: int
    route: Route
    intent: str
    confidence: float
    is_clear: bool
    """False where it is better to ask what is meant; route and intent are the best guess then."""
    alternatives: Ranked
    routes: tuple[tuple[Route, float], ...]
    """All routes with their probabilities, best first."""
    topics: Ranked
    """What an article that answers may be about (``heads.Understanding.topics``)."""
    vector: Vectors = field(compare=False, repr=False)
    """For retrieval, float32 [384]."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """A message understood. The fields that it shares with a clause are those of what it is mostly about, but for the
    last two of them, which are of all of it: what else was said tells an article from its neighbour."""

    route: Route
    intent: str
    confidence: float
    is_clear: bool
    alternatives: Ranked
    routes: tuple[tuple[Route, float], ...]
    topics: Ranked
    vector: Vectors = field(compare=False, repr=False)
    ours: float
    """Probability that it is the bank's business at all."""
    clauses: tuple[Clause, ...]
    """What it asks for and answers, in its order, at least one; greetings and what only explains are left out."""
    language: str
    """ISO 639-1."""


class Reader:
    """Threads may share one."""

    def __init__(self, encoder: Encoder, heads: Heads) -> None:
        self._encoder = encoder
        self._heads = heads
        self._speller = Speller.load()

    def put_right(self, text: str) -> str:
        """The text as the encoder gets it: slips, slang and odd punctuation put right, quotations left out."""
        return self._speller.correct(without_quotations(clean(text)))

    def understand(self, text: str) -> Understanding:
        """What the customer means; about 4 ms for a short message, and as much again for each further clause."""
        spans = split_clauses(text)
        parts = [self._read(span) for span in spans] if len(spans) > 1 else []
        told = [part for part in parts if not _is_aside(part)] or parts
        whole = self._read_together(text, told, of=len(parts))
        main, clauses = _weigh(whole, told)
        return Understanding(
            route=main.route,
            intent=main.intent,
            confidence=main.confidence,
            is_clear=main.is_clear,
            alternatives=main.alternatives,
            routes=main.routes,
            topics=whole.topics,
            vector=whole.vector,
            ours=add_ours(whole.routes),
            clauses=clauses,
            # Keys hit at random look like some language or other, but have no letters that English has not.
            language=ENGLISH
            if main.intent == OwnIntent.GIBBERISH and text.isascii()
            else detect_language(text, sure=_DOUBTFUL if self._is_like_english(text, main) else SURE_OF_LANGUAGE),
        )

    def _is_like_english(self, text: str, main: Clause) -> bool:
        """Whether heads that know English alone are sure, or a long word is one of ours with a slip: short ones full
        of slips look like any language."""
        is_understood = main.route in _TASKS and main.confidence >= _SURE_OF_ENGLISH
        return text.isascii() and (is_understood or self._speller.puts_right(text, letters=_LONG_WORD))

    def _read_together(self, text: str, told: Sequence[Clause], of: int) -> Clause:
        """The message understood from the parts that are no asides; without any, all of it is read."""
        if len(told) == of:
            return self._read(Span(text, 0, len(text)))
        if len(told) == 1:
            return replace(told[0], text=text, start=0, end=len(text))
        return self._read(Span(text, 0, len(text)), " ".join(_as_sentence(part.text) for part in told))

    def _read(self, span: Span, instead: str | None = None) -> Clause:
        """One clause by itself, or `instead` of it: the heads, corrected by the form of the words."""
        text = self.put_right(instead or span.text)
        reading = self._encoder.read(text)
        found = self._heads.predict(reading.views)
        clause = Clause(
            text=span.text,
            start=span.start,
            end=span.end,
            route=found.route,
            intent=found.intent,
            confidence=found.intent_confidence,
            is_clear=not is_too_uncertain(found),
            alternatives=found.intents,
            routes=found.routes,
            topics=found.topics,
            vector=reading.vector,
        )
        if is_question_about(found.intent, text):
            return _as_question(clause)
        if asks_for_person(text):
            return clause if found.intent in _SEES_PEOPLE else _turned(clause, OwnIntent.TALK_TO_HUMAN.value)
        if asks_for_case(text):
            # Said in so many words, whatever the heads heard.
            return replace(_turned(clause, OwnIntent.LIST_SUPPORT_CASES.value), confidence=1.0)
        if _is_bare(clause):
            return _turned(clause, OwnIntent.UNCLEAR.value)
        operation = operation_for(found.intent, text) or _wanted(clause, text)
        return clause if operation is None else _turned(clause, operation)


def _as_question(clause: Clause) -> Clause:
    """The likeliest question instead of the operation."""
    known = [intent for intent, _ in clause.alternatives if INTENT_ROUTES[intent] is Route.KNOWLEDGE]
    return _turned(clause, known[0] if known else OwnIntent.BANKING_QUESTION.value)


def _is_bare(clause: Clause) -> bool:
    """Whether it is a word by itself that may ask for several things, as "payees" does and "balance" does not."""
    doubt = dict(clause.alternatives).get(OwnIntent.UNCLEAR.value, 0.0)
    return doubt >= _DOUBT and len(clause.text.split()) == 1


def _wanted(clause: Clause, text: str) -> str | None:
    """The likeliest change, where a request for one was taken for a question of no particular subject."""
    if clause.intent != OwnIntent.BANKING_QUESTION or not asks_to_do(text):
        return None
    likely = (intent for intent, p in clause.alternatives if changes_something(intent) and p >= _WORTH_CONSIDERING)
    return next(likely, None)


def _turned(clause: Clause, intent: str) -> Clause:
    """Understood as another intent of the same subject: what spoke for either speaks for that one."""
    confidence = min(1.0, clause.confidence + dict(clause.alternatives).get(intent, 0.0))
    route, by_route = INTENT_ROUTES[intent], dict(clause.routes)
    if route is not clause.route:
        by_route[route], by_route[clause.route] = by_route[route] + by_route[clause.route], 0.0
    routes = tuple(sorted(by_route.items(), key=lambda pair: -pair[1]))
    return replace(clause, route=route, intent=intent, confidence=confidence, is_clear=True, routes=routes)


def _weigh(whole: Clause, parts: Sequence[Clause]) -> tuple[Clause, tuple[Clause, ...]]:
    """(what the message is about, the clauses to be dealt with)."""
    acts = [part for part in parts if _is_act(part)]
    requests = _drop_context([part for part in parts if _is_request(part) or (acts and _is_asked_for(part))])
    if len(requests) > 1 or (requests and acts):
        main = next((part for part in requests if part.route in _OURS), requests[0])
        return main, tuple(sorted([*acts, *requests], key=lambda part: part.start))
    main = _find_core(whole, parts, requests)
    return main, tuple(acts) if acts and main.route not in _OURS else (main,)


def _is_aside(part: Clause) -> bool:
    """Whether it only tells something that is no business of the bank."""
    if part.route in _OURS or part.intent in CONVERSATION_ACTS or begins_request(part.text):
        return False
    return sum(probability for route, probability in part.routes if route in _OURS) < _HINTS_AT_US


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _is_act(part: Clause) -> bool:
    is_short = len(part.text.split()) <= _LONGEST_ACT
    return part.intent in CONVERSATION_ACTS and is_short and part.confidence >= _STANDS_ALONE


def _find_core(whole: Clause, parts: Sequence[Clause], requests: Sequence[Clause]) -> Clause:
    """The clause that says what the message is about, or all of it.

    Whoever explains a problem over several sentences is understood better from all of them. Where all the others say
    nothing of the bank, or one says in so many words what is to be done, it is understood better from that one.
    """
    ours = [part for part in parts if _speaks_of_us(part)]
    if len(ours) == 1 and (whole.route not in _OURS or ours[0].confidence >= whole.confidence):
        return ours[0]
    if not ours and whole.route not in _OURS:
        asking = [part for part in parts if begins_request(part.text) and part.confidence >= _STANDS_ALONE]
        return max([whole, *asking] if len(asking) != 1 else asking, key=lambda part: part.confidence)
    plain = (part for part in requests if part.route in _TASKS and begins_request(part.text))
    # A question of no particular subject is what a long message looks like whatever it is about.
    enough = _STANDS_ALONE if whole.intent == OwnIntent.BANKING_QUESTION else _PLAIN
    return next((part for part in plain if part.confidence >= enough and part.route != whole.route), whole)


def _speaks_of_us(part: Clause) -> bool:
    """Whether it says something of the bank that can stand alone: no mere statement, unless a problem of the 77."""
    if part.route not in _OURS or part.confidence < _SPEAKS_OF_US:
        return False
    is_problem = part.intent in BANKING77_INTENTS and part.confidence >= SURE
    return is_problem or begins_request(part.text) or not _TELLS.match(part.text)


def _is_request(part: Clause) -> bool:
    if part.intent in CONVERSATION_ACTS or part.intent in _COURTESIES:
        return False
    begins = begins_request(part.text)
    if part.route in _TASKS and not begins and any(begins_request(said) for said in _COMMA.split(part.text)):
        return part.is_clear and part.confidence >= _COMMANDS
    if part.route in _OURS:
        return part.confidence >= _STANDS_ALONE if begins else part.confidence >= SURE and not _TELLS.match(part.text)
    # What people say about their day looks like no business of a bank, and so does a question about "it" by itself.
    leans = _LEANS.search(part.text) or part.intent == OwnIntent.BOT_QUESTION
    return begins and part.confidence >= SURE and not leans


def _is_asked_for(part: Clause) -> bool:
    """Whether it is what is wanted instead, beside "never mind": a request in form that is likelier than not."""
    return part.route in _TASKS and part.is_clear and begins_request(part.text)


def _drop_context(requests: list[Clause]) -> list[Clause]:
    """Without statements that lead to a request ("I lost my card. Freeze it."), and no question twice."""
    if any(part.route in _TASKS for part in requests):
        requests = [part for part in requests if part.route is not Route.KNOWLEDGE or begins_request(part.text)]
    kept: list[Clause] = []
    for part in requests:
        if not (kept and part.route is Route.KNOWLEDGE and kept[-1].route is Route.KNOWLEDGE):
            kept.append(part)
    return kept
