"""What explains a number, so that it is nobody's data: money, a count, a day, a reference, a merchant's name on a
statement."""

import re

from core.security.pii.reading.dates import MONTH

_MONEY = (
    r"(?:rs|inr|gbp|eur|usd|ngn|chf|aed|zar|kes|r\$|pounds?|quid|euros?|dollars?|bucks|naira|rupees?|francs?|rand"
    r"|pence|cents?|p|k|m|grand"
    r"|lakhs?|pln|zl|sek|nok|dkk|reais)\b"
)
_COUNTED = (
    r"(?:times?|x|digits?|attempts?|tries|goes|days?|weeks?|hours?|hrs?|h|minutes?|mins?|seconds?(?! (?:line|half"
    r"|part|bit|set|lot|group|block|number))|secs?|months?|years?|yrs?|percent|%|per cent|working"
    r"|business|cards?|letters?|characters?|wrong|different|o'?clock|am|pm|people|customers?|points?|miles|km"
    r"|metres?|of (?:my|the|your|them|these)"
    r"|more|or|transactions?|payments?|accounts?|instal+ments?|companies|branches|pages|lines|steps|stars?|numbers?"
    r"|figures|units?|items?|gb|mb|kwh"
    r"|st|nd|rd|th|bad|internal|not found)\b|%|°|\+"
)
BEHIND = re.compile(rf" ?(?:{_MONEY}|{_COUNTED}|[€₦₹¥])|[£$]|[.,:]\d| ?[–-] ?(?:digit|day|month|year|hour|minute)")
_MONTH_BEHIND = re.compile(rf"(?:st|nd|rd|th)? (?:of )?{MONTH}\b")
_OF_SUMS = frozenset(
    str.split(
        "paid pay paying spent spend charged withdrew withdraw withdrawn sent send transfer transferred"
        " earn cost costs borrow owe owed lent limit balance amount fee price total sum"
        " budget score about around over under than only nearly almost roughly max maximum"
        " min minimum upto since until till by year years jan feb mar apr may jun jul aug sep sept oct"
        " nov dec january february march april june july august september october november december"
    )
)
"""What stands ahead of a sum or a day; a number of many figures is none."""
_OF_REFERENCES = frozenset(
    str.split(
        "ending finishing order orders ref reference invoice ticket tracking parcel booking"
        " flight receipt transaction serial imei version v claim dispute case policy voucher model"
        " error article art section sec act item product vat room floor bus train gate seat"
        " row page chapter terminal atm batch queue mandate cheque check step iso isbn isin utr rrn"
        " arn stan trace complaint http status top agent operator platform build android"
        " ios windows iphone galaxy sku employee staff badge merchant store shop branch desk counter"
        " locker box track stop route zone ombudsman registration fca frn originator seal meter pump reader machine"
        " device barcode customs docket lot crime incident reg"
        " rs inr gbp eur usd ngn chf aed zar kes r pound pounds euro euros dollar dollars naira rupees"
    )
)
"""And ahead of a reference, a count or money."""
_FILLERS = frozenset(str.split("is was no nr num number code id the it of says said message reading page line"))
_MOST_FILLERS = 3
_AHEAD_OF_MONEY = re.compile(r"[£$€₦₹¥*]\s?\Z|\d[.,:/]\Z")
_JOINED_AHEAD = "#*@_&=:/\\-"
_BACK = re.compile(r"[^\W\d_]+")
_DAY = re.compile(
    r"\d{1,2} \d{1,2} (?:19|20)\d\d|\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?|(?:19|20)\d\d[/.\-]\d{1,2}[/.\-]\d{1,2}"
)
_SUM = re.compile(r"(?:\d+|\d{1,3}(?:[.,]\d{3})+)[.,]\d\d")
_ON_A_STATEMENT = re.compile(r"(?:[A-Z]{2,}[A-Z\d]*[ *#\-]{1,2}){2}\Z|\*\S* ?\Z")
"""As merchants are called there: "SQ *BLUE BOTTLE 0417"."""
_LETTERS_AHEAD = re.compile(
    r"(?P<account>\b(?:acc|acct|account|a/c|roll)(?: (?:number|no|is"
    r"|:)){0,2}:? )?(?<![^\W_])[^\W_]*[a-z][^\W_]*[\-/_]\Z"
)
_ENDS_CLAUSE = re.compile(r"(?<!\bno)(?<!\bnr)(?<!\bref)(?<!\binv)[.!?;]\s\Z|\n\s*\Z")
_JOINTS = ("-", "/", "_")
_LOOKS_BACK = 40
_OF_A_DAY = 2


def is_explained(lower: str, start: int, *, is_sum: bool = False) -> bool:
    """Whether a word ahead says that the number is a reference, a count or money; ``is_sum``: or a sum or a day, as a
    short one may be."""
    before = lower[max(0, start - _LOOKS_BACK) : start]
    if _AHEAD_OF_MONEY.search(before) or (is_sum and before.rstrip(" ")[-1:] in _JOINED_AHEAD and before.strip()):
        return True
    words = _BACK.findall(before)
    for _ in range(_MOST_FILLERS):
        if words and words[-1] in _FILLERS and words[-1] not in _OF_REFERENCES:
            words.pop()
    return (
        bool(words)
        and _ENDS_CLAUSE.search(before) is None
        and (words[-1] in _OF_REFERENCES or (is_sum and words[-1] in _OF_SUMS))
    )


def _is_shouted(cased: str, start: int) -> bool:
    before = cased[max(0, start - 3) : start]
    return "*" in cased[max(0, start - _LOOKS_BACK) : start] or any(map(str.isupper, before))


def _is_lettered(lower: str, start: int) -> bool:
    """ "DSP-20448137"; an account may begin so as well."""
    found = _LETTERS_AHEAD.search(lower, max(0, start - _LOOKS_BACK), start)
    return found is not None and found["account"] is None


def explains(cased: str, lower: str, start: int, end: int, *, is_short: bool) -> bool:
    """Whether something around the number at that place does; ``is_short``: it may be a sum or a day as well."""
    return (
        _DAY.fullmatch(lower, start, end) is not None
        or _SUM.fullmatch(lower, start, end) is not None
        or BEHIND.match(lower, end) is not None
        or (end - start <= _OF_A_DAY and _MONTH_BEHIND.match(lower, end) is not None)
        or is_explained(lower, start, is_sum=is_short and lower[start:end].isdigit())
        or (lower[start - 1 : start] in _JOINTS and _is_lettered(lower, start))
        or (_is_shouted(cased, start) and _ON_A_STATEMENT.search(cased, max(0, start - _LOOKS_BACK), start) is not None)
    )
