"""What the engine for personal data promises: in whatever form, at whatever cut, at a cost that is linear."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.security.pii import ALL, Finding, Kind, Placeholders, find_personal, mask, without_secrets
from tests.core.text_costs import TIMES_LONGER, grows_as_its_length

pytestmark = pytest.mark.usefixtures("recognizers_alone")

EXAMPLES = {
    Kind.PERSON: ["my name is |Xalak Naidu|", "this is |jane porter| speaking", "pay |Maria Lopez| 300 on 3 May"],
    Kind.EMAIL: ["write to |jane dot porter at mail dot example dot com|", "|jo(at)mail.com|"],
    Kind.PHONE: ["|oh seven seven double zero nine oh oh one two three|", "|+44 (0)7700-900-123|"],
    Kind.IBAN: ["|GB29-NWBK-6016-1331-9268-19|", "iban |G B two nine N W B K 6016 1331 9268 19|"],
    Kind.CARD: [
        "|4111 1111 then 1111 1111|",
        "|\uff14\uff11\uff11\uff11 1111 1111 1111|",
        "|4111\u200b1111\u200b1111\u200b1111|",
    ],
    Kind.CARD_EXPIRY: ["expires |12/27|", "expiry |oh nine twenty seven|"],
    Kind.ACCOUNT_NUMBER: ["acount nubmer |31 92 68 19|", "|31926819| is my account number"],
    Kind.SORT_CODE: ["srot code |09 18 27|", "sort code |oh nine one eight two seven|"],
    Kind.ROUTING_NUMBER: ["routing number |021000021|"],
    Kind.US_SSN: ["|123-45-6789|", "my social is |123456789|"],
    Kind.UK_NINO: ["|AB 12 34 56 C|", "ni number |ab123456c|"],
    Kind.NATIONAL_ID: ["mi DNI |12345678Z|", "codice fiscale |RSSMRA85T10A562S|"],
    Kind.PASSPORT: ["pasport number |533 380 006|"],
    Kind.ADDRESS: [
        "|Flat 4B, 12 High Street, Leeds LS1 4AB|",
        "|Hauptstrasse 5, 10115 Berlin|",
        "|350 5th Avenue, New York, NY 10118|",
    ],
    Kind.DOB: ["born on |3 May 1985|", "date of brith |03/05/1985|", "dob |the 3rd of May nineteen eighty five|"],
    Kind.IP: ["from |192.168.1.20|", "from |2001:db8::8a2e:370:7334|"],
    Kind.PIN: ["my pin is |four eight two one|", "|4821| is my PIN", "my \u0440in is |4821|"],
    Kind.CVV: ["the three digits on the back are |123|", "cvv |123|"],
    Kind.OTP: ["the code you sent me is |482 910|", "verification cod |482910|"],
    Kind.PASSWORD: ["my pasword is |swordfish|", "password: |Tr0ub4dor&3|"],
    Kind.SECURITY_ANSWER: ["my mother's maiden name is |Potter|", "first pet was called |Rex|"],
}

_ALSO: list[tuple[Kind, str]] = [
    (Kind.PERSON, "I work with |Begonia Fustero| from your branch"),
    (Kind.PERSON, "|Fiorino Sorrentino| owes me money"),
    (Kind.PERSON, "whos |giovanni becht| and why is he on my statement"),
    (Kind.PERSON, "Thanks in advance, |Mareike|"),
    (Kind.PERSON, "it is spelt |S M I T H|, like that"),
    (Kind.PERSON, "surname |K for kilo, O for oscar, W for whiskey|"),
    (Kind.PERSON, "mr |ford| from the branch said ok"),
    (Kind.EMAIL, "my email is |j o h n 7 at gmail dot com|"),
    (Kind.PHONE, "|07700 900 123| thats my mobile"),
    (Kind.PHONE, "its |eight five five nine three nine six eight nine three| thats my mobile"),
    (Kind.PHONE, "call me on |077 OO 9OO 123|"),
    (Kind.ACCOUNT_NUMBER, "acc |19773704| 850 quid"),
    (Kind.ACCOUNT_NUMBER, "transfer 60 from |58342752| to my other account"),
    (Kind.ACCOUNT_NUMBER, "Agent: And account? Customer: Sure, |23523528|."),
    (Kind.CARD_EXPIRY, "my card runs out |end of march 2028|"),
    (Kind.US_SSN, "soc sec # |530 7268 17|"),
    (Kind.NATIONAL_ID, "my Aadhaar number is |2341 2341 2346|"),
    (Kind.ADDRESS, "Registered office: |Flat 83k, Davies Spurs, Leeds, LS12 6HA|"),
    (Kind.ADDRESS, "find me at |Fredo-Graf-Gasse 11, 87127 Sondershausen|"),
    (Kind.ADDRESS, "post code |L 4 3 9 P F|"),
    (Kind.ADDRESS, "i live at |forty two station road|"),
    (Kind.DOB, "geboren am |14.03.1985|"),
    (Kind.DOB, "DOB |140385|"),
    (Kind.IP, "ip |203[.]0[.]113[.]77|"),
    (Kind.IP, "ip was |203 dot 0 dot 113 dot 77|"),
    (Kind.PIN, "changed it to |3036| so the pin should work now"),
    (Kind.PIN, "i always type |9860|, its my pin"),
    (Kind.PIN, "PlN |6670|"),
    (Kind.CVV, "3 digit code |182|"),
    (Kind.CVV, "|708| on the back"),
    (Kind.OTP, "the text said |580103| is your code"),
    (Kind.OTP, "it sent me six digits, |six seven three five six one|"),
    (Kind.PASSWORD, "my psw is |Tr0ub4dor&3|"),
    (Kind.SECURITY_ANSWER, "memorable wrod |abigail|"),
]
"""How others say it, seen in the fourth batch of texts."""

_SINCE_THE_FIFTH: list[tuple[Kind, str]] = [
    (Kind.PERSON, "could |Keandre Brannagh| be added"),
    (Kind.PERSON, "the lease is signed with |H. R. Dalrymple| since May"),
    (Kind.PERSON, "Spoke to |Mrs Achterberg-Dunn|, wants a call"),
    (Kind.PERSON, "i am |dragica stojanovska| from skopje"),
    (Kind.PERSON, "for my friend |quynh| i want to pay"),
    (Kind.PERSON, "The name on card is |AYSE CAN YILDIRIM|."),
    (Kind.PERSON, "surname: |F, A, L, K| please"),
    (Kind.PHONE, "ring |oh double seven double oh, nine hundred, four one two|"),
    (Kind.PHONE, "nr is |o7700 9oo 412|"),
    (Kind.ACCOUNT_NUMBER, "a/c|55102938| closed"),
    (Kind.SORT_CODE, "sort code |two oh, four one, nine three|"),
    (Kind.CARD_EXPIRY, "card ending 4821 xp |4/27|"),
    (Kind.US_SSN, "last four of my social |8714|"),
    (Kind.UK_NINO, "nino|ab 12 34 56 d|"),
    (Kind.PASSPORT, "passport which I renewed in spring: |533 401 927|"),
    (Kind.PASSPORT, "the passport of me is |X4RTBPFW4|"),
    (Kind.ADDRESS, "Please write to\n|The Old Granary\n12 Church Lane\nUpper Slaughter\nGL54 2HP|"),
    (Kind.ADDRESS, "it is |Hawthorn Cottage, Mill End, Dunblane, FK15 0AY|"),
    (Kind.ADDRESS, "I live in street |Kings Road 221|, second floor"),
    (Kind.ADDRESS, "flat changed, |77 n. halsted st unit 4 chicago il|"),
    (Kind.DOB, "born on |the second of the eleventh eighty four|"),
    (Kind.DOB, "dob|190372|"),
    (Kind.OTP, "AGENT: I have sent you a code. CALLER: It says |493 027|"),
    (Kind.CVV, "the CID is |7341|"),
    (Kind.PASSWORD, "it wants a password but |Walnut-2009!| is not taken"),
    (Kind.SECURITY_ANSWER, "AGENT: Your mother's maiden name please. CALLER: |Castellanos|"),
    (Kind.SECURITY_ANSWER, "What street did you grow up on? Client: |Juniper|."),
]


@pytest.mark.parametrize(
    ("kind", "text"), [*_ALSO, *_SINCE_THE_FIFTH, *((kind, text) for kind, texts in EXAMPLES.items() for text in texts)]
)
def test_every_kind_is_found_also_as_people_write_and_say_it(kind: Kind, text: str) -> None:
    before, value, after = text.split("|")

    findings = find_personal(f"{before}{value}{after}")

    assert Finding(kind, len(before), len(before) + len(value)) in findings


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == ALL


@pytest.mark.parametrize(
    "text",
    [
        *(
            "on 03-05-26 I paid 20 pounds",
            "order number 4111111111111111",
            "version 10.0.0.1",
            "I have one two-pound coin",
        ),
        *(
            "the PIN for my card 4821",
            "sort code?",
            "error code 482910",
            "promo code SAVE20",
            "born abroad",
            "3 days in a row",
        ),
        *(
            "turn 0f8f7c12-1234-4567-9012-223344556677",
            "dispute D-0123-4567-89AB",
            "pay the Gas Board 85.50 on the 1st",
            "it's the Chase Sapphire card",
            "a Ford from Dave's Auto for $32,500",
            "why did Trader Joe's #552 charge me twice",
            "open on Martin Luther King Day?",
            "reorder code 77-30-12X",
            "Txn 09281 JOHN LEWIS OXFORD ST",
            "our firm, Marks & Spencer plc",
            "AGENT: Anything else? CUST: Nope, thanks.",
            "Same-day ACH transfers",
            "a refund from Lowe's.",
        ),
        *(
            "move 200 from Everyday to Rainy Day",
            "Apple Pay",
            "may I have a card",
            "payment to John Lewis still pending",
            "Is Morgan Stanley your partner?",
            "who is responsible for the fees?",
            "i am pretty upset and i want a refund",
            "Thames Water sent a bill",
            "set it to 1500 a month",
            "I changed it to 2500 pounds, not my PIN",
            "I will mark it",
            "my name is wrong",
        ),
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert find_personal(text) == []


def test_what_is_known_of_the_customer_is_hidden_whatever_it_looks_like() -> None:
    def known(text: str) -> list[Finding]:
        return [Finding(Kind.PERSON, text.index("gas board"), text.index("gas board") + 9)]

    assert mask("pay the gas board 20", Placeholders(), ALL, known) == "pay the [PERSON_1] 20"


def test_secrets_alone_are_taken_out_of_what_is_kept_as_it_was_written() -> None:
    assert without_secrets("my pin is 4821, card 4111 1111 1111 1111") == "my pin is [SECRET], card 4111 1111 1111 1111"
    assert without_secrets("482910") == "482910"
    assert without_secrets("482910, for 300 pounds", expects_code=True) == "[SECRET], for 300 pounds"
    assert without_secrets("123456 pounds", expects_code=True) == "123456 pounds"
    of_a_phone = "my new phone number is 07700 900123"
    assert without_secrets(of_a_phone, expects_code=True) == of_a_phone


HOSTILE = (
    "1 ",
    "1-",
    "one ",
    "my ",
    "my name is ",
    "Maria ",
    "1 High ",
    "a at b dot ",
    "pin is ",
    "password is ",
    "first pet ",
    "iban GB",
    "::",
    "\u0440",
    "double ",
    "seven oh no wait ",
    "n for november ",
    "12/34 ",
    "l1 ",
    "sort code 1 ",
    "kostya belenko ",
    "a b 1 2 ",
    "GB12 ",
    "flat two ",
    "1 \u2022 ",
)


@pytest.mark.parametrize("repeated", HOSTILE)
def test_a_hostile_text_costs_no_more_than_its_length(repeated: str) -> None:
    short, long = ((repeated * 100_000)[:length] for length in (2_000, TIMES_LONGER * 2_000))

    assert grows_as_its_length(find_personal, short, long)


_COMPARED = """
import json, sys
from evals.bench.presidio_patterns import make_presidio
find = make_presidio()
print(json.dumps([[list(found) for found in find(text)] for text in json.load(sys.stdin)]))
"""


def test_what_presidio_finds_by_pattern_and_checksum_is_found_here_too() -> None:
    """Its analyzer is no dependency of the server: importing it takes seconds (decision 0025)."""
    path = Path(__file__).parents[2] / "evals" / "data" / "pii_unseen.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]

    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-c", _COMPARED],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )

    theirs = json.loads(done.stdout.splitlines()[-1])
    assert sum(map(len, theirs)) > 40
    missed = [
        (text, kind, text[start:end])
        for text, found in zip(texts, theirs, strict=True)
        for kind, start, end in found
        if not any(ours.start < end and start < ours.end for ours in find_personal(text))
    ]
    assert missed == []
