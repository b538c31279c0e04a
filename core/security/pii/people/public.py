"""Names that are nobody's data: of sayings, of those whom the news is about, of firms, laws and cities. Told by what
stands around them, since a list of the famous would never end; those whom everybody knows are listed all the same."""

import re
from collections.abc import Iterator
from functools import cache

from core.security.pii.words.ordinary import read_words
from core.security.pii.words.people import PLACES

_SAYINGS = re.compile(
    r"\b(?:tom,? dick,? (?:and|&|or) harry|uncle sam|peter to pay paul|name is mud|bob'?s your uncle|jack of all trades"
    r"|jack the lad|(?:joe|fred) (?:bloggs|public|average|schmo|blow)|average joe|(?:john|jane|joan) (?:doe|q\.?"
    r" public)"
    r"|jekyll and hyde|smart al[ei]c|robin hood|santa(?: claus|(?= ?(?:[,.!?]|\Z)))|father christmas|mickey mouse"
    r"|donald duck|happy larry"
    r"|billy no mates|plain jane|nosy parker|peeping tom|keeping up with the joneses|john hancock|dear john|pete'?s"
    r" sake"
    r"|heath robinson|simon says|jolly roger|sherlock(?: holmes)?|(?:ebenezer )?scrooge|aunt sally|doubting thomas"
    r"|gordon bennett|sweet fanny adams|jack frost|tom thumb|rip van winkle|johnny come lately|good time charlie"
    r"|(?:doc|dr|doctor)\.? (?:martens?|pepper|oetker|who|dre|scholl'?s?)|mr\.? (?:kipling|muscle|bean|porter|price"
    r"|whippy|men)|bloody mary|tom collins|earl grey|victoria sponge|granny smith|jaffa|charlie brown|james bond"
    r"|harry potter|hannah montana|ronald mcdonald|jack daniel'?s|jim beam|johnnie walker|captain morgan|hello kitty"
    r"|papa john'?s|rolls[ \-]royce|johnson (?:and|&) johnson|frankie (?:and|&) benny|madison square|jack and jill|"
    r"(?:st\.?"
    r"|saint) [a-z]+'?s day|mother teresa|(?:hey|ok) alexa"
    r"|alexa(?=,? (?:ask|what|how|can|play|said|told|skill|tells))|marie curie|levi strauss|john deere|ben (?:and|&)"
    r" jerry"
    r"|san(?:ta|to)? (?:jose|rosa|diego|antonio|monica|clara|cruz|barbara|fe|juan|luis|pedro|marino|ana|marta"
    r"|domingo))\b"
)
_OF_PUBLIC = (
    r"(?:law|laws|choice|box|heel|bargain|rule|razor|theorem|theory|paradox|advice|tips|column|podcast|programme"
    r"|show|tariffs|taxes|presidency|newsletter|books?|charity|foundation|speech|budget|government"
    r"|administration|cabinet|reforms?|policy|policies|tweets?|latest (?:book|film|movie|song|album)|film|movie|songs?"
    r"|album|concert|gig|biography|fund|company|shares|stock|place|shop|restaurant|caf[eé]|diner|pub|deli|bakery|salon"
    r"|garage|barbers?|barbershop|kitchen|bistro|bar|grill|pizza|pizzeria|takeaway|chippy|gym|nails|florist|butchers?"
    r"|pharmacy|store|hotel|market|burgers?|brewery|coffee|disease|syndrome)"
)
_TALK = (
    r"(?:(?:interest |mortgage |base |bank )?rates?|inflation|the (?:economy|pound|dollar|euro|market|markets|fed|bank"
    r"|government)|taxes|house prices|bitcoin|crypto|stocks|gold|on (?:tv|telly|the (?:tv|telly|radio|news)))"
)
_BEHIND = re.compile(
    rf"['’]s? (?:new |famous |latest |old )?{_OF_PUBLIC}\b(?! (?:me|us)\b)"
    rf"|,? (?:just )?(?:said|says|thinks|thought|announced|promised|predicts|predicted|warned|warns|claims|claimed"
    rf"|reckons)"
    rf" (?:that )?{_TALK}\b"
    rf"|,? (?:is |was |keeps? |keeps on |to )?(?:going to )?(?:cut|cuts|cutting|raise|raises|raising|hike|hiking|lower"
    rf"|lowering|hold|holding) (?:the )?{_TALK}"
    r"|,? (?:is|was|became|as|when (?:he|she) was|being) (?:the |a |our |re-?elected |elected"
    r" )?(?:ex-)?(?:chancellor|president|prime"
    r" minister|governor|king|queen|pope|pm|mayor|senator|on (?:the )?(?:tv|telly|radio|news))\b"
    r"|,? (?:keeps|owns|buys|bought|sold|sells|invests|invested|holds|has|made|lost|is worth|puts)(?: \w+)? (?:billions"
    r"|millions|stocks?|shares|gold|bitcoin|crypto|tesla|treasur\w+|in (?:stocks|shares|gold|bitcoin|index funds))\b"
    r"|,? (?:wants|plans|vows|promises|is going|is planning) to (?:tax|ban|scrap|cut taxes|raise taxes)\b"
    r"|,? (?:is )?(?:raising|cutting|raised|cut) taxes\b|,? (?:would|will) (?:fire|have liked|be proud)\b|,?"
    r" (?:earns|earned) more\b|,? appears? on\b"
    r"|,? on (?:the )?(?:tv|telly|television|radio|news|youtube|tiktok|instagram|his podcast|her podcast)\b"
    r"|,? (?:the|your) (?:chat ?bot|bot|virtual assistant|robot)\b"
    r"|,? (?:tweeted|won the (?:election|world cup|oscar|league)|was elected|got elected|resigned as)\b"
    r"|(?:['’]s)? (?:shop|store|outlet|boutique|boots|trainers|dealer|dealership|concert|tickets|merch|tour|album"
    r"|biography"
    r"|restaurant|museum|stadium|airport|notes|coins|stamps|banknotes|fiver|tenner|newsletter|tariffs|era|effect"
    r"|visit|presidency|jeans|tractor|perfume|handbag|aftershave|makeup|trial|thing|affair"
    r"|scandal|saga|movie|film|song|songs|books?|charity)\b"
    r"|,? (?:is |was |are )?on (?:the|a|an|your|our) (?:new |old )?(?:\W?\d+ )?(?:pound |quid |dollar )?(?:notes?"
    r"|tenner|fiver|coins?"
    r"|stamps?)\b|,? (?:got|has|have) to do with\b|,? have to do with\b|['’]s (?:over|double.)?(?:charged|refunded"
    r"|billed) me\b"
    r"|,? (?-i:(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT"
    r"|V[AT]|W[AIVY]))\b(?! \d)",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"(?:(?:\A|[,.;!?] ?|\b(?:not|feel|act|live|invest|spend|save|looks?|sounds?|just) )like"
    r"|\brich as|\bthe next|\bi'?m no|\bi am no"
    r"|\b(?:king|queen|pope|president|prime minister|chancellor|governor|senator|princess|saint|emperor)"
    r"|\b(?:biography|portrait|statue|picture|film|movie|song|songs|lyrics|advert|documentary|quote) (?:of|about|by"
    r"|from|with)"
    r"|\b(?:quoting|according to|such a|named (?:my|our) \w+ after)) \Z"
)
_HEARD = re.compile(
    r"\b(?:heard|read|saw|seen|watched|true|as|followed)(?: that)? \Z|\bwho is \Z"
    r"|\bthinks? (?:he|she|you|they|i)(?:'s|'re|'m| is| are| am) \Z"
)
_THINKS = re.compile(r"\bthinks? \S+(?: \S+)? \Z")
_SPEAKS = re.compile(
    r",? (?:says?|said|thinks?|predicts?|reckons?|recommends?|put it|would say|warns?|wrote|to)\b(?! (?:it|he|she"
    r"|they|my"
    r"|i|me)\b)"
)
_CITY = re.compile(
    r"(?P<city>[A-Z][a-z]+),? (?:A[KLRZ]|C[AOT]|FL|GA|HI|I[ADLN]|K[SY]|M[ADINOST]|N[CDHJMVY]|O[HK]|PA|RI|S[CD]|T[NX]"
    r"|UT|V[AT]|W[AIVY])"
)
_SOMEBODYS = re.compile(
    r"\b(?:my|his|her|our|your|their|the|a) (?:[a-z]+ ){0,1}(?:wife|husband|partner|son|daughter|brother|sister"
    r"|friend|mate"
    r"|cousin|uncle|aunt|mum|mom|dad|boss|landlord|landlady|payee|colleague|neighbou?r|tenant|client)"
    r"(?: is| called| named)?,? \Z|\b(?:i'?m|i am|it'?s|this is|name(?: is|'s)?|named|called|pay|paid|send|sent"
    r"|payee:?|"
    r"signed)\W \Z|\b(?:mr|mister|mrs|ms|miss|mx|dr)\.? \Z|\b(?:i'?m|i am|this is|name is|name's|pay|paid|send|sent"
    r"|payee|owe) \Z"
)


