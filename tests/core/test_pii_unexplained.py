"""What no word beside it introduces: numbers that nothing explains, people by what is said of them, addresses of any
country, answers to a question; and what belongs to nobody."""

import pytest

from core.security.pii import Kind, find_personal
from tests.core.text_costs import TIMES_LONGER, grows_as_its_length

pytestmark = pytest.mark.usefixtures("recognizers_alone")

VALUES = [
    (Kind.ACCOUNT_NUMBER, "who dealt with |30481276| yesterday"),
    (Kind.ACCOUNT_NUMBER, "my account starts with |4021, wait a second my wife calls, ok, then 8834|"),
    (Kind.ACCOUNT_NUMBER, "it is written as |00-4139-77| on the slip"),
    (Kind.CARD, "|4111 1111| hold on let me flip the glasses |1111 1111|"),
    (Kind.IBAN, "starts |GB29 NWBK| and goes on |6016 1331 9268 19|"),
    (Kind.PIN, "I tried |0472| three times and the machine kept my card. PIN reset please"),
    (Kind.PIN, "change PIN from |2554| to |5553|"),
    (Kind.OTP, "I typed |448190| from the text message but it timed out"),
    (Kind.CVV, "Card 4111 1111 1111 1111 was stolen, also the |482|"),
    (Kind.CARD_EXPIRY, "the old card was until |09/26|"),
    (Kind.DOB, "birthday |31/02/1990| no lol |28/02/1990|"),
    (Kind.DOB, "birth day |12|, month |august|, and the year |1983|"),
    (Kind.NATIONAL_ID, "the RFC is |GOMV910417K25| and valid"),
    (Kind.NATIONAL_ID, "cpf |911 ponto 026 ponto 875 traço 88|"),
    (Kind.PASSPORT, "in the passport it is |C4F7 K29L M|"),
    (Kind.PASSWORD, "he changed it to |Bramble-Lane_764| last night"),
    (Kind.EMAIL, "|k a r l @ z e p h y r . c o m| without spaces"),
    (Kind.IP, "from |2a02:2e02:8c10:4f00::1b|, says the log"),
    (Kind.PERSON, "it is for my carer, |Precious Ndlovu|, she does my shopping"),
    (Kind.PERSON, "surname |VASILESCU| given names |ANDREEA MIHAELA|"),
    (Kind.PERSON, "Agent: And the last name?\nClient: |Etxebarria Goikoetxea|, with tx"),
    (Kind.PERSON, "pay Milly Broadbent, or |Tilly|"),
    (Kind.ADDRESS, "|Via Giuseppe Mazzini 118, int. 4, 40138 Bologna| please"),
    (Kind.ADDRESS, "resident of |Blk 417 Ang Mo Kio Avenue 10, #08-1123, Singapore 560417| since 2015"),
    (Kind.ADDRESS, "we're at |flat twelve, the maltings, wharf road, burton|"),
    (Kind.SECURITY_ANSWER, "You asked for my school mascot and I answered |Fighting Muskrats|, twice."),
    (Kind.SECURITY_ANSWER, "|Snowball| is the name of my first pet"),
    (Kind.SECURITY_ANSWER, "Agent: Favourite teacher?\nCaller: Oh goodness. |Mr Pomeroy|, I suppose."),
]


@pytest.mark.parametrize(("kind", "text"), VALUES)
def test_what_nothing_else_explains_is_hidden(kind: Kind, text: str) -> None:
    pieces = text.split("|")
    plain = "".join(pieces)

    found = find_personal(plain)

    for number in range(1, len(pieces), 2):
        start = len("".join(pieces[:number]))
        inside = [at for at in range(start, start + len(pieces[number])) if plain[at].isalnum()]
        assert all(any(one.start <= at < one.end for one in found) for at in inside)
    assert kind in {one.kind for one in found}


@pytest.mark.parametrize(
    "text",
    [
        "my parcel RM 4471 2290 8GB never came",
        "i want to raise my dispute again, ref DSP 90 22 417",
        "Cheque no. 100482 for £60 has not been cashed",
        "Direct debit originator 942117, what company is that",
        "I forgot my PIN, the loan is 24000 over 60 months and I paid 2500",
        "Between 01/07/2024 and 30/09/2024 I need all movements",
        "Please explain the APR 21.84% and TIN 19.99%",
        "the PIN for my card 4821 never came",
        "Nokia 3310 users also can receive the SMS?",
        "Is the number on the back of my card, 1-800-555-0199, really your customer service line?",
        "Is noreply@alerts.yourbank.example really from you?",
        "is 20 Gracechurch Street your head office",
        "is 192.168.0.1 what I type to get into my router?",
        "refund pending since 12th Jan",
        "Is it true that Christine Lagarde said no?",
        "A Charlotte Tilbury order and a Victoria's Secret order, neither is mine.",
        "My Dave & Buster's charge says pending since Sunday.",
        "do you have a branch in Kota Kinabalu or Penang",
        "My security answer isn't accepted, can we set a new question?",
        "my mother is Ukrainian, can she open an account",
    ],
)
def test_what_something_explains_stays(text: str) -> None:
    assert find_personal(text) == []


@pytest.mark.parametrize(
    "text", ["please pay Martin Lewis 20 pounds", "my landlord David Cameron wants the rent", "my name is Tom Hanks"]
)
def test_a_famous_name_is_somebodys_where_the_text_says_so(text: str) -> None:
    assert [one.kind for one in find_personal(text)] == [Kind.PERSON]


@pytest.mark.parametrize(
    "text",
    [
        "Your phone number is |07700 900555|",
        "Change your phone number to |+447700900555|: completed",
        "|jane@mail.example| is your e-mail address.",
        "|12 Elm Road, Leeds| is your address.",
        "Your address on our records is |12 Elm Road, Leeds LS1 4AB|",
    ],
)
def test_what_the_bank_calls_yours_is_the_customers(text: str) -> None:
    before, value, _ = text.split("|")

    assert any(
        one.start <= len(before) and one.end >= len(before + value) for one in find_personal(text.replace("|", ""))
    )


HOSTILE = (
    "my friend Ann ",
    "name? ",
    "Agent: name?\nCaller: ",
    "account 12 then ",
    "GB29 NWBK and ",
    "passport A1 B2 ",
    "first pet is ",
    "1 Rua Via, ",
    "Flat 2, ",
    "rua das flores, ",
    "a b @ c . ",
    "day 1 month 2 born ",
    "your number is 0800 ",
    "Ann and ",
    "pin 1234 card 12/29 ",
    "a1_b2!c3 ",
)


@pytest.mark.parametrize("repeated", HOSTILE)
def test_a_hostile_text_costs_no_more_than_its_length(repeated: str) -> None:
    short, long = ((repeated * 100_000)[:length] for length in (2_000, TIMES_LONGER * 2_000))

    assert grows_as_its_length(find_personal, short, long)
