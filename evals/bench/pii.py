"""What the engine for personal data costs, beside the six patterns that it replaced, in the same run. Prints JSON:
`python -m evals.bench.pii [--presidio] [--messages evals/data/pii_held_*.jsonl]`.

CPU time of one thread, on three texts of 300 characters: small talk, a message full of personal data, and an answer.
With ``--messages`` also on those of the files, one behind another, cut every 300 characters; with ``--presidio`` also
presidio-analyzer's pattern recognizers, which are a development dependency.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median, quantiles
from time import process_time

from core.security.pii import find_personal
from evals.bench.presidio_patterns import make_presidio

_ROUNDS = 300
_LENGTH = 300
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
    # The engine remembers the last texts: no two are the same.
    fresh = (f"{text} {chr(97 + number // 26 % 26)}{chr(97 + number % 26)}" for number in range(_ROUNDS))
    return round(median(_cost(find, each) for each in fresh), 3)


def _cost(find: Callable[[str], Iterable[object]], text: str) -> float:
    started = process_time()
    list(find(text))
    return (process_time() - started) * 1000


def _measure_messages(files: Iterable[Path]) -> dict[str, float]:
    """Each text for the second time, with one character more: what a process does once is done."""
    told = " ".join(json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines())
    texts = [told[at : at + _LENGTH] for at in range(0, len(told) - _LENGTH, _LENGTH)]
    findings = [len(find_personal(text)) for text in texts]
    costs = [_cost(find_personal, f"{text} ") for text in texts]
    return {
        "texts": len(texts),
        "characters": _LENGTH,
        "engine_p50_ms": round(median(costs), 3),
        "engine_p90_ms": round(quantiles(costs, n=10)[-1], 3),
        "findings_mean": round(sum(findings) / len(texts), 1),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--presidio", action="store_true", help="also measure presidio-analyzer's patterns")
    asked.add_argument("--messages", nargs="+", type=Path, default=[], help="JSON Lines with a text each")
    options = asked.parse_args()
    engines: dict[str, Callable[[str], Iterable[object]]] = {"engine": find_personal, "former_patterns": _former}
    if options.presidio:
        engines["presidio_patterns"] = make_presidio()
    figures: dict[str, dict[str, float]] = {
        name: {
            "characters": len(text),
            **{f"{engine}_p50_ms": measure(find, text) for engine, find in engines.items()},
            "findings": len(find_personal(text)),
        }
        for name, text in TEXTS.items()
    }
    if options.messages:
        figures["messages"] = _measure_messages(options.messages)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