def sayings(lower: str) -> Iterator[tuple[int, int]]:
    for found in _SAYINGS.finditer(lower):
        yield found.span()


def is_public(cased: str, lower: str, start: int, end: int) -> bool:
    """Whether the text speaks of the one named there as everybody may."""
    before = lower[max(0, start - 50) : start]
    words = lower[start:end].split()
    if words and (words[0] in _NOBODY or (len(words) > 1 and words[-1] in _BUSINESS)):
        return True
    if cased[start:end].isupper() and _STATEMENT.match(cased, end):
        return True
    if _SOMEBODYS.search(before):
        return False
    if _IN_PLACES.search(cased[max(0, start - 50) : start]) and not lower.startswith(("'s", "’s"), end):
        return True
    if (
        _AT.search(before)
        or _is_famous(lower[start:end])
        or is_known_firm(lower, start, end)
        or _is_month(lower, start, end)
        or _OF_A_SHOP.match(lower, end)
        or _SHOP_AHEAD.search(before)
        or (_NUMBER_AHEAD.search(before) and _STREETS.search(lower, start, end + 16))
    ):
        return True
    if (city := _CITY.fullmatch(cased, start, end)) and city["city"].lower() in PLACES:
        return True
    if _HEARD.search(before) and (_SPEAKS.match(lower, end) or _THINKS.search(before)):
        return True
    return _BEHIND.match(cased, end) is not None or _AHEAD.search(before) is not None


