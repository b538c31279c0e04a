"""Personal data leaves the text before anything else sees it, and comes back for its owner alone."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from core.security.pii import Placeholders, mask
from tests.core.text_costs import TIMES_LONGER, grows_as_its_length

VISA = "4111 1111 1111 1111"
IBAN = "GB29 NWBK 6016 1331 9268 19"


def masked(text: str) -> str:
    return mask(text, Placeholders())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"my card {VISA} is lost", "my card [CARD_1] ending 1111 is lost"),
        (f"I cancelled the standing order. {VISA}", "I cancelled the standing order. [CARD_1] ending 1111"),
        (f"10.0.0.1 {VISA}", "10.0.0.1 [CARD_1] ending 1111"),
        ("about my order. 07700 900123. 2 days ago", "about my order. [PHONE_1]. 2 days ago"),
        ("the fee is on the helpline. 07700 900123", "the fee is on the helpline. [PHONE_1]"),
        ("order ref. 07700 900123", "order ref. 07700 900123"),
        ("4111111111111111", "[CARD_1] ending 1111"),
        ("3782-822463-10005", "[CARD_1] ending 0005"),
        (f"{VISA} 12/27 expires soon", "[CARD_1] ending 1111 [CARD_EXPIRY_1] expires soon"),
        (f"{VISA} 5500 0055 5555 5559", "[CARD_1] ending 1111 [CARD_2] ending 5559"),
        (f"order 12 {VISA}", "order 12 [CARD_1] ending 1111"),
        (f"pay {IBAN} please", "pay [IBAN_1] please"),
        (f"pay {IBAN}", "pay [IBAN_1]"),
        (f"pay {IBAN.replace(' ', '').lower()}.", "pay [IBAN_1]."),
        (f"is AB12 or {IBAN} mine", "is AB12 or [IBAN_1] mine"),
        ("write to jo.smith+bank@mail.example.co.uk now", "write to [EMAIL_1] now"),
        ("sort code 09-18-27, account 31926819", "sort code [SORT_CODE_1], account [ACCOUNT_NUMBER_1]"),
        ("call +44 7700 900123 or 07700 900456.", "call [PHONE_1] or [PHONE_2]."),
        ("a@b.example and a@b.example again", "[EMAIL_1] and [EMAIL_1] again"),
        ("**password is hunter2**", "**password is [SECRET]**"),
        ('{"password":"hunter2","user":"jo"}', '{"password":"[SECRET]","user":"jo"}'),
    ],
)
def test_personal_data_is_replaced_and_the_rest_stays(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("my PIN is 1234", "pin 1234", "PIN: 1234", "pin=1234", "change my pin to 1234", "my pin's 1234"),
        *("the CVV is 123", "cvv 123", "security code: 123", "cvc2 is 123", "my passcode was 482910"),
        *("password is hunter2", "password: swordfish", "my password is: s3cret!", "one-time code is 482910"),
        *("OTP 482910", "pin   is  :  1234", "PIN number 1234", "pass word is abc12"),
    ],
)
def test_a_secret_is_taken_out_for_good(text):
    placeholders = Placeholders()

    hidden = mask(text, placeholders)

    assert hidden.endswith("[SECRET]")
    assert not re.search(r"\d", hidden.removesuffix("[SECRET]").replace("cvc2", ""))
    assert not placeholders.originals
    assert placeholders.restore(hidden) == hidden


def test_what_kept_a_placeholder_from_being_a_link_goes_with_it() -> None:
    placeholders = Placeholders()
    shown = f"Change your address to {placeholders.hide('ADDRESS', '12 King Street')}\\: please confirm."
    assert placeholders.restore(shown) == "Change your address to 12 King Street: please confirm."
    assert placeholders.restore("[NOTE_9]\\: that") == "[NOTE_9]\\: that"


@pytest.mark.parametrize(
    "text",
    [
        "I paid £1,234.56 on 2026-11-21 and 45.00 EUR on 21/11/2026",
        "my card ending 4821 or the one with 7733",
        "order number 8273645190, reference 123456789012345",
        "4111 1111 1111 1112 fails the checksum",
        "the appointment is 01-02-2026 12:30",
        "I entered my PIN 3 times",
        "a PIN is 4 digits long",
        "my password is wrong and my PIN is blocked",
        "**Forgotten password for the website**",
        "- Password: for the website, together with your e-mail address",
        '{"title":"I forgot my passcode or password","heading":"Reset the passcode"}',
        '{"text":"1. Go to **Cards > Limits**.\\n2. Choose a limit and enter your password"}',
        "the limit for a PIN 1,000 or 250.00",
        "GB29 NWBK 6016 1331 9268 18 is no real number",
        "open 24/7, 10-12 and 9 to 5",
        "me @ home, @teller, a@b",
        "",
    ],
)
def test_other_figures_and_words_stay(text):
    assert masked(text) == text


FINDINGS = st.sampled_from(
    [VISA, IBAN, "jo@mail.example", "40-18-27", "07700 900123", "5500005555555559", "DE89370400440532013000"]
)
WORDS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.lists(st.one_of(WORDS, FINDINGS, st.sampled_from(["[EMAIL_1]", "[CARD_1]", "[IBAN_2]", "[", "]"]))))
def test_the_owner_gets_back_exactly_what_was_typed(parts):
    text = " ".join(parts)
    placeholders = Placeholders()

    hidden = mask(text, placeholders)

    # The last four digits stand beside a card's placeholder: see mask.
    without_tails = re.sub(r"(\[CARD_\d+\]) ending \d{4}", lambda match: _only_if_ours(match, placeholders), hidden)
    if "[SECRET]" not in hidden:
        assert placeholders.restore(without_tails) == text


def _only_if_ours(match: re.Match[str], placeholders: Placeholders) -> str:
    return match[1] if match[1] in placeholders.originals else match[0]


@given(WORDS, FINDINGS, WORDS)
def test_a_finding_between_any_words_does_not_stay(before, finding, after):
    assert finding not in masked(f"{before} . {finding} . {after}")


@given(st.integers(10**14, 10**18 - 1))
def test_every_card_number_of_any_length_is_found(start):
    number = f"{start}{luhn.calc_check_digit(str(start))}"

    assert masked(f"it is {number}, thanks") == f"it is [CARD_1] ending {number[-4:]}, thanks"


@given(st.text(max_size=200))
@settings(max_examples=50)
def test_masking_twice_is_masking_once(text):
    once = masked(text)

    assert masked(once) == once


HOSTILE = (
    *("1", "1 ", "1-", "12-34-", "0", "+1 ", "4111 ", "GB29", "GB29 ", "AB12 x ", "a", "a.", "a@", "a@b.", "@", "."),
    *(
        "pin",
        "pin ",
        "pin is ",
        "pin  is  is",
        " is  ",
        "pin:",
        ":",
        "= ",
        "password",
        "one time ",
        "to ",
        "\n",
        "[A_1]",
    ),
)


@pytest.mark.parametrize("repeated", HOSTILE)
@pytest.mark.parametrize("ahead", ["", "pin is ", "x@", "GB29"])
def test_hostile_repetition_costs_no_more_than_its_length(repeated, ahead):
    short, long = ((ahead + repeated * 8_000)[:length] + "!" for length in (1_000, TIMES_LONGER * 1_000))

    assert grows_as_its_length(masked, short, long)
