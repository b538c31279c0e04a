"""Yes and no, alone and at the head of a longer message: "yes please do", "nah", "yes, and are there fees?"."""

import re
from collections.abc import Iterator
from typing import Literal

from agent.understanding.slots.mention import Mention

_FILLER = r"(?:(?:oh|um+|uh+|er+m?|well|hm+|ah+|so|hey|hi|hello|please|i\s+think|i\s+guess|i\s+suppose|and|then|mm+)\b[\s,.!…-]*)*"
_YES = (
    r"(?:(?:oh\s+)?(?:hell\s+|heck\s+)?(?:yes+|yess+ir|yep+|yeah+|yup+|yeh|yea|ye|yh|yas+|aye)\b(?!\s+or\b)"
    r"|(?:i\s+)?(?:confirm(?:ed|ing)?|approved?)\b(?:\s+(?:it|that|this))?(?=\W*$|\W*[,.!;]|\s+(?:please|and|the\s+(?:payment|transfer)|but)\b)"
    r"|(?:just\s+|please\s+)?do\s+(?:it|that|so)\b(?!\s+(?:later|again|not|tomorrow))|(?:please\s+)?go\s+(?:ahead|for\s+it|on)\b|please\s+do\b(?!\s+not)"
    r"|(?:please\s+)?proceed\b|by\s+all\s+means\b|of\s+course\b(?!\s+not)|definitely\b(?!\s+not)|absolutely\b(?!\s+not)|certainly\b(?!\s+not)|agreed\b|i\s+(?:do|agree)\b(?=\W*$|,)"
    r"|👍|✅|affirmative\b)"
)
_AGREED = (
    r"(?:(?:sure(?:\s+thing)?|ok(?:ay|ey|ie)?|okie\s+dokie|k+|kk|al+\s?right|correct|exactly|indeed|true|cool|perfect|great|fine|good)\b(?=\W*$|\s*[,.!;]|\s+(?:please|then|and|do|go|yes|thanks|thank|confirm|but|that'?s|with|by|it|send|pay|make)\b)"
    r"|(?:yes\s+)?(?:that'?s|that\s+is|it'?s|it\s+is|thats)\s+(?:right|correct|fine|ok(?:ay)?|good|it|true|great|perfect)\b|right\b(?=\W*$|\s*[,.!;])"
    r"|(?:sounds|looks)\s+(?:good|right|great|fine|ok(?:ay)?|correct)(?:\s+to\s+me)?\b|(?:i'?m|i\s+am)\s+(?:sure|happy\s+with\s+(?:that|it))\b|works\s+for\s+me\b|why\s+not\b(?=\W*$))"
)
"""Says yes to whatever was said last, so to a proposal only if that was the last thing."""
_NO = (
    r"(?:(?:oh\s+)?(?:no+|nope+|nah+|naw|nay|non|negative)\b(?!\s*\d)(?!\s+(?:idea|problem|worries|one|fees?|longer|more|matter|doubt|limit|of|other|account|money|need\s+to\s+worry|yes|way\s+to)\b)(?:\s+way\b)?"
    r"|(?:please\s+)?(?:don'?t|do\s+not)\b(?:\s+(?:do|send|pay|confirm|proceed|make)(?:\s+(?:it|that|this|so|the\s+(?:payment|transfer)))?)?(?=\W*$|\s*[,.!;]|\s+(?:please|yet)\b)"
    r"|(?:please\s+)?(?:cancel|stop|abort|drop|scrap|leave|forget)\b(?:\s+(?:it|that|this|all|everything|about\s+it|the\s+(?:whole\s+)?(?:thing|lot)))*(?=\W*$|\s*[,.!;]|\s+(?:please|now|thanks|and|for\s+now|then)\b)"
    r"|never\s?mind\b|not\s+(?:now|yet|today|really|any\s?more|at\s+all|this\s+time|interested|right\s+now)\b(?=\W*$|\s*[,.!;])|(?:absolutely|definitely|certainly|of\s+course)\s+not\b"
    r"|(?:i'?d\s+)?rather\s+not\b|i\s+(?:do\s+not|don'?t)\s+(?:want\s+(?:to|that|it|this)|think\s+so)\b(?=\W*$|\s*[,.!;])|(?:i'?ve\s+|i\s+have\s+|i\s+)?changed\s+my\s+mind\b"
    r"|(?:that'?s|that\s+is|it'?s)\s+(?:wrong|incorrect|not\s+(?:right|correct))\b|wrong\b(?=\W*$|,)|incorrect\b(?=\W*$|,)|👎|❌)"
)
_TURNING = r"(?:ok(?:ay)?|al+\s?right|right|actually|sorry|yes|yeah|wait|fine|oh)"
""" "ok, cancel that" is a no."""
_PATTERN = re.compile(
    rf"^\W{{0,3}}?{_FILLER}(?:(?P<yes>{_YES})|(?P<agreed>{_AGREED})|(?P<no>{_NO})|(?:{_TURNING}[\s,.!]+)+(?P<then_no>{_NO}))",
    re.IGNORECASE,
)
_AFFIRMING = r"please(?:\s+do(?:\s+(?:it|that|so))?)?|pls|plz|thanks|thank\s+you|thx|ta|cheers|mate|do\s+(?:it|that|so)|go\s+(?:ahead|for\s+it)|confirm(?:ed)?|i\s+confirm|proceed|approved?|freeze\s+it|unfreeze\s+it|send\s+it|pay\s+it|make\s+it|that'?s\s+(?:right|correct|fine|ok|it|good)|yes|yep|yeah|ok(?:ay)?|sure|correct|right|of\s+course|absolutely|definitely|i\s+do|i\s+am\s+sure|i'm\s+sure|looks\s+good|sounds\s+good|now|then|with\s+(?:it|that)|by\s+me"
_REFUSING = r"please|sorry|pls|plz|thanks|thank\s+you|thx|ta|cheers|mate|no|nope|nah|don'?t(?:\s+(?:do|send|pay))?|do\s+not|cancel|stop|it|that|this|do\s+(?:it|that)|never\s?mind|forget|leave|not\s+now|for\s+now|changed\s+my\s+mind|i|all|wrong|way"
_REST = {
    "yes": re.compile(rf"^(?:[\s,.!;:–—-]*(?:{_AFFIRMING})\b)*[\s,.!;:–—-]*(?:and\b|but\b)?[\s,]*", re.IGNORECASE),
    "no": re.compile(rf"^(?:[\s,.!;:–—-]*(?:{_REFUSING})\b)*[\s,.!;:–—-]*(?:and\b|but\b)?[\s,]*", re.IGNORECASE),
}
_LONGEST_ANSWER = 60
_FOLLOW_UP = re.compile(r"^(?:and|what about|how about|also|ok and|same for|what of)\b")


def find_yes_or_no(text: str) -> Iterator[Mention]:
    """The yes or no with which the message begins; its value is what else was said."""
    match = _PATTERN.match(text)
    if match is None:
        return
    kind = "no" if match["no"] or match["then_no"] else "yes"
    rest = _REST[kind].sub("", text[match.end() :].strip(), count=1)
    start = next(match.start(group) for group, said in match.groupdict().items() if said)
    yield Mention(kind, text[start : match.end()], start, match.end(), rest.strip())


def find_answer(text: str, *, just_asked: bool) -> Literal["approve", "deny"] | None:
    """A message that is nothing but a yes or a no. ``just_asked``: the proposal was the last thing said."""
    said = text.strip()
    if len(said) > _LONGEST_ANSWER or "?" in said:
        return None
    mention = next(find_yes_or_no(said), None)
    if mention is None or mention.value:
        return None
    if mention.kind == "no":
        return "deny"
    match = _PATTERN.match(said)
    return "approve" if just_asked or (match and match["yes"]) else None


def is_follow_up(text: str) -> bool:
    """Whether the message leans on the one before: "and my savings?", "what about June?"."""
    return bool(_FOLLOW_UP.match(text.casefold().strip()))