@cache
def _famous() -> frozenset[str]:
    return frozenset(name.replace("_", " ") for name in read_words("public_people.txt"))


_TITLE = re.compile(r"(?:mr|mrs|ms|dr|sir|dame|lord|lady|president|king|queen|prince|princess|pope)\.? ")


def _is_famous(name: str) -> bool:
    plain = _CLITIC.sub("", name)
    return plain in _famous() or _TITLE.sub("", plain, count=1) in _famous()


@cache
def _known() -> frozenset[str]:
    return frozenset(name.replace("_", " ") for name in read_words("no_people.txt"))


_OF_A_SHOP = re.compile(
    r" (?:pharmacy|bakery|restaurant|caf[eé]|coffee|hotel|store|stores|shop|shops|market|supermarket|dry cleaners"
    r"|cleaners|garage|salon|barbers?|florists?"
    r"|butchers?|foods?|airlines?|airport|station|hospital|university|college|insurance|bank|water|energy|gas"
    r"|electric|mobile|telecom|broadband|fund|funds"
    r"|plc|ltd|limited|inc|llc|gmbh|refund|order|outlet|branch|cent(?:er|re)|mall|tower|park|stadium|arena|bridge"
    r"|railway|trains?|motors|cars|travel|tours"
    r"|gym|fitness|cinemas?|theatre|museum|gallery|church|court|solicitors|dental|clinic|surgery|vets|nursery"
    r"|academy|fc|united|city|rovers|road|street"
    r"|avenue|square|terminal|gate|beach|island|islands|county|valley|app|card|cards|account|loan|mortgage|bond|isa"
    r"|etf|index|msci|award|prize|act|rule)s?\b"
)
_SHOP_AHEAD = re.compile(
    r"\b(?:restaurant|pub|bar|caf[eé]|hotel|shop|store|supermarket|bakery|pharmacy|airport|station|hospital|museum"
    r"|stadium|fund|product|app|brand|airline|city of"
    r"|town of|ship|film|movie|song|series|book|game|the machine at|the atm (?:at|in|of)) (?:of |called |named )?\Z"
)
_NUMBER_AHEAD = re.compile(r"\d[a-z]?,? \Z")
_STREETS = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|drive|close|court|crescent|gardens?|grove|place|square|terrace|way|walk"
    r"|row|mews|rise|hill|bank|quay)\b"
)
"""Where a street is called like somebody: "54 Lady Margaret Gardens"."""
_NOBODY = frozenset(
    str.split("signed yours valued esteemed colleague colleagues manager team support madam sirs customers")
)
_BUSINESS = frozenset(
    str.split(
        "cleaners services stores foods bakery pharmacy garage motors cafe coffee restaurant hotel"
        " supermarket market shop shops salon clinic dental solicitors"
        " lettings estates holdings partners electrical plumbing builders roofing scaffolding removals"
        " taxis cabs carpets furniture flooring optician opticians"
        " florist florists butchers barbers nails spa gym fitness leisure centre center mall"
        " tower airport airways airlines station hospital university college"
        " academy nursery council museum theatre cinema festival events tickets travel tours holidays"
        " cruises insurance finance financial capital investments"
        " consulting consultants technologies systems software solutions media games"
        " toys books records clothing fashion shoes jewellers jewelry cosmetics beauty"
        " home living interiors gardens outdoors sports cycles marine aviation energy power"
        " water gas telecom mobile broadband lane street road avenue square"
    )
)
_STATEMENT = re.compile(r"[ \w]{0,6}[*#]|[ ]?\d{4,}")
_IN_PLACES = re.compile(r"\b[Ii]n (?:[A-Z][\w'’\-]+(?: [A-Z][\w'’\-]+)*(?:,| and| or|, and) )*\Z|\bchat ?bot,? \Z")
"""Towns stand behind "in", and others in a row with them."""
_AT = re.compile(
    r"(?<!mad)(?<!angry)(?<!annoyed)(?<!look)(?<!looked)(?<!looking)(?<!shouted)(?<!yelled)(?<!laughed)(?<!furious)"
    r" at \Z"
)
"""Shops and places stand behind it."""
_SMALL_WORDS = re.compile(r" (?:&|and|of|the|de|del|la|du|do|da|n) ")
_KNOWN_BEHIND = re.compile(r"(?:[ '’][\w'’\-]+){0,2}")


