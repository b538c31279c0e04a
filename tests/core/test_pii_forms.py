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
    ],
)
def test_figures_that_are_something_else_stay(text: str) -> None:
    assert find_personal(text) == []
