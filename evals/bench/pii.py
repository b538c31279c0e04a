"""What the engine for personal data costs, beside the six patterns that it replaced, in the same run. Prints JSON:
`python -m evals.bench.pii [--presidio]`.

CPU time of one thread, on three texts of 300 characters: small talk, a message full of personal data, and an answer.
With ``--presidio`` also presidio-analyzer's pattern recognizers, which are a development dependency.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from statistics import median
from time import process_time

from core.security.pii import find_personal
from evals.bench.presidio_patterns import make_presidio

_ROUNDS = 300
TEXTS = {
    "small_talk": (
        "I have been waiting for my new card for over a week now and nobody can tell me where it is. Could you"
        " please find"
        " out when it was sent, and whether it is still on its way? If it is lost I would like another one, and I"
        " also want"
        " to know what happens to my standing orders in the meantime. Thank you."
    ),
    "personal": (
        "Hello, my name is Jane Porter, I live at 12 Elm Road, Leeds LS1 4AB and was born on 3 May 1985. My card"
        " 4111 1111"
        " 1111 1111 was stolen. Please pay Maria Lopez 300, sort code 09-18-27, account 31926819, or use GB29"
        " NWBK 6016 1331"
        " 9268 19. Call me on 07700 900123 or write to jane@mail.example."
    ),
    "answer": (
        "Everyday (current account ending 6819) has £2,480.15, of which £2,430.15 is available. On 3 May 2026 a"
        " payment of"
        " £50.00 to Gas Board is due, and on the 1st of each month £850.00 goes to Sunrise Lettings. Your card"
        " ending 4821"
        " is active; its limit is £2,500.00 a day. There is 1 open alert of yesterday, 14:05."
    ),
}
_FORMER = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)\b(?:pin(?:\s+(?:code|number))?|cvv2?|cvc2?|security\s+code|passcode|pass\s?word|one[- ]time\s+(?:code"
        r"|password)|otp)(?:'s)?(?:\s+\d{3,8}(?![\d,]|\.\d)|\s*[:=]\s*[^\s:=]\S{3,63}|(?:\s*(?:\b(?:is|was|to)\b"
        r"|[:=]))+\s*(?!\d{1,2}(?:\s|\Z))[^\s\d]{0,40}\d\S{0,40})",
        r"(?<![\w.+-])([\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
        r"\b([A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30})\b",
        r"(?<!\d)(\d(?:[ -]?\d){12,22})(?!\d)",
        r"(?<!\d)(\d{2}-\d{2}-\d{2})(?!\d)",
        r"(?<!\w)(?<!\b[A-Z]-)(?!\d{2}-\d{2}-\d{4})((?:\+\d{1,3}[ -]?|0)\d(?:[ -]?\d){8,10})(?!\d)",
    )
)
"""The patterns of the engine's first version, without its checksums."""


def _former(text: str) -> list[tuple[int, int]]:
    return [found.span() for pattern in _FORMER for found in pattern.finditer(text)]


def measure(find: Callable[[str], Iterable[object]], text: str) -> float:
    """Median CPU milliseconds."""
    costs: list[float] = []
    for number in range(_ROUNDS):
        # The engine remembers the last texts: no two are the same.
        fresh = f"{text} {chr(97 + number // 26 % 26)}{chr(97 + number % 26)}"
        started = process_time()
        list(find(fresh))
        costs.append((process_time() - started) * 1000)
    return round(median(costs), 3)


def main() -> None:
    engines: dict[str, Callable[[str], Iterable[object]]] = {"engine": find_personal, "former_patterns": _former}
    if "--presidio" in sys.argv:
        engines["presidio_patterns"] = make_presidio()
    figures = {
        name: {
            "characters": len(text),
            **{f"{engine}_p50_ms": measure(find, text) for engine, find in engines.items()},
            "findings": len(find_personal(text)),
        }
        for name, text in TEXTS.items()
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
