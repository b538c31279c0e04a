"""What those who watch know people and conversations by."""

from uuid import UUID

from core.telemetry.pseudonyms import Pseudonyms

ALEX = UUID("00000000-0000-4000-8000-000000000001")


def test_the_same_one_has_the_same_pseudonym_as_long_as_the_key_is_the_same() -> None:
    ours, theirs = Pseudonyms(b"k" * 32), Pseudonyms(b"o" * 32)

    assert ours.of(ALEX) == Pseudonyms(b"k" * 32).of(str(ALEX))
    assert len({ours.of(ALEX), theirs.of(ALEX), ours.of(UUID(int=1))}) == 3
    assert str(ALEX)[:8] not in ours.of(ALEX)
