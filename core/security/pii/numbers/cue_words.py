"""Words that say what kind of number stands near them, and the forms that such numbers have."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.security.pii.kinds import Kind


class Cue(NamedTuple):
    """Words that say what kind of number stands near them."""

    kind: Kind | None
    """None: no personal data."""
    form: re.Pattern[str]
    """Of the number's signs, in capitals and with nothing between them."""
    before: int
    """How many words may lie between them and a number behind them."""
    after: int
    """And a number ahead of them."""
    loose: re.Pattern[str]
    """The form with letters that look like figures."""
    has_letters: bool

    def fits(self, signs: str, *, is_solid: bool) -> bool:
        if self.form.fullmatch(signs):
            return True
        return (
            (is_solid or self.has_letters)
            and self.kind is not None
            and not signs.isdigit()
            and self.loose.fullmatch(signs) is not None
            and sum(map(str.isdigit, signs)) >= sum(map(_LIKE_FIGURES.__contains__, signs))
        )


_LIKE_FIGURES = frozenset("OILSBZ")
_PARTS_OF_FORMS = re.compile(r"\[A-Z\]|\[[^\]]*\]|\\d")
_LOOSE = {r"\d": r"[\dOILSBZ]", "[A-Z]": "[A-Z0]"}


def _cue(kind: Kind | None, form: str, before: int, after: int) -> Cue:
    loose = _PARTS_OF_FORMS.sub(lambda found: _LOOSE.get(found[0], found[0]), form)
    return Cue(kind, re.compile(form), before, after, re.compile(loose), "A-Z" in form)


