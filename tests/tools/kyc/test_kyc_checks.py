"""Documents, zones and tax numbers: what fits passes, and one wrong letter does not. Issue 6: "document numbers
validated (python-stdnum, schwifty)", "age, tax residence". Examples are those of the standards."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tools.kyc.application import (
    Application,
    Exposure,
    HomeAddress,
    Identity,
    IdentityDocument,
    RiskAnswers,
    TaxDetails,
    TaxResidence,
    masked,
)
from tools.kyc.checks import age_on, find_problems
from tools.kyc.mrz import UnreadableZone, check_digit, read_zone, to_alpha2
from tools.kyc.numbers import account_number, document_number, tax_number

TODAY = date(2026, 11, 21)
LAST_DAY = date(2026, 11, 20)
PASSPORT = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
SMALL = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"


# Machine readable zones: ICAO 9303, appendices of parts 4, 5 and 6


@pytest.mark.parametrize(("text", "number"), [(PASSPORT, "L898902C3"), (CARD, "D23145890"), (SMALL, "D23145890")])
def test_the_standards_own_examples_are_read(text: str, number: str):
    zone = read_zone(text, TODAY)

    assert (zone.surname, zone.given_names, zone.number) == ("ERIKSSON", "ANNA MARIA", number)
    assert (zone.birth, zone.expires_on, zone.sex) == (date(1974, 8, 12), date(2012, 4, 15), "F")


def test_a_number_of_more_than_nine_letters_goes_on_in_the_optional_data():
    """Part 5, section 4.2.2.1, note j: D23145890734 with check digit 9."""
    text = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"

    assert read_zone(text, TODAY).number == "D23145890734"


@pytest.mark.parametrize("text", [PASSPORT, CARD, SMALL], ids=["TD3", "TD1", "TD2"])
@given(data=st.data())
def test_one_misread_letter_under_a_check_digit_is_noticed(text: str, data: st.DataObject):
    """In the second line of a book or the first two of a card; sex and nationality have no check digit of their own."""
    lines = text.splitlines()
    checked = {"TD3": (1, [*range(9), *range(13, 19), *range(21, 27)]), "TD2": (1, [*range(9), *range(13, 19)])}
    row, places = checked["TD3" if len(lines[0]) == 44 else "TD2"] if len(lines) == 2 else (0, [*range(5, 14)])
    place = data.draw(st.sampled_from(places))
    letter = data.draw(st.sampled_from(LETTERS))
    assume(check_digit(letter) != check_digit(lines[row][place]))
    lines[row] = lines[row][:place] + letter + lines[row][place + 1 :]

    with pytest.raises(UnreadableZone):
        read_zone("\n".join(lines), TODAY)


@given(st.text(max_size=140))
def test_any_text_is_a_zone_or_refused(text: str):
    with pytest.raises(UnreadableZone):
        read_zone(text, TODAY)


@given(st.dates(date(1927, 1, 1), TODAY))
def test_nobody_is_born_after_today(born: date):
    body = f"L898902C36UTO{born:%y%m%d}{check_digit(f'{born:%y%m%d}')}F1204159ZE184226B<<<<<1"
    whole = body[0:10] + body[13:20] + body[21:43]
    zone = read_zone(f"{PASSPORT.splitlines()[0]}\n{body}{check_digit(whole)}", TODAY)

    assert zone.birth == born


def test_states_of_the_zone_are_countries():
    assert [to_alpha2(code) for code in ("D<<", "GBR", "GBN", "FRA", "UTO", "XXA")] == [
        "DE",
        "GB",
        "GB",
        "FR",
        None,
        None,
    ]


# Numbers


@pytest.mark.parametrize(
    ("country", "number", "kept"),
    [
        ("US", "536-90-4399", "536904399"),
        ("GB", "1955839661", "1955839661"),
        ("GB", "AB 12 34 56 C", "AB123456C"),
        ("DE", "36 574 261 809", "36574261809"),
        ("KE", "A123456789Z", "A123456789Z"),
    ],
)
def test_tax_numbers_are_kept_in_one_form(country: str, number: str, kept: str):
    assert tax_number(country, number) == kept


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("US", "000-12-3456"),
        ("GB", "2955839661"),
        ("GB", "BG123456C"),
        ("DE", "36574261808"),
        ("KE", "none"),
        ("FR", ""),
    ],
)
def test_a_wrong_tax_number_is_refused(country: str, number: str):
    with pytest.raises(ValueError, match=r"digit|letters"):
        tax_number(country, number)


@given(st.integers(0, 9), st.integers(0, 10))
def test_one_wrong_digit_of_a_german_tax_number_is_noticed(digit: int, place: int):
    right = "36574261809"
    assume(right[place] != str(digit))

    with pytest.raises(ValueError, match="DE"):
        tax_number("DE", right[:place] + str(digit) + right[place + 1 :])


def test_documents_have_the_numbers_of_their_kind():
    assert document_number("passport", "GB", "925 665 416") == "925665416"
    assert document_number("driving_licence", "GB", "MORGA753116SM9IJ") == "MORGA753116SM9IJ"
    assert document_number("national_id", "ES", "54362315-K") == "54362315K"
    for kind, country, number in (
        ("passport", "GB", "12"),
        ("driving_licence", "GB", "MORGA753916SM9IJ"),
        ("national_id", "ES", "54362315-Z"),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            document_number(kind, country, number)  # pyright: ignore[reportArgumentType]


def test_accounts_are_checked_with_their_banks():
    assert account_number("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    with pytest.raises(ValueError, match="IBAN"):
        account_number("DE89 3704 0044 0532 0130 01")


@given(st.text(max_size=30))
def test_a_masked_number_shows_three_letters_at_most(number: str):
    assert len(masked(number)) <= 4


# Applications


def whole(**changed: object) -> Application:
    parts = {
        "identity": Identity(full_name="Anna Maria Eriksson", date_of_birth=date(1974, 8, 12), nationality="SE"),
        "address": HomeAddress(line="5 Mill Lane", city="York", postcode="YO10 4DR"),
        "document": IdentityDocument(kind="passport", country="SE", number="L898902C3", expires_on=date(2030, 1, 1)),
        "tax": TaxDetails(
            residences=(TaxResidence(country="GB", tin="1955839661"),), is_us_person=False, certified=True
        ),
        "exposure": Exposure(is_exposed=False),
        "risk": RiskAnswers(occupation="Nurse", funds="salary", purpose="everyday life", monthly="1,000 to 5,000"),
    }
    return Application.model_validate(parts | changed)


def said(application: Application) -> str:
    return " ".join(problem.text for problem in find_problems(application, TODAY))


def test_an_application_that_fits_has_no_problems():
    assert said(whole()) == ""


@pytest.mark.parametrize(
    ("born", "age"),
    [(date(2008, 11, 21), 18), (date(2008, 11, 22), 17), (date(2008, 2, 29), 18), (date(2026, 11, 22), -1)],
)
def test_one_is_of_age_on_the_day(born: date, age: int):
    assert age_on(born, TODAY) == age
    problem = said(whole(identity=Identity(full_name="Jo Example", date_of_birth=born, nationality="GB")))
    assert (problem == "") == (age >= 18)


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.dates(date(1950, 1, 1), date(2060, 12, 31)))
def test_one_year_older_on_each_birthday_and_never_on_another_day(born: date, today: date):
    birthday = (today.month, today.day) == ((3, 1) if (born.month, born.day) == (2, 29) and not _leap(today.year)
                                            else (born.month, born.day))  # fmt: skip
    before = age_on(born, date.fromordinal(today.toordinal() - 1))
    assert age_on(born, today) - before == int(birthday)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


TAX = {"is_us_person": False, "certified": True}
US = TaxResidence(country="US", tin="536-90-4399")
GB = TaxResidence(country="GB", tin="1955839661")


@pytest.mark.parametrize(
    ("tax", "problem"),
    [
        (TAX | {"residences": (GB, US), "is_us_person": True}, ""),
        (TAX | {"residences": (TaxResidence(country="AE", no_tin="not_issued"),)}, ""),
        (TAX | {"residences": (GB, GB)}, "once"),
        (TAX | {"residences": (GB,), "is_us_person": True}, "United States too"),
        (TAX | {"residences": (TaxResidence(country="GB"),)}, "or why there is none"),
        (TAX | {"residences": (TaxResidence(country="GB", tin="1955839661", no_tin="not_issued"),)}, "or why"),
        (TAX | {"residences": (TaxResidence(country="US", no_tin="not_required"),)}, "require"),
        (TAX | {"residences": (TaxResidence(country="GB", tin="1955839662"),)}, "no taxpayer number of GB"),
    ],
    ids=range(8),
)
def test_tax_residence_is_certified_as_crs_and_fatca_want_it(tax: dict[str, object], problem: str):
    found = said(whole(tax=TaxDetails.model_validate(tax)))
    assert problem in found
    assert bool(problem) == bool(found)


def _zone(**changed: str) -> str:
    """A Swedish passport of the person above."""
    parts = {"names": "ERIKSSON<<ANNA<MARIA", "number": "L898902C3", "birth": "740812", "expiry": "300101"} | changed
    first = f"P<SWE{parts['names']}".ljust(44, "<")
    number, birth, expiry = (parts[key].ljust(size, "<") for key, size in (("number", 9), ("birth", 6), ("expiry", 6)))
    checked = [text + check_digit(text) for text in (number, birth, expiry, "<" * 14)]
    second = f"{checked[0]}SWE{checked[1]}F{checked[2]}{checked[3]}"
    return f"{first}\n{second}{check_digit(''.join(checked))}"


@pytest.mark.parametrize(
    ("zone", "problem"),
    [
        (_zone(), ""),
        (_zone(names="SVENSSON<<ANNA"), "another name"),
        (_zone(number="L898902C4"), "another number"),
        (_zone(birth="740813"), "another date of birth"),
        (_zone(expiry="310101"), "another day of expiry"),
        (_zone()[:-1] + "9", "check digit"),
    ],
    ids=range(6),
)
def test_the_zone_has_to_say_what_the_customer_says(zone: str, problem: str):
    document = IdentityDocument(
        kind="passport", country="SE", number="L898902C3", expires_on=date(2030, 1, 1), mrz=zone
    )
    found = said(whole(document=document))
    assert problem in found
    assert bool(problem) == bool(found)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"document": IdentityDocument(kind="passport", country="SE", number="L898902C3", expires_on=LAST_DAY)},
         "expired"),
        ({"address": HomeAddress(line="5 Mill Lane", city="York")}, "postcode"),
        ({"address": HomeAddress(line="Rue 5", city="Dakar", country="SN")}, ""),
        ({"exposure": Exposure(is_exposed=True)}, "public function"),
        ({"identity": Identity(full_name="Anna", date_of_birth=date(1974, 8, 12), nationality="SE")}, "full name"),
    ],
    ids=range(5),
)  # fmt: skip
def test_what_cannot_be_right_is_said(changed: dict[str, object], problem: str):
    found = said(whole(**changed))
    assert problem in found
    assert bool(problem) == bool(found)
