"""Words that are no names by themselves."""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_CONTRACTED = re.compile(r"(?:n['’]t|['’](?:d|ll|ve|re|s|m))\Z")


@cache
def read_words(name: str) -> frozenset[str]:
    """Of a list beside this file; lines that begin with # say where it comes from."""
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


ORDINARY = read_words("ordinary.txt")
NAMES_TOO = read_words("names_too.txt")
"""Common English words that people or firms are called."""


CHAT = frozenset(
    str.split(
        "nope yep yup yeah yea nah nay okay ok kay hiya heya heyy heyyy hii hiii yo sup omg omfg lol lmao rofl wtf wth"
        " tbh idk imo imho fyi btw asap thx thanx thnx ty tysm np pls plz plss pleas pleez u ur urs r b4 gr8 cuz cos"
        " coz bc dunno gonna wanna gotta gimme lemme kinda sorta ain't aint dont doesnt didnt cant couldnt wont wouldnt"
        " shouldnt isnt wasnt arent werent hasnt havent hadnt im ive id ill youre youve youd youll theyre theyve thats"
        " whats wheres whos hows theres heres its lets ya yall y'all mins hrs secs wks yrs approx acct accts acc accs"
        " txn txns trx pymt pymts pmt amt bal stmt appt appts mtg mgr dept ref refs num nos qty msg msgs sms app apps"
        " pic pics vid info admin fave convo rn atm af smh brb ttyl jk haha hahaha hehe aww ugh hmm umm uhh erm"
        " telephone-banking e-mail email emails wifi wi-fi online offline login logins logout signup username url pdf"
        " chatbot contactless overdraft overdrafts chargeback chargebacks cashback iban swift bic bacs chaps ach otp"
        " cvv cvc nino ssn isa isas paperless prepaid topup top-up"
    )
)
"""How people write in chats and notes."""


@cache
def english() -> frozenset[str]:
    """Words of English in small letters (SCOWL, sizes 10 to 40)."""
    return read_words("english.txt")


@cache
def capitals() -> frozenset[str]:
    """What English writes with a capital: places, firms, peoples, and people that are known by name (SCOWL, sizes 10 to
    50, and Faker's places)."""
    return read_words("capitals.txt")


def is_unknown(plain: str) -> bool:
    """Whether no list explains the word other than as somebody's name."""
    stem = _CONTRACTED.sub("", plain)
    last = stem.rpartition("-")[2]
    if stem in ORDINARY or stem in CHAT or stem in english() or stem in capitals():
        return False
    return last == stem or not all(part in ORDINARY or part in english() or len(part) < 4 for part in stem.split("-"))
