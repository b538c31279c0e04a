"""Words that tell names of people from others: what names are made of, and what stands where one is none. And the lists
of names, read when they are first asked for."""

import re
from functools import cache

from core.security.pii.words.ordinary import NAMES_TOO, ORDINARY, is_unknown, read_words

PARTICLES = frozenset(
    str.split(
        "de da do dos das del della di du la le van von der den ter ten bin binti ibn al el st o mac mc y e san saint"
        " zu af av ap ferch giolla nic und bte bt b"
    )
)
STRONG_HINTS = (
    *("name", "call", "go by", "known as", "aka", "signed", "holder", "beneficiary", "recipient", "payee", "sender"),
    *("claimant", "applicant", "customer", "payer", "tenant", "landlord", "emergency contact", "next of kin"),
    *("made out", "cheque", "check", "favour", "favor", "behalf", "attn", "attention", "care of", "c/o"),
    *("registered to", "belong", "addressed"),
)
NO_NAME = ORDINARY | frozenset(
    str.split(
        "misspelt misspelled spelt spelled printed incorrect written shown missing mismatched unclear visible"
        " displayed changed hyphenated abbreviated"
        " shortened different whatever unreadable truncated blank empty mandatory required similar identical nothing"
        " none unchanged valued unknown anonymous"
    )
)
MUCH = frozenset(
    str.split("pretty super quite rather kinda sorta dead proper damn bloody fed sick self dual non half not soo sooo")
)
COMPANY = NAMES_TOO | frozenset(
    str.split(
        "electronics lettings ltd express direct prime pay play services store supermarkets airways airlines railways"
        " trains energy united city rovers"
        " platinum gold silver premier plus saver day times news post tv channel league festival theatre museum"
        " hospital surgery clinic nursery academy"
        " primary secondary christmas easter black friday google apple amazon netflix spotify uber tesco paypal"
        " western union moneygram visa mastercard"
        " maestro revolut monzo barclays lloyds hsbc santander natwest halifax face touch id atm king's street road"
        " avenue lane"
        " water gas power mobile telecom telecoms broadband insurance assurance housing estates motors cars cabs taxis"
        " hotel hotels inn lodge bank building society foods farms bakery butchers pharmacy opticians dental gym"
        " fitness leisure cinema cinemas parcel parcels couriers logistics freight solutions systems consulting"
        " consultants partners associates holdings group plc inc llc gmbh sons bros co trust foundation charity fund"
        " council institute borough county mail standards authority department ministry office agency"
    )
)
CALLED_LIKE_PEOPLE = frozenset(
    {
        *("john lewis", "jack wills", "ted baker", "paul smith", "morgan stanley", "charles schwab", "calvin klein"),
        *(
            "ralph lauren",
            "hargreaves lansdown",
            "marks spencer",
            "st andrews",
            "grace period",
            "tommy hilfiger",
            "thomas cook",
            "laura ashley",
            "karen millen",
            "merrill lynch",
        ),
        *("harvey nichols", "oliver bonas", "charles tyrwhitt", "hugo boss", "michael kors", "kate spade", "tom ford"),
        *("jo malone", "raymond james", "edward jones", "stanley gibbons", "jimmy choo", "louis vuitton", "mary kay"),
        *("max mara", "tim hortons", "trader joe", "frankie benny", "fred perry", "lloyd george", "kurt geiger"),
    }
)
"""Firms: guessed to be no person, where nothing introduces one."""
PLACES = frozenset(
    str.split(
        "paris london florence georgia chelsea jordan austin dallas sydney victoria virginia carolina charlotte"
        " madison lincoln israel kenya china india"
        " asia africa america dakota vienna sofia alexandria valencia santiago orlando troy milan brittany lourdes"
        " mercedes christian christmas rosario cordoba mendoza salvador adelaide kingston jackson houston denver"
        " phoenix"
        " rua calle rue via paseo avenida lancaster chester melbourne regina helena aurora savannah memphis brooklyn"
    )
)
SELF = frozenset(
    str.split(
        "i'm im am is it's its hi hello hey dear regards best sincerely cheers thanks payee friend wife husband"
        " partner son daughter brother sister cousin landlord"
    )
)
LISTS = frozenset({"remove", "delete", "add", "edit", "rename"})
FIRST_TOO = frozenset(
    str.split(
        "mark bill bob jack grace rose will frank penny pat sue carol ivy lily daisy violet olive ruby ray dan don"
        " max nick jimmy rob tracy heather holly hazel"
        " basil gene guy dawn eve iris amber pearl crystal drew dean grant dale glen rod melody prudence constance"
        " felicity viola cherry ginger"
    )
)
RELATIONS = frozenset(
    str.split(
        "wife husband partner son daughter brother sister cousin nephew niece flatmate roommate boyfriend girlfriend"
        " fiance fiancee grandson"
        " granddaughter uncle aunt neighbour neighbor colleague landlord landlady"
    )
)
MONEY = frozenset(
    str.split(
        "payment payments money transfer transfers deposit refund received paid cheque invoice get got gift credit"
    )
)
PAYS = frozenset(str.split("pay paying paid repay to send owe owed"))
DAY_OR_STREET = frozenset(
    str.split("day week month street road avenue lane park school college university hospital foundation award prize")
)
BEFORE_SMALL = frozenset(
    str.split(
        "its it's i'm im am is hi hello hey dear thanks regards cheers love friend mate wife husband partner son"
        " daughter brother sister cousin nephew niece flatmate roommate housemate boyfriend girlfriend fiance fiancee"
        " uncle aunt neighbour neighbor colleague landlord landlady boss mum mom dad mother father gran nan cust"
        " customer caller client pay paid send owe owes payee named called for to and ptnr bene nok attn mgr mister"
    )
)
WEAK_BEFORE_SMALL = frozenset({"for", "to", "and", "is"})
"""Behind these a name in small letters has to be a given one, where money is sent."""
NOTED = frozenset(str.split("ptnr cust attn nok bene poa both mgr exec hldr atty ben drawer drawee"))
"""As staff note people."""
SPEAKERS = frozenset(str.split("customer caller client cust agent adviser member manager"))
"""Before a colon they say who speaks."""
TO_PLACES = frozenset(str.split("to from for with by is its it's was are that if did does has when only of than"))
ROLES = RELATIONS | frozenset(
    str.split(
        "mate friend bookkeeper accountant solicitor lawyer boss manager tenant lodger client customer guarantor"
        " trustee"
        " executor director secretary nurse carer caller member holder ex mum mom dad mother father plumber builder"
        " cleaner nanny teacher doctor dentist trainer adviser agent employee employer supervisor assistant buddy pal"
        " housemate roomie stepson stepdaughter grandmother grandfather gran nan"
    )
)
BEFORE_TWO = frozenset(
    str.split("with from to by of for any and please told tell ask asked named called know meet met saw")
)
"""Before two words with capitals that no list has."""
TO_ACCOUNTS = frozenset({"to", "from", "for", "of", "by", "and"})
"""Before the customer's own names for their accounts, too."""
CUE_WORDS = frozenset(
    str.split(
        "both am i'm im is it's its hi hello hey dear thanks you regards best cheers sincerely yours wishes love pay"
        " paying paid repay to from for with by and owe owed"
        " send sent gave give told tell ask asked add remove delete edit contact call phone email text meet met see"
        " saw know payee beneficiary recipient friend mate"
        " wife husband partner son daughter brother sister mum mom dad mother father uncle aunt cousin nephew niece"
        " boss landlord landlady colleague neighbour neighbor"
        " flatmate roommate boyfriend girlfriend fiance fiancee grandmother grandfather gran nan grandson"
        " granddaughter ex accountant solicitor lawyer agent adviser"
        " manager plumber builder cleaner nanny teacher doctor dentist trainer customer client was are that if did"
        " does has when only of than says said named called transfer"
    )
)

