"""E-mail addresses said in words or letter by letter: "y u s r a underscore m at proton dot me"."""

import re
from collections.abc import Iterator

from core.security.pii.words.ordinary import CHAT, ORDINARY

_ENDS = (
    r"(?:com|org|net|edu|gov|info|biz|eu|uk|us|de|fr|es|it|nl|ie|ca|au|in|pl|ch|at|be|se|no|dk|fi|pt|example|test"
    r"|email|me|io|co|app|dev"
    r"|ng|ke|za|gh|br|mx|ar|cl|pe|jp|cn|kr|ru|tr|gr|cz|hu|ro|bg|hr|rs|ua|il|ae|sa|eg|ma|nz|sg|my|id|ph|th|vn|hk|tw"
    r"|pk|bd|lk|lt|lv|ee|is|lu|mt|cy|si|sk|tz|ug|rw|qa|kw|jo|lb|cat|online|shop|store|tech|xyz|mail|cloud|bank)"
)
_DOT = (
    r"(?:\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s(?:dot|point|full stop|period|punkt|punto|ponto|tecka|kropka"
    r"|piste|nokta)\s|\s?\.\s?)"
)
_DOMAIN = re.compile(
    rf"(?:,? (?:all )?(?:in )?(?:lower ?case|small letters|one word|no (?:dots?|spaces?|caps)),)?"
    rf"(?:\s?[\[({{<]\s?(?:at?|@)\s?[\])}}>]\s?|\s(?:at(?:[ \-]sign| the rate(?: of)?)?|@)\s|\s?@\s?)"
    rf"(?P<name>(?:[\w\-]{{1,30}}\s){{0,2}}?[\w\-]{{1,40}}(?:{_DOT}[\w\-]{{1,40}}){{0,2}}?)"
    rf"(?:(?:{_DOT}|,\s?){_ENDS}(?:{_DOT}(?:{_ENDS}\b|[a-z] [a-z]\b)){{0,2}}\b|(?<=mail)\s(?:com|co uk)\b|(?<=yahoo"
    rf"|cloud)\s(?:com|co"
    rf" uk)\b|(?<=look)\scom\b|(?<=gmail)(?!\w)|(?<=hotmail)(?!\w)|(?<=outlook)(?!\w)|(?<=yahoo)(?!\w)"
    rf"|(?<=icloud)(?!\w))"
)
_HINT = re.compile(
    rf"(?:\bat\b|@|[(\[]a[)\]]).{{1,80}}?(?:\bdot\b|\bpoint\b|\bstop\b|\bperiod\b|punkt|punto|ponto|tecka|kropka|\."
    rf"|,|mail|look|yahoo|cloud).{{0,4}}?{_ENDS}\b"
)
_PROVIDER = re.compile(r"\bat (?:gmail|hotmail|outlook|yahoo|icloud)\b")
_PIECE = re.compile(r"(?:^|(?<=[\s:=,]))(?P<piece>[^\s:=,@]{1,40})(?P<gap>[ ,]{0,2})\Z")
_CONNECTORS = frozenset(str.split("dot point underscore dash hyphen minus plus"))
_NUMBER = re.compile(
    r"(?:\d+|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|oh|double|triple)\Z"
)
_NO_PIECE = ORDINARY | CHAT | frozenset(str.split("is it's its user username login mail email address me at a account"))
NO_LOCAL = frozenset(str.split("us me it them him her you here there now out online available again live"))
"""Words alone ahead of what is rather a page: "follow us at ... dot com"."""
_IN_TWO_WORDS = frozenset({"hot mail", "g mail", "out look", "i cloud", "proton mail", "bt internet"})
_MOST_PIECES = 30
_FEWEST = 1


def find_said(lower: str) -> Iterator[tuple[int, int]]:
    """Where one stands in the text in small letters."""
    if not _HINT.search(lower) and not _PROVIDER.search(lower):
        return
    for domain in _DOMAIN.finditer(lower):
        name = domain["name"].split()
        is_split = len(name) > 1 and " ".join(name) not in _IN_TWO_WORDS
        if is_split and any(word in _NO_PIECE for word in name if word not in ("dot", "point", "co")):
            continue
        start = _local_start(lower, domain.start())
        if names_shop(lower, start, domain.end()):
            continue
        if start < domain.start() and lower[start : domain.start()].strip() not in NO_LOCAL:
            yield start, domain.end()


_CUE = re.compile(r"mail|contact|reach|write to|send|user ?name|log ?in|address|forward")
_OF_MAIL = re.compile(r"mail|outlook|yahoo|icloud|proton|aol|live|msn|btinternet|web\.de")


def names_shop(lower: str, start: int, end: int) -> bool:
    """ "Booking 3948.221.107 at booking.com": where nothing speaks of mail, and a written domain stands behind a
    word or a number."""
    local, at, domain = lower[start:end].rpartition(" at ")
    return bool(
        at
        and " dot " not in lower[start:end]
        and not _CUE.search(lower, max(0, start - 60), start)
        and not _CUE.search(lower, end, end + 40)
        and not _OF_MAIL.search(domain)
        and not re.search(r"[a-z][a-z\d]*[._\-][a-z]|[a-z]\d|underscore|dash|hyphen", local)
    )


def _local_start(lower: str, at: int) -> int:
    """Where the part ahead of the at sign begins: back over single letters, numbers, what connects, and words that are
    none of everyday English."""
    end = at
    is_joined = True
    for _ in range(_MOST_PIECES):
        found = _PIECE.search(lower, max(0, end - 44), end)
        if found is None:
            break
        piece = found["piece"]
        is_connector = piece in _CONNECTORS
        if not (is_joined or is_connector or len(piece) == 1 or _NUMBER.match(piece) or piece not in _NO_PIECE):
            break
        is_joined = is_connector
        at, end = found.start("piece"), found.start("piece")
        while end > 0 and lower[end - 1] in " ":
            end -= 1
        if end and lower[end - 1] in ".!?:;=":
            break
    return at
