"""Words that introduce personal data, also misspelt: one letter left out, added, replaced, or two exchanged."""

from functools import lru_cache
from itertools import chain

from jellyfish import damerau_levenshtein_distance

_CUES = frozenset(
    str.split(
        "account number routing passport password passcode passphrase security national insurance social address"
        " birthday birth email telephone mobile expiry expires expiration verification authentication maiden memorable"
        " phone postcode sortcode aadhaar licence cardholder surname secret answer"
        " january february april august september october november december"
    )
)
_OTHER_WORDS = frozenset(
    str.split(
        "accounts numbers numbered numerous rooting routine routines passports passwords secure securely nations"
        " nationals"
        " sociable addresses addressed addressee birthdays births births' berth emails emailed mobiles expire expired"
        " expiring amount amounts accounted count counts counter recount discount member members lumber slumber cumber"
        " phones phoned phony prone phonee answers answered secrets secretly madden wordpress licences licensed"
        " license licenses surnames postcodes"
        " gmail hotmail ymail augusta auguste augusto augustus novembre septembre decembre octobre"
        " cardholders outing touting shouting doubting bassport sport nation notional rational"
    )
)
"""One letter away from a cue, and words of their own."""
_SHORT = {
    **dict.fromkeys(("cdoe", "ocde", "coode", "cod", "codee"), "code"),
    **dict.fromkeys(("wrd", "wrod", "owrd"), "word"),
    **dict.fromkeys(
        ("psswd", "psword", "pswrd", "paswd", "passwrd", "pasword", "passwod", "paswrod", "passwort"), "password"
    ),
    **dict.fromkeys(("accct", "actc", "actt", "acctt", "acxt"), "acct"),
    **dict.fromkeys(("naem", "nmae", "anme"), "name"),
    **dict.fromkeys(("daet", "dtae", "adte", "datte", "daate"), "date"),
    **dict.fromkeys(("crad", "cadr", "caard", "carrd"), "card"),
    **dict.fromkeys(("brith", "bith", "birh", "birht", "birhth", "bitrh", "brth", "birt", "irth", "bbirth"), "birth"),
    **dict.fromkeys(("ibna", "iabn", "ibban", "ibaan"), "iban"),
    **dict.fromkeys(("emial", "eamil", "emaill"), "email"),
    **dict.fromkeys(("srot", "sotr", "soort", "sorrt"), "sort"),
    **dict.fromkeys(("pni", "ipn", "pnin"), "pin"),
    **dict.fromkeys(("ccv", "vcc", "vvc", "cvvc", "ccvv"), "cvv"),
    **dict.fromkeys(("otpp", "otpcode"), "otp"),
    **dict.fromkeys(("dbo", "dobb", "obd"), "dob"),
    **dict.fromkeys(("akount", "akaunt", "akownt", "acownt", "accnt", "acont", "accunt"), "account"),
    **dict.fromkeys(("pasprt", "paspotr", "passprt", "psprt", "paspot", "passpt"), "passport"),
    **dict.fromkeys(("adrs", "adres", "addrs", "adrss", "adderss", "addy", "addrss", "addres"), "address"),
    **dict.fromkeys(("answr", "anser", "ansr", "awnser", "asnwer", "ansewr"), "answer"),
    **dict.fromkeys(("adhar", "adhaar", "aadhar", "aadar", "adhr", "adaar"), "aadhaar"),
    **dict.fromkeys(("bron", "brn", "bornn", "borm", "boen"), "born"),
    **dict.fromkeys(("vaild", "vald", "vlaid", "vallid"), "valid"),
    **dict.fromkeys(("experation", "expirey", "expirery", "exipry", "expirry"), "expiry"),
    **dict.fromkeys(("routeing", "ruting", "rooteing"), "routing"),
    **dict.fromkeys(("sekurity", "secuirty", "scurity"), "security"),
    **dict.fromkeys(("jully", "juli", "jluy"), "july"),
    **dict.fromkeys(("clse", "cloze"), "close"),
    **dict.fromkeys(("nam", "nm", "nme"), "name"),
}
"""Of cues that are too short for a rule."""
_SHORTEST = 5


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


_BY_SHORTER: dict[str, str] = {form: cue for cue in sorted(_CUES) for form in (cue, *_shorter(cue))}


@lru_cache(maxsize=8192)
def spelt_right(word: str) -> str:
    """The cue that a word in small letters is meant for; the word where it is none."""
    if word in _SHORT:
        return _SHORT[word]
    if len(word) < _SHORTEST or len(word) > 16 or word in _CUES or word in _OTHER_WORDS:
        return word
    for form in chain((word,), sorted(_shorter(word))):
        cue = _BY_SHORTER.get(form)
        if cue and damerau_levenshtein_distance(word, cue) == 1:
            return cue
    return word