NO_ENDING = ("ed", "ing", "ly", "tion", "ness", "able")


@cache
def list_given() -> frozenset[str]:
    return read_words("given_names.txt") - ORDINARY


@cache
def list_family() -> frozenset[str]:
    """What may follow a given name, also in small letters."""
    return (read_words("surnames.txt") | list_given()) - ORDINARY


@cache
def list_surnames() -> frozenset[str]:
    return read_words("surnames.txt")


@cache
def list_more_given() -> frozenset[str]:
    """Rarer ones, which need a cue or a surname more often."""
    return read_words("more_given_names.txt")


@cache
def list_more_surnames() -> frozenset[str]:
    return read_words("more_surnames.txt")


@cache
def list_all_names() -> tuple[frozenset[str], ...]:
    return list_given(), list_surnames(), list_more_given(), list_more_surnames()


def is_on_a_list(plain: str) -> bool:
    """Whether it is a name on any list and nothing else."""
    is_name = any(part in names for names in list_all_names() for part in (plain, *plain.split("-")))
    return is_name and is_unknown(plain) and plain not in COMPANY and plain not in PLACES


def is_english(said: str) -> bool:
    """Whether one of the words is no name."""
    words = re.findall(r"[^\W\d_]+", said.lower())
    return any(word in NO_NAME or word in COMPANY or word in MUCH or word.endswith(NO_ENDING) for word in words)
