"""Where a sentence leads: pictures and HTML are never let out, links only where the evidence has them."""

import re

from agent.release.claims import Reading
from agent.release.evidence import Known

_PICTURE = re.compile(r"!\s*\[")
_HTML = re.compile(r"<\s*[A-Za-z/!?]")
_TARGET = re.compile(r"\]\s*\(\s*<?([^\s()<>]*)|^\s{0,3}\[[^\]]{1,200}\]:\s*(\S*)", re.MULTILINE)


def find_foreign_link(sentence: str, reading: Reading, known: Known) -> bool:
    """Links in the text itself are claims of the kind ``code``; these are the ones that are not seen."""
    if _PICTURE.search(sentence) or _HTML.search(reading.plain):
        return True
    return any(
        (target := inline or reference) not in known.links and target.strip()
        for inline, reference in _TARGET.findall(reading.plain)
    )
