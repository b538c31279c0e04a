"""What the learned tagger adds to the engine for personal data, what it leaves alone, and that no text harms it."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.security.pii import IN_DIALOGUE, Folded, Kind, Placeholders, find_personal, mask
from core.security.pii.kinds import GUESSED, NAMED, OURS, PROVEN, SAID, SHAPED, Claim
from core.security.pii.learned import believed, find_learned
from core.security.pii.learned.runs import Around, weighed
from core.security.pii.learned.tagger import CARD, FILE, WEIGHTS, Tagger, digest_of
from tests.core.text_costs import TIMES_LONGER, grows_as_its_length

BATCH = Path(__file__).parents[2] / "evals" / "data" / "pii_eleventh_g.jsonl"


def read_texts() -> list[str]:
    return [json.loads(line)["text"] for line in BATCH.read_text(encoding="utf-8").splitlines()]


def hidden(text: str) -> str:
    """With an underscore for each character that the tagger finds."""
    found = [*text]
    for claim in find_learned(text, []):
        found[claim.start : claim.end] = "_" * (claim.end - claim.start)
    return "".join(found)


@pytest.mark.parametrize(
    ("before", "value", "behind"),
    [
        ("the gentleman who fixed my roof goes by ", "Thaddeus Wrocklage", ", can I pay him from the app"),
        ("whoever opened this used the address ", "17 Quillfeather Rise, Ormsby", " and I never lived there"),
        ("the account we closed was ", "four oh double nine two six one three", " and not the other"),
        ("my memorable place would be ", "ottersby", " if that helps"),
        ("the little girl was born ", "9th of Febuary 2016", " and needs a savings account"),
        ("mail goes to ", "quentin dot marsh at fastpost dot net", " from now on"),
    ],
)
def test_what_nobody_wrote_a_pattern_for_is_found_by_what_stands_around_it(
    before: str, value: str, behind: str
) -> None:
    text = hidden(before + value + behind)

    assert not any(sign.isalnum() for sign in text[len(before) : len(before) + len(value)])


@pytest.mark.parametrize(
    "text",
    [
        "how long does a transfer to another bank take",
        "I want to pay 250 pounds a month into my savings",
        "what is a sort code and where do I find it",
        "the cash machine at the station is out of order again",
        "my payment of 84.20 on the 3rd was charged twice",
        "date 2026-11-22",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert hidden(text) == text


def test_what_is_found_stands_where_it_stood_in_a_text_of_other_letters() -> None:
    plain = "please pay my landlady Henrietta Woolscroft the rent"
    disguised = plain.replace("Henrietta", "He\u200bnri\u0435tt\u0430").replace("please", "ﬁnally, please")

    found = [disguised[claim.start : claim.end] for claim in find_learned(disguised, [])]

    assert any("He\u200bnri\u0435tt\u0430 Woolscroft" in each for each in found)


def test_a_guessed_name_is_taken_back_where_nobody_is_meant() -> None:
    text = "is the branch on summer street open in the week"
    guess = Claim(Kind.PERSON, text.index("summer"), text.index(" open"), GUESSED)
    pay = "please pay Henrietta Woolscroft the rent"
    meant = Claim(Kind.PERSON, pay.index("Henrietta"), pay.index(" the rent"), GUESSED)

    assert believed(text, [guess]) == []
    assert believed(pay, [meant]) == [meant]


def test_a_number_without_a_proof_is_taken_back_where_it_is_nobodys() -> None:
    text = "interest went from 1,204 to 1,198 to 1,177 over three days, why"
    claims = [
        Claim(Kind.ACCOUNT_NUMBER, text.index("1,204"), text.index(" over"), weight)
        for weight in (GUESSED, SHAPED, NAMED)
    ]
    own = "please close my account 40718826 and send the rest to my wife"
    meant = Claim(Kind.ACCOUNT_NUMBER, own.index("4071"), own.index(" and"), GUESSED)

    assert believed(text, claims) == []
    assert believed(own, [meant]) == [meant]


def test_what_has_a_proof_a_secret_and_an_id_of_ours_are_not_the_taggers_to_judge() -> None:
    text = "how long does a transfer to another bank take"
    claims = [
        *(Claim(kind, 0, len(text), weight) for kind, weight in [(Kind.EMAIL, PROVEN), (Kind.PASSWORD, SAID)]),
        *(Claim(kind, 4, 8, SHAPED) for kind in (Kind.NATIONAL_ID, Kind.ROUTING_NUMBER, Kind.CARD, Kind.IBAN)),
        *(Claim(kind, 4, 8, GUESSED) for kind in (Kind.PIN, Kind.OTP, Kind.CVV, Kind.SECURITY_ANSWER)),
        Claim(None, 4, 8, OURS),
    ]

    assert believed(text, claims) == claims


def test_what_a_text_says_moves_a_word_either_way_and_never_decides_alone() -> None:
    assert weighed(0.5, 0.0) == pytest.approx(0.5)
    assert 0.5 < weighed(0.5, 1.0) < weighed(0.5, 3.0) < 0.9
    assert 0.1 < weighed(0.5, -3.0) < weighed(0.5, -1.0) < 0.5
    assert weighed(0.5, 1e6) == weighed(0.5, 3.0)
    assert 0.0 < weighed(0.0, 3.0) < 0.01 < 0.99 < weighed(1.0, -3.0) < 1.0


def test_what_the_text_says_is_the_mean_of_the_words_around_each() -> None:
    said = np.random.default_rng(3).normal(size=100).astype(np.float32)
    around = Around(said)

    for first, last in [(0, 0), (10, 12), (50, 50), (99, 99), (0, 99)]:
        means = [said[max(0, at - 32) : at + 33].mean() for at in range(first, last + 1)]
        assert around.mean(first, last) == pytest.approx(np.mean(means), abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "Charles Tyrwhitt never sent the shirts, I want my money back",
        "greta thunberg likes no plastic cards",
        "someone is robbing peter to pay paul again",
    ],
)
def test_the_tagger_adds_no_name_of_whom_the_recognizers_know_that_it_is_nobodys(text: str) -> None:
    assert not [claim for claim in find_learned(text, []) if claim.kind is Kind.PERSON]


def test_a_secret_and_a_number_with_a_checksum_are_hidden_whatever_the_tagger_thinks() -> None:
    assert Kind.SECURITY_ANSWER in {each.kind for each in find_personal("my mother's maiden name is Wednesday today")}
    assert Kind.CARD in {each.kind for each in find_personal("the developer guide has 4111 1111 1111 1111 in it")}


@pytest.mark.parametrize(
    "line",
    [
        "payment.failed account=40718826 sort=20-45-77 status=declined turn=7f1c",
        '{"event": "payee_added", "account_number": "66190427", "sort_code": "09-01-73", "level": "info"}',
        "2026-11-22T10:15:03Z INFO http request path=/api/v1/payees phone=07700900123 ip=81.174.22.190 status=200",
        "UniqueViolation: duplicate key value violates unique constraint Key (email)=(jane@mail.example) exists.",
        "| payee | account | sort code |\n| --- | --- | --- |\n| Rent | 31926819 | 09-18-27 |",
        "customer_id=4711 date_of_birth=1985-05-03 passport=533401372",
        "GET /v1/customers?phone=+447911123456&email=a.b@mail.example",
        "notified +447911123456 by sms template OTP_LOGIN",
        "name,dob,phone\nJane Porter,03/05/1985,07911 123456",
    ],
)
def test_in_records_of_machines_nothing_is_taken_back(line: str, request: pytest.FixtureRequest) -> None:
    """It learned from sentences: of other texts it knows too little to overrule a recognizer."""
    together = find_personal(line)
    request.getfixturevalue("recognizers_alone")
    hidden = {at for each in together for at in range(each.start, each.end)}

    for each in find_personal(line):
        assert all(at in hidden for at in range(each.start, each.end) if line[at].isalnum())


def test_what_others_found_is_kept_and_the_rest_of_the_value_is_hidden_too() -> None:
    text = "my full name is Persephone Wrocklage-Attenborough, can you update it"
    start = text.index("Persephone")
    name = Claim(Kind.PERSON, start, start + len("Persephone"), GUESSED)

    found = [*find_learned(text, [name])]

    assert Claim(Kind.PERSON, start, text.index(","), GUESSED) in found


def test_the_dialogue_and_the_secrets_are_left_to_the_recognizers(request: pytest.FixtureRequest) -> None:
    texts = read_texts()[:60]
    together = [find_personal(text, IN_DIALOGUE) for text in texts]
    request.getfixturevalue("recognizers_alone")

    assert [find_personal(text, IN_DIALOGUE) for text in texts] == together


def test_two_values_in_one_stretch_stay_two() -> None:
    text = "to the wrong account, typed 05062417 instead of 05062471"

    assert [text[each.start : each.end] for each in find_personal(text)] == ["05062417", "05062471"]


def test_our_own_placeholders_stay_whole() -> None:
    text = "My name is [PERSON_1] and I live at [ADDRESS_1], call [PHONE_2]"

    assert mask(text, Placeholders()) == text
    assert find_personal(text) == []


def test_a_text_is_found_in_the_same_way_again_and_by_itself() -> None:
    rng = random.Random(8)  # noqa: S311
    texts = read_texts()
    chosen = rng.sample(texts, 40)
    first = [find_personal(text) for text in chosen]
    for text in rng.sample(texts, 100):
        find_personal(text)

    assert [find_personal(text) for text in chosen] == first


def test_a_long_text_is_read_as_its_parts_are() -> None:
    tagger = Tagger.load()
    part = "my name is Anna Bell. " * 4
    filler = "the card did not work in the shop and I had to pay in cash. " * 60

    alone = tagger.tag(Folded.of(part + filler[:600]))
    within = tagger.tag(Folded.of(part + filler))

    words = len(Folded.of(part).tokens)
    assert np.abs(alone.likely[:words] - within.likely[:words]).max() < 1e-4
    assert np.allclose(alone.said[:words], within.said[:words], rtol=1e-4, atol=1e-3)
    assert len(within.spans) == len(within.likely) == len(within.said) > 512


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "\x00\x01\x1f",
        "\ud800 is half a character",
        "\u202emy name is\u202c",
        "²½Ⅷ٣",
        "名前は山田です",
        "_" * 40,
        "a" * 5000,
        "1" * 5000,
        "🙂" * 200,
    ],
)
def test_no_text_is_too_odd(text: str) -> None:
    for claim in find_learned(text, []):
        assert 0 <= claim.start < claim.end <= len(text)


@pytest.mark.parametrize("piece", ["a1", "my name is Anna Bell ", "4821 ", "[PERSON_1] ", ". ", "Zoë "])
def test_its_work_grows_as_the_text_does(piece: str) -> None:
    short = piece * (4000 // len(piece))

    assert grows_as_its_length(lambda text: [*find_learned(text, [])], short, short * TIMES_LONGER)


def test_the_card_is_of_these_weights() -> None:
    assert digest_of(WEIGHTS) in (WEIGHTS / CARD).read_text(encoding="utf-8")


@pytest.mark.parametrize("broken", [None, b"no archive", "another"])
def test_weights_that_cannot_be_used_are_refused_in_a_sentence(tmp_path: Path, broken: bytes | str | None) -> None:
    if broken == "another":
        with np.load(WEIGHTS / FILE) as arrays:
            others = {**arrays, "feature_vectors": arrays["feature_vectors"][1:]}
        np.savez(tmp_path / FILE, allow_pickle=False, **others)
    elif isinstance(broken, bytes):
        (tmp_path / FILE).write_bytes(broken)

    with pytest.raises(ConfigurationError, match="check it out again"):
        Tagger.load(tmp_path)
