"""Yes and no, alone and at the head of a longer message: "yes please do", "nah", "yes, and are there fees?"."""

import re
from collections.abc import Iterator

from agent.understanding.slots.mention import Mention

_ENDS = r"(?=\W*$|\s*[,.!;])"
"""Nothing follows, or something else does."""
_IT = r"(?:it|that|this)"


def _any(*patterns: str) -> str:
    return rf"(?:{'|'.join(patterns)})"


_FILLER = (
    r"(?:(?:oh|um+|uh+|er+m?|well|hm+|ah+|so|hey|hi|hello|please|i\s+(?:think|guess|suppose)|and|then|mm+)\b"
    r"[\s,.!…-]*){0,6}"
)
_YES = _any(
    r"(?:oh\s+)?(?:hell\s+|heck\s+)?(?:yes+|yes+\s?ir|yep+|yeah+|yup+|yeh|yea|ye|yh|yas+|aye)\b(?!\s+or\b)",
    rf"(?:i\s+)?(?:confirm(?:ed|ing)?|approved?)\b(?:\s+{_IT})?(?:{_ENDS}|(?=\s+(?:please|and|but|the\s+(?:payment|transfer))\b))",
    r"(?:just\s+|please\s+)?do\s+(?:it|that|so)\b(?!\s+(?:later|again|not|tomorrow))",
    r"(?:please\s+)?go\s+(?:ahead|for\s+it)\b",
    r"please\s+do\b(?!\s+not)",
)
_AGREED = _any(
    r"(?:sure(?:\s+thing)?|ok(?:ay|ey|ie)?|okie\s+dokie|k+|al+\s?right|correct|exactly|indeed|true|cool|perfect|great|fine|good)\b"
    rf"(?:{_ENDS}|(?=\s+(?:please|then|and|do|go|yes|thanks|thank|confirm|but|that'?s|with|by|it|send|pay|make)\b))",
    r"(?:that'?s|that\s+is|it'?s|it\s+is)\s+(?:right|correct|fine|ok(?:ay)?|good|it|true|great|perfect)\b",
    rf"right\b{_ENDS}",
    r"(?:sounds|looks)\s+(?:good|right|great|fine|ok(?:ay)?|correct)(?:\s+to\s+me)?\b",
    r"(?:i'?m|i\s+am)\s+(?:sure|happy\s+with\s+(?:that|it))\b|works\s+for\s+me\b|why\s+not\b(?=\W*$)",
    r"(?:of\s+course|definitely|absolutely|certainly)\b(?!\s+not)",
    rf"agreed\b|i\s+(?:do|agree)\b{_ENDS}|(?:please\s+)?proceed\b|by\s+all\s+means\b|affirmative\b|👍|✅",
)
_NO = _any(
    r"(?:oh\s+)?(?:no+|nope+|nah+|naw|nay|non|negative)\b(?!\s*\d)(?!\s+(?:idea|problem|worries|one|fees?|longer|more|matter"
    r"|doubt|limit|of|other|account|money|need\s+to\s+worry|yes|way\s+to)\b)(?:\s+way\b)?",
    r"(?:please\s+)?(?:don'?t|do\s+not)\b(?:\s+(?:do|send|pay|confirm|proceed|make)"
    rf"(?:\s+(?:{_IT}|so|the\s+(?:payment|transfer)))?)?(?:{_ENDS}|(?=\s+(?:please|yet)\b))",
    rf"(?:please\s+)?(?:cancel|stop|abort|drop|scrap|leave|forget)\b(?:\s+(?:{_IT}|all|everything|about\s+it"
    rf"|the\s+(?:whole\s+)?(?:thing|lot)))*(?:{_ENDS}|(?=\s+(?:please|now|thanks|and|for\s+now|then)\b))",
    rf"never\s?mind\b|not\s+(?:now|yet|today|really|any\s?more|at\s+all|this\s+time|interested|right\s+now)\b{_ENDS}",
    r"(?:absolutely|definitely|certainly|of\s+course)\s+not\b|(?:i'?d\s+)?rather\s+not\b",
    rf"i\s+(?:do\s+not|don'?t)\s+(?:want\s+(?:to|{_IT})|think\s+so)\b{_ENDS}|(?:i'?ve\s+|i\s+have\s+|i\s+)?changed\s+my\s+mind\b",
    r"(?:that'?s|that\s+is|it'?s)\s+(?:wrong|incorrect|not\s+(?:right|correct))\b",
    rf"(?:wrong|incorrect)\b{_ENDS}|👎|❌",
)
_TURNING = r"(?:ok(?:ay)?|al+\s?right|right|actually|sorry|yes|yeah|wait|fine|oh)"
""" "ok, cancel that" is a no."""
_PATTERN = re.compile(
    rf"^\W{{0,3}}?{_FILLER}(?:(?P<yes>{_YES}|{_AGREED})|(?P<no>{_NO})|(?:{_TURNING}[\s,.!]+){{1,3}}(?P<then_no>{_NO}))",
    re.IGNORECASE,
)
_THANKS = r"pls|plz|thanks|thank\s+you|thx|ta|cheers|mate"
_AFFIRMING = _any(
    _THANKS,
    r"please(?:\s+do(?:\s+(?:it|that|so))?)?|do\s+(?:it|that|so)|go\s+(?:ahead|for\s+it)|(?:i\s+)?confirm(?:ed)?|proceed|approved?",
    r"(?:un)?freeze\s+it|send\s+it|pay\s+it|make\s+it|(?:that'?s|that\s+is)\s+(?:right|correct|fine|ok|it|good)|(?:looks|sounds)\s+good",
    r"yes|yep|yeah|ok(?:ay)?|sure|correct|right|of\s+course|absolutely|definitely|i\s+do|(?:i\s+am|i'm)\s+sure|now|then",
    r"with\s+(?:it|that)|by\s+me",
)
_REFUSING = _any(
    _THANKS,
    r"please|sorry|no|nope|nah|don'?t(?:\s+(?:do|send|pay))?|do\s+not|cancel|stop|it|that|this|do\s+(?:it|that)|never\s?mind",
    r"forget|leave|not\s+now|for\s+now|changed\s+my\s+mind|all|wrong|way",
)
_REST = {
    kind: re.compile(
        rf"^(?:(?:[\s,.!;:–—-]*{words}\b)*(?=\s*(?:$|[,.!;:–—-]|and\b|but\b)))?[\s,.!;:–—-]*(?:and\b|but\b)?[\s,]*",
        re.IGNORECASE,
    )
    for kind, words in (("yes", _AFFIRMING), ("no", _REFUSING))
}
""" "yes please, and ..." goes on after "and"; "forget it, I don't have it" after the comma."""


def find_yes_or_no(text: str) -> Iterator[Mention]:
    """The yes or no with which the message begins; its value is what else was said."""
    match = _PATTERN.match(text)
    if match is None:
        return
    kind = "no" if match["no"] or match["then_no"] else "yes"
    rest = _REST[kind].sub("", text[match.end() :].strip(), count=1)
    start = next(match.start(group) for group, said in match.groupdict().items() if said)
    yield Mention(kind, text[start : match.end()], start, match.end(), rest.strip())
