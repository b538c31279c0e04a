"""Personal data as people say it, spell it, correct it and put it far from what it is."""

import pytest

from core.security.pii import Kind, find_personal

SAID = [
    (Kind.SORT_CODE, "for the sort code, hold on, glasses, ok |11 62 94|"),
    (Kind.SORT_CODE, "sort code |11 62 95 no 94|"),
    (Kind.SORT_CODE, "sort code |fourty elevn sixty-two|"),
    (Kind.SORT_CODE, "the sort code is |11\U0001f44962\U0001f44994|"),
    (Kind.SORT_CODE, "|116294| <- sort code"),
    (Kind.ACCOUNT_NUMBER, "you asked for my account, bear with me, right, |66120945|"),
    (Kind.ACCOUNT_NUMBER, "acc num |six six one... no wait, six six one two oh nine four five|"),
    (Kind.ACCOUNT_NUMBER, "account number |six six for two oh nine five one|"),
    (Kind.ACCOUNT_NUMBER, "acct no |l6l20945|"),
    (Kind.PIN, "pin |eight three oh three, sorry, two|"),
    (Kind.PIN, "change the pin on my everyday account to be |8302|"),
    (Kind.OTP, "the code. just arrived. |660291|"),
    (Kind.CVV, "the back says |614|"),
    (Kind.CARD_EXPIRY, "expiry |november twenty eight|"),
    (Kind.PASSPORT, "passport no. is |lima romeo seven seven four oh two one five|"),
    (Kind.NATIONAL_ID, "nie |x-ray one two three four five six seven lima|"),
    (Kind.UK_NINO, "nino |P X - 44 - 21 - 90 - B|"),
    (
        Kind.IBAN,
        "iban |delta echo eight nine 3704 double zero four four zero five three two zero one three triple zero|",
    ),
    (Kind.ADDRESS, "|n r five eight q p| is my post code"),
    (Kind.ADDRESS, "sure it's |N for November, R for Romeo, 5, 8, Q for Queen, P for Peter|"),
    (Kind.ADDRESS, "zip is |six two seven oh four|"),
    (Kind.ADDRESS, "it's |forty one b saltmarket lane|"),
    (Kind.DOB, "you wanted a date of birth and mine, if you insist, is |14/2/79|"),
    (Kind.DOB, "it's |05/08/1996| for the DOB"),
    (Kind.PHONE, "its |six one seven five five five oh one four eight| you can call me back there"),
    (Kind.EMAIL, "|y u s r a underscore m at proton dot me| is the login"),
    (Kind.EMAIL, "user |mariposa hyphen ninety nine at yahoo dot co dot uk|"),
    (Kind.PASSWORD, "password = |M a r i g o l d ! 5 8|"),
    (Kind.PASSWORD, "for the password, let me find it, it says |dragon79|"),
    (Kind.SECURITY_ANSWER, "|Peppermint| is my memorable word"),
    (Kind.PERSON, "|farida oyelaran| speaking i called yesterday"),
    (Kind.PERSON, "yeah hi this is |kostya belenko|"),
    (Kind.PERSON, "send 15 to |hryhoriy| please"),
    (Kind.PIN, "the PIN? One moment. |4821|"),
    (Kind.PIN, "my pin is |48 and then 21|"),
    (Kind.PIN, "my pin starts with |48 and ends with 21|"),
    (Kind.PIN, "card pin |four 511|"),
    (Kind.PIN, "pin is |fore eight too one|"),
    (Kind.PIN, "pin |four thousand two hundred and nine|"),
    (Kind.PIN, "my PIN is |4I7B|"),
    (Kind.CVV, "cvc |fuor one sevn|"),
    (Kind.CVV, "on the back it says |two hundred and forty four|"),
    (Kind.CVV, "You need the CVV? It's |85 oh|"),
    (Kind.OTP, "verification code: |464 and then 134|"),
    (Kind.OTP, "the one time code is |1 2 3 4 5 6 oops 7|"),
    (Kind.OTP, "the number you texted me is |482910|"),
    (Kind.SORT_CODE, "whats that, my sort code? |84 17 89|"),
    (Kind.SORT_CODE, "s/c |4804B4|"),
    (Kind.SORT_CODE, "the sorctode is |83 eleven sixty two|"),
    (Kind.SORT_CODE, "Agent: What is your sort code?\nMe: |73 75 97|"),
    (Kind.ROUTING_NUMBER, "routing number |3704 and 77523|"),
    (Kind.ACCOUNT_NUMBER, "move it out of |6 5 5 1 8 7 8 8|"),
    (Kind.ACCOUNT_NUMBER, "account |83 95 56 and after that 70|"),
    (Kind.UK_NINO, "NI number |TX45, then 7796D|"),
    (Kind.UK_NINO, "nino |RA S3 0B 09 A|"),
    (Kind.US_SSN, "here is my SSN: |39B 26 1737|"),
    (Kind.PASSPORT, "passport no: |EE08 and 44080|"),
    (Kind.NATIONAL_ID, "my PAN is |V J X P P seven one two seven S|"),
    (Kind.IBAN, "iban |IT / 36 / Y1 / 12 / 70 / 65 / 92 / 13 / 04 / 55 / 95 / 72 / 73 / 0|"),
    (Kind.PHONE, "call me on |plus four four seven seven double oh nine double oh one two three|"),
    (Kind.ADDRESS, "my postcode is |SL/20/EL|"),
    (Kind.ADDRESS, "the post code is |OX8, then 4HF|"),
    (Kind.ADDRESS, "I live at |3/14 Elm Road|"),
    (Kind.ADDRESS, "it is |Rosebank Cottage, Mill Lane, Truro|"),
    (Kind.ADDRESS, "moved to |Rua das Flores, 937, S\u00e3o Paulo|"),
    (Kind.DOB, "Agent: date of birth?\nMe: |Sep 28 1982|"),
    (Kind.DOB, "|14th July 1973| is my DOB"),
    (Kind.DOB, "birthday |twelfth november nineteen seventy nine|"),
    (Kind.DOB, "dob |day 3 month 5 year 85|"),
    (Kind.DOB, "Is |24 February 1988| the right birthday?"),
    (Kind.CARD_EXPIRY, "|end of july 2031|, that's the expiry"),
    (Kind.CARD_EXPIRY, "expiry |09 year 2029|"),
    (Kind.CARD_EXPIRY, "it expires |september of twenty twenty nine|"),
    (Kind.IP, "my ip is |144 . 47 . 77 . 166|"),
    (Kind.EMAIL, "e mail |anjali_d at gmail com|"),
    (Kind.PERSON, "the name is |T H O M A S R A M O S|"),
    (Kind.PASSWORD, "should i use |Swordfish9| as password"),
    (Kind.PASSWORD, "my password is |blue kettle tango seven|"),
    (Kind.PASSWORD, "|T i g e r _ 4 5 2| is my password"),
    (Kind.SECURITY_ANSWER, "My mother's maiden name? One moment. |Peanut|"),
    (Kind.SECURITY_ANSWER, "my favorite teacher was |Mrs. Pike|"),
    (Kind.SECURITY_ANSWER, "about the memorable word, |Knowles|"),
    (Kind.SECURITY_ANSWER, "you ask for my first school. |Hunter|"),
    (Kind.SECURITY_ANSWER, "my memorable date is |14/02/1998|"),
]


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_a_value_is_found_however_it_is_said(kind: Kind, text: str) -> None:
    ahead, value, _ = text.split("|")
    text = text.replace("|", "")

    found = [(each.kind, text[each.start : each.end]) for each in find_personal(text) if each.end > len(ahead)]

    assert found[:1] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "from two to three in ten to twelve days",
        "I have one or two or three questions, no, four",
        "the hotline 0800 123 4567 is always busy",
        "the error code 482910 came up near my card",
        "I changed my PIN in 2024 and on 1530 the day after",
        "my account has had order 4471882 since June",
        "Is 10-12-26 the due date?",
        "the birthday party on january 15, 2019 cost 200",
        "two minutes down the road, three cards on the way",
        "open 10 to 12, not 9 to 11",
        "a Kelley Blue Book and a Thomas Cook Travel voucher",
        "I paid 20 and 30 and 40 pounds to my savings account",
        "between 2019 and 2023 I had no account",
        "transfer 12000 and 13000 to my savings",
        "one hundred and fifty went missing from my savings account",
        "what is my account number? I opened it in March 2019",
        "Is there a limit on my card? 500 or 600 a day?",
        "my pin is asked 3 or 4 times, then 10 minutes of nothing",
        "please call the branch, your hotline is 0800 699 6655",
        "your branch on 12 High Street closes at 4",
        "booking reference X7K2PQ for the Galaxy S23 FE",
        "app 7.12.1.2 crashed",
        "my railcard expires 04/27 and the voucher is valid till 09/26",
        "best friend discount",
        "what is my memorable word? I never set one",
        "security question. Help",
        "follow us at twitter dot com",
        "You moved my appointment from 11/12 to 12/12.",
    ],
)
def test_figures_that_are_something_else_stay(text: str) -> None:
    assert find_personal(text) == []


def test_a_figure_that_sounds_like_a_word_ends_no_number_that_was_typed() -> None:
    text = "send 12345678 to account 87654321 for rent"

    assert [text[each.start : each.end] for each in find_personal(text)][-1] == "87654321"
