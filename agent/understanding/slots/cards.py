"""Cards: "ending 4821", "my 4821 card", "the virtual one", "Platinum"."""

import re
from collections.abc import Iterator

from agent.understanding.slots.calendar_words import MONTH
from agent.understanding.slots.mention import CardWords, KnownCard, Mention
from agent.understanding.slots.numbers import parse_words

_KIND = r"debit|credit|virtual|visa(?:\s+debit)?|master\s?card|maestro|amex|american\s+express"
_DIGIT_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_LAST4 = rf"(?:\d{{4}}(?!\d|[.,]\d|\s?[£€$])|{_DIGIT_WORD}(?:[\s-]+{_DIGIT_WORD}){{3}}\b)"
_LAST_FOUR = r"(?:last|final)\s+(?:four|4)(?:\s+(?:digits?|numbers?))?"
_ENDING = (
    r"(?:that\s+)?(?:end(?:ing|s|ed)?(?:\s+(?:in|with|on|by))?|finish(?:ing|es)(?:\s+(?:in|with))?"
    rf"|with\s+(?:the\s+)?(?:{_LAST_FOUR}|number))"
)
_NUMBER = rf"(?:(?:the\s+)?{_LAST_FOUR}|number|no\.?|#|details?)"
_FULL = re.compile(
    rf"\b(?:(?P<label>{_KIND}|platinum|gold|black|metal|travel|business)\s+)?(?:bank\s+)?cards?\s*(?:\(|,)?\s*(?:(?:is|are|was)\s+)?"
    rf"(?:(?:{_ENDING}|{_NUMBER})[\s:]*(?:(?:is|are|in|with)\s+)*|[*•x.…]{{1,12}}\s?)?(?P<last4>{_LAST4})",
    re.IGNORECASE,
)
_ENDS = re.compile(
    rf"(?<!\baccount\s)\b(?:(?:the\s+)?one\s+)?(?:{_ENDING}|(?:the\s+)?{_LAST_FOUR})[\s:]*(?:(?:is|are|in|with)\s+)*(?P<last4>{_LAST4}|\d{{2,3}}\b(?!\s*(?:[/.,:]\d|(?:of\s+)?{MONTH})))",
    re.IGNORECASE,
)
_BEFORE_CARD = re.compile(
    rf"(?<![\d.,£$€])\b(?P<last4>\d{{4}})(?:\s+(?P<label>{_KIND}))?\s+(?:card|one)\b", re.IGNORECASE
)
_MASKED = re.compile(r"(?:[*•]{1,12}|x{3,12}|\.{3}|…)[\s-]?(?P<last4>\d{4})(?!\d)", re.IGNORECASE)
_BY_KIND = re.compile(
    rf"\b(?P<label>{_KIND}|platinum|gold|black|metal)(?:\s+(?P<second>debit|credit))?(?:\s+(?:bank\s+)?(?:cards?|one)\b)",
    re.IGNORECASE,
)
_ALONE = re.compile(
    rf"(?:^|\b(?:the|my|on|with|not|it'?s|is|no|yes|use)\s+|,\s*)(?P<label>{_KIND})(?=\s*(?:$|[?.!,]|please\b|not\b|and\b))",
    re.IGNORECASE,
)
_DIGITS = 4
_KINDS = frozenset({"debit", "credit", "virtual"})


def find_cards(text: str, known: tuple[KnownCard, ...]) -> Iterator[Mention]:
    """Cards by their last digits, kind, network or nickname. Four digits alone are one only if a known card
    has them."""
    for pattern in (_FULL, _ENDS, _BEFORE_CARD, _MASKED, _BY_KIND, _ALONE):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            start = match.start("label") if pattern is _ALONE else match.start()
            last4 = _completed(groups.get("last4"), known)
            if last4 is not None and len(last4) < _DIGITS and last4.isdecimal():
                continue
            said = _words(last4, groups.get("label"), known)
            yield Mention("card", text[start : match.end()], start, match.end(), said)
    for card in known:
        for match in re.finditer(
            rf"(?<![\w.,£$€/-]){card.last4}(?![\w/-]|[.,]\d|\s?[£€$]|\s(?:pounds|euros|quid))", text
        ):
            yield Mention("card", match[0], match.start(), match.end(), CardWords(last4=card.last4))
        if card.nickname:
            nickname = r"\s+".join(map(re.escape, card.nickname.split()))
            for match in re.finditer(
                rf"(?<!\w){nickname}(?:\s+(?:{_KIND}))?(?:\s+(?:card|one))?(?!\w|\s+account\b)", text, re.IGNORECASE
            ):
                yield Mention("card", match[0], match.start(), match.end(), CardWords(nickname=card.nickname))


def _completed(said: str | None, known: tuple[KnownCard, ...]) -> str | None:
    """All four digits, where only the last two or three were said and one card has them."""
    if said is None or len(said) >= _DIGITS or not said.isdecimal():
        return said
    ending = [card.last4 for card in known if card.last4.endswith(said)]
    return ending[0] if len(ending) == 1 else said


def _words(last4: str | None, label: str | None, known: tuple[KnownCard, ...]) -> CardWords:
    words = CardWords()
    if last4:
        words["last4"] = last4 if last4.isdecimal() else str(parse_words(last4.lower().replace("oh", "zero"))).zfill(4)
    if label:
        said = label.lower()
        if said in _KINDS:
            words["kind"] = said
        elif said.endswith(" debit"):
            words["kind"] = "debit"
        elif re.fullmatch(_KIND, said):
            words["kind"] = re.sub(r"\s+", "", said) if said.startswith("master") else said
        else:
            nicknames = (card.nickname for card in known if card.nickname)
            words["nickname"] = next((name for name in nicknames if name.casefold() == said), label)
    return words
