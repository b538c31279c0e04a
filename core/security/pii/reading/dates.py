"""Days and months as people write and say them, in some languages."""

from core.security.pii.reading.said import ORDINALS

MONTH = (
    r"(?:jan(?:uary|uar|vier|eiro)?|feb(?:ruary|ruar|rero)?|fev(?:rier|ereiro)|mar(?:ch|zo|co)?|marz|apr(?:il|ile)?"
    r"|avril|abr(?:il)?|may|mayo|maio|maggio|june?|juni|junio|junho|juin"
    r"|july?|juli|julio|julho|juillet|aug(?:ust)?|aout|agosto|sept?(?:ember|embre|iembre)?|settembre|setembro"
    r"|oct(?:ober|obre|ubre)?|oktober|outubro|ottobre"
    r"|nov(?:ember|embre|iembre|embro)?|dec(?:ember|embre)?|dezember|dezembro|dic(?:iembre|embre)?)\.?"
)
UNITS = "one|two|three|four|five|six|seven|eight|nine"
DAY_SAID = (
    rf"(?:(?:twenty|thirty)[ \-](?:{UNITS})|{UNITS}|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty)"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:(?:twenty|thirty)[ \-])?(?:{'|'.join(ORDINALS)})|{DAY_SAID})"
TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_SAID_YEAR = rf"{TENS}(?:[ \-](?:{UNITS}))?"
_YEAR = (
    rf"(?:(?:19|20) ?\d{{2}}|['’]?\d{{2}}|(?:nineteen|twenty|two thousand)(?:[ \-](?:and[ \-])?(?:oh[ \-])?{TENS}?"
    rf"(?:[ \-]?[a-z]{{3,9}})?)?|{_SAID_YEAR})"
)
_ROMAN = r"(?:i{1,3}|iv|vi{0,3}|ix|xi{0,2})"
DATE = (
    rf"(?:\d{{1,2}}\s?[/.\- ]\s?{_ROMAN}\s?[/.\- ]\s?(?:19|20)?\d{{2}}|(?:day )?\d{{1,2}},? month \d{{1,2}},? (?:and"
    rf" )?year (?:19|20)?\d{{2}}"
    rf"|(?:(?:19|20)\d{{2}}|['’]\d{{2}}|nineteen {TENS}(?:[ \-](?:{UNITS}))?|19"
    rf" ?\d\d)[ ,\-/.]{{1,2}}{MONTH}[ ,\-/.]{{1,2}}(?:the )?{_DAY}\b"
    rf"|{MONTH} (?:(?:19|20)\d{{2}}|['’]\d{{2}}),? (?:on )?the {_DAY}\b"
    r"|(?:the )?\d{1,2}(?:st|nd|rd|th)?,? (?:of )?(?:the )?month \d{1,2},? (?:and |of )?(?:the )?(?:year )?(?:19"
    r"|20)?\d{2}"
    r"|\d{1,4}\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?\d{1,4}|\d{1,2} \d{1,2} (?:19|20)?\d{2}|\d{8}|\d{6}(?!\d)"
    rf"|(?:the )?{_DAY} of the {_DAY},? (?:of )?{_YEAR}"
    rf"|(?:the )?{_DAY}(?: day)?(?: of| de| di)?[ ,\-/.]{{0,2}}{MONTH}(?:(?:[ ,\-/.]{{1,2}}|,? in |,? of |,? del? "
    rf"|(?=(?:19"
    rf"|20)\d\d)){_YEAR})?"
    rf"|{MONTH}(?: the)?[ \-/.]{{0,2}}{_DAY}(?:[ ,\-/.]{{1,3}}{_YEAR})?)"
)