def is_known_firm(lower: str, start: int, end: int) -> bool:
    """Whether it is a firm's or a place's name, or begins one: "Dave" of "Dave & Buster's"."""
    whole = _SMALL_WORDS.sub(" ", lower[start : min(len(lower), end + _LONGEST_REST)].replace("’", "'"))
    words = re.split(r"[^\w'&.\-]+", whole)[:_MOST_WORDS]
    said = [word.strip(".'") for word in words if word]
    return any(
        _is_known(" ".join(said[:count]))
        for count in range(1, len(said) + 1)
        if len(" ".join(said[:count])) >= end - start - 2
    )


def _is_known(name: str) -> bool:
    return name in _known() or _CLITIC.sub("", name) in _known()


_LONGEST_REST = 24
_MOST_WORDS = 4
_A_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|april|august|march)\b")
_DAY_AHEAD = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)?(?: of)?|through|since|until|till|in|by|early|late|mid|next|last|this|end of"
    r"|start of|from|between)[ \-]\Z"
)
_DAY_BEHIND = re.compile(r" (?:\d|and (?:feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))")


def _is_month(lower: str, start: int, end: int) -> bool:
    return _A_MONTH.fullmatch(lower, start, end) is not None and bool(
        _DAY_AHEAD.search(lower, max(0, start - 20), start) or _DAY_BEHIND.match(lower, end)
    )


_CLITIC = re.compile(r"['’]s?\Z")