_ID = r"[A-Z]{5}\d{4}[A-Z]|[A-Z]{0,6}\d{6,14}[A-Z]{0,3}|[A-Z]{2,6}\d{4,7}[A-Z\d]{3,6}"
CUES: dict[str, Cue] = {
    "sort": _cue(Kind.SORT_CODE, r"\d{6}", 14, 6),
    "account": _cue(Kind.ACCOUNT_NUMBER, r"\d{7,12}", 14, 6),
    "moved": _cue(Kind.ACCOUNT_NUMBER, r"(?!(?:19|20)\d{6})\d{8,12}", 1, 0),
    "routing": _cue(Kind.ROUTING_NUMBER, r"\d{9}", 14, 6),
    "passport": _cue(Kind.PASSPORT, r"[A-Z]{0,3}\d{6,9}[A-Z]{0,2}", 12, 6),
    "nino": _cue(Kind.UK_NINO, r"[A-Z]{2}\d{6}[A-D]?", 12, 6),
    "ssn": _cue(Kind.US_SSN, r"\d{9}", 14, 6),
    "iban": _cue(Kind.IBAN, r"[A-Z]{2}\d{2}[A-Z\d]{11,30}", 12, 6),
    "card": _cue(Kind.CARD, r"\d{14,19}", 14, 8),
    "phone": _cue(Kind.PHONE, r"\d{9,14}", 12, 8),
    "pin": _cue(Kind.PIN, r"\d{4}", 9, 4),
    "cvv": _cue(Kind.CVV, r"\d{3,4}", 8, 5),
    "expiry": _cue(Kind.CARD_EXPIRY, r"(?:0?[1-9]|1[0-2])(?:20)?[2-4]\d", 10, 5),
    "otp": _cue(Kind.OTP, r"G?\d{6}", 10, 10),
    "code": _cue(Kind.OTP, r"G?\d{6}", 8, 8),
    "id": _cue(Kind.NATIONAL_ID, _ID, 10, 6),
    "birth": _cue(Kind.DOB, r"\d{5,8}", 12, 6),
    "postcode": _cue(
        Kind.ADDRESS,
        r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}|\d{5}(?:\d{4})?|[A-Z]\d[A-Z]\d[A-Z]\d|[A-Z]\d[\dW][A-Z\d]{4}|\d{4}[A-Z]{2}",
        10,
        6,
    ),
    "other": _cue(None, r".*", 5, 2),
    "sum": _cue(None, r"\d{1,7}", 3, 1),
    "day": _cue(None, r"\d{1,8}", 3, 2),
}
_WORDS = re.compile(
    r"\b(?:(?P<sort>sort\W?codes?|sortcodes?|s/c(?:ode)?|(?:branch|bank|clearing) (?:sort )?code|sort)"
    r"|(?P<account>acc(?:(?:oun)?ts?|nt)?|a/c|act(?= n)|ac(?=\W{0,3}\d)|checking|savings|current account"
    r"|konto(?:nummer)?|cuenta|conta|compte"
    r"|nuban|clabe|an(?=\W{0,2}\d))"
    r"|(?P<moved>(?:move|moved|transfer|transferred|take|took|send|sent|pay|paid|pull|go|wire)(?: (?:it|this|that"
    r"|money|the money|cash|them))?"
    r" (?:out of|from|into))"
    r"|(?P<routing>routing|aba|rtn|transit)"
    r"|(?P<passport>passports?|passaporto|pasaporte|passeport|reisepass|ppt)"
    r"|(?P<nino>nino|n\.?i\.?(?=\W|\Z)|nat(?:ional)?\.? ins(?:urance)?)"
    r"|(?P<iban>ibans?)"
    r"|(?P<expiry>exp(?:iry|ires?|iration)?(?: (?:month|year))?|end date|valid (?:thru|until|to|till))"
    r"|(?P<birth>d\.? ?o\.? ?b|date of birth|birth ?(?:date|day)|birth|b-?day|born)"
    r"|(?P<postcode>post(?:al)? ?codes?|p/?codes?|eircode|zip(?: ?code)?)"
    r"|(?P<ssn>ssn|ss ?(?:number|no|num)|ss(?= ?#)|social(?: sec(?:urity)?| insurance)?)"
    r"|(?P<phone>phones?|mobiles?|mob|cell(?:phone)?|landline|tel|telephone|ph|fax|fone|handy|contact|bell|dial|"
    r"(?:my|new|home|work|his|her|other|daytime|evening) (?:number|no|num|line)|call|ring|text|whatsapp|reach|callback)"
    r"|(?P<pin>pin|p\W?i\W?n)"
    r"|(?P<cvv>cvv2?|cvc2?|cv2|cvn|csc|sec(?:urity)? (?:code|number|nr|no|num|digits|value)|(?:three|3|four"
    r"|4)[ \-]digits?(?: code| number)?|(?:on|at|of|from) (?:the |its )?(?:back"
    r"|reverse|rear)|(?:the )?(?:back|reverse)(?= (?:says|reads|has|of|side))|signature strip|strip|verification"
    r" value|(?:security|card) (?:digits|code)|last (?:three|3)|(?:three|3) (?:numbers|figures|signs))"
    r"|(?P<otp>otp|sms|authenticator|texted(?: me)?|sent(?= g?-?\d{6} to my (?:phone|mobile))|text (?:says|said"
    r"|reads|message)|confirm|passcode|one[ \-]time"
    r"|verification|authentication|2fa|(?:six|6)[ \-]digits?|log ?in|sign ?in)"
    r"|(?P<code>codes?|token)"
    r"|(?P<card>(?:long|full|whole) (?:card )?number|(?:16|sixteen)[ \-]digits?|cards?|visa|mastercard|amex|pan)"
    r"|(?P<id>nie|dni|nif|pesel|bsn|bvn|nin|nir|insee|ahv|avs|cnic|cedula|mykad|hkid|iqama|oib|jmbg|aadhaa?r|nric"
    r"|cpf|curp|pps[no]?|personnummer|nhs|itin|tin|tfn"
    r"|securite sociale|sicurezza sociale|numero de secu|fin|rfc|ic|personalausweis|ausweis|rijksregister(?:nummer)?"
    r"|codi[cs]e? fiscale?|hong kong id|e?m[ei]rates id|steuer\W?(?:id|nummer|nr)|numero fiscal|cnp|egn|emso|amka"
    r"|afm|kennitala|cpr|fodselsnummer|work permit|residence (?:card|permit)|resident card|green card"
    r"|employment pass|ein|sin|utr(?! \d{12})|social insurance|tax file|civil id|qid|ktp|nik|umid|philsys|cuit|cuil"
    r"|ruc|dui|nit|rut|my number|identity|id card|id number|voter'?s? (?:id|card)|emirates id|ghana card|driv(?:ing"
    r"|er'?s?) licen[cs]e"
    r"|licen[cs]e (?:no|number|nr|num)|(?:national|tax|identity) (?:id|number|card|code))"
    r"|(?P<other>orders?|ref|reference|invoices?|tickets?|tracking|parcel|booking|flight|receipt|transaction|serial"
    r"|imei|version"
    r"|claim|dispute|case|policy|voucher|model|error|ending|ends|article|item|product|vat|company number)"
    r"|(?P<sum>limit|balance|amount|fee|fees|price|cost|costs|paid|pay|spent|charged|rent|salary|loan|mortgage|deposit"
    r"|withdraw|withdrew|transfer|earn)"
    r"|(?P<day>since|until|till|due|dated|date|year|years|day|days))\b"
)

OF_SOMETHING_ELSE = re.compile(
    r"\b(?:voucher|offer|railcard|policy|insurance|coupon|quote|pass|passport|licen[cs]e|subscription|contract"
    r"|warranty|ticket"
    r"|membership|lease|deal|bond|permit|mot)s?(?: \w+){0,2}\W{1,2}\Z"
)
"""Ahead of a word about expiry: not of a card."""


class CueWord(NamedTuple):
    start: int
    end: int
    cue: Cue


def find_cue_words(lower: str) -> Iterator[CueWord]:
    for found in _WORDS.finditer(lower):
        cue = CUES[found.lastgroup or ""]
        yield CueWord(*found.span(), cue)
        if found[0] == "pan":
            # A number of a card, or India's permanent account number.
            yield CueWord(*found.span(), CUES["id"])
